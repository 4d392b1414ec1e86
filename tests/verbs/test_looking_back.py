"""What docs/records.md shows is what is printed, word for word; and what is asked for wrongly is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.history.evening import DAY, NAMES, SET, STIMULATION, drafts, recorded

from ptdevice.cli import main
from ptdevice.journal import room
from ptdevice.journal.damage import SET_ASIDE
from ptdevice.mqtt.topics import Names

PAGE = (Path(__file__).parents[2] / "docs/records.md").read_text(encoding="utf-8")
OK, FAILURE, WRONG_USAGE, INVALID = 0, 1, 2, 3
Out = pytest.CaptureFixture[str]


def shown() -> list[tuple[str, str]]:
    """The commands on the page, with what is printed below them."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
    found = []
    for block in blocks:
        for part in block.split("$ ptdevice ")[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def ptdevice(*arguments: str) -> int:
    return main(list(arguments), environ={})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    recorded(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "output"), shown(), ids=[command for command, _ in shown()])
def test_every_command_on_the_page_does_what_is_shown(command: str, output: str, folder: Path, capsys: Out) -> None:
    if "/var/lib/ptdevice/" in command:  # the file that a damaged journal was renamed to
        real = folder / f"journal.sqlite{SET_ASIDE}20261123T101500.000000Z"
        (folder / "journal.sqlite").rename(real)
        command = re.sub(r"/var/lib/ptdevice/\S+", str(real), command) + " --allow-sim"
    assert ptdevice(*command.split()) == OK
    assert capsys.readouterr().out == output


def test_the_page_tells_the_order_in_which_classes_go() -> None:
    (line,) = [line for line in PAGE.splitlines() if line.startswith("1. what was delivered")]
    assert re.findall(r"`([a-z_.]+)`", line) == list(room.EXPENDABLE)


@pytest.mark.parametrize("arguments", [("--kind", "stimulation"), ("--unit", "back"), ("--since", "2026-09-21T14:15")])
def test_what_is_listed_can_be_narrowed(arguments: tuple[str, str], folder: Path, capsys: Out) -> None:
    assert ptdevice("sessions", "--journal", "journal.sqlite", "--json", *arguments) == OK
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["id"], said["finished"], said["simulated"]) == (STIMULATION, True, True)
    assert said["data"]["delivered_s"] == 1799.0


def test_a_session_that_spans_a_bound_is_whole_and_belongs_to_its_beginning(folder: Path, capsys: Out) -> None:
    ptdevice("sessions", "--journal", "journal.sqlite", "--json", "--until", "2026-09-21T14:20")
    assert [json.loads(line)["finished"] for line in capsys.readouterr().out.splitlines()] == [True, True]
    ptdevice("sessions", "--journal", "journal.sqlite", "--json", "--since", "2026-09-21T14:20")
    assert capsys.readouterr().out == ""


def test_real_records_have_no_banner(tmp_path: Path, capsys: Out) -> None:
    path = recorded(tmp_path, names=replace(NAMES, simulated=False))
    assert ptdevice("sessions", "--journal", str(path)) == OK
    assert "SIMULATED" not in capsys.readouterr().out


def test_all_that_is_known_of_one_as_json(folder: Path, capsys: Out) -> None:
    assert ptdevice("show", SET, "--journal", "journal.sqlite", "--json") == OK
    said = json.loads(capsys.readouterr().out)
    assert len(said["parts"]["exercise.repetition"]) == 10


def test_a_day_as_json(folder: Path, capsys: Out) -> None:
    assert ptdevice("timeline", "--day", DAY, "--journal", "journal.sqlite", "--json") == OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["lane"] for line in lines] == ["by hand", "pain", "exercise", "pain", "stimulation"]
    assert all(line["simulated"] for line in lines)


def test_a_list_with_nothing_in_it_is_said_so_but_not_to_machines(folder: Path, capsys: Out) -> None:
    assert ptdevice("sessions", "--unit", "chess", "--journal", "journal.sqlite") == OK
    assert capsys.readouterr().out.endswith("no stimulation session, set or walk that was asked for is recorded\n")
    assert ptdevice("sessions", "--unit", "chess", "--journal", "journal.sqlite", "--json") == OK
    assert not capsys.readouterr().out


def test_a_code_as_new_subject_makes_it_moves_no_column(tmp_path: Path, capsys: Out) -> None:
    recorded(tmp_path)
    assert ptdevice("sessions", "--journal", str(tmp_path / "journal.sqlite")) == OK
    listed = capsys.readouterr().out.splitlines()[-1]
    whose, kind = listed.index("k3f7q"), listed.index("stimulation")
    assert kind - whose > len("5vxq2mbd3ktl7aio")


def test_a_day_on_which_nothing_was_is_said_so(folder: Path, capsys: Out) -> None:
    assert ptdevice("timeline", "--day", "2026-01-01", "--journal", "journal.sqlite") == OK
    assert "nothing was recorded" in capsys.readouterr().out


def test_simulated_records_are_not_exported_unless_that_is_said(folder: Path, capsys: Out) -> None:
    assert ptdevice("export", "--journal", "journal.sqlite", "-o", "out") == FAILURE
    assert "--allow-sim" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_configuration_for_people_does_not_make_simulated_records_real(folder: Path, capsys: Out) -> None:
    text = (folder / "ptdevice.toml").read_text()
    (folder / "ptdevice.toml").write_text(text.replace("simulated = true", "simulated = false"))
    assert ptdevice("export", "-c", "ptdevice.toml", "-o", "out") == FAILURE
    assert "simulated" in capsys.readouterr().err


def test_an_older_file_needs_the_configuration_to_say_whose_it_is(tmp_path: Path, capsys: Out) -> None:
    path = recorded(tmp_path, names=None)
    assert ptdevice("sessions", "--journal", str(path)) == FAILURE
    assert "with -c" in capsys.readouterr().err
    assert ptdevice("sessions", "--journal", str(path), "-c", str(tmp_path / "ptdevice.toml")) == OK
    assert "SIMULATED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "nothing"), FAILURE, "called nothing"),
        (("show", "01a0c45"), FAILURE, "2 are called 01a0c45"),
        (("sessions", "--since", "yesterday"), FAILURE, "--since yesterday is no day"),
        (("timeline", "--day", "21.9."), FAILURE, "--day 21.9. is no day"),
        (("export", "-o", "out", "--allow-sim", "--until", "x"), FAILURE, "--until x"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    arguments: tuple[str, ...], code: int, said: str, folder: Path, capsys: Out
) -> None:
    assert ptdevice(*arguments, "--journal", "journal.sqlite") == code
    assert said in capsys.readouterr().err


def test_a_journal_that_is_not_there_is_told_and_a_configuration_that_is_not_is_invalid(
    tmp_path: Path, capsys: Out
) -> None:
    assert ptdevice("sessions", "--journal", str(tmp_path / "absent")) == FAILURE
    assert "There is no journal" in capsys.readouterr().err
    assert ptdevice("sessions", "-c", str(tmp_path / "absent.toml")) == INVALID


def test_what_could_not_be_read_is_said_beside_what_could(tmp_path: Path, capsys: Out) -> None:
    path = recorded(tmp_path, drafts() * 30)
    aside = path.rename(path.with_name(f"journal.sqlite{SET_ASIDE}1"))
    content = bytearray(aside.read_bytes())
    content[300_000:302_048] = b"\xa5" * 2048
    aside.write_bytes(content)
    assert ptdevice("export", "--journal", str(aside), "-o", str(tmp_path / "rescued"), "--allow-sim") == OK
    assert re.search(r"is damaged: records \d+ to \d+ could not be read", capsys.readouterr().err)
    manifest = json.loads((tmp_path / "rescued/manifest.json").read_text())
    assert 0 < manifest["records"] < 960
    assert manifest["unreadable"]
    assert manifest["numbers_without_a_record"] is None


def test_the_names_of_the_file_count_and_not_those_of_the_configuration(tmp_path: Path, capsys: Out) -> None:
    recorded(tmp_path, names=Names("elsewhere", "pi-9", simulated=True))
    arguments = ("-c", str(tmp_path / "ptdevice.toml"), "-o", str(tmp_path / "out"), "--format", "jsonl", "--allow-sim")
    assert ptdevice("export", *arguments) == OK
    line = (tmp_path / "out/records.jsonl").read_text().splitlines()[0]
    assert json.loads(line)["source"].startswith("/elsewhere/pi-9/")
