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


def paced(off: float, gaps: list[tuple[float, float]], *, restart_at: float = 1e9) -> tuple[list[int], list[int]]:
    """A sensor that says 100 Hz and is off by a share of it: samples lost in each gap, and what the stream says."""
    stream, lost, said = PostureStream(), [0] * len(gaps), []
    for k in range(int(200 * 100 * (1 + off))):
        t = k / (100 * (1 + off))
        inside = [i for i, (start, end) in enumerate(gaps) if start <= t < end]
        if inside:
            lost[inside[0]] += 1
            continue
        shift = 10**12 if t >= restart_at else 0
        late = 0.3 if shift and t < restart_at + 3.01 else 0.01  # the first after it tells where it is, and is late
        event = MotionSamples(t + late, 100.0, (round(t * 1e9) + shift,), ((0.0, 0.0, 9.8),))
        said += [item.samples for item in stream.take(event) if isinstance(item, Missing)]
    return lost, said


@pytest.mark.parametrize("off", [-0.01, 0.0, 0.008, 0.02])
def test_of_a_sensor_that_is_not_quite_nominal_a_long_gap_is_counted_to_the_sample_too(off: float) -> None:
    lost, said = paced(off, [(15.0, 15.1), (20.0, 50.0), (60.0, 120.0), (150.0, 152.0)])
    assert said == lost


def test_a_pace_that_no_crystal_has_is_not_believed() -> None:
    lost, said = paced(0.2, [(20.0, 30.0)])
    assert said == [pytest.approx(lost[0] / 1.2, abs=1.0)]


def test_a_restart_does_not_disturb_the_pace() -> None:
    lost, said = paced(0.01, [(30.0, 35.0), (100.0, 130.0)], restart_at=32.0)
    assert said[1] == lost[1]
    assert said[0] == pytest.approx(lost[0] + 30, abs=2)


def test_a_pace_of_a_second_is_not_known_better_than_the_nominal_rate() -> None:
    stream, said = PostureStream(), []
    for k in [*range(90), *range(3690, 3700)]:  # 60 Hz, told in whole ms
        event = MotionSamples(k / 60, 60.0, (k * 1000 // 60 * 10**6,), ((0.0, 0.0, 9.8),))
        said += [item.samples for item in stream.take(event) if isinstance(item, Missing)]
    assert said == [3600]


def test_of_a_sensor_that_changes_its_rate_the_new_one_counts() -> None:
    stream, said = PostureStream(), []
    times = [k / 50 for k in range(1500)] + [30 + k / 51 for k in range(1300) if not 51 <= k < 51 * 21]
    for t in times:
        event = MotionSamples(t, 51.0 if t >= 30 else 50.0, (round(t * 1e9),), ((0.0, 0.0, 9.8),))
        said += [item.samples for item in stream.take(event) if isinstance(item, Missing)]
    assert said == [51 * 20]


def sample(t: float) -> MotionSamples:
    return MotionSamples(t + 0.01, 50.0, (round(t * 1e9),), ((0.0, 0.0, 9.8),))


@pytest.mark.parametrize("cause", ["samples_lost", "link_lost", "sensor_restarted", "gateway_overrun"])
def test_a_gap_tells_its_cause_and_the_next_one_has_its_own(cause: str) -> None:
    stream = PostureStream()
    for k in range(100):
        list(stream.take(sample(k / 50)))
    if cause == "link_lost":
        stream.clock.lost()
    stream.overrun = cause == "gateway_overrun"
    first = 5 if cause == "sensor_restarted" else 5 * 10**9
    both = MotionSamples(7.01, 50.0, (first, first + 2 * 10**9), ((0.0, 0.0, 9.8),) * 2)
    gaps = [item for item in stream.take(both) if isinstance(item, Missing)]
    assert [gap.cause for gap in gaps] == [cause, "samples_lost"]


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
