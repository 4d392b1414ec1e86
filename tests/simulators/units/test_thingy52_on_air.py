"""Thingy:52 through the daemon's own path: what is lost on air is what is missing in the end, sample by sample."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.model import Battery, ButtonPressed, DeviceInformation, MotionSamples, Press, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.faults import Faults
from ptdevice_sim.units.thingy52 import Thingy52

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told
    from tests.simulators.units.on_air import Story

    from ptdevice_sim.host import Host

SCALE = 9.80665 / 1024  # m/s^2 a count
RUNNING = StreamChanged(0.0, "motion", running=True, reason="50 Hz")


def told_by(unit: Thingy52, story: Story | float, faults: Faults | None = None) -> Told:
    return watched("thingy52", unit, story, faults)


def run(shares: dict[str, float], **options: float) -> tuple[Account, Faults]:
    body, faults = Numbered(SCALE), Faults(late_s=0.1)
    unit = Thingy52(body, rate_hz=50, **options)  # type: ignore[arg-type] # a share
    told = told_by(unit, bad_air(faults, 100, shares), faults)
    return account(told.events, body), faults


@pytest.mark.parametrize("shares", [{"loss": 0.05}, {"loss": 0.3}], ids=str)
@pytest.mark.parametrize("off", [0.0, -0.012, 40e-6])
def test_missing_samples_are_exactly_those_that_were_lost_on_air_and_where_they_were(
    shares: dict[str, float], off: float
) -> None:
    found, faults = run(shares, off=off)
    assert faults.lost > 100
    assert found.missing == found.lost == faults.lost
    assert found.misplaced() == []


def test_where_packets_are_late_as_well_the_number_of_those_missing_is_exact() -> None:
    found, faults = run({"loss": 0.04, "late": 0.05})
    assert faults.lost > 100
    assert found.missing == found.lost == faults.lost


def test_what_is_only_late_is_not_missing() -> None:
    found, _ = run({"late": 0.1})
    assert found.missing == found.lost == 0
    assert found.misplaced() == []


@pytest.mark.parametrize("share", ["merge", "split"])
def test_samples_that_are_put_together_or_cut_are_refused_and_missed(share: str) -> None:
    found, _ = run({share: 0.05})
    assert found.missing == found.lost > 100


def test_a_new_unit_is_brought_to_50_hz_and_stays_there() -> None:
    unit = Thingy52(Pose(), battery_pct=77)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        assert len(host.writes) == 1
        host.drop_link()
        await asyncio.sleep(10)
        assert len(host.writes) == 1

    told = told_by(unit, story)
    assert unit.config.rate_hz == 50
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert RUNNING in told.of(StreamChanged)
    assert told.of(Battery, DeviceInformation)[:2] == [
        DeviceInformation(0.0, "firmware_revision", "2.2.0"),
        Battery(0.0, 77),
    ]
    assert isinstance(told.events[-1], MotionSamples)


def test_a_change_of_the_battery_is_told() -> None:
    unit = Thingy52(Pose(), battery_pct=77)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(5)
        unit.battery_at(12)
        host.poke()
        await asyncio.sleep(5)

    assert told_by(unit, story).of(Battery) == [Battery(0.0, 77), Battery(0.0, 12)]


def test_a_press_of_its_button_is_told_once() -> None:
    unit = Thingy52(Pose())

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(5)
        unit.press()
        unit.release()
        host.poke()
        await asyncio.sleep(1)

    assert told_by(unit, story).of(ButtonPressed) == [ButtonPressed(0.0, 1, Press.PRESS)]


def test_a_stream_that_stopped_is_begun_by_the_next_link() -> None:
    unit = Thingy52(Pose(), rate_hz=50)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.stop()
        host.poke()
        await asyncio.sleep(20)

    told = told_by(unit, story)
    assert told.reach() == [("online", "data"), ("unknown", "silent"), ("online", "data")]
    assert isinstance(told.events[-1], MotionSamples)


def test_sit_ups_are_counted() -> None:
    body = SyntheticBody(random.Random(4), start=8.0)  # noqa: S311 - reproducible, not secret
    told = told_by(Thingy52(body), 55.0, Faults(loss=0.01))
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", None)
    for event in told.events:
        if isinstance(event, MotionSamples):
            counter.feed(event)
    assert counter.progress.repetitions == len(body.repetitions) == 10
