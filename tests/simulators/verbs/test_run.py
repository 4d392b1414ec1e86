"""`ptdevice-sim run` on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ptdevice_sim.cli import main
from ptdevice_sim.clinic.loading import shipped

if TYPE_CHECKING:
    from pathlib import Path

SHORT = """\
title = "A short one"
duration = "20s"
[units.back]
device = "beurer_em70"
[[at]]
time = "00:00:05"
press = "back"
times = 3
[[at]]
time = "00:00:10"
drop_link = "back"
for = "3s"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(SHORT)
    return str(path)


def test_the_list_names_every_shipped_scenario_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--list"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == sorted(shipped())
    assert "A week of therapy at home" in "\n".join(told)


def test_a_run_shows_a_picture_and_how_fast_it_was(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", scenario]) == 0
    told = capsys.readouterr()
    assert "A short one" in told.out
    assert "played 00:00:20 in " in told.out.splitlines()[-1]
    assert told.err == ""


def test_a_quiet_run_says_one_line(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", scenario, "-q"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "it was ours only while it played"


def test_the_log_has_every_message_a_line(scenario: str, tmp_path: Path) -> None:
    assert main(["run", scenario, "-q", "--log", str(tmp_path / "out.jsonl")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["t"] for row in rows] == sorted(row["t"] for row in rows)
    assert rows[-1]["topic"].endswith("/status")
    assert rows[-1]["payload"]["state"] == "offline"
    assert {"t", "topic", "qos", "retain", "payload"} == set(rows[0])


def test_another_seed_says_something_else(scenario: str, tmp_path: Path) -> None:
    logs = []
    for seed in ("1", "1", "2"):
        assert main(["run", scenario, "-q", "--seed", seed, "--log", str(tmp_path / "out.jsonl")]) == 0
        logs.append((tmp_path / "out.jsonl").read_bytes())
    assert logs[0] == logs[1] != logs[2]


def test_what_was_expected_is_compared_and_told(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    golden, report = tmp_path / "golden.jsonl", tmp_path / "junit.xml"
    assert main(["run", scenario, "-q", "--expect", str(golden), "--update"]) == 0
    assert main(["run", scenario, "-q", "--expect", str(golden), "--junit", str(report)]) == 0
    assert "as expected" in capsys.readouterr().out
    assert ET.parse(report).getroot().get("failures") == "0"  # noqa: S314 - we wrote it
    golden.write_text(golden.read_text().replace('"link_lost_while_on"', '"link_found_while_on"'))
    assert main(["run", scenario, "-q", "--expect", str(golden), "--junit", str(report)]) == 1
    assert "link_found_while_on" in capsys.readouterr().out
    assert ET.parse(report).getroot().get("failures") == "1"  # noqa: S314 - we wrote it


def test_a_golden_file_that_is_not_there_is_told(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", scenario, "-q", "--expect", str(tmp_path / "none.jsonl")]) == 3
    told = capsys.readouterr()
    assert "none.jsonl: it is not there; --update writes it" in told.err
    assert "played" not in told.out, "told before a week is played"


def test_the_folder_of_a_file_is_made_as_a_ci_has_none(scenario: str, tmp_path: Path) -> None:
    log, report = tmp_path / "a" / "log.jsonl", tmp_path / "b" / "c" / "page.html"
    assert main(["run", scenario, "-q", "--log", str(log), "--report", str(report)]) == 0
    assert log.stat().st_size > 0
    assert report.stat().st_size > 0


def test_a_report_is_drawn(scenario: str, tmp_path: Path) -> None:
    assert main(["run", scenario, "-q", "--report", str(tmp_path / "out.html")]) == 0
    assert (tmp_path / "out.html").read_text().lstrip().lower().startswith("<!doctype html>")


def test_at_a_speed_what_happens_is_told_as_it_happens(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", scenario, "--speed", "50"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "00:00:10  evt/alarm" in told
    assert told.index("00:00:10  evt/alarm") < told.index("00:00:20  status")


def test_every_problem_of_a_scenario_is_told_and_nothing_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(SHORT.replace('press = "back"', 'press = "bcak"').replace('for = "3s"', 'for = "3"'))
    assert main(["run", str(path), "--log", str(tmp_path / "out.jsonl")]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.partition(": ")[0] for line in told.err.splitlines()] == ["ptdevice-sim"] * 2
    assert f"{path}:7: at[1].press: there is no [units.bcak]" in told.err
    assert f"{path}:12: at[2].for: must be a span" in told.err
    assert not (tmp_path / "out.jsonl").exists()


def test_an_unknown_name_is_told_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "sham_tnes"]) == 3
    assert 'did you mean "sham_tens"' in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_told(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no").write_text("a file, where a folder would have to be")
    assert main(["run", scenario, "--log", str(tmp_path / "no/out.jsonl")]) == 1
    assert f"{tmp_path / 'no'}: File exists" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--log", "--report", "--junit", "--update"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_played(
    scenario: str, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, golden = tmp_path / "a folder", tmp_path / "golden.jsonl"
    folder.mkdir()
    golden.write_text('{"ptdevice_golden": 1}\n')
    options = {"--update": ["--update", "--expect", str(folder)]}.get(
        option, ["--expect", str(golden), option, str(folder)]
    )
    assert main(["run", scenario, *options]) == 1
    told = capsys.readouterr()
    assert told.err == f"ptdevice-sim: {folder}: Is a directory\n"
    assert told.out == ""


def test_nothing_is_written_where_the_run_never_was(scenario: str, tmp_path: Path) -> None:
    (tmp_path / "kept.xml").write_text("of the run before")
    (tmp_path / "folder").mkdir()
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"ptdevice_golden": 1}\n')
    before = sorted(tmp_path.iterdir())
    files = ["--log", tmp_path / "new.jsonl", "--report", tmp_path / "kept.xml", "--junit", tmp_path / "folder"]
    assert main(["run", scenario, "--expect", str(golden), *map(str, files)]) == 1
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "kept.xml").read_text() == "of the run before"


def test_a_golden_file_is_not_written_over_by_the_log_and_then_found_as_expected(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text("kept")
    with pytest.raises(SystemExit) as ended:
        main(["run", scenario, "--expect", str(golden), "--log", str(golden)])
    assert ended.value.code == 2
    assert "four different files" in capsys.readouterr().err
    assert golden.read_text() == "kept"


async def test_a_run_that_is_terminated_leaves_nothing_behind(tmp_path: Path) -> None:
    scenario = tmp_path / "long.toml"
    scenario.write_text(SHORT.replace('"20s"', '"180d"'))
    folder, log = tmp_path / "temporary", tmp_path / "log.jsonl"
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ptdevice_sim.cli", "run", str(scenario), "--log", str(log),
        env={**os.environ, "TMPDIR": str(folder)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(40):
            while not (log.exists() and log.stat().st_size):  # noqa: ASYNC110 - a process of its own tells nobody
                await asyncio.sleep(0.01)
            assert list(folder.iterdir()), "it is at work"
            process.terminate()
            assert await process.wait() == 143
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["sham_tens", "--junit", "x.xml"],
        ["sham_tens", "--update"],
        ["sham_tens", "--speed", "0"],
        ["sham_tens", "--speed", "nan"],
        ["sham_tens", "--speed", "2", "--real-time"],
        ["sham_tens", "--speed", "fast"],
        ["sham_tens", "--seed", "-1"],
        ["sham_tens", "--seed", "one"],
        ["sham_tens", "--seed", "9007199254740993"],
    ],
)
def test_wrong_usage_is_told_before_anything_is_played(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", *wrong])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "usage: " in told
    assert " _" not in told, "no name of a function of ours"
