"""The rungs as they are taken, on the private bus: what is switched off, what is not, and what is said of it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.ble.scaffold import unit_number
from tests.ble.test_kernel import switch
from tests.simulators.carriers.waiting import until

from ptdevice.ble import power
from ptdevice.ble.doubts import Evidence, Patience
from ptdevice.ble.ledger import Ledger
from ptdevice.ble.reaping import reap
from ptdevice.ble.recovery import Policy, Recovery
from ptdevice.errors import Code, LinkError, NotFoundError, RadioError
from ptdevice_sim.carriers.bluez import BluezAir, Manners

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from ptdevice.ble.resetting import Reset
    from ptdevice.latest import AdapterHealth

QUICK = Patience(
    silence_s=0.4,
    mute_s=0.1,
    busy_s=0.1,
    listening_s=0.2,
    rest_s=0.1,
    resetting_s=0.2,
    cycled_s=0.4,
    reset_s=0.4,
    again_s=0.5,
    look_s=0.2,
    absent_s=0.05,
)


class Bench:
    """A radio of which only what the ladder sees is there."""

    name: str | None = None
    address: str | None = None

    def __init__(self) -> None:
        self.open: dict[str, bool] = {}
        self.waits = True
        self.restarts = 0
        self.lost: list[str] = []
        self.quiet_now = False

    def wanted(self) -> bool:
        return self.waits

    def links(self) -> dict[str, bool]:
        return self.open

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        self.quiet_now = True
        yield
        self.quiet_now = False

    async def restart_scanning(self) -> None:
        self.restarts += 1

    def lose_all(self, text: str, code: Code) -> None:
        assert self.quiet_now
        self.lost.append(code)
        self.open.clear()


class Bed:
    """A recovery at work on an air."""

    def __init__(self, folder: Path, policy: Policy = "careful", reset: Reset | None = None) -> None:
        self.bench = Bench()
        self.ledger = Ledger(folder / "journal.sqlite", "boot")
        self.evidence = Evidence()
        self.recovery = Recovery(
            self.bench, self.ledger, self.evidence, policy=policy, reset=reset, root=folder, patience=QUICK
        )
        self.said: list[AdapterHealth] = []

    async def storm(self) -> None:
        """Scans are refused, for as long as this runs."""
        while True:
            self.evidence.refused("scan", asyncio.get_running_loop().time())
            await asyncio.sleep(0.05)

    def health(self) -> AdapterHealth:
        return self.recovery.health

    @property
    def code(self) -> str | None:
        return self.health().code


@asynccontextmanager
async def at_work(
    folder: Path, policy: Policy = "careful", reset: Reset | None = None, *, storm: bool = False
) -> AsyncIterator[Bed]:
    bed = Bed(folder, policy, reset)
    async with bed.ledger, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(bed.recovery.run(), name="recovery")]
        if storm:
            running.append(tasks.create_task(bed.storm(), name="storm"))
        try:
            yield bed
        finally:
            for task in running:
                task.cancel()


def cycles(air: BluezAir) -> int:
    return air.bluetoothd.adapter.counters.power_cycles


async def test_a_storm_ends_in_switching_off_and_on_with_nothing_scanning_meanwhile_and_nothing_owed(
    tmp_path: Path,
) -> None:
    async with BluezAir(Manners(stuck=True)) as air, at_work(tmp_path, storm=True) as bed:
        await until(lambda: cycles(air) == 1)
        await until(lambda: bed.bench.restarts >= 2)
        assert not air.manners.stuck
        assert air.bluetoothd.adapter.powered
        assert bed.bench.lost == ["adapter_stuck"]
    async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
        assert after.left_off == set()


async def test_where_another_program_has_a_link_it_is_not_switched_off_and_that_is_told(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path, storm=True) as bed:
        headphones = unit_number(1)
        air.publish_held(headphones)
        await until(lambda: bed.code == "adapter_stuck")
        assert "another program has a link on it" in (bed.health().text or "")
        assert "reboot" in (bed.health().fix or "")
        assert cycles(air) == 0
        assert set(await power.links()) == {headphones.address}


@pytest.mark.parametrize(
    ("policy", "stimulator", "why"),
    [
        ("careful", False, "links on it hold"),
        ("careful", True, "a stimulator has a link on it"),
        ("always", True, "a stimulator has a link on it"),
        ("never", False, 'bluetooth.power_cycle is "never"'),
    ],
)
async def test_what_stands_in_the_way_is_told(tmp_path: Path, policy: Policy, stimulator: bool, why: str) -> None:  # noqa: FBT001 - a parameter
    async with BluezAir() as air, at_work(tmp_path, policy, storm=True) as bed:
        bed.bench.open["C0:DE:00:00:00:01"] = stimulator
        await until(lambda: bed.code == "adapter_stuck")
        assert why in (bed.health().text or "")
        assert cycles(air) == 0
        assert bed.bench.lost == []


async def test_always_means_links_of_sensors_and_of_other_programs_too(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path, "always", storm=True) as bed:
        air.publish_held(unit_number(1))
        bed.bench.open["C0:DE:00:00:00:02"] = False
        await until(lambda: cycles(air) == 1)
        assert bed.bench.lost == ["adapter_stuck"]


async def test_an_adapter_is_never_left_off_however_often_that_is_cancelled(tmp_path: Path) -> None:
    async with BluezAir() as air:
        bed = Bed(tmp_path)
        async with bed.ledger:
            running, storm = asyncio.create_task(bed.recovery.run()), asyncio.create_task(bed.storm())
            await until(lambda: not air.bluetoothd.adapter.powered)
            while not running.done():
                running.cancel()
                await asyncio.sleep(0)
            storm.cancel()
        assert air.bluetoothd.adapter.powered
        assert cycles(air) == 1


async def test_one_that_a_killed_process_left_off_is_switched_on_by_the_next(tmp_path: Path) -> None:
    async with BluezAir() as air:
        adapter = air.bluetoothd.adapter
        async with Ledger(tmp_path / "journal.sqlite", "boot") as killed:
            await killed.switching_off(adapter.address)
            adapter.power(on=False)
        async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
            await reap(after, (), set())
        assert adapter.powered
        async with Ledger(tmp_path / "journal.sqlite", "boot") as again:
            assert again.left_off == set()


async def test_one_that_does_not_come_on_again_is_told_and_tried_until_it_does(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path, storm=True) as bed:
        await until(lambda: not air.bluetoothd.adapter.powered)
        air.manners.rfkill = True
        await until(lambda: bed.code == "rfkill_soft")
        assert bed.health().fix == "sudo rfkill unblock bluetooth"
        air.manners.rfkill = False  # and nobody else switches it on
        await until(lambda: air.bluetoothd.adapter.powered)


async def test_one_that_was_plugged_in_anew_meanwhile_is_owed_nothing_and_stays_off_when_a_person_switches_it_off(
    tmp_path: Path,
) -> None:
    async with BluezAir(Manners(stuck=True)) as air, at_work(tmp_path, storm=True) as bed:
        adapter = air.bluetoothd.adapter
        await until(lambda: not adapter.powered)
        air.manners.rfkill = True  # it cannot be switched on again
        await until(lambda: bed.code == "rfkill_soft")
        adapter.unplug()
        air.manners.rfkill = False
        adapter.plug()
        await until(lambda: bed.code is None)
        adapter.power(on=False)
        await until(lambda: bed.code == "adapter_off")
        assert "it is tried every few seconds" not in (bed.health().text or "")
        await asyncio.sleep(5 * QUICK.absent_s)  # it would have been switched on by now
        assert not adapter.powered
    async with Ledger(tmp_path / "journal.sqlite", "boot") as after:
        assert not after.left_off


async def test_a_ghost_of_our_own_is_no_other_program(tmp_path: Path) -> None:
    async with BluezAir(Manners(stuck=True)) as air, at_work(tmp_path) as bed:
        await bed.ledger.linking(unit_number(1).address)
        air.publish_held(unit_number(1))  # its end was never confirmed
        storm = asyncio.create_task(bed.storm())
        await until(lambda: cycles(air) == 1)
        storm.cancel()
        await asyncio.wait({storm})


async def test_a_busy_bluetoothd_is_asked_again(tmp_path: Path) -> None:
    async with BluezAir(Manners(busy_after_plug=3)) as air:
        await power.switch(air.bluetoothd.adapter.path, on=False)
        assert not air.bluetoothd.adapter.powered


async def test_where_that_does_not_help_it_is_reset_where_it_may_be_and_then_a_person_is_told(tmp_path: Path) -> None:
    resets: list[tuple[str, str]] = []

    async def reset(name: str, address: str) -> None:
        resets.append((name, address))

    async with BluezAir() as air, at_work(tmp_path, reset=reset, storm=True) as bed:
        await until(lambda: bed.code == "adapter_stuck")
        assert resets == [("hci0", air.bluetoothd.adapter.address)]
        told = 'every scan is "in progress"; switching it off and on and resetting it did not help'
        assert bed.health().text == told


async def test_a_reset_that_fails_ends_nothing(tmp_path: Path) -> None:
    async def reset(name: str, address: str) -> None:
        raise RadioError("it could not be reset")

    async with BluezAir(), at_work(tmp_path, reset=reset, storm=True) as bed:
        await until(lambda: bed.code == "adapter_stuck")


async def test_a_reset_that_never_ends_is_given_up_and_a_person_is_told(tmp_path: Path) -> None:
    async def reset(name: str, address: str) -> None:
        await asyncio.Event().wait()

    async with BluezAir(), at_work(tmp_path, reset=reset, storm=True) as bed:
        await until(lambda: bed.code == "adapter_stuck")
        assert not bed.bench.quiet_now


async def test_no_reset_while_a_stimulator_has_a_link(tmp_path: Path) -> None:
    resets: list[str] = []

    async def reset(name: str, address: str) -> None:
        resets.append(name)

    async with BluezAir() as air, at_work(tmp_path, reset=reset, storm=True) as bed:
        await until(lambda: cycles(air) == 1)
        bed.bench.open["C0:DE:00:00:00:01"] = True
        await until(lambda: bed.code == "adapter_stuck")
        assert resets == []


async def test_what_a_person_switched_off_stays_off_and_is_told_once_until_it_is_on_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with BluezAir() as air, at_work(tmp_path) as bed:
        air.bluetoothd.adapter.power(on=False)
        await until(lambda: bed.code == "adapter_off")
        await asyncio.sleep(0.5)  # many looks
        assert not air.bluetoothd.adapter.powered
        air.bluetoothd.adapter.power(on=True)
        await until(lambda: bed.health().state == "ok")
        assert bed.bench.restarts >= 1
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "hci0: the adapter is switched off. bluetoothctl power on"
    assert told[1].startswith("hci0: works again, after ")
    assert len(told) == 2


async def test_rfkill_is_told_by_its_switch_and_what_to_do(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        switch(tmp_path, 1, "bluetooth", "1", "0")
        air.bluetoothd.adapter.rfkill(blocked=True)
        await until(lambda: bed.code == "rfkill_soft")
        assert bed.health().text == "Bluetooth is blocked by software (rfkill1)"
        assert bed.health().fix == "sudo rfkill unblock bluetooth"
        air.bluetoothd.adapter.rfkill(blocked=False)
        await until(lambda: bed.health().state == "ok")


async def test_unplugged_is_told_and_plugged_in_again_under_another_name_it_is_taken_up(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        bed.bench.address = air.bluetoothd.adapter.address
        air.bluetoothd.adapter.unplug()
        await until(lambda: bed.code == "no_adapter")
        air.bluetoothd.renumber("hci0", "hci1")
        await until(lambda: bed.health().state == "ok")
        assert bed.health().name == "hci1"


async def test_a_bluetoothd_that_is_away_is_told_and_taken_up_when_it_is_back(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        await air.bluetoothd.crash()
        await until(lambda: bed.code == "bluetoothd_away")
        await air.bluetoothd.restart()
        await until(lambda: bed.health().state == "ok")


async def test_an_adapter_that_is_well_is_known_by_its_name_from_the_start(tmp_path: Path) -> None:
    async with BluezAir(), at_work(tmp_path) as bed:
        bed.evidence.heard_at = (
            asyncio.get_running_loop().time() + 3600
        )  # it is heard on: there is no other reason to ask
        await until(lambda: bed.health().name == "hci0")
        assert bed.health().state == "ok"


async def test_a_bus_that_is_away_is_told(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        await air.bus.stop()
        await until(lambda: bed.code == "dbus_away")


async def test_units_are_told_what_is_the_matter_with_the_adapter_and_what_to_do(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        absent, refused = NotFoundError("no advertisement"), LinkError("it is held", "held_by_another_host")
        assert bed.recovery.better(absent) is absent
        air.bluetoothd.adapter.power(on=False)
        await until(lambda: bed.code == "adapter_off")
        better = bed.recovery.better(absent)
        assert (better.code, str(better)) == (
            "adapter_off",
            "hci0: the adapter is switched off. bluetoothctl power on",
        )
        assert bed.recovery.better(refused) is refused


async def test_a_room_in_which_nobody_is_near_is_called_silent_and_units_stay_merely_absent(tmp_path: Path) -> None:
    async with BluezAir() as air, at_work(tmp_path) as bed:
        await until(lambda: bed.health().state == "silent")
        absent = NotFoundError("no advertisement")
        assert bed.recovery.better(absent) is absent
        assert cycles(air) == 0


async def test_what_stays_stuck_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with BluezAir(), at_work(tmp_path, "never", storm=True) as bed:
        await until(lambda: bed.code == "adapter_stuck")
        restarts = bed.bench.restarts
        await until(lambda: bed.bench.restarts >= restarts + 2)  # the whole way again, twice
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
