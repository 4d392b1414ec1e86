from __future__ import annotations

import random
from itertools import pairwise
from math import sqrt

import pytest
from benchmarks.accuracy import robust
from benchmarks.accuracy.disturbances import AS_RECORDED, GAP, GOALS, OF_GYROSCOPES, disturbances, gaps, lossy, slower
from benchmarks.accuracy.guided import count
from benchmarks.accuracy.report import Report
from benchmarks.recordings import Set, Signal
from tests.motion.movement import measured, repetitions

REPS = 6
SAMPLES = measured(repetitions(REPS))
CLEAR = Signal(SAMPLES.t, SAMPLES.force, SAMPLES.spin, SAMPLES.rate_hz)
SET = Set("yurtman_barshan", "somebody", "leg_raise/fast", REPS, (), CLEAR)


@pytest.mark.parametrize("name", disturbances())
def test_no_disturbance_spoils_a_clear_movement(name: str) -> None:
    disturb = disturbances()[name]

    assert (disturb(CLEAR) == CLEAR) == (name == AS_RECORDED)
    assert abs(count(SET, disturbances()[name]).live - REPS) <= 1


def test_disturbances_are_the_same_each_time() -> None:
    for name in ("any mounting", "20 % of samples lost", "10 ms jitter", "all four together"):
        assert disturbances()[name](CLEAR) == disturbances()[name](CLEAR)


def test_a_mounting_turns_both_sensors_and_leaves_sizes() -> None:
    turned = disturbances()["any mounting"](CLEAR)

    assert turned.gyr is not None
    for before, after in ((CLEAR.acc, turned.acc), (CLEAR.gyr or [], turned.gyr)):
        assert [sqrt(sum(x * x for x in v)) for v in after] == pytest.approx(
            [sqrt(sum(x * x for x in v)) for v in before]
        )


def test_a_mounting_turns_both_sensors_alike() -> None:
    turned = disturbances()["any mounting"](CLEAR)
    before, after = (
        [sum(a * b for a, b in zip(*both, strict=True)) for both in zip(s.acc, s.gyr or [], strict=True)]
        for s in (
            Signal(CLEAR.t, CLEAR.acc[1:], (CLEAR.gyr or [])[:-1], 25.0),
            Signal([], turned.acc[1:], (turned.gyr or [])[:-1], 25.0),
        )
    )

    assert turned.gyr != CLEAR.gyr
    assert after == pytest.approx(before, abs=1e-9)


def test_a_scale_is_one_of_all_axes() -> None:
    found = disturbances()["accelerometer scale +8 %"](CLEAR)

    assert [x for v in found.acc for x in v] == pytest.approx([1.08 * x for v in CLEAR.acc for x in v])


def test_so_many_samples_are_lost() -> None:
    kept = lossy(CLEAR, random.Random(1), 0.2)  # noqa: S311 - a disturbance, not a secret

    assert len(kept.t) / len(CLEAR.t) == pytest.approx(0.8, abs=0.05)


def test_gaps_are_as_long_and_as_far_apart_as_said() -> None:
    t = gaps(CLEAR, 1.0, 15.0).t
    missing = [(a, b - a) for a, b in pairwise(t) if b - a > 0.5]

    assert [length for _, length in missing] == pytest.approx([1.0 + 1 / CLEAR.rate_hz] * len(missing), abs=0.05)
    assert [start - CLEAR.t[0] for start, _ in missing] == pytest.approx(
        [14.0 + 15.0 * k for k in range(len(missing))], abs=0.05
    )


@pytest.mark.parametrize("rate_hz", [12.5, 25.0 / 3])
def test_a_slower_sensor_sends_that_many_samples(rate_hz: float) -> None:
    signal = slower(CLEAR, rate_hz)

    assert signal.rate_hz == rate_hz
    assert (len(signal.t) - 1) / (signal.t[-1] - signal.t[0]) == pytest.approx(rate_hz, rel=0.02)
    assert slower(signal, 2 * rate_hz) == signal


def test_a_quick_run_has_what_the_goals_need() -> None:
    found = robust.show(Report(), [SET], quick=True)

    assert set(found) == {AS_RECORDED, GAP, *GOALS}
    assert all(score.within1 == 100.0 for score in found.values())


def test_sensors_without_a_gyroscope_are_disturbed_too() -> None:
    squats = Set("exermote", "somebody else", "squat", REPS, (), Signal(CLEAR.t, CLEAR.acc, None, CLEAR.rate_hz))
    report = Report()
    robust.show(report, [SET, squats], quick=False)
    rows = {
        line.split("|")[1].strip(): line.split("|")[6].strip() for line in report.page().splitlines() if "|" in line
    }

    assert {name for name in disturbances() if not rows[name]} == set(OF_GYROSCOPES)
