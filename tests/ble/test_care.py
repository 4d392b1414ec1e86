"""The daemon's path over days on which the adapter itself fails: radio, ladder and connection together, on the private bus."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.ble.scaffold import BENCH, PROMPT_S, unit_number
from tests.ble.test_kernel import switch
from tests.ble.test_recovery import QUICK
from tests.simulators.carriers.observing import InHaste, LyingStill, Told, observed
from tests.simulators.carriers.waiting import until

from ptdevice.ble import power
from ptdevice.ble.care import Rules
from ptdevice.ble.ledger import NAME, Ledger
from ptdevice.ble.radio import Radio
from ptdevice.errors import NotFoundError
from ptdevice.link import Selector
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from ptdevice.ble.recovery import Policy
    from ptdevice.latest import AdapterHealth
    from ptdevice_sim.unit import Unit

ON = [("online", "data")]
QUIET_S = 2.5  # an EM 70 is asked every second


@asynccontextmanager
async def cared_for(
    folder: Path,
    policy: Policy = "careful",
    keep: Collection[str] = (),
    adapter: str | None = None,
) -> AsyncIterator[Radio]:
    """Production's radio, with less patience than for people."""
    async with Ledger(folder / "journal.sqlite", "boot") as ledger:
        rules = Rules(ledger, keep, policy=policy, root=folder, patience=QUICK)
        async with Radio(rules=rules, adapter=adapter) as radio:
            yield radio


def watched(radio: Radio, device: str, unit: Unit) -> AbstractAsyncContextManager[Told]:
    """A connection with as little patience."""
    return observed(radio, device, unit, rng=InHaste(1), quiet_s=QUIET_S)


def health(radio: Radio) -> AdapterHealth:
    (only,) = radio.health()
    return only


def cycles(air: BluezAir) -> int:
    return air.bluetoothd.adapter.counters.power_cycles


async def test_an_adapter_that_is_stuck_is_switched_off_and_on_and_the_unit_comes_back_by_itself(
    tmp_path: Path,
) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        host = air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            air.manners.stuck = True
            host.drop_link()
            await until(lambda: told.reach()[-1:] != ON)
            await until(lambda: told.reach()[-1:] == ON)
            assert cycles(air) == 1
            await until(lambda: health(radio).state == "ok")
        assert "offline" not in {availability for availability, _ in told.reach()}
    assert air.bluetoothd.adapter.counters.overlaps == 0


async def test_an_adapter_that_is_deaf_is_switched_off_and_on_and_the_unit_comes_back_by_itself(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = BeurerEm70()
        air.publish(unit)
        async with watched(radio, "beurer_em70", unit) as told:
            await until(lambda: told.reach() == ON)
            air.manners.deaf = True
            await until(lambda: told.reach()[-1][0] == "unknown")
            await until(lambda: told.reach()[-1:] == ON, 25)
            assert cycles(air) == 1


async def test_one_that_cannot_be_cured_is_told_honestly_and_comes_back_by_itself_when_it_is_mended(
    tmp_path: Path,
) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        host = air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            air.manners.stuck = air.manners.incurable = True
            host.drop_link()
            await until(lambda: told.reach()[-1] == ("unknown", "adapter_stuck"))
            said = told.reports[-1].text
            assert "switching it off and on did not help" in said
            assert "reboot this computer" in said
            assert health(radio).state == "trouble"
            air.manners.stuck = air.manners.incurable = False
            await until(lambda: told.reach()[-1:] == ON, 30)
            await until(lambda: health(radio).state == "ok")


async def test_one_that_another_program_has_a_link_on_stays_on_and_a_person_is_told(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        headphones, unit = unit_number(9), PolarSensor(LyingStill())
        air.publish_held(headphones)
        air.publish(unit)
        air.manners.stuck = True
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach()[-1:] == [("offline", "adapter_stuck")])
            assert "another program has a link on it" in told.reports[-1].text
        assert cycles(air) == 0
        assert set(await power.links()) == {headphones.address}


async def test_a_stimulator_keeps_its_link_whatever_the_adapter_refuses_to_others(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path, "always") as radio:
        stimulator, sensor = BeurerEm70(), PolarSensor(LyingStill())
        air.publish(stimulator)
        async with watched(radio, "beurer_em70", stimulator) as its, watched(radio, "polar", sensor) as told:
            await until(lambda: its.reach() == ON)
            air.manners.stuck = True
            air.publish(sensor)
            await until(lambda: told.reach()[-1:] == [("offline", "adapter_stuck")], 40)
            assert "a stimulator has a link on it" in told.reports[-1].text
            assert its.reach() == ON
        assert cycles(air) == 0


async def test_an_adapter_that_somebody_switches_off_is_told_with_what_to_do_and_taken_up_when_it_is_on(
    tmp_path: Path,
) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            air.bluetoothd.adapter.power(on=False)
            await until(lambda: told.reach()[-1] == ("unknown", "adapter_off"))
            assert "bluetoothctl power on" in told.reports[-1].text
            air.bluetoothd.adapter.power(on=True)
            await until(lambda: told.reach()[-1:] == ON)


async def test_rfkill_is_told_with_the_command_that_lifts_it(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            switch(tmp_path, 0, "bluetooth", "1", "0")
            air.bluetoothd.adapter.rfkill(blocked=True)
            await until(lambda: told.reach()[-1] == ("unknown", "rfkill_soft"))
            assert "sudo rfkill unblock bluetooth" in told.reports[-1].text
            air.bluetoothd.adapter.rfkill(blocked=False)
            await until(lambda: told.reach()[-1:] == ON)


async def test_an_adapter_that_is_unplugged_is_told_and_taken_up_under_whatever_name_it_comes_back(
    tmp_path: Path,
) -> None:
    async with BluezAir() as air, cared_for(tmp_path, adapter="F0:00:00:00:00:01") as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            air.bluetoothd.adapter.unplug()
            await until(lambda: told.reach()[-1] == ("unknown", "no_adapter"))
            air.bluetoothd.renumber("hci0", "hci1")
            await until(lambda: told.reach()[-1:] == ON)
            await until(lambda: (health(radio).name, health(radio).state) == ("hci1", "ok"))


async def test_a_bluetoothd_that_stays_away_is_told_and_taken_up_when_it_is_back(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            await air.bluetoothd.crash()
            await until(lambda: told.reach()[-1] == ("unknown", "bluetoothd_away"))
            await air.bluetoothd.restart()
            await until(lambda: told.reach()[-1:] == ON)


async def test_a_bus_that_stays_away_is_told_and_all_is_taken_up_when_it_is_back(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with watched(radio, "polar", unit) as told:
            await until(lambda: told.reach() == ON)
            await air.bus.stop()
            await until(lambda: told.reach()[-1] == ("unknown", "dbus_away"))
            assert "dbus does not run, or this user may not reach it. systemctl status dbus" in told.reports[-1].text
            await air.bluetoothd.crash()
            await air.bus.start()
            await air.bluetoothd.restart()
            await until(lambda: told.reach()[-1:] == ON)
            await until(lambda: health(radio).state == "ok")


async def test_a_room_without_units_is_listened_to_for_ever_and_nothing_is_switched_off(tmp_path: Path) -> None:
    async with BluezAir() as air, cared_for(tmp_path) as radio:
        async with watched(radio, "polar", PolarSensor(LyingStill())):
            await until(lambda: health(radio).state == "silent")
            await asyncio.sleep(3 * QUICK.again_s)
        assert cycles(air) == 0


async def test_one_adapter_of_two_that_is_off_is_told_of_units_that_are_bound_to_it_only(tmp_path: Path) -> None:
    async with BluezAir(adapters=("hci0", "hci1")) as air, Ledger(tmp_path / "journal.sqlite", "boot") as ledger:
        rules = Rules(ledger, root=tmp_path, patience=QUICK)
        async with Radio(rules=rules, adapters=["hci0", "hci1"]) as radio:
            air.bluetoothd.adapters["hci0"].power(on=False)
            await until(lambda: radio.health()[0].state == "trouble")
            assert (radio.health()[0].name, radio.health()[0].code) == ("hci0", "adapter_off")
            assert radio.health()[1].code != "adapter_off"
            assert radio._care is not None
            absent, (first, second) = NotFoundError("no advertisement"), radio.stations
            assert radio._care.better(absent, [first]).code == "adapter_off"
            assert radio._care.better(absent, [first, second]) is absent


# --- whose links are whose ---


async def test_a_link_is_in_the_ledger_until_it_is_known_to_be_gone(tmp_path: Path) -> None:
    def noted() -> list[str]:
        found: list[str] = json.loads((tmp_path / NAME).read_text())["links"]
        return found

    async with BluezAir() as air, cared_for(tmp_path) as radio:
        unit = unit_number(1)
        air.publish(unit)
        async with radio.open(BENCH, Selector(unit.address)):
            assert noted() == [unit.address]
        assert noted() == []


async def test_one_whose_disconnect_was_never_confirmed_stays_in_it(tmp_path: Path) -> None:
    async with BluezAir() as air:
        unit = unit_number(1)
        air.publish(unit)
        async with Ledger(tmp_path / "journal.sqlite", "boot") as ledger:
            rules = Rules(ledger, climb=False, root=tmp_path)
            radio = Radio(rules=rules, disconnect_timeout_s=0.3)
            async with radio, radio.open(BENCH, Selector(unit.address)):
                air.manners.mute_disconnect = True
        assert json.loads((tmp_path / NAME).read_text())["links"] == [unit.address]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.ble.scaffold import BENCH
from ptdevice.ble.care import Rules
from ptdevice.ble.ledger import Ledger
from ptdevice.ble.radio import Radio
from ptdevice.link import Selector

async def main():
    async with Ledger(Path(sys.argv[1]), "boot") as ledger, Radio(rules=Rules(ledger)) as radio:
        async with radio.open(BENCH, Selector(sys.argv[2])), radio.open(BENCH, Selector(sys.argv[3])):
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_after_kill_9_the_next_start_lets_go_of_what_nobody_wants_takes_over_what_is_configured_and_leaves_others(
    tmp_path: Path,
) -> None:
    async with BluezAir() as air:
        wanted, unwanted, strangers = unit_number(1), unit_number(2), unit_number(3)
        for unit in (wanted, unwanted):
            air.publish(unit)
        air.publish_held(strangers)
        arguments = ("-c", KILLED, str(tmp_path / "journal.sqlite"), wanted.address, unwanted.address)
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
        assert await process.wait() == -9
        assert set(await power.links()) == {wanted.address, unwanted.address, strangers.address}  # as BlueZ does
        async with (
            asyncio.timeout(PROMPT_S),
            cared_for(tmp_path, keep=[wanted.address]) as radio,
            radio.open(BENCH, Selector(wanted.address)),
        ):
            await radio.reaped(PROMPT_S)
            assert set(await power.links()) == {wanted.address, strangers.address}
        assert set(await power.links()) == {strangers.address}
