"""The daemon's own path, radio to codec, on every carrier: the same units must lead to the same events."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.model import (
    Battery,
    Contact,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    HeartRate,
    LevelChanged,
    MotionSamples,
    Output,
    Steps,
    StimulationStatus,
    StopReason,
    StreamChanged,
    TreatmentEnded,
)
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.yokonex_ems import YokonexEms

DIGEST = "2c6da37f8c710620843d0f23e05e4f91"  # of the unit's default script

pytestmark = pytest.mark.parametrize("name", AIRS)


async def test_a_stimulators_hour_in_short(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = BeurerEm70()
        host = air.publish(unit)
        now = asyncio.get_running_loop().time
        async with observed(radio, "beurer_em70", unit) as told:
            await until(lambda: told.of(StimulationStatus))
            unit.press_up(now())
            host.poke()
            await until(lambda: len(told.of(StimulationStatus)) == 2)
            unit.overload(now())
            host.poke()
            await until(lambda: len(told.of(StimulationStatus)) == 3)
            unit.switch_off(now())
            host.poke()
            await until(lambda: ("unknown", "link_lost") in told.reach())

        def status(output: Output, level: int) -> StimulationStatus:
            return StimulationStatus(0.0, output, level, 15, programme=9, mode=1)

        assert told.of(object) == [
            Battery(0.0, 80),
            DeviceInformation(0.0, "manufacturer_name", "Beurer"),
            DeviceInformation(0.0, "model_number", "LT1102S"),
            DeviceInformation(0.0, "firmware_revision", "1.0"),
            status(Output.OFF, 0),
            LevelChanged(0.0, 1, by_hand=True),
            status(Output.ON, 1),
            DeviceFault(0.0, FaultKind.OVERLOAD),
            status(Output.OFF, 0),
        ]


async def test_a_shells_hour_in_short_in_chunks_of_twenty_octets(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = Bluetens(cuts_in=True)
        host = air.publish(unit)
        now = asyncio.get_running_loop().time
        async with observed(radio, "bluetens", unit) as told:
            await until(lambda: told.of(StimulationStatus))
            unit.press_up(now())
            host.poke()
            await until(lambda: any(event.output is Output.ON for event in told.statuses()))
            host.drop_link()
            await until(lambda: told.reach()[-1] == ("online", "data") and len(told.reach()) == 3)
            await until(lambda: len(told.of(DeviceInformation)) == 4)  # of which the status brings the last
            unit.switch_off(now())
            host.poke()
            await until(lambda: told.reach()[-1] == ("unknown", "link_lost") and len(told.reach()) == 4)

        assert told.of(DeviceInformation, LevelChanged, TreatmentEnded) == [
            DeviceInformation(0.0, "firmware_revision", "3.3.7"),
            LevelChanged(0.0, 1, by_hand=True),
            DeviceInformation(0.0, "script_md5", DIGEST),
            DeviceInformation(0.0, "firmware_revision", "3.3.7"),
            DeviceInformation(0.0, "script_md5", DIGEST),
            TreatmentEnded(0.0, StopReason.USER),
        ]
        assert {(event.output, event.level) for event in told.statuses()} == {(Output.OFF, 0), (Output.ON, 1)}
        assert told.progress.wire_errors == 0


async def test_a_unit_that_is_never_written_to_tells_its_wheels_and_its_battery(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = DglabCoyote3()
        host = air.publish(unit)
        now = asyncio.get_running_loop().time
        async with observed(radio, "dglab_coyote3", unit) as told:
            await until(lambda: told.of(Battery))
            unit.turn(now(), 0, 11)
            host.poke()
            await until(lambda: len(told.statuses()) == 2)
        assert [(event.channel, event.level, event.output) for event in told.statuses()] == [
            ("a", 11, Output.UNKNOWN),
            ("b", 0, Output.OFF),
        ]
        assert told.of(Battery) == [Battery(0.0, 80)]
        assert host.writes == []


async def test_a_stimulator_with_two_channels_is_a_motion_sensor_too(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = YokonexEms(LyingStill())
        host = air.publish(unit)
        now = asyncio.get_running_loop().time

        def told_of(channel: str) -> list[tuple[Output, int, Contact]]:
            seen = [(each.output, each.level, each.contact) for each in told.statuses() if each.channel == channel]
            return [each for i, each in enumerate(seen) if i == 0 or each != seen[i - 1]]

        async with observed(radio, "yokonex_ems", unit) as told:
            await until(lambda: told.of(MotionSamples))
            unit.press(now(), 0, 2)
            host.poke()
            await until(lambda: len(told_of("a")) == 2)
            unit.pads(now(), attached=False)
            host.poke()
            await until(lambda: len(told_of("a")) == 3)
        assert told_of("a") == [
            (Output.OFF, 0, Contact.OK),
            (Output.ON, 10, Contact.OK),
            (Output.UNKNOWN, 10, Contact.OPEN),
        ]
        assert {output for output, _, _ in told_of("b")} == {Output.OFF}
        assert told.of(Battery, Steps) == [Steps(0.0, 0), Battery(0.0, 80)]
        still = MotionSamples(0.0, 10.0, (), ((0.0, 0.0, pytest.approx(9.80665)),))  # type: ignore[arg-type] # it compares
        assert told.of(MotionSamples) == [still]


async def test_a_sensors_set_in_short_with_a_lost_link_in_it(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        host = air.publish(unit)
        async with observed(radio, "polar", unit) as told:
            await until(lambda: told.of(HeartRate))
            host.drop_link()
            await until(lambda: told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")])
            await until(lambda: len(told.of(StreamChanged, MotionSamples)) == 4)
        still = MotionSamples(0.0, 100.0, (), ((0.0, 0.0, pytest.approx(9.80665)),) * 5)  # type: ignore[arg-type] # it compares
        told_once = [
            Battery(0.0, 90),
            DeviceInformation(0.0, "manufacturer_name", "Polar Electro Oy"),
            DeviceInformation(0.0, "model_number", "H10"),
            DeviceInformation(0.0, "firmware_revision", "5.0.0"),
        ]
        assert told.of(Battery, DeviceInformation) == told_once * 2
        assert (
            told.of(StreamChanged, MotionSamples)
            == [
                StreamChanged(0.0, "acceleration", running=True, reason="100 Hz"),
                still,
            ]
            * 2
        )
        assert told.of(HeartRate) == [HeartRate(0.0, 60, Contact.OK, (1000.0,))]


async def test_no_sample_of_a_hundred_hertz_is_lost_or_told_twice(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = PolarSensor(LyingStill(), frame_samples=1)
        air.publish(unit)
        async with observed(radio, "polar", unit) as told:
            await until(lambda: len([event for event in told.events if isinstance(event, MotionSamples)]) >= 100)
        times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns]
        steps = {round((after - before) / 1e6) for before, after in itertools.pairwise(times)}
        assert steps == {10}
