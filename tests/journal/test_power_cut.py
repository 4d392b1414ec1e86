"""A power cut forgets every write that was not synced. The production code runs on such a disk, through its own seam."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.journal.scaffold import ForgetfulDisk, draft, journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CUTS = 12


async def lost_per_cut(
    tmp_path: Path, disk: ForgetfulDisk, connect: Callable[[Path], Any], *, loose: bool
) -> list[int]:
    """Append from several producers, cut the power at random moments, count the promised rows that are gone."""
    rng = random.Random(disk.name)  # noqa: S311 - a seed, no secret
    promised: list[str] = []
    lost: list[int] = []
    until = 0
    reached = asyncio.Event()
    async with journal(tmp_path / "journal.db", connect=connect) as book:

        async def produce() -> None:
            while len(lost) < CUTS:
                entry = await book.append(draft(len(promised)))
                promised.append(entry.id)
                if len(promised) >= until:
                    reached.set()

        producers = [asyncio.create_task(produce()) for _ in range(3)]
        for cut in range(CUTS):
            until = len(promised) + rng.randrange(1, 90)
            reached.clear()
            await reached.wait()
            left = tmp_path / f"cut-{cut}"
            left.mkdir()
            before = list(promised)
            disk.cut(left, rng if loose else None)
            async with journal(left / "journal.db") as survivor:
                assert survivor.take_notices() == []
                kept = {entry.id for entry in await survivor.read(limit=10_000)}
            lost.append(len(set(before) - kept))
        await asyncio.gather(*producers)
    return lost


@pytest.mark.parametrize("loose", [False, True], ids=["nothing unsynced survives", "some unsynced writes survive"])
async def test_a_power_cut_loses_no_promised_row(tmp_path: Path, loose: bool) -> None:  # noqa: FBT001 - a parameter
    disk = ForgetfulDisk(f"full-{loose}")
    assert await lost_per_cut(tmp_path, disk, disk.connect, loose=loose) == [0] * CUTS


async def test_the_simulated_cut_is_a_real_one_because_weaker_syncing_loses_rows_in_it(tmp_path: Path) -> None:
    disk = ForgetfulDisk("normal")

    class Weaker:
        def __init__(self, path: Path) -> None:
            self._sql = disk.connect(path)

        def execute(self, sql: str, *parameters: Any) -> Any:
            return self._sql.execute(sql.replace("synchronous = FULL", "synchronous = NORMAL"), *parameters)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._sql, name)

    assert sum(await lost_per_cut(tmp_path, disk, Weaker, loose=False)) > 0
