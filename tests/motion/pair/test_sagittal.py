"""The plane in which a person bends, from one bend, however the sensor is worn."""

from __future__ import annotations

import random
from itertools import pairwise
from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.motion.pair.sagittal import Plane, cross, dot, plane, principal, unit
from ptdevice.motion.stream import Posture

Vector = tuple[float, float, float]
STANDING: Vector = (1.0, 0.0, 0.0)
AXIS: Vector = (0.0, 1.0, 0.0)
BIAS: Vector = (1.5, -0.8, 2.0)


def up(angle_deg: float, sideways_deg: float = 0.0) -> Vector:
    """Where up is for a segment that is bent forwards about +y: it turns the other way."""
    a, b = radians(angle_deg), radians(sideways_deg)
    return (cos(a) * cos(b), sin(b), sin(a) * cos(b))


def bend(far_deg: float, *, gyro: bool, sideways_deg: float = 0.0) -> list[Posture]:
    """Out and back in four seconds."""
    angles = [far_deg * sin(radians(180 * k / 100)) for k in range(101)]
    rates = [25 * (b - a) for a, b in pairwise([*angles, 0.0])]
    sway = [sideways_deg * sin(radians(720 * k / 100)) for k in range(101)]
    swaying = [25 * (b - a) for a, b in pairwise([*sway, 0.0])]
    spins = [(BIAS[0], BIAS[1] + r, BIAS[2] - s) for r, s in zip(rates, swaying, strict=True)]
    return [
        Posture(k / 25, up(a, s), spin if gyro else None)
        for k, (a, s, spin) in enumerate(zip(angles, sway, spins, strict=True))
    ]


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("far_deg", [30.0, 80.0, 120.0])
def test_one_bend_shows_the_axis_and_which_way_is_forwards(far_deg: float, *, gyro: bool) -> None:
    seen = plane(STANDING, bend(far_deg, gyro=gyro), BIAS)
    assert seen is not None
    assert seen.axis == pytest.approx(AXIS, abs=0.02)
    assert seen.planarity > 0.99
    for angle in (-40.0, 0.0, 25.0, 90.0, 150.0):
        assert seen.angle_deg(up(angle)) == pytest.approx(angle, abs=1e-6 if angle == 0.0 else 0.1)


def test_a_bias_that_was_learnt_at_rest_does_not_tilt_the_axis() -> None:
    crooked = plane(STANDING, bend(40.0, gyro=True), (0.0, 0.0, 0.0))
    straight = plane(STANDING, bend(40.0, gyro=True), BIAS)
    assert crooked is not None
    assert straight is not None
    assert straight.planarity > crooked.planarity


def test_a_bend_with_swaying_is_less_planar() -> None:
    seen = plane(STANDING, bend(40.0, gyro=True, sideways_deg=20.0), BIAS)
    assert seen is None or seen.planarity < 0.8


def test_sideways_bending_hardly_shows_in_the_plane() -> None:
    assert Plane(STANDING, AXIS, 1.0).angle_deg(up(0.0, 30.0)) == pytest.approx(0.0, abs=1e-9)
    assert Plane(STANDING, AXIS, 1.0).angle_deg(up(50.0, 20.0)) == pytest.approx(50.0, abs=1e-9)


def test_turning_about_the_vertical_while_bending_does_not_tilt_the_axis() -> None:
    twisting = [
        Posture(p.t, p.up, (p.spin[0] + 0.4 * (p.spin[1] - BIAS[1]), p.spin[1], p.spin[2]))
        for p in bend(25.0, gyro=True)
        if p.spin is not None
    ]
    seen = plane(STANDING, twisting, BIAS)
    assert seen is not None
    assert seen.axis == pytest.approx(AXIS, abs=0.02)


def test_turning_about_the_vertical_is_no_bend() -> None:
    turns = [Posture(k / 25, STANDING, (30.0, 0.0, 0.0)) for k in range(50)]
    assert plane(STANDING, turns, (0.0, 0.0, 0.0)) is None


def test_who_does_not_move_shows_no_plane() -> None:
    assert plane(STANDING, [Posture(k / 25, STANDING, None) for k in range(50)], None) is None


@given(st.integers(0, 10_000))
def test_however_the_sensor_is_mounted_angles_are_the_same(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    x = unit((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1)))
    y = unit(cross(x, (rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1))))
    z = cross(x, y)

    def worn(v: Vector) -> Vector:
        a, b, c = (v[0] * x[i] + v[1] * y[i] + v[2] * z[i] for i in range(3))
        return (a, b, c)

    postures = [Posture(p.t, worn(p.up), worn(p.spin) if p.spin else None) for p in bend(60.0, gyro=True)]
    seen = plane(worn(STANDING), postures, worn(BIAS))
    assert seen is not None
    assert seen.angle_deg(worn(up(35.0))) == pytest.approx(35.0, abs=0.1)
    assert seen.angle_deg(worn(up(-15.0))) == pytest.approx(-15.0, abs=0.1)


def test_the_first_principal_direction_is_that_of_the_longest_vectors() -> None:
    found = principal([(3.0, 0.0, 0.0), (-3.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
    assert found is not None
    axis, share = found
    assert abs(dot(axis, (1.0, 0.0, 0.0))) == pytest.approx(1.0)
    assert share == pytest.approx(18 / 20)


@pytest.mark.parametrize("nothing", [[], [(0.0, 0.0, 0.0)], [(float("nan"), 0.0, 0.0)]])
def test_nothing_has_no_direction(nothing: list[Vector]) -> None:
    assert principal(nothing) is None
