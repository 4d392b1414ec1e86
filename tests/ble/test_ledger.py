"""Which links are ours, on disk."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ptdevice.ble.ledger import NAME, Ledger

if TYPE_CHECKING:
    from pathlib import Path

UNIT, OTHER, ADAPTER = "C0:DE:00:00:00:01", "C0:DE:00:00:00:02", "F0:00:00:00:00:01"
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from ptdevice.ble.ledger import Ledger

async def main():
    async with Ledger(Path(sys.argv[1]), "boot") as ledger:
        await ledger.linking("C0:DE:00:00:00:01")
        await ledger.linking("c0:de:00:00:00:02")
        await ledger.unlinked("C0:DE:00:00:00:02")
        await ledger.switching_off("F0:00:00:00:00:01")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def ledger(folder: Path, boot_id: str = "boot") -> Ledger:
    return Ledger(folder / "journal.sqlite", boot_id)


async def test_what_was_linked_and_off_when_the_process_was_killed_is_told_to_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "journal.sqlite")]
    await asyncio.to_thread(subprocess.run, command, check=False)
    async with ledger(tmp_path) as after:
        assert after.left == {UNIT}
        assert after.left_off == {ADAPTER}


async def test_what_was_left_stays_left_until_it_is_told_to_be_over(tmp_path: Path) -> None:
    async with ledger(tmp_path) as first:
        await first.linking(UNIT)
        await first.switching_off(ADAPTER)
    async with ledger(tmp_path) as second:
        await second.linking(OTHER)
    async with ledger(tmp_path) as third:
        assert third.left == {UNIT, OTHER}
        await third.unlinked(UNIT.lower())
        await third.switched_on(ADAPTER)
    async with ledger(tmp_path) as fourth:
        assert fourth.left == {OTHER}
        assert fourth.left_off == set()


async def test_after_another_boot_nothing_in_it_is_true(tmp_path: Path) -> None:
    async with ledger(tmp_path) as before:
        await before.linking(UNIT)
    async with ledger(tmp_path, "another") as after:
        assert after.left == set()


async def test_beside_a_process_that_lives_nothing_is_left_and_nothing_is_noted(tmp_path: Path) -> None:
    async with ledger(tmp_path) as daemon:
        await daemon.linking(UNIT)
        async with ledger(tmp_path) as beside:
            assert beside.left == set()
            await beside.linking(OTHER)
            await beside.unlinked(UNIT)
    async with ledger(tmp_path) as after:
        assert after.left == {UNIT}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"boot_id": "boot"}',
        '{"boot_id": "boot", "links": 7, "off": []}',
        '{"boot_id": "boot", "links": [7], "off": []}',
        '{"boot_id": "boot", "links": [], "off": "F0:00:00:00:00:01"}',
    ],
)
async def test_one_that_is_damaged_is_told_and_begun_anew(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_text(text)
    async with ledger(tmp_path) as after:
        assert not after.left | after.left_off
        await after.linking(UNIT)
    assert "is damaged" in caplog.text
    async with ledger(tmp_path) as again:
        assert again.left == {UNIT}


async def test_a_folder_that_is_not_there_keeps_no_link_from_being_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with Ledger(tmp_path / "nowhere/journal.sqlite", "boot") as without:
            await without.linking(UNIT)
            await without.unlinked(UNIT)
    assert len(caplog.records) == 1


async def test_what_is_noted_at_the_same_time_is_all_noted(tmp_path: Path) -> None:
    units = [f"C0:DE:00:00:00:{number:02X}" for number in range(20)]
    async with ledger(tmp_path) as before:
        await asyncio.gather(*(before.linking(unit) for unit in units))
        await asyncio.gather(*(before.unlinked(unit) for unit in units[10:]))
    async with ledger(tmp_path) as after:
        assert after.left == set(units[:10])


async def test_its_mode_lets_nobody_else_read_whose_addresses_these_are(tmp_path: Path) -> None:
    async with ledger(tmp_path) as before:
        await before.linking(UNIT)
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
