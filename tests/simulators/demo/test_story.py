from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from bleak import BleakClient
from tests.simulators.carriers.waiting import until

from ptdevice.model import ExerciseSet, MotionSamples, Record, Repetition, SetEnd
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.demo.story import (
    BREAK_FROM_S,
    LONGEST_SET,
    PAUSE_S,
    REST_S,
    SHORTEST_S,
    START_S,
    STILL_S,
    STYLE,
    Performer,
    Plan,
    Press,
    Story,
    duration_with,
    plan,
)
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DURATIONS = [12, 13, 15, 18, 20, 25, 30, 36, 41, 45, 60, 75, 90, 120, 300, 3600]


def body(script: Plan, seed: int) -> SyntheticBody:
    rng = random.Random(seed)  # noqa: S311 - a seed, no secret
    return SyntheticBody(rng, sets=script.sets, start=STILL_S, pause_s=PAUSE_S, style=STYLE)


@pytest.mark.parametrize("duration_s", DURATIONS)
@pytest.mark.parametrize("seed", range(5))
def test_the_body_is_through_in_time_and_has_rested(duration_s: float, seed: int) -> None:
    done = body(plan(duration_s), seed).repetitions[-1].end
    assert done <= duration_s - START_S - min(REST_S, 3.5)


@pytest.mark.parametrize("duration_s", DURATIONS)
def test_there_is_always_something_to_count_and_never_too_much_at_once(duration_s: float) -> None:
    sets = plan(duration_s).sets
    assert set(sets) <= set(range(2, LONGEST_SET + 1))
    assert len(set(sets)) == 1  # the target holds for each set


def test_a_minute_has_room_for_two_sets_of_ten() -> None:
    assert plan(60).sets == (10, 10)


def test_the_shortest_demo_is_the_shortest() -> None:
    assert plan(SHORTEST_S).sets == (2,)
    with pytest.raises(ValueError, match="at least 12 s"):
        plan(SHORTEST_S - 0.1)


@pytest.mark.parametrize("duration_s", DURATIONS)
def test_the_keys_go_up_and_end_at_nothing_in_time(duration_s: float) -> None:
    presses = sorted(plan(duration_s).presses, key=lambda press: press.at)
    levels = [sum(press.step for press in presses[: i + 1]) for i in range(len(presses))]
    assert max(levels) >= 3
    assert min(levels) == 0
    assert levels[-1] == 0
    assert max(levels) <= 15
    assert presses[0].at > 0
    assert presses[-1].at <= duration_s - START_S - REST_S


def test_the_link_breaks_in_a_long_story_while_the_output_is_on() -> None:
    script = plan(60)
    assert script.link_breaks_at is not None
    assert sum(press.step for press in script.presses if press.at < script.link_breaks_at) > 0
    assert plan(START_S + BREAK_FROM_S - 1).link_breaks_at is None


def test_a_recording_is_worn_to_its_end() -> None:
    assert duration_with(100.0) == START_S + STILL_S + 100.0 + REST_S
    assert duration_with(0.5) == SHORTEST_S


# Frames as the sensor sends them, from before the beginning, through the daemon's own counter.
@pytest.mark.parametrize(
    ("duration_s", "seed"), [(12, 1), (12, 4), (15, 3), (20, 1), (20, 5), (28, 2), (41, 6), (60, 1), (120, 7)]
)
def test_every_repetition_of_the_body_is_counted(duration_s: float, seed: int) -> None:
    script = plan(duration_s)
    who, records = body(script, seed), list[Record]()
    counter = SetCounter(EXERCISES["sit_up"], lambda: "id", script.sets[0])
    for frame in range(int((duration_s - START_S) / 0.36)):
        times = [frame * 0.36 - 0.36 + i * 0.01 for i in range(36)]
        force = tuple(who.acceleration(max(t, 0.0)) for t in times)
        device_ns = tuple(round((t + 10) * 1e9) for t in times)
        records += counter.feed(MotionSamples(times[-1] + 0.02, 100.0, device_ns, force))
    records += counter.finish(duration_s, SetEnd.SHUTDOWN)
    assert len([record for record in records if isinstance(record, Repetition)]) == len(who.repetitions)
    assert [record.repetitions for record in records if isinstance(record, ExerciseSet)] == list(script.sets)


def test_a_performer_holds_still_until_it_begins() -> None:
    lying = body(plan(20), 1)
    performer = Performer(lying)
    angles = [lying.pitch_deg(performer.age(now)) for now in (0.0, 50.0, 500.0)]
    assert angles == [0.0, 0.0, 0.0]
    performer.began = 100.0
    turn = lying.repetitions[0].turn
    assert lying.pitch_deg(performer.age(100.0 + turn)) == lying.repetitions[0].range_deg


@dataclass
class Scene:
    """Both units in process, a story of two presses up, a broken link, and two presses down; virtual time."""

    sensor: PolarSensor
    stimulator: BeurerEm70
    performer: Performer
    story: Story
    client: BleakClient
    playing: asyncio.Task[None]


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    script = Plan((2,), (Press(5.0, -1), Press(6.0, -1), Press(1.0, 1), Press(2.0, 1)), 3.0)
    async with InProcessAir() as air:
        performer = Performer(body(script, 1))
        sensor, stimulator = PolarSensor(performer), BeurerEm70()
        story = Story(performer, air.publish(sensor), air.publish(stimulator))
        client = BleakClient(stimulator.address, backend=air.client_backend)
        yield Scene(sensor, stimulator, performer, story, client, asyncio.create_task(story.play(script), name="story"))


def test_the_story_does_not_begin_while_the_stimulator_has_no_link() -> None:
    async def told() -> None:
        async with scene() as on:
            on.sensor.sent_samples = 36
            await asyncio.sleep(60)
            assert on.performer.began is None
            on.playing.cancel()

    virtual_time.run(told())


def test_the_story_does_not_begin_while_the_sensor_is_silent() -> None:
    async def told() -> None:
        async with scene() as on, on.client:
            await asyncio.sleep(60)
            assert on.performer.began is None
            on.playing.cancel()

    virtual_time.run(told())


def test_the_story_happens_as_planned() -> None:
    async def told() -> None:
        async with scene() as on, on.client:
            on.sensor.sent_samples = 36
            await until(lambda: on.performer.began is not None)
            await asyncio.sleep(2.5)
            assert on.stimulator.level == 2
            assert on.client.is_connected
            await asyncio.sleep(1.0)
            assert not on.client.is_connected
            await on.playing
            assert on.stimulator.level == 0
            assert on.story.stimulated_s(asyncio.get_running_loop().time()) == pytest.approx(5.0, abs=0.1)

    virtual_time.run(told())


def test_stimulation_that_goes_on_is_counted_up_to_now() -> None:
    async def told() -> None:
        async with scene() as on, on.client:
            on.sensor.sent_samples = 36
            await until(lambda: on.stimulator.level == 2)
            assert on.story.stimulated_s(asyncio.get_running_loop().time() + 10) == pytest.approx(11.0, abs=0.1)
            on.playing.cancel()

    virtual_time.run(told())
