from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from ptdevice_sim.body import GRAVITY, Style, SyntheticBody

QUIET = Style(noise=0.0, spin_noise=0.0)


def body(
    seed: int = 1,
    *,
    sets: tuple[int, ...] = (10,),
    style: Style | None = None,
    mounting: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> SyntheticBody:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return SyntheticBody(rng, sets=sets, style=style or QUIET, mounting=mounting)


def norm(vector: tuple[float, float, float]) -> float:
    return math.hypot(*vector)


def test_the_truth_has_as_many_repetitions_as_were_planned_one_after_the_other() -> None:
    planned = body(sets=(10, 5)).repetitions
    assert len(planned) == 15
    assert all(rep.start < rep.turn <= rep.hold_end < rep.end for rep in planned)
    assert all(before.end < after.start for before, after in pairwise(planned))


def test_between_sets_there_is_a_pause() -> None:
    planned = body(sets=(3, 3)).repetitions
    rests = [after.start - before.end for before, after in pairwise(planned)]
    assert rests[2] > 25.0
    assert max(rests[:2] + rests[3:]) < 2.0


def test_at_each_turn_the_trunk_is_where_the_truth_says_and_between_repetitions_it_lies() -> None:
    lying = body()
    for rep in lying.repetitions:
        assert lying.pitch_deg(rep.turn) == pytest.approx(rep.range_deg)
        assert lying.pitch_deg(rep.hold_end) == pytest.approx(rep.range_deg)
        assert lying.pitch_deg(rep.start) == 0.0
        assert lying.pitch_deg(rep.end + 0.01) == 0.0
    assert lying.pitch_deg(0.0) == 0.0


def test_the_path_is_continuous() -> None:
    swinging = body()
    end = swinging.repetitions[-1].end
    angles = [swinging.pitch_deg(i / 100) for i in range(round(end * 100))]
    # 65 degrees in about a second on a minimum-jerk path: at most twice the mean speed, and a wide margin for the spread.
    assert max(abs(b - a) for a, b in pairwise(angles)) < 2.5


def test_ranges_and_tempo_are_those_of_a_person() -> None:
    reps = body(sets=(200,)).repetitions
    assert all(65 * 0.6 <= rep.range_deg <= 65 * 1.4 for rep in reps)
    assert all(0.7 <= rep.turn - rep.start <= 1.7 for rep in reps)
    assert sum(rep.range_deg for rep in reps) / 200 == pytest.approx(65, abs=2)


def test_lying_still_gravity_and_breath_are_all_that_is_felt() -> None:
    x, y, z = body().acceleration(0.0)
    assert (x, y) == (0.0, 0.0)
    assert z == pytest.approx(GRAVITY, abs=0.1)


def test_held_upright_at_the_turn_gravity_has_moved_to_the_axis_of_the_trunk() -> None:
    sitting = body()
    rep = sitting.repetitions[0]
    x, _, z = sitting.acceleration((rep.turn + rep.hold_end) / 2)
    assert math.degrees(math.atan2(x, z)) == pytest.approx(rep.range_deg, abs=2)
    assert math.hypot(x, z) == pytest.approx(GRAVITY, abs=0.2)


def test_no_movement_is_harder_than_a_trunk_can_make_it() -> None:
    moving = body(style=Style())
    end = moving.repetitions[-1].end
    forces = [norm(moving.acceleration(i / 100)) for i in range(round(end * 100))]
    assert min(forces) > 0.3 * GRAVITY
    assert max(forces) < 2 * GRAVITY


def test_a_mounting_turns_the_axes_and_changes_no_length() -> None:
    straight, turned = body(), body(mounting=(40.0, -70.0, 155.0))
    for i in range(0, 2000, 7):
        a, b = straight.acceleration(i / 100), turned.acceleration(i / 100)
        assert norm(a) == pytest.approx(norm(b))
    assert straight.acceleration(5.0) != pytest.approx(turned.acceleration(5.0))


def test_noise_is_as_large_as_the_style_says() -> None:
    noisy = body(style=Style(noise=0.5))
    y = [noisy.acceleration(i / 100)[1] for i in range(3000)]
    mean = sum(y) / len(y)
    assert mean == pytest.approx(0.0, abs=0.05)
    assert math.sqrt(sum((value - mean) ** 2 for value in y) / len(y)) == pytest.approx(0.5, rel=0.1)


def test_the_heart_rises_with_the_work_and_stays_within_what_a_heart_does() -> None:
    working = body(sets=(20,))
    end = working.repetitions[-1].end
    assert working.heart_rate(end) > working.heart_rate(0.0) + 20
    assert all(50 < working.heart_rate(i / 10) < 180 for i in range(round(end * 10) + 2000))


def test_the_same_seed_is_the_same_person() -> None:
    assert body(5).repetitions == body(5).repetitions
    assert body(5).repetitions != body(6).repetitions


def test_the_angular_rate_adds_up_to_the_range_of_the_way_out() -> None:
    step_s = 0.005
    worn = body()
    rep = worn.repetitions[0]
    steps = round((rep.turn - rep.start) / step_s)
    turned = sum(worn.angular_rate(rep.start + (i + 0.5) * step_s)[1] for i in range(steps)) * step_s
    assert -turned == pytest.approx(rep.range_deg, abs=0.5)


def test_up_moves_in_the_sensors_axes_as_the_gyroscope_says_it_turns() -> None:
    # Slow enough that the swing adds little to gravity: d(up)/dt = up x omega.
    slow = Style(out_s=30.0, hold_s=1.0, back_s=30.0, noise=0.0, spin_noise=0.0, spread=0.0)
    worn = body(sets=(1,), style=slow, mounting=(8.0, -5.0, 12.0))
    t = worn.repetitions[0].start + 15.0
    before, up, after = (worn.acceleration(t + d) for d in (-1.85, 0.0, 1.85))  # half a breath: it cancels
    (x, y, z), (p, q, r) = up, (math.radians(rate) for rate in worn.angular_rate(t))
    turning = (y * r - z * q, z * p - x * r, x * q - y * p)
    moved = tuple((b - a) / 3.7 for a, b in zip(before, after, strict=True))
    assert moved == pytest.approx(turning, abs=0.03)
    assert norm(turning) > 0.5


def test_a_mounting_turns_the_axes_of_the_gyroscope_as_well() -> None:
    plain, turned = body(), body(mounting=(20.0, -35.0, 110.0))
    t = plain.repetitions[0].start + 0.5
    assert norm(turned.angular_rate(t)) == pytest.approx(norm(plain.angular_rate(t)))
    assert turned.angular_rate(t)[1] != pytest.approx(plain.angular_rate(t)[1], abs=5.0)


def test_a_gyroscope_is_noisy_at_rest_by_what_the_style_says() -> None:
    worn = body(style=Style(spin_noise=0.5))
    rates = [worn.angular_rate(i / 2000)[0] for i in range(400)]
    assert math.sqrt(sum(rate * rate for rate in rates) / len(rates)) == pytest.approx(0.5, rel=0.15)
