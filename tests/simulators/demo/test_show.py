"""The demo as a person starts it: a process, its lines, its table, its exit code."""

from __future__ import annotations

import contextlib
import csv
import gzip
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.mqtt.mosquitto import free_port

from ptdevice.gateway import LAST_WORDS_S
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.demo.story import PAUSE_S, REPETITION_S, STILL_S, STYLE, plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)

# Warnings are errors there, too.
COMMAND = (sys.executable, "-W", "error", "-m", "ptdevice_sim.cli", "demo", "--no-tty")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603 - our own program


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo on its way; killed if it is still there at the end of the block."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"it ended without {text!r}: {lines}")


def table(output: str) -> dict[str, str]:
    rows = output.partition("What arrived at the broker")[2].splitlines()
    return dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in rows if re.search(r"\S\s{2,}\S", line))


def repetitions_in(duration_s: float, seed: int) -> int:
    script = plan(duration_s)
    body = SyntheticBody(
        random.Random(seed), sets=script.sets, start=STILL_S, pause_s=PAUSE_S, style=STYLE  # noqa: S311 - a seed
    )  # fmt: skip
    return len(body.repetitions)


def record(path: Path, repetitions: int) -> None:
    """Somebody's sit-ups at 50 Hz, with a wrist that has nothing to say, beginning at an odd time."""
    body = SyntheticBody(random.Random(9), sets=(repetitions,), start=1.0, style=STYLE)  # noqa: S311 - a seed
    rows = round((2.0 + repetitions * REPETITION_S) * 50)
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["t_s"] + [f"{place}_a{axis}" for place in ("wrist", "chest") for axis in "xyz"])
        for i in range(rows):
            writer.writerow([f"{1000 + i / 50:.2f}", 0, 0, 9.81, *(f"{a:.2f}" for a in body.acceleration(i / 50))])


@dataclass(frozen=True, slots=True)
class Ended:
    """What a demo left: the port of its broker, its exit code, what it wrote."""

    port: int
    code: int
    output: str
    errors: str


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Several demos at once, by name: most of their time they wait."""
    folder = tmp_path_factory.mktemp("recordings")
    wanted = {
        "mosquitto": ["--duration", "12", "--broker", "mosquitto", "--seed", "3"],
        "amqtt": ["--duration", "12", "--broker", "amqtt", "--seed", "3"],
    }
    for name in ("situps.csv", "situps.csv.gz"):
        record(folder / name, repetitions=3)
        wanted[name] = ["--wear", str(folder / name), "--place", "chest"]
    ports: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        processes = {}
        for name, arguments in wanted.items():
            ports[name] = free_port()
            processes[name] = stack.enter_context(running(*arguments, "--port", str(ports[name])))
        heard = {name: process.communicate(timeout=100) for name, process in processes.items()}
        return {name: Ended(ports[name], process.wait(), *heard[name]) for name, process in processes.items()}


@pytest.mark.parametrize("engine", ["mosquitto", "amqtt"])
def test_a_short_demo_ends_well_and_its_table_agrees_with_the_truth(demos: dict[str, Ended], engine: str) -> None:
    ended = demos[engine]
    assert ended.errors == ""
    assert ended.code == 0
    told, done = table(ended.output), repetitions_in(12, 3)
    assert told["repetitions counted"].startswith(f"{done} of {done}")
    assert told["records exercise/repetition"] == str(done)
    assert told["records exercise/set"] == "1"
    assert told["records stimulation/session"] == "1"
    assert told["holes in the sequence"] == "0"
    assert engine in told["broker"].lower()


@pytest.mark.parametrize("engine", ["mosquitto", "amqtt"])
def test_every_record_on_disk_arrived_and_is_in_the_table(demos: dict[str, Ended], engine: str) -> None:
    told = table(demos[engine].output)
    at_broker, on_disk = (int(number) for number in re.findall(r"\d+", told["records in all"]))
    kinds = [int(count) for what, count in told.items() if what.startswith("records ") and count.isdigit()]
    assert at_broker == on_disk == sum(kinds)


@pytest.mark.parametrize("engine", ["mosquitto", "amqtt"])
def test_confirmed_stimulation_is_what_the_unit_did_and_never_more(demos: dict[str, Ended], engine: str) -> None:
    told = table(demos[engine].output)["stimulation confirmed"]
    confirmed, truth = (float(number) for number in re.findall(r"\d+\.\d", told))
    assert 0 < confirmed <= truth
    assert truth - confirmed < 2.5  # the unit is asked once a second


@pytest.mark.parametrize("engine", ["mosquitto", "amqtt"])
def test_something_is_seen_within_seconds(demos: dict[str, Ended], engine: str) -> None:
    told = table(demos[engine].output)
    assert float(told["first data"].split()[1]) < 5
    assert float(told["first live repetition"].split()[1]) < 10


def test_the_lines_say_how_to_see_the_same_and_what_happens_when_it_happens(demos: dict[str, Ended]) -> None:
    ended = demos["mosquitto"]
    lines = [line.rstrip() for line in ended.output.splitlines()]
    assert f"mosquitto_sub -h 127.0.0.1 -p {ended.port} -v -t 'ptdevice-sim/v1/#'" in lines[1]
    assert any(re.fullmatch(r" +\d+\.\d s  chest    availability +online \(data\)", line) for line in lines)
    assert any(
        re.fullmatch(r" +\d+\.\d s  chest    exercise/repetition +no\. 1: \d+°, tempo .* s", line) for line in lines
    )
    assert any(re.search(r" s  -- 2 of 2 units online; level \d+/15, output on", line) for line in lines)
    assert lines[lines.index("What arrived at the broker") - 1].endswith(
        "gateway  status               offline (stopped)"
    )


@pytest.mark.parametrize("name", ["situps.csv", "situps.csv.gz"])
def test_a_recording_that_is_worn_is_counted(demos: dict[str, Ended], name: str) -> None:
    ended = demos[name]
    assert ended.errors == ""
    assert ended.code == 0
    assert table(ended.output)["repetitions counted"].startswith("3, truth unknown")


@pytest.mark.parametrize(
    ("until", "number", "code"),
    [
        ("to see the same", signal.SIGINT, 130),
        ("exercise/repetition", signal.SIGINT, 130),
        ("back     availability         online", signal.SIGTERM, 143),
    ],
)
def test_a_signal_ends_it_before_any_deadline_has_to_with_the_table_and_nothing_left(
    until: str, number: signal.Signals, code: int
) -> None:
    port = free_port()
    with running("--duration", "60", "--port", str(port)) as process:
        read_until(process, until)
        sent = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
        took_s = time.monotonic() - sent
    assert errors == ""
    assert process.returncode == code
    assert table(output)["holes in the sequence"] == "0"
    assert took_s < LAST_WORDS_S
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_reader_that_goes_away_ends_it() -> None:
    with running("--duration", "60", "--port", str(free_port())) as process:
        read_until(process, "to see the same")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=30)
    assert errors == ""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, [], "cannot be read as CSV"),
        ("hello\nworld\n", [], "needs the columns t_s and <place>_ax"),
        ("t_s,chest_ax,chest_ay,chest_az\n0,1,2,3\n1,1,2,x\n", [], ":3: not four numbers"),
        ("t_s,chest_ax,chest_ay,chest_az\n0,1,2,3\n1,1,2,3\n", ["--place", "wrist"], "places here: chest"),
    ],
)
def test_a_recording_that_is_none_is_an_error_with_file_and_line(
    tmp_path: Path, content: str | None, arguments: list[str], message: str
) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content)
    ended = run("--wear", str(path), *arguments)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"ptdevice-sim: {path}")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 1
    assert (
        ended.stderr
        == f"ptdevice-sim: port {port} on 127.0.0.1 cannot be used: Address already in use; choose another --port\n"
    )


def test_an_exercise_that_is_unknown_is_an_error_with_a_hint() -> None:
    ended = run("--exercise", "situp")
    assert ended.returncode == 1
    assert 'did you mean "sit_up"?' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_on_a_terminal_there_is_a_screen_and_the_table_after_it() -> None:
    primary, secondary = os.openpty()
    command = [argument for argument in COMMAND if argument != "--no-tty"]
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--duration", "12", "--port", str(free_port())],
        stdin=subprocess.DEVNULL,
        stdout=secondary,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    ) as process:
        os.close(secondary)
        output = b""
        with contextlib.suppress(OSError):  # what Linux says when the other end is closed
            while chunk := os.read(primary, 65536):
                output += chunk
        os.close(primary)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0
    text = output.decode()
    enters, leaves = text.index("\x1b[?1049h"), text.index("\x1b[?1049l")
    assert "repetitions" in text[enters:leaves]
    assert text[enters:leaves].count("\x1b[2J") <= 1  # drawn over, not cleared: no flicker
    assert "holes in the sequence" in text[leaves:]
