from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import draft, journal

from ptdevice.errors import JournalError
from ptdevice.journal.claim import claimed
from ptdevice.mqtt.topics import Names

if TYPE_CHECKING:
    from pathlib import Path

REAL = Names("clinic-a", "pi-1", simulated=False)
SIMULATED = Names("clinic-a", "pi-1", simulated=True)


@pytest.mark.parametrize("first", [REAL, SIMULATED], ids=["real first", "simulated first"])
async def test_simulated_and_real_records_never_share_a_file(tmp_path: Path, first: Names) -> None:
    path = tmp_path / "journal.db"
    async with journal(path, names=first) as book:
        await book.append(draft())
    with pytest.raises(JournalError, match="Name another file"):
        async with journal(path, names=REAL if first is SIMULATED else SIMULATED):
            pass
    async with journal(path, names=first) as book:
        assert (await book.counts()).newest == 1


async def test_a_file_without_records_takes_either(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", names=SIMULATED):
        pass
    async with journal(tmp_path / "journal.db", names=REAL) as book:
        assert await book.do(lambda store: claimed(store.sql)) == REAL


async def test_a_gateway_that_was_renamed_goes_on_in_its_file(tmp_path: Path) -> None:
    renamed = Names("clinic-b", "pi-2", simulated=False)
    async with journal(tmp_path / "journal.db", names=REAL) as book:
        await book.append(draft())
    async with journal(tmp_path / "journal.db", names=renamed) as book:
        assert await book.do(lambda store: claimed(store.sql)) == renamed


async def test_a_file_from_before_says_nothing(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db") as book:
        assert await book.do(lambda store: claimed(store.sql)) is None
