"""Somebody who stands and bends, and what two sensors on the back feel of it."""

from __future__ import annotations

import math
import random

import pytest

from ptdevice_sim.spine import Bending, Spine


def spine(*bendings: Bending, taps: tuple[float, ...] = ()) -> Spine:
    rng = random.Random(1)  # noqa: S311 - reproducible, not secret
    level = (0.0, 0.0, 0.0)
    return Spine(rng, bendings, taps=taps, noise=0.0, spin_noise=0.0, mountings=(level, level))


def test_bending_forwards_turns_both_segments_and_the_difference_is_the_lumbar_angle() -> None:
    bending = Bending(5.0, 70.0, 25.0)
    bent = spine(bending)
    assert bent.lumbar_deg(4.9) == 0.0
    assert bent.segments_deg(6.9) == (70.0, 25.0)
    assert bent.lumbar_deg(6.9) == 45.0
    assert bent.lumbar_deg(12.0) == 0.0
    assert 45.0 <= bent.farthest_deg(bending) < 55.0


def test_standing_gravity_is_felt_along_the_trunk_and_bent_forwards_also_out_of_the_back() -> None:
    bent = spine(Bending(5.0, 60.0, 30.0, hold_s=5.0))
    assert bent.trunk.acceleration(1.0) == pytest.approx((9.80665, 0.0, 0.0))
    x, y, z = bent.trunk.acceleration(8.0)
    assert math.degrees(math.atan2(z, x)) == pytest.approx(60.0, abs=0.01)
    assert y == 0.0
    x, _, z = bent.pelvis.acceleration(9.0)
    assert math.degrees(math.atan2(z, x)) == pytest.approx(30.0, abs=0.01)


def test_the_gyroscope_adds_up_to_the_angle() -> None:
    bent = spine(Bending(5.0, 60.0, 30.0))
    turned = sum(bent.trunk.angular_rate(5.0 + k / 100)[1] / 100 for k in range(150))
    assert turned == pytest.approx(60.0, abs=0.1)


def test_a_tap_is_felt_by_both_at_once() -> None:
    bent = spine(taps=(2.0, 3.0))
    for segment in (bent.trunk, bent.pelvis):
        felt = [math.hypot(*segment.acceleration(1.5 + k / 100)) for k in range(100)]
        assert felt.index(max(felt)) == pytest.approx(52, abs=2)
        assert max(felt) > 35.0
    assert bent.jolt(1.9) == bent.jolt(2.9) == 0.0
