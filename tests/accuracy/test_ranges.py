from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import pytest
from benchmarks.accuracy import ranges
from benchmarks.accuracy.report import Report
from benchmarks.recordings import PHYSIOTHERAPY, Set, Signal
from tests.motion.movement import angle_deg, measured, repetitions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.model import Vector

CORNERS = repetitions(6, degrees=50.0)
SAMPLES = measured(CORNERS)
SIGNAL = Signal(SAMPLES.t, SAMPLES.force, SAMPLES.spin, 25.0)
ONE = Set(PHYSIOTHERAPY, "a", "leg_raise/correct", 6, (), SIGNAL)


def told(degrees: float) -> Callable[[Signal], Sequence[Vector]]:
    """A reference that knows the movement, as if its range had been `degrees`."""

    def ups(s: Signal) -> list[Vector]:
        angles = [radians(angle_deg(CORNERS, t) * degrees / 50.0) for t in s.t]
        return [(0.0, sin(a), cos(a)) for a in angles]

    return ups


@pytest.mark.parametrize(("degrees", "off"), [(50.0, 0.0), (44.0, 6.0), (55.0, -5.0)])
def test_differences_are_from_the_reference(degrees: float, off: float) -> None:
    found = ranges.differences(ONE, told(degrees))
    assert len(found) == 6
    assert found == pytest.approx([off] * 6, abs=1.0)


def test_all_sets_are_taken_together() -> None:
    found = ranges.measure([ONE, ONE], told(44.0))
    assert found.repetitions == 12
    assert (found.mean, found.p95, found.bias) == pytest.approx((6.0, 6.0, 6.0), abs=1.0)


def test_without_the_reference_it_says_so() -> None:
    report = Report()
    assert ranges.show(report, [ONE], None) is None
    assert "vqf" in report.page()


def test_the_table_has_a_line_for_each_way_of_doing_it() -> None:
    report = Report()
    found = ranges.show(report, [ONE], told(50.0))
    assert found is not None
    assert [line.split()[1] for line in report.page().splitlines()[-2:]] == ["all", "correct"]
