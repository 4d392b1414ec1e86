"""`ptdevice-sim replay` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.simulators.tapes.studio import Take, em70, exercises, keys, polar, take

from ptdevice_sim.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made() -> Take:
    return take(em70(), keys)


@pytest.fixture
def tape(made: Take, tmp_path: Path) -> Path:
    path = tmp_path / "unit.tape"
    path.write_bytes(made.octets)
    return path


def test_decode_prints_an_event_a_line_and_nothing_else(
    tape: Path, made: Take, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(tape), "--decode"]) == 0
    told = capsys.readouterr()
    assert [json.loads(line) for line in told.out.splitlines()] == made.events
    assert told.err == ""


def test_a_tape_against_itself_and_against_its_events_has_no_differences(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(tape), "--against", str(tape)]) == 0
    assert capsys.readouterr().out == "0 differences in 127 events\n"
    assert main(["replay", str(tape), "--decode"]) == 0
    events = tape.with_suffix(".events")
    events.write_text(capsys.readouterr().out)
    assert main(["replay", str(tape), "--against", str(events)]) == 0


def test_differences_are_told_counted_and_in_the_exit_code(
    tape: Path, made: Take, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tape.with_name("other.tape")
    other.write_bytes(made.octets.replace(b"5a0c07010901001e3b000000d1", b"5a0c07010901011e3b000000d2"))
    assert main(["replay", str(other), "--against", str(tape)]) == 1
    *lines, total = capsys.readouterr().out.splitlines()
    assert 'output is "on", expected "off"; level is 1, expected 0' in lines[-1]
    assert total == f"{len(lines)} differences in 127 events"


def test_many_differences_are_counted_and_not_all_shown(
    tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.tape"
    other.write_bytes(take(polar(), exercises).octets)
    assert main(["replay", str(other), "--against", str(tape)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    assert lines[-2].startswith("... and ")
    assert int(lines[-2].split()[2]) + 20 == int(lines[-1].split()[0])


def test_what_did_not_fit_is_told_on_standard_error(tape: Path, made: Take, capsys: pytest.CaptureFixture[str]) -> None:
    lines = made.octets.splitlines(keepends=True)
    strange = b'{"t":106.900000,"dir":"connected"}\n{"t":106.900000,"dir":"notify","uuid":"%s","hex":"00"}\n'
    cut = b'{"t":106.900000,"dir":"notify","port":"battery","hex":"","missing":1}\n'
    write = b'{"t":106.900000,"dir":"write","port":"control","hex":"5a05"}\n{"t":1'
    tape.write_bytes(b"".join([*lines, strange % (b"0" * 8 + b"-0000-0000-0000-" + b"0" * 12), cut, write]))
    assert main(["replay", str(tape), "--decode"]) == 0
    told = capsys.readouterr().err
    assert f"{tape}: its last line breaks off, and was left out\n" in told
    assert "1 values are not whole in the capture" in told
    assert "1 entries of 00000000-0000-0000-0000-000000000000, for which this device has no port" in told
    assert "the gateway did not do what was done then" in told
    assert "5a 05 was not written to control" in told


def test_trouble_is_a_sentence_and_exit_1(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape.write_text("oops\n")
    assert main(["replay", str(tape), "--decode"]) == 1
    assert capsys.readouterr().err.startswith(f"ptdevice-sim: {tape}:1: not a line of JSON")


@pytest.mark.parametrize("arguments", [[], ["--decode", "--serve"], ["--decode", "--device", "fridge"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay", "x", *arguments])
    assert caught.value.code == 2


def test_serving_needs_to_be_told_where(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tape), "--serve"]) == 2
    assert "needs an --adapter of its own; or --private-bus" in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_no_traceback(tape: Path) -> None:
    command = [sys.executable, "-m", "ptdevice_sim.cli", "replay", str(tape), "--decode"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}) as running:  # noqa: S603 - ourselves
        assert running.stdout is not None
        running.stdout.close()
        _, told = running.communicate(timeout=30)
    assert (running.returncode, told) == (0, b"")
