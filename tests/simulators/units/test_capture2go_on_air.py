"""The Capture2Go through the daemon's own path: what is lost on air is what is missing in the end."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.model import Battery, ExerciseSet, MotionSamples, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.capture2go import Capture2Go

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told
    from tests.simulators.units.on_air import Story

    from ptdevice_sim.host import Host

SCALE = 16 * 9.81 / 32768  # m/s^2 a count
RUNNING = StreamChanged(0.0, "motion", running=True, reason="50 Hz")


def told_by(unit: Capture2Go, story: Story | float, faults: Faults | None = None) -> Told:
    return watched("capture2go", unit, story, faults)


def run(shares: dict[str, float], mtu: int = 247, skew_ppm: float = 0.0) -> tuple[Account, Faults, Told]:
    body, faults = Numbered(SCALE), Faults(late_s=0.1)
    told = told_by(Capture2Go(body, mtu=mtu, clock=UnitClock(skew_ppm=skew_ppm)), bad_air(faults, 60, shares), faults)
    return account(told.events, body), faults, told


@pytest.mark.parametrize("skew_ppm", [0.0, 50.0, -50.0])
@pytest.mark.parametrize("shares", [{"loss": 0.05}, {"loss": 0.3}, {"loss": 0.05, "late": 0.1}], ids=str)
def test_missing_samples_are_exactly_those_that_were_lost_on_air_and_where_they_were(
    shares: dict[str, float], skew_ppm: float
) -> None:
    found, faults, _ = run(shares, skew_ppm=skew_ppm)
    assert faults.lost > 10
    assert found.missing == found.lost > 0
    assert found.lost <= 8 * faults.lost
    assert found.misplaced() == []


@pytest.mark.parametrize("mtu", [31, 49, 100])
def test_a_package_in_many_notifications_is_lost_with_any_of_them(mtu: int) -> None:
    found, faults, told = run({"loss": 0.02}, mtu=mtu)
    assert faults.lost > 5
    assert found.missing == found.lost > 0
    assert found.misplaced() == []
    assert told.progress.wire_errors > 0


def test_what_is_only_late_is_not_missing() -> None:
    found, _, told = run({"late": 0.2})
    assert found.missing == found.lost == 0
    assert found.misplaced() == []
    assert told.progress.wire_errors == 0


def test_wrong_bits_are_found_by_the_checksum() -> None:
    found, _, told = run({"corrupt": 0.1})
    assert told.progress.wire_errors > 10
    assert found.missing == found.lost > 100
    assert found.misplaced() == []


def test_after_a_lost_link_the_old_samples_are_forgotten_and_new_ones_come() -> None:
    unit = Capture2Go(Pose(), battery_pct=77)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        host.drop_link()
        await asyncio.sleep(20)

    told = told_by(unit, story)
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert told.of(Battery) == [Battery(0.0, 77)]
    assert told.of(StreamChanged) == [RUNNING]
    assert told.progress.wire_errors == 0
    runs = [event for event in told.events if isinstance(event, MotionSamples)]
    assert all(event.at - event.device_ns[-1] * 1e-9 + 1_700_000_000 < 0.01 for event in runs)


def test_a_unit_that_records_is_left_alone_until_it_is_done() -> None:
    unit = Capture2Go(Pose())
    unit.record()

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(30)
        assert unit.state.name == "RECORDING"
        unit.stop()
        await asyncio.sleep(60)

    told = told_by(unit, story)
    reason = "the unit is in a state that does not allow it; it may be recording"
    assert told.of(StreamChanged) == [StreamChanged(0.0, "motion", running=False, reason=reason), RUNNING]
    assert isinstance(told.events[-1], MotionSamples)


def test_a_stream_that_the_unit_stopped_is_started_again() -> None:
    unit = Capture2Go(Pose())

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.stop()
        host.poke()
        await asyncio.sleep(20)

    told = told_by(unit, story)
    assert told.of(StreamChanged)[0] == RUNNING
    assert told.of(StreamChanged)[-1] == RUNNING
    assert isinstance(told.events[-1], MotionSamples)


def test_sit_ups_are_counted() -> None:
    body = SyntheticBody(random.Random(4), start=8.0)  # noqa: S311 - reproducible, not secret
    told = told_by(Capture2Go(body), 70.0, Faults(loss=0.01))
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", None)
    records = [record for event in told.events if isinstance(event, MotionSamples) for record in counter.feed(event)]
    sets = [record for record in records if isinstance(record, ExerciseSet)]
    assert [each.repetitions for each in sets] == [len(body.repetitions)] == [10]
