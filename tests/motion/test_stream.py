from __future__ import annotations

import math
from itertools import pairwise

import pytest
from tests.motion.movement import Samples, measured, packets, repetitions

from ptdevice.model import MotionSamples
from ptdevice.motion.stream import Missing, Posture, PostureStream
from ptdevice.motion.trace import Trace


def taken(samples: Samples, *, gyro: bool = True) -> tuple[list[Posture], list[Missing], PostureStream]:
    stream = PostureStream()
    items = [item for event in packets(samples, gyro=gyro) for item in stream.take(event)]
    return (
        [item for item in items if isinstance(item, Posture)],
        [item for item in items if isinstance(item, Missing)],
        stream,
    )


def test_while_nothing_moves_a_few_postures_suffice() -> None:
    postures, _, stream = taken(measured([(0.0, 0.0), (10.0, 0.0)], 100.0))

    assert stream.received == 1000
    assert len(postures) == pytest.approx(50, abs=2)


def test_while_something_moves_there_are_at_most_forty_a_second() -> None:
    postures, _, _ = taken(measured([(0.0, 0.0), (10.0, 3000.0)], 100.0))

    steps = [b.t - a.t for a, b in pairwise(postures)]
    assert min(steps) >= 0.025
    assert len(postures) > 250


def test_what_is_missing_is_counted_to_the_sample() -> None:
    _, missing, stream = taken(measured(repetitions(2)).keep(lambda t: not 4.0 <= t < 5.0))

    assert [gap.samples for gap in missing] == [25]
    assert (stream.missing, stream.received) == (25, len(measured(repetitions(2)).t) - 25)


def test_samples_that_come_twice_are_taken_once() -> None:
    stream = PostureStream()
    events = packets(measured(repetitions(1)))
    for event in events:
        list(stream.take(event))
        list(stream.take(event))

    assert stream.received == len(measured(repetitions(1)).t)
    assert stream.missing == 0


@pytest.mark.parametrize("rate_hz", [0.0, -5.0, math.nan, math.inf])
def test_a_rate_that_is_none_does_no_harm(rate_hz: float) -> None:
    stream = PostureStream()
    list(stream.take(MotionSamples(10.0, rate_hz, (0, 40_000_000), ((0.0, 0.0, 9.8),) * 2)))

    assert stream.received == 2


def test_an_empty_packet_is_nothing() -> None:
    assert list(PostureStream().take(MotionSamples(10.0, 25.0, (), ()))) == []


def test_a_trace_keeps_to_its_capacity_and_says_what_it_dropped() -> None:
    trace = Trace(100)
    for k in range(1000):
        trace.add(k / 10, (0.0, 0.0, 1.0), (1.0, 2.0, 3.0))

    assert len(trace) <= 100
    assert trace.dropped_to == trace.t[0]
    assert trace.t[-1] == pytest.approx(99.9)
    spins = trace.spins()
    assert spins is not None
    assert [len(column) for column in (*trace.postures(), *spins)] == [len(trace)] * 6
    trace.clear()
    assert len(trace) == 0


def test_a_trace_of_which_some_steps_had_no_gyroscope_has_none() -> None:
    trace = Trace(100)
    for k in range(150):
        trace.add(k / 10, (0.0, 0.0, 1.0), (1.0, 2.0, 3.0) if k % 2 else None)

    assert trace.spins() is None
