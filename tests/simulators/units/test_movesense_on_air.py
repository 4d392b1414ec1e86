"""Movesense through the daemon's own path: gaps to the sample, parts, wraps, refusals, and a unit without slots."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.model import Battery, DeviceInformation, HeartRate, MotionSamples, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.movesense import FORCE_LSB, Movesense

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told
    from tests.simulators.units.on_air import Story

    from ptdevice_sim.host import Host

RUNNING = StreamChanged(0.0, "motion", running=True, reason="52 Hz")
HEART = StreamChanged(0.0, "heart_rate", running=True, reason="subscribed")


def told_by(unit: Movesense, story: Story | float, faults: Faults | None = None) -> Told:
    return watched("movesense", unit, story, faults)


class Deaf(Movesense):
    """Its heart rate is not subscribed to, so that all that is lost on air are samples."""

    def write(self, uuid: str, data: bytes, now: float) -> object:  # type: ignore[override]
        return super().write(uuid, data.replace(b"/Meas/HR", b"/Meas/XX"), now)


def run(shares: dict[str, float], **options: object) -> tuple[Account, Faults]:
    body, faults = Numbered(FORCE_LSB), Faults(late_s=0.1)
    told = told_by(Deaf(body, **options), bad_air(faults, 100, shares), faults)  # type: ignore[arg-type]
    return account(told.events, body), faults


@pytest.mark.parametrize("shares", [{"loss": 0.1}, {"loss": 0.3}, {"loss": 0.1, "late": 0.1}], ids=str)
def test_missing_samples_are_exactly_those_that_were_lost_on_air_and_where_they_were(shares: dict[str, float]) -> None:
    found, faults = run(shares)
    assert faults.lost > 100
    assert found.missing == found.lost == 4 * faults.lost
    assert found.misplaced() == []


@pytest.mark.parametrize("off", [-0.05, 0.03])
def test_so_they_are_where_the_sensor_s_rate_is_off_by_some_per_cent(off: float) -> None:
    found, faults = run({"loss": 0.1}, off=off)
    assert found.missing == found.lost == 4 * faults.lost
    assert found.misplaced() == []


def test_the_wrap_of_the_stamp_is_no_gap() -> None:
    found, faults = run({"loss": 0.05}, clock=UnitClock(start_ns=(2**32 - 75_000) * 1_000_000, skew_ppm=40.0))
    assert found.arrived[0][1] < 2**32 * 1_000_000 < found.arrived[-1][1]
    assert found.missing == found.lost == 4 * faults.lost
    assert found.misplaced() == []


def test_what_is_only_late_is_not_missing() -> None:
    found, _ = run({"late": 0.2})
    assert found.missing == found.lost == 0
    assert found.misplaced() == []


@pytest.mark.parametrize("share", ["merge", "split"])
def test_values_that_are_put_together_or_cut_are_refused_and_missed_at_their_place(share: str) -> None:
    found, _ = run({share: 0.1})
    assert found.missing == found.lost > 100
    assert found.misplaced() == []


def test_samples_that_are_no_numbers_are_missing_with_those_that_came_with_them() -> None:
    body = Numbered(FORCE_LSB)
    unit = Movesense(body)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.nan_next = 1
        await asyncio.sleep(10)

    told = told_by(unit, story)
    found = account(told.events, body)
    assert told.progress.wire_errors == 1
    assert found.missing == 4


def test_what_it_says_when_the_link_opens() -> None:
    told = told_by(Movesense(Pose(), battery_pct=77), 5.0)
    assert told.of(Battery, DeviceInformation, StreamChanged) == [
        DeviceInformation(0.0, "model_number", "Movesense"),
        DeviceInformation(0.0, "firmware_revision", "gatt_sensordata_app 1.0.0"),
        RUNNING,
        HEART,
        Battery(0.0, 77),
    ]
    times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns]
    assert len(times) == pytest.approx(5 * 52, abs=12)
    assert told.of(HeartRate) == [HeartRate(0.0, 60, rr_ms=(1000.0,))]


def test_in_the_middle_of_a_session_a_lost_link_comes_back_and_so_do_the_streams() -> None:
    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        host.drop_link()
        await asyncio.sleep(10)

    told = told_by(Movesense(Pose()), story)
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert isinstance(told.events[-1], MotionSamples | HeartRate)


def test_streams_that_stopped_without_a_word_are_subscribed_to_again() -> None:
    unit = Movesense(Pose())

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.stop_streams()
        await asyncio.sleep(20)

    told = told_by(unit, story)
    assert isinstance([event for event in told.events if isinstance(event, MotionSamples)][-1], MotionSamples)
    assert told.events[-1].at > told.events[0].at + 25
    assert told.reach() == [("online", "data")]


def test_a_unit_without_slots_is_started_anew_and_comes_back_with_samples() -> None:
    unit = Movesense(Pose())
    unit.busy = True
    told = told_by(unit, 60.0)
    assert ("unknown", "away") in told.reach()
    assert told.reach()[-1] == ("online", "data")
    assert any(isinstance(event, MotionSamples) for event in told.events)


@pytest.mark.parametrize("fault", ["old", "mute"])
def test_a_unit_that_sends_no_results_is_heard_all_the_same(fault: str) -> None:
    unit = Movesense(Pose(), old=fault == "old")
    unit.mute = fault == "mute"
    told = told_by(unit, 30.0)
    assert len([event for event in told.events if isinstance(event, MotionSamples)]) > 250
    assert RUNNING in told.of(StreamChanged)


def test_sit_ups_are_counted() -> None:
    body = SyntheticBody(random.Random(4), start=8.0)  # noqa: S311 - reproducible, not secret
    told = told_by(Movesense(body), 55.0, Faults(loss=0.02))
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", None)
    for event in told.events:
        if isinstance(event, MotionSamples):
            counter.feed(event)
    assert counter.progress.repetitions == len(body.repetitions) == 10
