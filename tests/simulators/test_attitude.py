"""Angles and quaternion from gravity say the same, and turn the force upright."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice_sim import attitude

if TYPE_CHECKING:
    from ptdevice.model import Vector

G = attitude.GRAVITY


def upright(force: Vector) -> Vector:
    """The force in the earth's axes: turned by the quaternion (Hamilton's product, written out)."""
    w, x, y, z = attitude.quaternion(force)
    a, b, c = force
    return (
        (w * w + x * x - y * y - z * z) * a + 2 * (x * y - w * z) * b + 2 * (x * z + w * y) * c,
        2 * (x * y + w * z) * a + (w * w - x * x + y * y - z * z) * b + 2 * (y * z - w * x) * c,
        2 * (x * z - w * y) * a + 2 * (y * z + w * x) * b + (w * w - x * x - y * y + z * z) * c,
    )


@pytest.mark.parametrize(
    ("force", "expected"),
    [
        ((0.0, 0.0, G), (0.0, 0.0, 0.0)),
        ((0.0, G, 0.0), (90.0, 0.0, 0.0)),
        ((-G, 0.0, 0.0), (0.0, 90.0, 0.0)),
        ((0.0, -G / 2, G * math.sqrt(0.75)), (-30.0, 0.0, 0.0)),
    ],
)
def test_known_postures_have_known_angles(force: Vector, expected: Vector) -> None:
    assert attitude.euler(force) == pytest.approx(expected)


@given(st.tuples(*[st.floats(-20, 20)] * 3).filter(lambda force: math.hypot(*force) > 0.1))
def test_the_quaternion_turns_any_force_upright_and_is_a_unit(force: Vector) -> None:
    assert math.hypot(*attitude.quaternion(force)) == pytest.approx(1.0)
    assert upright(force) == pytest.approx((0.0, 0.0, math.hypot(*force)), abs=1e-9)


def test_without_gravity_nothing_is_left_at_rest() -> None:
    assert attitude.free((0.0, -G / 2, G * math.sqrt(0.75))) == pytest.approx((0.0, 0.0, 0.0))
    assert attitude.free((0.0, 0.0, G + 2.0)) == pytest.approx((0.0, 0.0, 2.0))
