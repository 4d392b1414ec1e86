"""`ptdevice audit`: a sentence per place, what to do, and an exit code that a script can ask."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import NOON_NS, draft, journal
from tests.journal.test_audit import decision, trail_of

from ptdevice.cli import main

if TYPE_CHECKING:
    from pathlib import Path

WHOLE, FAILURE, WRONG_USAGE, TAMPERED = 0, 1, 2, 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    asyncio.run(filled(path))
    return path


async def filled(path: Path) -> None:
    async with journal(path) as book:
        await book.append_many([draft(1), decision("arm", subject="k3f7q"), decision("stop"), decision("lower")])


def audit(path: Path, *arguments: str) -> int:
    task, *rest = arguments
    return main(["audit", task, "--journal", str(path), *rest], environ={})


def head_of(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    audit(path, "verify")
    return capsys.readouterr().out.split("head ")[1].split()[0]


def test_a_whole_trail_is_told_with_its_head(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(path, "verify") == WHOLE
    said = capsys.readouterr()
    assert "whole: decisions 1 to 3; epoch" in said.out
    assert "Keep this elsewhere for --head" in said.out
    assert said.err == ""


def test_a_head_that_was_kept_can_be_given_back(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = head_of(path, capsys)
    assert audit(path, "verify", "--head", head) == WHOLE
    assert "Keep this elsewhere" not in capsys.readouterr().out


def test_tampering_has_an_exit_code_a_place_and_what_to_do(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("UPDATE audit SET content = replace(content, 'stop', 'arms') WHERE number = 2")
    assert audit(path, "verify") == TAMPERED
    said = capsys.readouterr()
    assert f"{path}: decision 2: its content was changed" in said.err
    assert "What to do: copy the file" in said.err
    assert "NOT whole" in said.out


def test_a_head_of_another_file_is_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(path, "verify", "--head", f"2-{'0' * 64}") == TAMPERED
    assert "decision 2: is not what it was" in capsys.readouterr().err


@pytest.mark.parametrize("head", ["", "2", "2-abc", f"x-{'0' * 64}", f"2-{'0' * 63}g"])
def test_what_is_no_head_is_wrong_usage(path: Path, head: str) -> None:
    with pytest.raises(SystemExit) as end:
        audit(path, "verify", f"--head={head}")
    assert end.value.code == WRONG_USAGE


def test_a_journal_that_cannot_be_read_is_a_failure_and_no_tampering(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(tmp_path / "none.db", "verify") == FAILURE
    assert "There is no journal" in capsys.readouterr().err


def test_the_configured_journal_is_looked_at(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "ptdevice.toml"
    config.write_text(
        f'[gateway]\nsite = "a"\nname = "b"\n[journal]\npath = "{path.name}"\n[units.chest]\ndevice = "polar"\n'
    )
    assert main(["audit", "verify", "-c", str(config)], environ={}) == WHOLE
    assert "decisions 1 to 3" in capsys.readouterr().out


def test_decisions_are_listed_in_order(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(path, "show") == WHOLE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert "back         allowed  arm by desk (mqtt)" in lines[0]


def test_the_last_ones_can_be_listed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit(path, "show", "-n", "1")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["3"]


def test_what_was_erased_is_listed_as_erased(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def forget() -> None:
        async with journal(path, seed=2) as book:
            await trail_of(book).forget("k3f7q", decision("forget", rule="forget", time_ns=NOON_NS))

    asyncio.run(forget())
    audit(path, "show")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["1", "erased"]
    assert "forget of decisions 1 by desk" in lines[3]
