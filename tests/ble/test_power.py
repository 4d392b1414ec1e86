"""What BlueZ says of an adapter, and of the links on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.ble.scaffold import BENCH, unit_number
from tests.ble.test_kernel import switch
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.ble import power
from ptdevice.ble.ladder import Seen
from ptdevice.ble.radio import Radio
from ptdevice.errors import RadioError
from ptdevice.link import Selector
from ptdevice_sim.carriers.bluez import BluezAir, Manners

if TYPE_CHECKING:
    from pathlib import Path

HCI0, ADDRESS = "/org/bluez/hci0", "F0:00:00:00:00:01"


@pytest.mark.parametrize(
    ("address", "name"), [(None, None), (ADDRESS, None), (ADDRESS.lower(), "hci7"), (None, "hci0")]
)
async def test_an_adapter_that_is_there_and_on_is_sound_with_whoever_is_connected(
    tmp_path: Path, address: str | None, name: str | None
) -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish_held(unit)
        air.publish(unit_number(9))
        async with Radio() as radio:
            await radio.scan(0.2)  # known to BlueZ, and not connected
        answer = await power.ask(address, name, tmp_path)
    assert answer == power.Answer(Seen.SOUND, None, HCI0, ADDRESS, frozenset({unit.address}))


@pytest.mark.parametrize(("address", "name"), [("F0:00:00:00:00:09", None), (None, "hci9")])
async def test_another_adapter_than_the_wanted_one_is_not_taken_for_it(
    tmp_path: Path, address: str | None, name: str | None
) -> None:
    async with BluezAir():
        assert (await power.ask(address, name, tmp_path)).seen is Seen.GONE


async def test_an_adapter_that_is_off_is_told_from_one_that_rfkill_keeps_off(tmp_path: Path) -> None:
    async with BluezAir() as air:
        air.bluetoothd.adapter.power(on=False)
        assert await power.ask(None, None, tmp_path) == power.Answer(Seen.OFF, None, HCI0, ADDRESS)
        switch(tmp_path, 3, "bluetooth", "1", "0")
        assert await power.ask(None, None, tmp_path) == power.Answer(Seen.BLOCKED, "rfkill3", HCI0, ADDRESS)
        switch(tmp_path, 4, "bluetooth", "0", "1")
        assert (await power.ask(None, None, tmp_path)).seen is Seen.BARRED


async def test_a_switch_that_blocks_another_adapter_says_nothing_of_one_that_is_on(tmp_path: Path) -> None:
    switch(tmp_path, 0, "bluetooth", "1", "0")
    async with BluezAir():
        assert (await power.ask(None, None, tmp_path)).seen is Seen.SOUND


async def test_an_adapter_that_is_unplugged_is_gone(tmp_path: Path) -> None:
    async with BluezAir() as air:
        air.bluetoothd.adapter.unplug()
        assert await power.ask(None, None, tmp_path) == power.Answer(Seen.GONE)


async def test_a_bluetoothd_that_does_not_run_is_told_from_a_bus_that_does_not(tmp_path: Path) -> None:
    async with BluezAir() as air:
        await air.bluetoothd.crash()
        assert await power.ask(None, None, tmp_path) == power.Answer(Seen.NO_BLUETOOTHD)
        await air.bus.stop()
        assert (await power.ask(None, None, tmp_path)).seen is Seen.NO_DBUS


async def test_who_has_a_link_is_told_with_the_adapter_it_is_on() -> None:
    async with BluezAir() as air, Radio() as radio:
        ours, ghost, free = unit_number(1), unit_number(2), unit_number(3)
        air.publish(ours)
        air.publish_held(ghost)
        air.publish(free)
        async with radio.open(BENCH, Selector(ours.address)):
            assert await power.links() == {ours.address: HCI0, ghost.address: HCI0}


async def test_a_link_is_ended_and_waited_for() -> None:
    async with BluezAir(Manners(disconnect_delay_s=0.3)) as air:
        ghost, other = unit_number(1), unit_number(2)
        air.publish_held(ghost)
        air.publish_held(other)
        await power.disconnect(HCI0, ghost.address.lower())
        assert await power.links() == {other.address: HCI0}


async def test_a_link_that_cannot_be_ended_is_told() -> None:
    async with BluezAir():
        with pytest.raises(RadioError, match="could not be ended"):
            await power.disconnect(HCI0, "C0:DE:00:00:00:77")


async def test_without_a_bluetoothd_links_are_not_none_but_unknown() -> None:
    async with BluezAir() as air:
        await air.bluetoothd.crash()
        with pytest.raises(RadioError) as told:
            await power.links()
        assert told.value.code == "bluetoothd_away"


async def test_where_an_adapter_is_is_told_by_its_address() -> None:
    async with BluezAir() as air:
        assert await power.adapter_path(ADDRESS) == HCI0
        air.bluetoothd.adapter.unplug()
        assert await power.adapter_path(ADDRESS) is None


async def test_of_several_adapters_where_none_is_named_one_that_is_on_is_meant(tmp_path: Path) -> None:
    async with BluezAir(adapters=("hci0", "hci1")) as air:
        air.bluetoothd.adapters["hci0"].power(on=False)
        answer = await power.ask(None, None, tmp_path)
        assert (answer.seen, answer.path) == (Seen.SOUND, "/org/bluez/hci1")
