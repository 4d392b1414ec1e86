"""A Verity Sense through the daemon's own path: two streams on one time line, and what is lost of either."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import CLEAR_S, bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.model import ExerciseSet, MotionSamples, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told

    from ptdevice.model import Vector
    from ptdevice_sim.host import Host

COUNT = 0.000244 * 9.80665  # m/s^2
RATE_HZ = 52.0


def samples(told: Told) -> list[MotionSamples]:
    return [event for event in told.events if isinstance(event, MotionSamples)]


def test_acceleration_comes_with_the_angular_rate_of_its_time() -> None:
    told = watched("polar", PolarSensor(Pose((0.0, 0.5, 0.25), (100.0, -50.0, 25.0)), model="Sense"), 60.0)
    runs = samples(told)
    bare = sum(len(run.device_ns) for run in runs if not run.angular_rate)
    assert bare < 0.2 * RATE_HZ  # the gyroscope is started a moment later
    assert sum(len(run.angular_rate) for run in runs) > 58 * RATE_HZ
    for run in runs:
        assert all(spin == pytest.approx((100.0, -50.0, 25.0), abs=0.04) for spin in run.angular_rate)
        assert all(force == pytest.approx((0.0, 4.903325, 2.4516625), abs=3e-3) for force in run.acceleration)
    assert told.of(StreamChanged) == [
        StreamChanged(0.0, "acceleration", running=True, reason="52 Hz"),
        StreamChanged(0.0, "angular_rate", running=True, reason="52 Hz"),
    ]
    assert told.progress.wire_errors == 0


def test_what_the_gyroscope_feels_is_told_beside_what_the_accelerometer_felt_then() -> None:
    class Ramp(Pose):
        """Both rise by one a second: one g, and ten degrees a second."""

        def acceleration(self, now: float) -> Vector:
            return (now % 10 * 0.5 * 9.80665, 0.0, 0.0)

        def angular_rate(self, now: float) -> Vector:
            return (now % 10 * 100.0, 0.0, 0.0)

    runs = samples(watched("polar", PolarSensor(Ramp(), model="Sense"), 30.0))
    pairs = [
        (force[0] / 9.80665 * 2, spin[0] / 100)
        for run in runs
        for force, spin in zip(run.acceleration, run.angular_rate, strict=False)
    ]
    inside = [(by_force, by_spin) for by_force, by_spin in pairs if 0.1 < by_force < 9.9]
    assert len(inside) > 1000
    assert max(abs(by_force - by_spin) for by_force, by_spin in inside) < 0.002  # two milliseconds


def lossy(share: float, clock: UnitClock | None = None) -> tuple[Account, list[MotionSamples], Faults]:
    body, faults = Numbered(COUNT), Faults()
    told = watched(
        "polar", PolarSensor(body, model="Sense", clock=clock), bad_air(faults, 120, {"loss": share}), faults
    )
    return account(told.events, body), samples(told), faults


@pytest.mark.parametrize("skew_ppm", [0.0, 50.0, -50.0])
def test_missing_acceleration_is_exactly_what_was_lost_on_air_and_where_it_was(skew_ppm: float) -> None:
    found, _, faults = lossy(0.2, UnitClock(skew_ppm=skew_ppm))
    assert faults.lost > 20
    assert found.missing == found.lost > 400
    assert found.misplaced() == []


def test_a_lost_frame_of_the_gyroscope_takes_no_acceleration_with_it() -> None:
    found, runs, _ = lossy(0.2)
    bare = sum(len(run.device_ns) for run in runs if not run.angular_rate)
    assert bare > 400
    times = [ns for run in runs for ns in run.device_ns]
    assert all(before < after for before, after in pairwise(times))
    assert len(times) == len(found.arrived)


def test_a_set_is_counted_although_frames_of_the_gyroscope_are_lost() -> None:
    body = SyntheticBody(random.Random(3), sets=(10,), start=CLEAR_S + 5.0)  # noqa: S311 - reproducible, not secret
    faults = Faults(seed=2)
    unit = PolarSensor(body, model="Sense")

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(CLEAR_S)
        faults.loss = 0.05
        await asyncio.sleep(70)

    told = watched("polar", unit, story, faults)
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", 10)
    records = [record for event in samples(told) for record in counter.feed(event)]
    assert faults.lost > 2
    assert [record.repetitions for record in records if isinstance(record, ExerciseSet)] == [10]
