"""WitMotion through the daemon's own path: what is lost on air is what is missing in the end, sample by sample."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.observing import Told, observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.model import Battery, MotionSamples, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.faults import Faults
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from tests.simulators.units.on_air import Story

    from ptdevice_sim.host import Host

SCALE = 16 * 9.80665 / 32768  # m/s^2 a count
RUNNING_50 = StreamChanged(0.0, "motion", running=True, reason="50 Hz")


def told_by(unit: WitMotion, story: Story | float, faults: Faults | None = None) -> Told:
    return watched("witmotion", unit, story, faults)


def run(shares: dict[str, float]) -> tuple[Account, Faults]:
    body, faults = Numbered(SCALE), Faults(late_s=0.1)
    told = told_by(WitMotion(body, rate_code=8), bad_air(faults, 150, shares), faults)
    return account(told.events, body), faults


@pytest.mark.parametrize("shares", [{"loss": 0.05}, {"loss": 0.3}, {"loss": 0.05, "split": 0.3}], ids=str)
def test_missing_samples_are_exactly_those_that_were_lost_on_air_and_where_they_were(shares: dict[str, float]) -> None:
    found, faults = run(shares)
    assert faults.lost > 100
    assert found.missing == found.lost == 2 * faults.lost
    assert found.misplaced() == []


@pytest.mark.parametrize("shares", [{"loss": 0.04, "merge": 0.2}, {"loss": 0.04, "late": 0.05}], ids=str)
def test_where_packets_are_late_as_well_the_number_of_those_missing_is_exact(shares: dict[str, float]) -> None:
    found, faults = run(shares)
    assert faults.lost > 100
    assert found.missing == found.lost == 2 * faults.lost


@pytest.mark.parametrize("shares", [{"split": 0.3}, {"merge": 0.3}, {"late": 0.1}], ids=str)
def test_what_is_only_split_merged_or_late_is_not_missing(shares: dict[str, float]) -> None:
    found, _ = run(shares)
    assert found.missing == found.lost == 0
    assert found.misplaced() == []


def test_the_rate_is_that_of_the_unit_and_not_the_nominal_one() -> None:
    found, _ = run({"loss": 0.05})
    assert found.rate_hz == pytest.approx(49.65, rel=1e-4)


def test_a_unit_that_had_another_rate_is_brought_to_50_hz() -> None:
    body = Numbered(SCALE)
    told = told_by(WitMotion(body, rate_code=6), 30.0)
    assert told.of(StreamChanged) == [RUNNING_50]
    found = account(told.events, body)
    assert (found.missing, found.lost) == (0, 0)
    assert len(found.arrived) > 28 * 49


def test_a_deaf_unit_is_heard_all_the_same() -> None:
    body = Numbered(SCALE)
    told = told_by(WitMotion(body, rate_code=6, deaf=True), 30.0)
    (changed,) = told.of(StreamChanged)
    assert isinstance(changed, StreamChanged)
    assert changed.running
    found = account(told.events, body)
    assert (found.missing, found.lost) == (0, 0)
    assert len(found.arrived) > 20 * 49


def test_a_stubborn_unit_is_heard_at_its_own_rate() -> None:
    told = told_by(WitMotion(Pose(), rate_code=9, stubborn=True), 30.0)
    event = next(event for event in reversed(told.events) if isinstance(event, MotionSamples))
    assert event.rate_hz == pytest.approx(99.3, rel=1e-3)


def test_a_stream_that_stopped_by_itself_is_started_again() -> None:
    unit = WitMotion(Pose(), rate_code=8)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.sleep()
        host.poke()
        await asyncio.sleep(20)

    told = told_by(unit, story)
    assert told.of(StreamChanged) == [RUNNING_50]
    times = [event.at for event in told.events if isinstance(event, MotionSamples)]
    assert max(b - a for a, b in pairwise(times)) == pytest.approx(7, abs=2)
    assert told.reach() == [("online", "data")]


def test_after_a_lost_link_it_goes_on_by_itself() -> None:
    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        host.drop_link()
        await asyncio.sleep(10)

    told = told_by(WitMotion(Pose(), rate_code=8), story)
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert isinstance(told.events[-1], MotionSamples)


def test_the_battery_is_told_every_minute_from_the_voltage_it_has() -> None:
    unit = WitMotion(Pose(), rate_code=8, battery_v=3.88)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(130)
        unit.battery_v = 3.42
        await asyncio.sleep(60)

    told = told_by(unit, story)
    assert [event.percent for event in told.events if isinstance(event, Battery)] == [75, 75, 75, 5]


def test_damaged_octets_are_refused_and_the_stream_goes_on() -> None:
    faults = Faults(corrupt=0.2)
    told = told_by(WitMotion(Pose(), rate_code=8), 60.0, faults)
    assert told.progress.wire_errors > 10
    assert told.reach() == [("online", "data")]
    assert len([event for event in told.events if isinstance(event, MotionSamples)]) > 1000


def test_sit_ups_are_counted() -> None:
    body = SyntheticBody(random.Random(4), start=8.0)  # noqa: S311 - reproducible, not secret
    told = told_by(WitMotion(body, rate_code=6), 60.0, Faults(loss=0.01))
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", None)
    for event in told.events:
        if isinstance(event, MotionSamples):
            counter.feed(event)
    assert counter.progress.repetitions == len(body.repetitions) == 10


async def test_over_the_virtual_radio_missing_samples_are_exactly_those_that_were_lost() -> None:
    body, faults = Numbered(SCALE), Faults(seed=3)
    unit = WitMotion(body, rate_code=8)
    async with VirtualRadio() as air, radio_on(air) as radio:
        air.publish(unit, faults)
        async with observed(radio, "witmotion", unit) as told:
            await until(lambda: len(told.of(MotionSamples)) > 20)
            faults.loss, faults.split = 0.1, 0.2
            await until(lambda: faults.lost >= 8)
            faults.loss = 0.0
            after = body.taken + 60
            await until(lambda: account(told.events, body).arrived[-1][0] > after)
    found = account(told.events, body)
    assert found.missing == found.lost == 2 * faults.lost
    assert told.progress.wire_errors == 0
