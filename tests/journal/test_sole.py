from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import draft, journal

from ptdevice.errors import JournalError
from ptdevice.journal.sole import Sole, is_in_use

if TYPE_CHECKING:
    from pathlib import Path


async def test_whoever_reads_does_not_make_the_gateway_wait_and_sees_what_is_promised(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with journal(path) as book:
        await book.append(draft(1))
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM entry").fetchone() == (1,)
            await asyncio.gather(*(book.append(draft(number)) for number in range(50)))  # while it is being read
            assert reader.execute("SELECT count(*) FROM entry").fetchone() == (1,)
            reader.execute("COMMIT")
            assert reader.execute("SELECT count(*) FROM entry").fetchone() == (51,)


async def test_a_second_gateway_is_refused_also_while_the_first_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with journal(path):
        held = "import sys; from pathlib import Path; from ptdevice.journal.sole import Sole; Sole(Path(sys.argv[1]))"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", held, str(path), stderr=asyncio.subprocess.PIPE
        )
        _, said = await child.communicate()
        assert child.returncode == 1
        assert b"in use by another process" in said


def test_it_is_let_go_of_when_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    first = Sole(path)
    with pytest.raises(JournalError):
        Sole(path)
    first.release()
    Sole(path).release()


def test_whether_a_gateway_has_it_can_be_asked_without_disturbing_anybody(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    assert not is_in_use(path)
    assert not path.exists()
    held = Sole(path)
    assert is_in_use(path)
    held.release()
    assert not is_in_use(path)
    Sole(path).release()  # and asking took nothing away
