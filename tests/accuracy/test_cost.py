from __future__ import annotations

import pytest
from benchmarks.accuracy.cost import cost, later, memory
from benchmarks.recordings import Set, Signal
from benchmarks.reps_adapter import packets
from tests.motion.movement import measured, repetitions

SAMPLES = measured(repetitions(6))
CLEAR = Signal(SAMPLES.t, SAMPLES.force, SAMPLES.spin, SAMPLES.rate_hz)
SPAN_S = CLEAR.t[-1] - CLEAR.t[0]


def test_the_cost_is_that_of_a_sample_and_the_recount_comes_on_top() -> None:
    found = cost([CLEAR, CLEAR], rounds=1)

    assert 0.0 < found.live_us < found.whole_us
    assert found.times_life == pytest.approx(2 * SPAN_S / (2 * len(CLEAR.t) * found.whole_us * 1e-6))


def test_a_stream_holds_more_the_longer_a_set_lasts() -> None:
    ends = tuple(4.4 + 3.7 * k for k in range(6))
    each = Set("yurtman_barshan", "somebody", "leg_raise/fast", 6, ends, CLEAR)

    assert 10_000 < memory(each, hours=0.01) < memory(each, hours=0.1) < 10_000_000


def test_later_moves_both_clocks() -> None:
    first = next(packets(CLEAR.t, CLEAR.acc, CLEAR.gyr, 25.0))
    moved = later(first, 2.5)

    assert moved.at == first.at + 2.5
    assert moved.device_ns == tuple(ns + 2_500_000_000 for ns in first.device_ns)
