"""What others do to our units and to our bus, as the daemon's own path tells of it: radio, connection, codec."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.observing import LyingStill, Told, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.devices.sig import assigned
from ptdevice_sim.carriers.bluez import BluezAir, Manners, Security
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import Service
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ptdevice_sim.carriers.bluez.device import Device

ON = ("online", "data")
LOST = ("unknown", "link_lost")


@asynccontextmanager
async def sensor(air: BluezAir, security: Security | None = None) -> AsyncIterator[tuple[Device, Told]]:
    """On air, and observed."""
    unit = PolarSensor(LyingStill())
    air.publish(unit, security=security)
    async with radio_on(air) as radio, observed(radio, "polar", unit) as told:
        yield next(iter(air.bluetoothd.devices.values())), told


def updated(device: Device) -> None:
    """New firmware with one more service, before which all others make way: nothing is where it was."""
    device.reach.update((Service(assigned(0xFFF0), ()), *device.host.unit.services))


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda device: device.forget(), id="another program removes the device"),
        pytest.param(updated, id="its firmware is updated"),
    ],
)
async def test_a_unit_whose_link_others_end_is_back_at_once(happens: Callable[[Device], None]) -> None:
    async with BluezAir() as air, sensor(air) as (device, told):
        await until(lambda: told.reach() == [ON])
        happens(device)
        await until(lambda: told.reach() == [ON, LOST, ON])


async def test_a_unit_that_a_phone_takes_is_back_when_it_is_let_go() -> None:
    async with BluezAir() as air, sensor(air) as (device, told):
        await until(lambda: told.reach() == [ON])
        device.reach.take()
        await until(lambda: told.reach() == [ON, LOST])
        await until(lambda: air.bluetoothd.adapter.discovering)
        device.reach.let_go()
        await until(lambda: told.reach() == [ON, LOST, ON])


async def test_a_unit_that_breaks_our_links_while_a_phone_has_it_connects_when_it_is_let_go() -> None:
    async with BluezAir() as air:
        unit = PolarSensor(LyingStill())
        air.publish(unit)
        (device,) = air.bluetoothd.devices.values()
        device.reach.take(refuses=True)
        async with radio_on(air) as radio, observed(radio, "polar", unit) as told:
            await until(lambda: air.bluetoothd.adapter.counters.connects >= 2)
            device.reach.let_go()
            await until(lambda: told.reach() == [ON])
        assert air.bluetoothd.adapter.counters.overlaps == 0


async def test_a_unit_that_wants_a_bond_is_told_as_such_and_works_once_it_has_one() -> None:
    async with BluezAir() as air, sensor(air, Security.wanting()) as (device, told):
        await until(lambda: ("offline", "auth_failed") in told.reach())
        device.pairing.bonded = True
        device.pairing.security.bonds.add(air.bluetoothd.adapter.address)
        await until(lambda: told.reach()[-1] == ON)


async def test_a_unit_that_lost_its_bond_is_told_as_such() -> None:
    async with BluezAir() as air:
        unit = PolarSensor(LyingStill())
        air.publish(unit)
        (device,) = air.bluetoothd.devices.values()
        device.pairing.bonded = True
        async with radio_on(air) as radio, observed(radio, "polar", unit) as told:
            await until(lambda: ("offline", "auth_failed") in told.reach())


@pytest.mark.parametrize("paired", [True, False])
async def test_a_link_that_breaks_at_once_may_be_a_forgotten_bond_where_there_is_one(*, paired: bool) -> None:
    async with BluezAir(Manners(tells_missing_key=False, resolve_delay_s=0.4)) as air:
        unit = PolarSensor(LyingStill())
        air.publish(unit, Faults(lose_during_discovery=0 if paired else 1))
        (device,) = air.bluetoothd.devices.values()
        device.pairing.bonded = paired
        async with radio_on(air) as radio, observed(radio, "polar", unit) as told:
            await until(lambda: ("offline", "connect_failed") in told.reach())
            device.pairing.security.bonds.add(air.bluetoothd.adapter.address)
            await until(lambda: told.reach()[-1] == ON)
        assert ("may have forgotten that" in told.reports[0].text) == paired


async def test_what_a_unit_says_before_it_answers_a_subscription_is_heard() -> None:
    async with BluezAir(Manners(value_before_answer=True)) as air, sensor(air) as (_, told):
        await until(lambda: told.reach() == [ON])


async def test_a_d_bus_daemon_that_restarts_costs_a_link_and_no_more() -> None:
    async with BluezAir() as air, sensor(air) as (_, told):
        await until(lambda: told.reach() == [ON])
        await air.restart_bus()
        await until(lambda: told.reach()[-1] == ON and len(told.reach()) > 1)
        between = told.reach()[1:-1]
        assert between[0][0] == "unknown"  # its code is that of what was under way: a read that failed may come first
        assert set(between[1:]) <= {("offline", "radio_unavailable")}  # while there is no bus


async def test_aborted_connects_are_tried_again_until_one_holds() -> None:
    async with BluezAir(Manners(abort_by_local=3)) as air, sensor(air) as (_, told):
        await until(lambda: ON in told.reach())
        assert air.bluetoothd.adapter.counters.connects >= 4
        assert air.manners.abort_by_local == 0
