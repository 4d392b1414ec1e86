"""The daemon's path through days that units, radios and operating systems really have, on the private bus."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.simulators.carriers.observing import LyingStill, Told, observed
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.devices.beurer_em70 import wire
from ptdevice.model import HeartRate, MotionSamples, Output, StimulationStatus
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.unit import Notify
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from ptdevice.model import Event

STALL_S = 1.2


def steps_ms(told: Told) -> set[int]:
    """The differences between the times of samples that follow each other."""
    times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns]
    return {round((after - before) / 1e6) for before, after in itertools.pairwise(times)}


def last(told: Told, kind: type[Event]) -> Event | None:
    return next((event for event in reversed(told.events) if isinstance(event, kind)), None)


async def test_a_bluetoothd_that_dies_and_comes_back_late_is_got_over_by_itself() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with observed(radio, "polar", unit) as told:
            await until(lambda: last(told, MotionSamples))
            await air.bluetoothd.crash()
            await until(lambda: told.reach()[-1:] == [("unknown", "bluetoothd_restarted")])
            await air.bluetoothd.restart(adapter_delay_s=0.3)
            await until(lambda: told.reach()[-1] == ("online", "data"))
        # Whatever was tried meanwhile, a unit that was heard is never called off.
        assert "offline" not in {availability for availability, _ in told.reach()}


async def test_a_unit_that_vanishes_in_the_middle_of_a_frame_leaves_nothing_of_it_behind() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BeurerEm70()
        host = air.publish(unit)
        async with observed(radio, "beurer_em70", unit) as told:
            await until(lambda: last(told, StimulationStatus))
            unit.press_up(asyncio.get_running_loop().time())
            whole = wire.frame(wire.BUTTON, b"\x0f")
            unit._outbox.append(Notify(wire.CONTROL_UUID, whole[:3]))
            host.poke()
            await until(lambda: told.progress.packets >= 6)
            host.drop_link()
            await until(lambda: told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")])
            seen = len(told.events)
            await until(lambda: any(isinstance(event, StimulationStatus) for event in told.events[seen:]))
        assert told.progress.wire_errors == 0
        status = last(told, StimulationStatus)
        assert isinstance(status, StimulationStatus)
        assert (status.output, status.level) == (Output.ON, 1)


async def test_a_stimulator_that_refuses_to_connect_leaves_the_sensor_alone() -> None:
    async with BluezAir() as air, Radio() as radio:
        sensor, stimulator = PolarSensor(LyingStill(), frame_samples=1), BeurerEm70()
        air.publish(sensor)
        air.publish(stimulator).faults.refuse_connects = 1000
        async with observed(radio, "polar", sensor) as told, observed(radio, "beurer_em70", stimulator) as its:
            await until(lambda: len(told.events) > 200 and len(its.reports) >= 2)
        assert set(its.reach()) == {("offline", "connect_failed")}
        assert told.reach() == [("online", "data")]
        assert steps_ms(told) == {10}


async def test_a_battery_service_that_bluetoothd_keeps_to_itself_is_done_without() -> None:
    async with BluezAir() as air, Radio() as radio:
        air.manners.hidden_services |= {"0000180f-0000-1000-8000-00805f9b34fb"}
        unit = PolarSensor(LyingStill(), frame_samples=5)
        air.publish(unit)
        async with observed(radio, "polar", unit) as told:
            await until(lambda: last(told, MotionSamples) and last(told, HeartRate))
        assert told.reach() == [("online", "data")]


@asynccontextmanager
async def sensor_in_another_process(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of a sensor at 100 Hz, one sample to a notification, that nothing here can hold up."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ptdevice_sim.carriers.bluez", "--sensors", "1", "--frame-samples", "1"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        variable, _, address = (await process.stdout.readline()).decode().strip().partition("=")
        monkeypatch.setenv(variable, address)
        yield "C0:DE:00:00:00:00"
    finally:
        process.terminate()
        await process.wait()


async def test_an_event_loop_that_stalls_for_seconds_loses_no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sensor_in_another_process(monkeypatch) as address, Radio() as radio:
        unit = PolarSensor(LyingStill(), address=address)  # only its address is looked at
        async with observed(radio, "polar", unit) as told:
            await until(lambda: last(told, MotionSamples))
            before = len(told.events)
            time.sleep(STALL_S)  # noqa: ASYNC251 - this is the stall
            await until(lambda: len(told.events) > before + STALL_S * 100)
        assert steps_ms(told) == {10}
        assert told.progress.dropped == 0
