"""The DOT through the daemon's own path: gaps to the sample, wraps, restarts, and two units with one clock."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.observing import Told, observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.units.numbered import Account, Numbered, account
from tests.simulators.units.on_air import bad_air, watched
from tests.simulators.units.poses import Pose

from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.devices.movella_dot import wire
from ptdevice.devices.movella_dot.messages import SyncResult
from ptdevice.link import Selector
from ptdevice.model import Battery, DeviceInformation, MotionSamples, StreamChanged
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.movella_dot import MovellaDot

if TYPE_CHECKING:
    from tests.simulators.units.on_air import Story

    from ptdevice_sim.host import Host

SCALE = 1e-3  # m/s^2 a number; a float holds it well enough
RUNNING = StreamChanged(0.0, "motion", running=True, reason="60 Hz")


def told_by(unit: MovellaDot, story: Story | float, faults: Faults | None = None) -> Told:
    return watched("movella_dot", unit, story, faults)


def run(shares: dict[str, float], *, clock: UnitClock | None = None) -> tuple[Account, Faults]:
    body, faults = Numbered(SCALE), Faults(late_s=0.1)
    told = told_by(MovellaDot(body, clock=clock), bad_air(faults, 60, shares), faults)
    return account(told.events, body), faults


@pytest.mark.parametrize("shares", [{"loss": 0.05}, {"loss": 0.3}, {"loss": 0.05, "late": 0.1}], ids=str)
def test_missing_samples_are_exactly_those_that_were_lost_on_air_and_where_they_were(shares: dict[str, float]) -> None:
    found, faults = run(shares)
    assert faults.lost > 100
    assert found.missing == found.lost == faults.lost
    assert found.misplaced() == []


def test_two_payloads_in_one_are_refused_and_missed_at_their_place() -> None:
    found, _ = run({"merge": 0.1})
    assert found.missing == found.lost > 100
    assert found.misplaced() == []


def test_what_is_only_late_is_not_missing() -> None:
    found, _ = run({"late": 0.2})
    assert found.missing == found.lost == 0
    assert found.misplaced() == []


def test_the_wrap_of_the_time_is_no_gap() -> None:
    clock = UnitClock(start_ns=(2**32 - 75_000_000) * 1000)
    found, faults = run({"loss": 0.05}, clock=clock)
    assert found.arrived[0][1] < 2**32 * 1000 < found.arrived[-1][1]
    assert found.missing == found.lost == faults.lost
    assert found.misplaced() == []


def test_samples_that_are_no_numbers_are_missing_to_the_sample() -> None:
    body = Numbered(SCALE)
    unit = MovellaDot(body)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        unit.nan_next = 7
        await asyncio.sleep(10)

    told = told_by(unit, story)
    found = account(told.events, body)
    assert found.missing == found.lost == told.progress.wire_errors == 7


def test_what_it_says_when_the_link_opens() -> None:
    told = told_by(MovellaDot(Pose(), rate_hz=20, measuring=wire.Mode.QUATERNION, battery_pct=77), 5.0)
    assert told.of(Battery, DeviceInformation, StreamChanged) == [
        Battery(0.0, 77),
        DeviceInformation(0.0, "model_number", "XS-T02"),
        DeviceInformation(0.0, "firmware_revision", "2.4.1"),
        RUNNING,
    ]
    times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns]
    assert len(times) == pytest.approx(5 * 60, abs=10)


def test_in_the_middle_of_a_session_a_lost_link_comes_back_and_the_unit_is_started_afresh() -> None:
    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(10)
        host.drop_link()
        await asyncio.sleep(10)

    told = told_by(MovellaDot(Pose()), story)
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert [event for event in told.events if isinstance(event, StreamChanged)][-1].running
    assert isinstance(told.events[-1], MotionSamples)


def test_a_unit_that_switches_itself_off_says_so_before_the_link_is_lost() -> None:
    unit = MovellaDot(Pose())

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(5)
        unit.set_battery(1)
        host.is_visible = False
        host.poke()
        await asyncio.sleep(5)

    told = told_by(unit, story)
    off = StreamChanged(0.0, "motion", running=False, reason="the unit switches itself off")
    assert told.of(StreamChanged) == [RUNNING, off]
    assert told.of(Battery)[-1] == Battery(0.0, 1)
    assert told.reach()[:2] == [("online", "data"), ("unknown", "link_lost")]


def test_a_second_start_that_sends_nothing_is_followed_by_a_third() -> None:
    unit = MovellaDot(Pose(), deaf_restart=True)

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(5)
        host.drop_link()
        await asyncio.sleep(15)

    told = told_by(unit, story)
    assert isinstance(told.events[-1], MotionSamples)
    assert told.progress.connects == 2


def test_sit_ups_are_counted() -> None:
    body = SyntheticBody(random.Random(4), start=8.0)  # noqa: S311 - reproducible, not secret
    told = told_by(MovellaDot(body), 55.0, Faults(loss=0.02))
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", None)
    for event in told.events:
        if isinstance(event, MotionSamples):
            counter.feed(event)
    assert counter.progress.repetitions == len(body.repetitions) == 10


# --- two units ---

ROOT = "D4:22:CD:00:00:01"


def two(room: DotRoom) -> list[MovellaDot]:
    """The root, and another whose clock began elsewhere and is 40 ppm slower."""
    return [
        MovellaDot(Pose(), address=ROOT, room=room, clock=UnitClock(7_000_000_000, 20.0)),
        MovellaDot(Pose(), address="D4:22:CD:00:00:02", room=room, clock=UnitClock(900_000_000, -20.0)),
    ]


def together(
    units: list[MovellaDot],
    seconds: float,
    late_s: float = 0.0,
    carrier: type[InProcessAir | VirtualRadio] = InProcessAir,
) -> list[Told]:
    """Each unit on its own connection, with the first as the root; the others come into reach `late_s` later."""
    sharing = CATALOGUE["movella_dot"].sharing
    assert sharing is not None
    profiles = [replace(CATALOGUE["movella_dot"], codec=codec) for codec in sharing([unit.address for unit in units])]

    async def scene() -> list[Told]:
        told = [Told([], []) for _ in units]
        async with carrier() as air, radio_on(air) as radio, AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            running = []
            for unit, heard, profile in zip(units, told, profiles, strict=True):
                host = air.publish(unit)
                if unit is not units[0] and late_s:
                    host.vanish()
                    asyncio.get_running_loop().call_later(late_s, host.appear)
                connection = Connection(
                    "unit",
                    profile,
                    Selector(unit.address),
                    radio.open,
                    simulated=True,
                    hear=heard.events.append,
                    report=heard.reports.append,
                    rng=random.Random(1),  # noqa: S311 - a seed, no secret
                )
                running.append(tasks.create_task(connection.run()))
            await asyncio.sleep(seconds)
            for task in running:
                task.cancel()
        return told

    found: list[Told] = virtual_time.run(scene())
    return found


def offsets_us(unit: MovellaDot, told: Told) -> list[float]:
    """By how much the times of its last 2000 samples are ahead of true time."""
    assert isinstance(unit.body, Pose)
    times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns][-2000:]
    return [ns / 1000 - true * 1e6 for ns, true in zip(times, unit.body.asked_at[-2000:], strict=True)]


@pytest.mark.parametrize("late_s", [0.0, 25.0])
@pytest.mark.parametrize("carrier", [InProcessAir, VirtualRadio])
def test_two_units_synchronise_whenever_both_are_there_and_their_samples_have_one_time_base(
    carrier: type[InProcessAir | VirtualRadio], late_s: float
) -> None:
    units = two(DotRoom())
    told = together(units, 60.0 + late_s, late_s, carrier)
    for heard in told:
        assert heard.reach()[-3:] == [("online", "data"), ("unknown", "away"), ("online", "data")]
        assert heard.of(StreamChanged)[-2:] == [
            StreamChanged(0.0, "synchronisation", running=True, reason="the units have one clock"),
            RUNNING,
        ]
    # The one that was there first measured meanwhile.
    assert len(told[0].of(StreamChanged)) == 3
    one, other = (offsets_us(unit, heard) for unit, heard in zip(units, told, strict=True))
    # What remains are microseconds that are whole, and 20 ppm of the time between two samples of the two.
    assert max(abs(a - b) for a, b in zip(one, other, strict=False)) < 3.0


def test_without_it_two_clocks_are_apart_and_run_apart() -> None:
    units = two(DotRoom(SyncResult.SKEW))
    told = together(units, 60.0)
    for heard in told:
        assert heard.of(StreamChanged)[-2:] == [
            StreamChanged(0.0, "synchronisation", running=False, reason="the clocks are too far apart"),
            RUNNING,
        ]
    one, other = (offsets_us(unit, heard) for unit, heard in zip(units, told, strict=True))
    apart = [a - b for a, b in zip(one, other, strict=False)]
    assert apart[0] > 6_000_000
    assert apart[-1] - apart[0] == pytest.approx(40 * len(apart) / 60, rel=0.05)


async def test_over_the_virtual_radio_missing_samples_are_exactly_those_that_were_lost() -> None:
    body, faults = Numbered(SCALE), Faults(seed=3)
    unit = MovellaDot(body, clock=UnitClock(start_ns=0, skew_ppm=40.0))
    async with VirtualRadio() as air, radio_on(air) as radio:
        air.publish(unit, faults)
        async with observed(radio, "movella_dot", unit) as told:
            await until(lambda: len(told.of(MotionSamples)) > 20)
            faults.loss, faults.late, faults.late_s = 0.1, 0.05, 0.05
            await until(lambda: faults.lost >= 12)
            faults.loss = 0.0
            after = body.taken + 20
            await until(lambda: account(told.events, body).arrived[-1][0] > after)
    found = account(told.events, body)
    assert found.missing == found.lost == faults.lost
    assert found.misplaced() == []
    assert told.progress.wire_errors == 0
