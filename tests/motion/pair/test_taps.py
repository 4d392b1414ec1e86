"""One moment that two sensors felt, found in two streams."""

from __future__ import annotations

import math
import random

import pytest
from tests.motion.pair.back import AT, PELVIS, TRUNK, Worn, arrivals, back

from ptdevice.motion.pair.taps import Jolts, SharedTap, shared_tap
from ptdevice.motion.stream import PostureStream

TAPS = (2.03, 2.41, 2.86)


def felt(
    taps: tuple[float, ...], *, rate_hz: float = 60.0, seed: int = 1, until: float = 6.0
) -> tuple[Jolts, Jolts, float]:
    """Jolts of both units, and how far apart arrivals say that their streams are."""
    spine, jolts, streams = back(seed=seed, taps=taps), (Jolts(), Jolts()), (PostureStream(), PostureStream())
    worn = (Worn(20.0, rate_hz=rate_hz), Worn(-20.0, rate_hz=rate_hz))
    for side, event in arrivals(spine, until, worn=worn, seed=seed):
        list(streams[side].take(event))
        jolts[side].add(streams[side].times, event.acceleration)
    newest = streams[1].clock.newest
    return jolts[0], jolts[1], streams[0].clock.stream(streams[1].clock.gateway(newest)) - newest


def error_s(tap: SharedTap, rate_hz: float = 60.0) -> float:
    """The first samples of the two were taken at 0.3 and 0.7 of a step; there both streams begin."""
    return tap.trunk + 0.3 / rate_hz - tap.pelvis - 0.7 / rate_hz


@pytest.mark.parametrize("rate_hz", [50.0, 60.0, 100.0])
@pytest.mark.parametrize("seed", range(5))
def test_three_taps_align_two_streams_within_what_is_stated(rate_hz: float, seed: int) -> None:
    shift = random.Random(seed).random()  # noqa: S311 - reproducible, not secret
    trunk, pelvis, offset = felt(tuple(t + shift for t in TAPS), rate_hz=rate_hz, seed=seed)
    tap = shared_tap(trunk, pelvis, offset)
    assert tap is not None
    assert tap.error_s == pytest.approx(0.5 / rate_hz, rel=0.02)
    assert abs(error_s(tap, rate_hz)) < tap.error_s


def test_a_tap_that_lasts_for_several_samples_is_placed_finer_than_the_grid_on_which_it_is_compared() -> None:
    trunk, pelvis = Jolts(), Jolts()
    for k in range(300):
        for jolts, top in ((trunk, 1.0), (pelvis, 1.0017)):
            t = k / 100
            jolts.add([t], [(0.0, 0.0, 9.81 + 30.0 * math.exp(-(((t - top) / 0.03) ** 2)))])
    tap = shared_tap(trunk, pelvis, 0.05)
    assert tap is not None
    assert tap.pelvis - tap.trunk == pytest.approx(0.0017, abs=0.0005)


def test_a_single_tap_will_do() -> None:
    tap = shared_tap(*felt((2.03,)))
    assert tap is not None
    assert abs(error_s(tap)) < tap.error_s


def test_arrivals_that_mislead_by_two_tenths_do_not_mislead_the_taps() -> None:
    trunk, pelvis, offset = felt(TAPS)
    for wrong in (-0.2, 0.2):
        tap = shared_tap(trunk, pelvis, offset + wrong)
        assert tap is not None
        assert abs(error_s(tap)) < tap.error_s


def test_until_it_is_quiet_again_nothing_is_concluded() -> None:
    assert shared_tap(*felt(TAPS, until=3.4)) is None


def test_what_only_one_of_them_felt_is_no_shared_tap() -> None:
    trunk, pelvis, offset = felt(TAPS)
    assert shared_tap(trunk, felt(())[1], offset) is None
    assert shared_tap(felt(())[0], pelvis, offset) is None


def test_jolts_that_do_not_resemble_each_other_are_two_different_ones() -> None:
    trunk, _, offset = felt((2.0, 2.2, 2.9))
    _, pelvis, _ = felt((2.0, 2.6, 2.75))
    assert shared_tap(trunk, pelvis, offset) is None


def test_somebody_who_moves_about_has_not_tapped() -> None:
    trunk, pelvis, offset = felt(())
    assert shared_tap(trunk, pelvis, offset) is None


def test_jolts_are_kept_for_some_seconds_and_nonsense_not_at_all() -> None:
    jolts = Jolts()
    for k in range(100_000):
        jolts.add([k / 1000], [(0.0, 0.0, 9.81)])
    assert len(jolts.t) <= 2048
    jolts.clear()
    for k in range(1000):
        jolts.add([k / 50], [(0.0, 0.0, 9.81)])
    assert jolts.t[-1] - jolts.t[0] <= 6.0
    before = len(jolts.t)
    jolts.add([30.0, 31.0], [(math.nan, 0.0, 0.0), (1e6, 0.0, 0.0)])
    assert len(jolts.t) == before


def test_the_units_of_the_other_tests_have_clocks_of_their_own() -> None:
    assert TRUNK.skew_ppm - PELVIS.skew_ppm == 40.0
    first = dict(arrivals(back(), 0.2))
    assert abs(first[0].device_ns[0] - first[1].device_ns[0]) > 10**9
    assert first[0].at == pytest.approx(AT + 0.2, abs=0.05)
