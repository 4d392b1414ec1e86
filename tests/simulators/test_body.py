"""A body's movement, as acceleration and as angular rate, is one movement."""

from __future__ import annotations

import math
import random

import pytest

from ptdevice_sim.body import Style, SyntheticBody

STEP_S = 0.005


def body(mounting: tuple[float, float, float] = (0.0, 0.0, 0.0), *, spin_noise: float = 0.0) -> SyntheticBody:
    quiet = Style(noise=0.0, spin_noise=spin_noise)
    return SyntheticBody(random.Random(3), sets=(2,), start=1.0, style=quiet, mounting=mounting)  # noqa: S311 - a seed


def length(vector: tuple[float, float, float]) -> float:
    return math.sqrt(sum(value * value for value in vector))


def test_the_angular_rate_adds_up_to_the_range_of_the_way_out() -> None:
    worn = body()
    rep = worn.repetitions[0]
    steps = round((rep.turn - rep.start) / STEP_S)
    turned = sum(worn.angular_rate(rep.start + (i + 0.5) * STEP_S)[1] for i in range(steps)) * STEP_S
    assert -turned == pytest.approx(rep.range_deg, abs=0.5)


def test_up_moves_in_the_sensors_axes_as_the_gyroscope_says_it_turns() -> None:
    # Slow enough that the swing adds little to gravity: d(up)/dt = up x omega.
    style = Style(out_s=30.0, hold_s=1.0, back_s=30.0, noise=0.0, spin_noise=0.0, spread=0.0)
    worn = SyntheticBody(random.Random(3), sets=(1,), start=0.0, style=style)  # noqa: S311 - a seed
    t = worn.repetitions[0].start + 15.0
    before, up, after = (worn.acceleration(t + d) for d in (-1.85, 0.0, 1.85))  # half a breath: it cancels
    (x, y, z), (p, q, r) = up, (math.radians(rate) for rate in worn.angular_rate(t))
    turning = (y * r - z * q, z * p - x * r, x * q - y * p)
    moved = tuple((b - a) / 3.7 for a, b in zip(before, after, strict=True))
    assert moved == pytest.approx(turning, abs=0.03)
    assert length(turning) > 0.5


def test_the_mounting_turns_the_axes_and_not_the_rate() -> None:
    plain, turned = body(), body((20.0, -35.0, 110.0))
    t = plain.repetitions[0].start + 0.5
    assert length(turned.angular_rate(t)) == pytest.approx(length(plain.angular_rate(t)))
    assert turned.angular_rate(t)[1] != pytest.approx(plain.angular_rate(t)[1], abs=5.0)


def test_a_gyroscope_is_noisy_at_rest_by_what_the_style_says() -> None:
    worn = body(spin_noise=0.5)
    rates = [worn.angular_rate(0.1 + i * 0.001)[0] for i in range(400)]
    assert math.sqrt(sum(rate * rate for rate in rates) / len(rates)) == pytest.approx(0.5, rel=0.15)
