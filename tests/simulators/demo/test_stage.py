"""What of the stage can be seen without the whole demo; the rest is in test_show.py."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest

from ptdevice_sim import virtual_time
from ptdevice_sim.demo.board import Board
from ptdevice_sim.demo.stage import GOODBYE_S, _goodbye, _rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("gateway", "says_offline_after_s", "waited_s"),
    [("online", 0.5, 0.5), ("online", 60.0, GOODBYE_S), ("offline", 60.0, 0.0), ("unknown", 60.0, 0.0)],
    ids=["it says it", "it never says it", "it has said it", "it never spoke"],
)
def test_the_subscriber_waits_for_the_last_words_as_long_as_they_may_come(
    gateway: str, says_offline_after_s: float, waited_s: float
) -> None:
    async def parting() -> float:
        loop, board = asyncio.get_running_loop(), Board()
        board.gateway = gateway
        loop.call_later(says_offline_after_s, setattr, board, "gateway", "offline")
        await _goodbye(board)
        return loop.time()

    assert virtual_time.run(parting()) == pytest.approx(waited_s, abs=0.02)


def test_the_rows_of_a_journal_are_counted(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as sql:
        sql.execute("CREATE TABLE entry (sequence INTEGER)")
        sql.executemany("INSERT INTO entry VALUES (?)", [(1,), (2,), (3,)])
    sql.close()
    assert _rows(tmp_path / "journal.sqlite") == 3
