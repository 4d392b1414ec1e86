from __future__ import annotations

from math import cos, radians, sin

import pytest
from tests.motion.movement import Corner, angle_deg

from ptdevice.motion.measuring import Measured, measure
from ptdevice.motion.swing import Swing
from ptdevice.motion.trace import Trace


def posture(degrees: float) -> tuple[float, float, float]:
    return (0.0, sin(radians(degrees)), cos(radians(degrees)))


def look(corners: list[Corner], turn: float, *, start: float, end: float) -> Measured:
    trace = Trace()
    for k in range(int(corners[-1][0] * 16)):
        trace.add(k / 16, posture(angle_deg(corners, k / 16)), None)
    far = max(angle for _, angle in corners)
    return measure(
        Swing(start, turn, end - 0.5, end, posture(0.0), posture(far), posture(0.0), far, settled=True), trace
    )


def test_rough_times_are_put_right() -> None:
    found = look([(0.0, 0.0), (4.0, 0.0), (5.0, 50.0), (6.0, 0.0), (12.0, 0.0)], 5.0, start=1.0, end=11.0)

    assert found.start == pytest.approx(4.2, abs=0.1)
    assert found.turn == pytest.approx(5.0, abs=0.1)
    assert found.end == pytest.approx(5.8, abs=0.1)


def test_a_hold_is_told_apart_from_the_ways_out_and_back() -> None:
    found = look([(0.0, 0.0), (2.0, 0.0), (4.0, 50.0), (9.0, 50.0), (10.0, 0.0), (12.0, 0.0)], 5.0, start=2.0, end=10.0)

    out, hold, back = found.tempo_s
    assert out == pytest.approx(1.1, abs=0.3)
    assert hold == pytest.approx(5.5, abs=0.4)
    assert back == pytest.approx(0.6, abs=0.3)


def test_a_swing_that_the_trace_does_not_know_keeps_its_times() -> None:
    swing = Swing(1.0, 2.0, 3.0, 4.0, posture(0.0), posture(50.0), posture(0.0), 50.0)

    assert measure(swing, Trace()) == Measured(1.0, 2.0, 4.0, (1.0, 0.0, 2.0))
