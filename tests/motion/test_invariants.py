from __future__ import annotations

import random
from dataclasses import asdict, replace
from math import cos, pi, sin, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.motion.movement import START, Samples, counted, measured, packets, repetitions, reps_of, sets_of

from ptdevice.model import ExerciseSet, MotionSamples, Repetition, SetEnd
from ptdevice.motion.counting import counter_of
from ptdevice.motion.exercises import EXERCISES
from ptdevice.mqtt.topics import Stamp, draft

shares = st.floats(0.0, 1.0)
sizes = st.lists(st.integers(1, 60), max_size=30)


def rotation(a: float, b: float, c: float) -> tuple[tuple[float, float, float], ...]:
    """Any rotation (Shoemake 1992)."""
    b, c = 2 * pi * b, 2 * pi * c
    x, y, z, w = sqrt(1 - a) * sin(b), sqrt(1 - a) * cos(b), sqrt(a) * sin(c), sqrt(a) * cos(c)
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def person(seed: int) -> tuple[Samples, int]:
    """Somebody's set, with some noise, and how many repetitions it has."""
    rng = random.Random(seed)  # noqa: S311 - a movement, not a secret
    n = rng.randint(3, 7)
    corners = repetitions(
        n,
        degrees=rng.uniform(8.0, 120.0),
        out=rng.uniform(0.8, 2.0),
        hold=rng.uniform(0.1, 3.0),
        back=rng.uniform(0.8, 2.0),
        rest=rng.uniform(0.2, 2.0),
    )
    return measured(corners, 25.0, noise=0.05, rng=rng), n


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), a=shares, b=shares, c=shares, gyro=st.booleans())
def test_the_count_does_not_depend_on_the_mounting(seed: int, a: float, b: float, c: float, *, gyro: bool) -> None:
    samples, n = person(seed)
    one, two, three = rotation(a, b, c)
    turned = samples.mounted((one, two, three))

    assert len(reps_of(counted(packets(turned, gyro=gyro)))) == n


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), shift_s=st.integers(-50_000_000, 50_000_000))
def test_another_time_of_day_shifts_the_records_and_changes_nothing_else(seed: int, shift_s: int) -> None:
    samples, _ = person(seed)
    here = counted(packets(samples))
    there = counted(packets(samples, shift_s=float(shift_s)))

    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        if isinstance(one, Repetition) and isinstance(other, Repetition):
            assert [other.start - shift_s, other.turn - shift_s, other.end - shift_s] == pytest.approx(
                [one.start, one.turn, one.end], abs=1e-3
            )
            assert replace(other, start=0.0, turn=0.0, end=0.0) == replace(one, start=0.0, turn=0.0, end=0.0)
        elif isinstance(one, ExerciseSet) and isinstance(other, ExerciseSet):
            # Where the account of a set begins is a matter of rounding, to one look: a fifth of a second, five samples.
            assert abs((other.received or 0) - (one.received or 0)) <= 5
            assert replace(other, start=0.0, end=0.0, received=0) == replace(one, start=0.0, end=0.0, received=0)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), cuts=sizes, lost=st.sets(st.integers(0, 12), max_size=4))
def test_how_samples_are_packed_changes_no_record(seed: int, cuts: list[int], lost: set[int]) -> None:
    samples, _ = person(seed)
    holes = samples.keep(lambda t: int(t / 1.3) not in lost)

    one_by_one = counted(packets(holes, sizes=[1] * len(holes.t)))
    packed = counted(packets(holes, sizes=cuts))

    assert [type(record) for record in packed] == [type(record) for record in one_by_one]
    for one, other in zip(one_by_one, packed, strict=True):
        for name, value in asdict(one).items():
            assert asdict(other)[name] == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_radios_jitter_changes_no_count(seed: int) -> None:
    samples, n = person(seed)
    rng = random.Random(seed)  # noqa: S311 - jitter, not a secret
    events = packets(samples, late=lambda _: rng.uniform(0.0, 0.4))

    assert len(reps_of(counted(events))) == n


vectors = st.tuples(*[st.floats(width=32) | st.floats(-20, 20)] * 3)


STAMP = Stamp("boot", 0, 0.0, synced=True)


@pytest.mark.parametrize("name", ["any", "knee_rolling", "pelvic_tilt", "side_bridge", "plank", "walking_bouts"])
@settings(deadline=None, max_examples=100)
@given(
    script=st.lists(
        st.tuples(
            st.sampled_from(["feed", "feed", "tick", "lost", "finish", "pause", "resume"]),
            st.floats(0.0, 30.0),
            st.lists(st.tuples(st.integers(-(2**63), 2**63) | st.integers(0, 10**10), vectors, vectors), max_size=8),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_nothing_that_a_sensor_may_send_breaks_it(
    name: str, script: list[tuple[str, float, list[tuple[int, tuple[float, ...], tuple[float, ...]]], bool]]
) -> None:
    sets, now = counter_of(EXERCISES[name], lambda: "set", None, asked=True), START
    for what, later, samples, gyro in script:
        now += later
        if what == "feed":
            event = MotionSamples(
                now,
                25.0,
                tuple(ns for ns, _, _ in samples),
                tuple((a[0], a[1], a[2]) for _, a, _ in samples),
                tuple((w[0], w[1], w[2]) for _, _, w in samples) if gyro else (),
            )
            records = sets.feed(event)
        elif what == "tick":
            records = sets.tick(now)
        elif what == "lost":
            records = sets.sensor_lost(now)
        elif what == "pause":
            records = sets.pause()
        elif what == "resume":
            sets.resume()
            records = []
        else:
            records = sets.finish(now, SetEnd.ENDED)
        assert sets.progress.repetitions >= 0
        for one in sets_of(records):
            assert one.start <= one.end
        for record in records:
            draft(record, unit="chest", subject=None, stamp=STAMP)  # refuses what is not finite
