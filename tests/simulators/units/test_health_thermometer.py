"""The simulated thermometer behaves as docs/devices/health-thermometer.md says, and is heard on each air."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import load
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.clinic.played import play, values
from tests.simulators.units.on_air import watched

from ptdevice.devices.health_thermometer import wire
from ptdevice.model import Battery, DeviceInformation, Temperature
from ptdevice_sim.unit import AttError, Notify
from ptdevice_sim.units.health_thermometer import HealthThermometer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

MEASUREMENT = "00002a1c-0000-1000-8000-00805f9b34fb"
TYPE = "00002a1d-0000-1000-8000-00805f9b34fb"
INTERVAL = "00002a21-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
T0 = 100.0


def measured(outputs: Iterable[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == MEASUREMENT]


def listening(**options: float) -> HealthThermometer:
    unit = HealthThermometer(**options)  # type: ignore[arg-type] # temperatures
    unit.connected(T0)
    unit.subscribe(MEASUREMENT, True, T0)
    return unit


def test_it_says_with_the_octets_of_the_vectors_what_they_mean() -> None:
    vectors = {vector.name: vector for vector in load("health_thermometer")}
    place = vectors["it measures the temperature of the body"]
    assert HealthThermometer().read(TYPE, T0) == place.data
    broken = listening()
    broken.fail()
    assert measured(broken.tick(T0)) == [vectors["not a number is unknown"].data]
    polar = vectors["27.21 degrees, by a Polar unit's test"]
    assert measured(listening(room_c=27.21, pack_c=27.21).tick(T0)) == [polar.data]


def test_it_measures_at_once_and_then_every_ten_seconds() -> None:
    unit = listening()
    assert unit.next_due() == T0
    assert len(measured(unit.tick(T0))) == 1
    assert unit.next_due() == T0 + 10
    assert len(measured(unit.tick(T0 + 30))) == 3
    assert unit.read(INTERVAL, T0) == b"\x0a\x00"


def test_the_pack_warms_up() -> None:
    unit = HealthThermometer(room_c=20.0, pack_c=40.0)
    assert unit.temperature_c(0.0) == 20.0
    assert unit.temperature_c(120.0) == pytest.approx(32.64, abs=0.01)
    assert unit.temperature_c(1e6) == pytest.approx(40.0)


def test_it_ends_with_the_link() -> None:
    unit = listening()
    unit.disconnected(T0)
    assert unit.next_due() is None
    assert measured(unit.tick(T0 + 60)) == []


def test_a_battery_is_told_and_nothing_can_be_written_or_read_that_is_not_there() -> None:
    unit = listening()
    unit.battery_at(7)
    assert unit.next_due() == 0.0
    assert Notify(BATTERY, b"\x07") in unit.tick(T0)
    with pytest.raises(AttError):
        unit.read(MEASUREMENT, T0)
    with pytest.raises(AttError):
        unit.write(INTERVAL, b"\x01\x00", T0)


@pytest.mark.parametrize("name", AIRS)
async def test_its_indications_are_heard_on_each_air(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = HealthThermometer(room_c=41.0, battery_pct=77)
        air.publish(unit)
        async with observed(radio, "health_thermometer", unit) as told:
            await until(lambda: any(isinstance(event, Temperature) for event in told.events))
    # What is read comes after what is subscribed to, so the first measurement may not know its place yet.
    assert next(event.celsius for event in told.events if isinstance(event, Temperature)) == 41.0
    assert Battery(0.0, 77) in told.of(Battery)
    assert DeviceInformation(0.0, "model_number", "Simulated heat pack") in told.of(DeviceInformation)
    assert told.progress.wire_errors == 0


def test_a_thermometer_that_fails_is_unknown_and_not_cold() -> None:
    unit = HealthThermometer()
    unit.fail()
    told = watched("health_thermometer", unit, 30.0).of(Temperature)
    assert {event.celsius for event in told if isinstance(event, Temperature)} == {None}
    assert told[-1] == Temperature(0.0, None, "body")


def test_the_state_of_a_unit_says_how_warm_it_is_and_where() -> None:
    head = 'title = "A test"\nduration = "{duration}"\n[units.pack]\ndevice = "health_thermometer"\n'
    run = play(head=head, duration="60s")
    first, *_, last = values(run, "pack", "temperature_c")
    assert 21.5 <= first < last < 41.0
    assert values(run, "pack", "temperature_site") == ["body"]
    assert wire.PLACES[2] == "body"
