"""Two streams of one clock, with instants of their own, become one; nothing is made up where one of them is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ptdevice.devices.polar.pairing import HELD_MAX, Pairing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.model import MotionSamples, Vector

AT = 1000.0
HZ = 50.0
MS = 1_000_000


def spins(*times_ms: int) -> tuple[list[int], list[Vector]]:
    """A gyroscope whose x is ten times the time in milliseconds."""
    return [t * MS for t in times_ms], [(10.0 * t, 0.0, -1.0) for t in times_ms]


def forces(*times_ms: int) -> tuple[list[int], list[Vector]]:
    return [t * MS for t in times_ms], [(float(t), 0.0, 9.8) for t in times_ms]


def told(samples: Iterable[MotionSamples]) -> list[tuple[float, list[int], list[float]]]:
    """When each run arrived, its times in ms, and the x of its angular rates."""
    return [(run.at, [ns // MS for ns in run.device_ns], [spin[0] for spin in run.angular_rate]) for run in samples]


def paired(gyro: Sequence[int], acceleration: Sequence[int]) -> list[tuple[float, list[int], list[float]]]:
    pairing = Pairing()
    pairing.turned(HZ, *spins(*gyro))
    pairing.pushed(AT, HZ, *forces(*acceleration))
    return told(pairing.take(AT, waiting=False))


def test_acceleration_keeps_its_times_and_gets_the_angular_rate_of_then() -> None:
    assert paired([0, 20, 40, 60], [5, 25, 45]) == [(AT, [5, 25, 45], [50.0, 250.0, 450.0])]


def test_at_the_instant_of_a_gyroscope_s_sample_it_is_that_sample() -> None:
    assert paired([0, 20], [20]) == [(AT, [20], [200.0])]


def test_acceleration_of_the_instant_of_the_newest_sample_waits_for_no_other() -> None:
    pairing = Pairing()
    pairing.turned(HZ, *spins(0, 20))
    pairing.pushed(AT, HZ, *forces(20))
    assert told(pairing.take(AT, waiting=True)) == [(AT, [20], [200.0])]


def test_acceleration_itself_is_passed_on_untouched() -> None:
    pairing = Pairing()
    pairing.turned(HZ, *spins(0, 20))
    pairing.pushed(AT, HZ, *forces(5, 15))
    (run,) = pairing.take(AT, waiting=True)
    assert run.acceleration == ((5.0, 0.0, 9.8), (15.0, 0.0, 9.8))
    assert run.angular_rate == ((50.0, 0.0, -1.0), (150.0, 0.0, -1.0))
    assert run.rate_hz == HZ


def test_before_the_gyroscope_s_first_sample_and_after_its_last_nothing_is_made_up() -> None:
    assert paired([20, 40], [10, 30, 50]) == [(AT, [10], []), (AT, [30], [300.0]), (AT, [50], [])]


def test_across_missing_samples_of_the_gyroscope_nothing_is_made_up() -> None:
    assert paired([0, 20, 60, 80], [10, 30, 50, 70]) == [(AT, [10], [100.0]), (AT, [30, 50], []), (AT, [70], [700.0])]


def test_without_a_gyroscope_acceleration_passes_at_once() -> None:
    assert paired([], [0, 20]) == [(AT, [0, 20], [])]


def test_acceleration_waits_for_a_gyroscope_that_runs() -> None:
    pairing = Pairing()
    pairing.pushed(AT, HZ, *forces(5, 25))
    assert told(pairing.take(AT, waiting=True)) == []
    pairing.turned(HZ, *spins(0, 20))
    assert told(pairing.take(AT + 0.1, waiting=True)) == [(AT, [5], [50.0])]
    pairing.turned(HZ, *spins(40))
    assert told(pairing.take(AT + 0.2, waiting=True)) == [(AT, [25], [250.0])]


def test_it_waits_no_longer_than_two_and_a_half_seconds_after_it_arrived() -> None:
    pairing = Pairing()
    pairing.pushed(AT, HZ, *forces(0))
    pairing.pushed(AT + 1.0, HZ, *forces(20))
    assert told(pairing.take(AT + 2.4, waiting=True)) == []
    assert told(pairing.take(AT + 2.5, waiting=True)) == [(AT, [0], [])]
    assert told(pairing.take(AT + 3.5, waiting=True)) == [(AT + 1.0, [20], [])]


def test_what_waits_is_bounded() -> None:
    pairing = Pairing()
    pairing.pushed(AT, HZ, *forces(*range(HELD_MAX + 3)))
    assert told(pairing.take(AT, waiting=True)) == [(AT, [0, 1, 2], [])]


def test_a_clock_that_is_set_back_pairs_nothing_across_the_step() -> None:
    pairing = Pairing()
    pairing.turned(HZ, *spins(100_000, 100_020))
    pairing.turned(HZ, *spins(0, 20))
    pairing.pushed(AT, HZ, *forces(10))
    assert told(pairing.take(AT, waiting=True)) == [(AT, [10], [100.0])]


@pytest.mark.parametrize("split", range(1, 6))
def test_how_the_gyroscope_s_samples_were_framed_makes_no_difference(split: int) -> None:
    pairing, times = Pairing(), [0, 20, 40, 60, 80, 100]
    pairing.pushed(AT, HZ, *forces(10, 30, 50, 70, 90))
    found = []
    for part in (times[:split], times[split:]):
        pairing.turned(HZ, *spins(*part))
        found += told(pairing.take(AT, waiting=True))
    assert [t for _, run, _ in found for t in run] == [10, 30, 50, 70, 90]
    assert [x for _, _, run in found for x in run] == [100.0, 300.0, 500.0, 700.0, 900.0]


def test_a_clock_that_was_set_back_between_two_frames_of_one_moment_turns_no_times_round() -> None:
    pairing = Pairing()
    pairing.pushed(AT, HZ, *forces(5000, 5020))
    pairing.pushed(AT, HZ, *forces(5, 25))
    pairing.pushed(AT, HZ, *forces(45, 65))
    assert told(pairing.take(AT, waiting=False)) == [(AT, [5000, 5020], []), (AT, [5, 25, 45, 65], [])]
