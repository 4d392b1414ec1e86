"""`ptdevice migrate` on the command line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from tests.journal.test_migrations import made_by
from tests.journal.test_upgrading import dump, version

from ptdevice.cli import main
from ptdevice.journal.migrations import MIGRATIONS
from ptdevice.journal.sole import Sole

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
[journal]
path = "journal.sqlite"
[units.chest]
device = "polar"
"""


def test_an_older_one_is_brought_up_to_date_and_where_the_copy_is_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ptdevice.toml").write_text(CONFIG)
    path = made_by(1, tmp_path / "journal.sqlite")
    assert main(["migrate", "-c", str(tmp_path / "ptdevice.toml")], environ={}) == 0
    assert version(path) == len(MIGRATIONS)
    assert f"copied to {path}.schema-1" in capsys.readouterr().out


def test_a_dry_run_tells_it_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    before = path.read_bytes()
    assert main(["migrate", "--dry-run", "--journal", str(path)], environ={}) == 0
    said = capsys.readouterr().out
    assert f"schema 1; this program's is {len(MIGRATIONS)}" in said
    assert f"would be copied to {path}.schema-1" in said
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["journal.sqlite"]


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    main(["migrate", "--journal", str(path)], environ={})
    capsys.readouterr()
    assert main(["migrate", "--journal", str(path)], environ={}) == 0
    assert "up to date, nothing to do" in capsys.readouterr().out


def test_before_the_first_start_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ptdevice.toml").write_text(CONFIG)
    assert main(["migrate", "-c", str(tmp_path / "ptdevice.toml")], environ={}) == 0
    assert "not there yet" in capsys.readouterr().out
    assert not (tmp_path / "journal.sqlite").exists()


def test_a_journal_in_use_is_left_alone_and_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    with contextlib.ExitStack() as stack:
        daemon = Sole(path)
        stack.callback(daemon.release)
        assert main(["migrate", "--journal", str(path)], environ={}) == 1
    assert version(path) == 1
    assert "systemctl stop ptdevice" in capsys.readouterr().err


def test_back_to_an_older_version_keeps_every_row_and_the_numbers_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    main(["migrate", "--journal", str(path)], environ={})
    rows = [row for row in dump(path) if 'INTO "entry"' in row]
    assert main(["migrate", "--back-to", "3", "--journal", str(path)], environ={}) == 0
    assert version(path) == 3
    assert [row for row in dump(path) if 'INTO "entry"' in row] == rows
    assert "schema 3 now" in capsys.readouterr().out


def test_there_and_back_it_is_the_file_that_it_was(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    main(["migrate", "--journal", str(path)], environ={})
    before = dump(path)
    main(["migrate", "--back-to", "3", "--journal", str(path)], environ={})
    assert dump(path) != before
    main(["migrate", "--journal", str(path)], environ={})
    assert dump(path) == before


def test_where_something_would_be_lost_there_is_no_way_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    main(["migrate", "--journal", str(path)], environ={})
    assert main(["migrate", "--back-to", "2", "--journal", str(path)], environ={}) == 1
    assert "3 is as far as it goes" in capsys.readouterr().err
    assert version(path) == len(MIGRATIONS)


@pytest.mark.parametrize("wanted", ["0", "-1", str(len(MIGRATIONS) + 1)])
def test_what_is_not_older_is_nothing_to_go_back_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    assert main(["migrate", f"--back-to={wanted}", "--journal", str(path)], environ={}) == 1
    assert f"{wanted} is none" in capsys.readouterr().err
