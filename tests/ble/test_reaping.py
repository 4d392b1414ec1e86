"""What a killed process left is undone, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.ble.scaffold import promptly, unit_number
from tests.simulators.carriers.waiting import until

from ptdevice.ble import power
from ptdevice.ble.ledger import Ledger
from ptdevice.ble.reaping import reap
from ptdevice_sim.carriers.bluez import BluezAir, Manners

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.carriers.bench import BenchUnit


async def left_behind(folder: Path, *units: BenchUnit) -> Ledger:
    """The ledger of the next process, where the one before it was killed with these linked."""
    async with Ledger(folder / "journal.sqlite", "boot") as before:
        for unit in units:
            await before.linking(unit.address)
    return Ledger(folder / "journal.sqlite", "boot")


async def test_our_ghosts_are_let_go_others_links_and_configured_units_are_not(tmp_path: Path) -> None:
    async with BluezAir(Manners(disconnect_delay_s=0.1)) as air, promptly():
        ghosts, wanted, strangers = [unit_number(1), unit_number(2)], unit_number(3), unit_number(4)
        for unit in (*ghosts, wanted, strangers):
            air.publish_held(unit)
        async with await left_behind(tmp_path, *ghosts, wanted) as ledger:
            taken: set[str] = set()
            await reap(ledger, {wanted.address.lower()}, taken)
            assert taken == set()
        assert set(await power.links()) == {wanted.address, strangers.address}
        async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
            assert after.left == {wanted.address}


async def test_one_whose_link_ended_by_itself_is_forgotten(tmp_path: Path) -> None:
    async with BluezAir() as air, promptly():
        air.publish(unit_number(1))
        async with await left_behind(tmp_path, unit_number(1)) as ledger:
            await reap(ledger, (), set())
        async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
            assert after.left == set()


async def test_one_that_is_connected_to_meanwhile_is_left_alone(tmp_path: Path) -> None:
    async with BluezAir() as air, promptly():
        unit = unit_number(1)
        air.publish_held(unit)
        async with await left_behind(tmp_path, unit) as ledger:
            await reap(ledger, (), {unit.address})
        assert set(await power.links()) == {unit.address}


async def test_one_whose_link_is_being_ended_is_not_taken_over(tmp_path: Path) -> None:
    async with BluezAir(Manners(disconnect_delay_s=0.3)) as air, promptly():
        unit = unit_number(1)
        air.publish_held(unit)
        async with await left_behind(tmp_path, unit) as ledger:
            taken: set[str] = set()
            reaping = asyncio.create_task(reap(ledger, (), taken))
            await until(lambda: taken == {unit.address})
            await reaping
            assert taken == set()


async def test_where_bluetoothd_is_away_it_is_done_when_it_is_back(tmp_path: Path) -> None:
    async with BluezAir() as air:
        await air.bluetoothd.crash()
        async with await left_behind(tmp_path, unit_number(1)) as ledger:
            reaping = asyncio.create_task(reap(ledger, (), set()))
            await air.bluetoothd.restart()
            await asyncio.wait_for(reaping, 15)
        async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
            assert after.left == set()
