"""Two clocks laid together: by the units, by a tap, by arrivals; each with what it may be off by."""

from __future__ import annotations

import random

import pytest

from ptdevice.model import AlignmentMethod
from ptdevice.motion.clock import DeviceClock
from ptdevice.motion.pair.alignment import Alignment
from ptdevice.motion.pair.taps import SharedTap

RATE_HZ = 50.0
TURN_NS = 2**32 * 1000
TAP_ERROR_S = 0.008


class Two:
    """Two units, sampling at true seconds 0.02 k; stream time 0 is true second 0 for both."""

    def __init__(
        self, *, ppm: tuple[float, float] = (20.0, -20.0), zero_ns: tuple[int, int] = (5, 10**12), seed: int = 1
    ) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - jitter, not a secret
        self.ppm, self.zero_ns = ppm, zero_ns
        self.trunk, self.pelvis = DeviceClock(), DeviceClock()
        self.alignment = Alignment(self.trunk, self.pelvis, TURN_NS)
        self._begun = 0
        self.streams = [0.0, 0.0]

    def run(self, until: float) -> None:
        for k in range(self._begun, round(until * RATE_HZ), 10):
            for side, clock in enumerate((self.trunk, self.pelvis)):
                true = k / RATE_HZ
                ns = self.zero_ns[side] + round(true * (1e9 + self.ppm[side] * 1e3))
                at = 100.0 + true + 0.01 + 0.004 * side + self._rng.expovariate(1 / 0.004)
                self.streams[side] = clock.place([ns], at, RATE_HZ)[-1]
        self._begun = round(until * RATE_HZ)

    @property
    def error_s(self) -> float:
        """Of a moment that both sampled just now."""
        return self.alignment.pair_time(self.streams[1]) - self.streams[0]

    @property
    def stated_s(self) -> float:
        return self.alignment.error_s(self.streams[1])

    def tap(self, error_s: float = 0.003) -> float | None:
        return self.alignment.tapped(SharedTap(self.streams[0] + error_s, self.streams[1], TAP_ERROR_S))


def test_by_arrival_alone_it_is_within_the_delays_that_nobody_sees() -> None:
    two = Two()
    two.run(300.0)
    assert two.alignment.method is AlignmentMethod.ARRIVAL
    assert abs(two.error_s) < two.stated_s < 0.04


def test_after_a_tap_it_is_what_the_tap_left_and_over_an_hour_what_the_crystals_add() -> None:
    two = Two()
    two.run(60.0)
    assert two.tap() is None
    assert two.alignment.method is AlignmentMethod.TAP
    for minutes in (2, 10, 30, 60):
        two.run(60.0 * minutes)
        assert abs(two.error_s) < two.stated_s
    assert abs(two.error_s) < 0.008  # 40 ppm not seen to would be 140 ms by now
    assert 0.012 < two.stated_s < 0.02


def test_a_second_tap_tells_how_far_it_had_moved_and_is_what_counts_from_then_on() -> None:
    two = Two()
    two.run(60.0)
    two.tap(0.004)
    two.run(1860.0)
    moved = two.tap(-0.002)
    assert moved is not None
    assert moved == pytest.approx(-0.006, abs=0.003)
    assert two.error_s == pytest.approx(-0.002, abs=1e-6)
    assert two.stated_s == pytest.approx(TAP_ERROR_S)


def test_a_tap_is_forgotten_when_one_of_the_clocks_begins_anew() -> None:
    two = Two()
    two.run(60.0)
    two.tap()
    two.pelvis.lost()
    two.run(62.0)
    assert two.alignment.method is AlignmentMethod.ARRIVAL
    assert abs(two.error_s) < two.stated_s


def test_a_clock_that_both_share_needs_neither() -> None:
    two = Two(ppm=(15.0, 15.0), zero_ns=(77, 77))
    two.run(60.0)
    two.alignment.shared_since = two.pelvis.newest
    assert two.alignment.method is AlignmentMethod.DEVICE
    assert abs(two.error_s) < 1e-6
    assert two.stated_s == pytest.approx(4e-6 * 3600)
    two.run(600.0)
    two.alignment.shared_since = -3600.0
    assert two.stated_s == pytest.approx(4e-6 * (3600 + 599.8), rel=0.01)


@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 3])
def test_a_shared_clock_that_wraps_may_be_in_another_turn_for_one_of_them(turns: int) -> None:
    two = Two(ppm=(15.0, 15.0), zero_ns=(10**14, 10**14 + turns * TURN_NS))
    two.run(60.0)
    two.alignment.shared_since = 0.0
    assert two.alignment.method is AlignmentMethod.DEVICE
    assert abs(two.error_s) < 1e-6


def test_a_shared_clock_that_arrivals_refute_is_none() -> None:
    two = Two(zero_ns=(5, 5 + 400_000_000))
    two.run(60.0)
    two.alignment.shared_since = 0.0
    methods = [two.alignment.method]
    two.tap()
    methods.append(two.alignment.method)
    assert methods == [AlignmentMethod.ARRIVAL, AlignmentMethod.TAP]
