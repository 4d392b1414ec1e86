"""Two simulated sensors on a back whose angles are known: calibration, movements, a measurement's sum, and what goes wrong."""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, TypeVar

import pytest
from tests.motion.pair.back import AT, CALIBRATING, PELVIS, TRUNK, Worn, arrivals, back, told

from ptdevice.model import (
    Alarm,
    AlignmentMethod,
    BendDirection,
    Gap,
    LumbarAlignment,
    LumbarCalibration,
    LumbarMovement,
    LumbarRange,
    PairPhase,
    RangeEnd,
    StreamChanged,
)
from ptdevice.motion.pair.machine import PairedMotion
from ptdevice_sim.spine import Bending, Spine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Record, Vector
    from ptdevice_sim.body import Body

FLEXION, EXTENSION = Bending(25.0, 70.0, 30.0), Bending(32.0, -20.0, -5.0)
T = TypeVar("T")


def rng() -> random.Random:
    return random.Random(1)  # noqa: S311 - reproducible, not secret


def of(kind: type[T], records: Iterable[Record]) -> list[T]:
    return [record for record in records if isinstance(record, kind)]


def paired(method: AlignmentMethod = AlignmentMethod.TAP) -> PairedMotion:
    ids = itertools.count(1)
    pair = PairedMotion(lambda: f"range-{next(ids)}", method)
    pair.calibrate(AT)
    return pair


def measured(
    spine: Spine, until: float, *, pair: PairedMotion | None = None, worn: tuple[Worn, Worn] = (TRUNK, PELVIS)
) -> tuple[list[Record], PairedMotion]:
    """Calibrate, and measure from second 20 on."""
    pair = pair or paired()
    records: list[Record] = []
    begun = False
    for side, event in arrivals(spine, until, worn=worn):
        if event.at >= AT + 20.0 and not begun:
            begun = True
            pair.begin_range(event.at)
        records += pair.hear(side, event)
    return records, pair


def test_a_tap_standing_and_one_bend_calibrate_a_pair_step_by_step() -> None:
    pair = paired()
    phases: list[PairPhase] = []
    records: list[Record] = []
    for side, event in arrivals(back(), 18.0):
        records += pair.hear(side, event)
        progress = pair.progress
        if progress.phase not in phases[-1:]:
            phases.append(progress.phase)
            assert (progress.text is None) == (progress.phase is PairPhase.READY)
    assert phases == [PairPhase.TAPPING, PairPhase.STANDING, PairPhase.BENDING, PairPhase.READY]
    (aligned,), (calibrated,) = of(LumbarAlignment, records), of(LumbarCalibration, records)
    assert (aligned.method, aligned.moved_s) == (AlignmentMethod.TAP, None)
    assert aligned.error_s < 0.012
    assert (calibrated.trunk_deg, calibrated.pelvis_deg) == pytest.approx((75, 30), abs=2)
    assert calibrated.planarity > 0.95
    assert calibrated.end - AT == pytest.approx(CALIBRATING.start + 3.0, abs=0.6)


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("method", [AlignmentMethod.TAP, AlignmentMethod.ARRIVAL])
def test_flexion_and_extension_are_those_of_the_back(method: AlignmentMethod, *, gyro: bool) -> None:
    spine = back(FLEXION, EXTENSION)
    worn = (Worn(20.0, 7_000_000_000, gyro=gyro), Worn(-20.0, 900_000_000, gyro=gyro))
    records, _ = measured(spine, 40.0, pair=paired(method), worn=worn)
    flexion, extension = of(LumbarMovement, records)
    assert (flexion.direction, extension.direction) == (BendDirection.FLEXION, BendDirection.EXTENSION)
    for seen, true in ((flexion, FLEXION), (extension, EXTENSION)):
        assert seen.range_deg == pytest.approx(abs(spine.farthest_deg(true)), abs=2 if gyro else 5)
        assert abs(seen.range_deg - abs(spine.farthest_deg(true))) <= seen.uncertainty_deg
        assert seen.start - AT == pytest.approx(true.start + 0.5, abs=0.4)
        assert seen.end - AT == pytest.approx(true.start + 3.0, abs=0.4)
        assert (seen.measurement_id, seen.gap) == ("range-1", False)
        assert seen.uncertainty_deg >= (8 if gyro else 10)
    assert (flexion.index, extension.index) == (1, 2)


def test_the_live_angle_follows_the_back() -> None:
    spine, pair = back(FLEXION), paired()
    worst = 0.0
    for side, event in arrivals(spine, 30.0):
        pair.hear(side, event)
        seen = pair.progress.lumbar_deg
        if event.at > AT + 20.0:
            assert seen is not None
            true = [spine.lumbar_deg(event.at - AT - ago / 100) for ago in range(2, 15)]
            worst = max(worst, min(true) - seen, seen - max(true))
    assert worst < 3.0


def test_a_measurement_ends_with_its_sum() -> None:
    records, pair = measured(back(FLEXION, EXTENSION), 40.0)
    assert pair.progress.phase is PairPhase.MEASURING
    assert pair.progress.movements == 2
    (total,) = of(LumbarRange, pair.end_range(AT + 40.0))
    movements = of(LumbarMovement, records)
    assert (total.id, total.movements, total.reason) == ("range-1", 2, RangeEnd.ENDED)
    assert (total.flexion_deg, total.extension_deg) == (movements[0].range_deg, movements[1].range_deg)
    assert total.uncertainty_deg == max(movement.uncertainty_deg for movement in movements)
    assert (total.completeness, total.missing) == (1.0, 0)
    assert total.received == pytest.approx(2 * 20 * 60, abs=10)
    assert (total.start, total.end) == pytest.approx((AT + 20.0, AT + 40.0), abs=0.1)
    assert 0.03 <= total.uncertainty_s < 0.05
    assert total.error_s < 0.03
    assert pair.end_range(AT + 41.0) == []


def test_after_a_measurement_the_pair_is_ready_for_the_next() -> None:
    _, pair = measured(back(), 25.0)
    pair.end_range(AT + 25.0)
    assert pair.progress.phase is PairPhase.READY


def test_the_sum_has_the_greatest_and_not_the_last() -> None:
    records, pair = measured(back(FLEXION, Bending(32.0, 45.0, 20.0)), 40.0)
    first, second = of(LumbarMovement, records)
    (total,) = of(LumbarRange, pair.end_range(AT + 40.0))
    assert first.range_deg > second.range_deg
    assert total.flexion_deg == first.range_deg


def test_without_a_movement_there_is_no_range_and_no_zero() -> None:
    _, pair = measured(back(), 25.0)
    (total,) = of(LumbarRange, pair.end_range(AT + 25.0))
    assert (total.movements, total.flexion_deg, total.extension_deg, total.uncertainty_deg) == (0, None, None, None)


def test_a_gap_marks_the_movement_and_is_told_with_its_side_its_length_and_its_cause() -> None:
    worn = (Worn(20.0, 7_000_000_000), Worn(-20.0, 900_000_000, lost=lambda t: 25.5 <= t < 26.5))
    records, pair = measured(back(FLEXION, EXTENSION), 40.0, worn=worn)
    (gap,) = of(Gap, records)
    assert (gap.stream, gap.cause, gap.missing) == ("pelvis", "samples_lost", 60)
    assert gap.end - gap.start == pytest.approx(61 / 60, abs=0.01)
    assert [movement.gap for movement in of(LumbarMovement, records)] == [True, False]
    (total,) = of(LumbarRange, pair.end_range(AT + 40.0))
    assert total.missing == 60
    assert total.completeness == pytest.approx(1 - 60 / 1200, abs=0.001)


def test_a_link_that_comes_back_goes_on_with_the_measurement_by_arrival() -> None:
    lost = Worn(-20.0, 900_000_000, lost=lambda t: 28.5 <= t < 31.0)
    pair, records, begun, gone = paired(), [], False, False
    for side, event in arrivals(back(FLEXION, EXTENSION), 40.0, worn=(TRUNK, lost)):
        if event.at >= AT + 20.0 and not begun:
            begun = True
            pair.begin_range(event.at)
        if event.at >= AT + 29.0 and not gone:
            gone = True
            records += pair.lost(1, AT + 29.0)
            records += pair.tick(AT + 30.0)
        records += pair.hear(side, event)
    assert len(of(LumbarMovement, records)) == 2
    assert [gap.cause for gap in of(Gap, records)] == ["link_lost"]
    assert [aligned.method for aligned in of(LumbarAlignment, records)] == [
        AlignmentMethod.TAP,
        AlignmentMethod.ARRIVAL,
    ]


def test_a_sensor_that_stays_away_ends_the_measurement() -> None:
    _, pair = measured(back(FLEXION), 30.0)
    assert pair.lost(0, AT + 30.0) == []
    assert of(LumbarRange, pair.tick(AT + 44.0)) == []
    (total,) = of(LumbarRange, pair.tick(AT + 45.0))
    assert (total.reason, total.movements) == (RangeEnd.SENSOR_LOST, 1)


def test_what_is_open_when_the_daemon_stops_is_recorded() -> None:
    _, pair = measured(back(FLEXION), 30.0)
    assert [total.reason for total in of(LumbarRange, pair.close(AT + 30.0))] == [RangeEnd.SHUTDOWN]


def test_a_new_calibration_ends_the_measurement() -> None:
    _, pair = measured(back(FLEXION), 30.0)
    assert [total.reason for total in of(LumbarRange, pair.calibrate(AT + 30.0))] == [RangeEnd.RECALIBRATED]
    assert pair.progress.phase is PairPhase.TAPPING


def test_a_tap_at_the_end_checks_the_clocks() -> None:
    pair = paired()
    records, asked = [], False
    for side, event in arrivals(back(taps=(2.0, 2.4, 2.8, 202.0, 202.3, 202.7)), 205.0):
        if event.at >= AT + 200.0 and not asked:
            asked = True
            pair.align()
            assert pair.progress.text is not None
        records += pair.hear(side, event)
    first, last = of(LumbarAlignment, records)
    assert first.moved_s is None
    assert last.moved_s is not None
    assert abs(last.moved_s) < 0.01
    assert last.skew_ppm == pytest.approx(40.0, abs=last.skew_error_ppm)
    assert pair.progress.text is None


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("spine", "why"),
    [
        (back(taps=()), "no tap was felt"),
        (Spine(rng(), [], taps=(2.0, 2.4)), "no bend of 30 degrees"),
        (
            Spine(rng(), [Bending(12.0, 60.0, 3.0)], taps=(2.0, 2.4)),
            "the pelvis hardly turned",
        ),
    ],
)
def test_a_calibration_that_does_not_come_about_says_why(spine: Spine, why: str) -> None:
    pair = paired()
    records = told(pair, arrivals(spine, 60.0))
    (alarm,) = of(Alarm, records)
    assert alarm.code == "calibration_failed"
    assert why in alarm.text
    assert pair.progress.phase is PairPhase.IDLE
    assert not pair.calibrated


def test_who_never_stands_still_is_not_calibrated() -> None:
    restless = [Bending(3.5 + 2.0 * k, 12.0, 10.0, out_s=0.8, hold_s=0.0, back_s=0.8) for k in range(40)]
    records = told(paired(), arrivals(Spine(rng(), restless, taps=(2.0, 2.4)), 60.0))
    (alarm,) = of(Alarm, records)
    assert "did not stand still" in alarm.text


def test_a_link_that_is_lost_during_a_calibration_ends_it() -> None:
    pair = paired()
    told(pair, arrivals(back(), 8.0))
    (alarm,) = of(Alarm, pair.lost(1, AT + 8.0))
    assert "link" in alarm.text
    assert pair.progress.phase is PairPhase.IDLE


def test_a_sensor_whose_link_is_lost_does_not_stand_still() -> None:
    pair = paired(AlignmentMethod.ARRIVAL)
    told(pair, arrivals(back(taps=()), 4.0))
    pair.lost(1, AT + 4.0)
    pair.calibrate(AT + 4.0)
    told(pair, (sent for sent in arrivals(back(taps=()), 10.0, begin=4.0) if sent[0] == 0))
    assert pair.progress.phase is PairPhase.STANDING


def test_every_step_has_its_own_patience() -> None:
    pair = paired()
    late = Spine(rng(), [Bending(70.0, 75.0, 30.0)], taps=(40.0, 40.4, 40.8))
    records = told(pair, arrivals(late, 75.0))
    assert len(of(LumbarCalibration, records)) == 1


class Swaying:
    """A trunk that, while it bends, turns sideways as much as forwards, for its gyroscope."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def acceleration(self, now: float) -> Vector:
        return self._body.acceleration(now)

    def angular_rate(self, now: float) -> Vector:
        x, y, z = self._body.angular_rate(now)
        bends = CALIBRATING.start <= now <= CALIBRATING.start + 3.5
        return (x, y, z + 60.0 * math.sin(8.0 * now) * bends)

    def heart_rate(self, now: float) -> float:
        return self._body.heart_rate(now)


def test_a_bend_with_swaying_is_refused() -> None:
    spine = back()
    spine.trunk = Swaying(spine.trunk)  # type: ignore[assignment] # a body like the other
    (alarm,) = of(Alarm, told(paired(AlignmentMethod.ARRIVAL), arrivals(spine, 20.0)))
    assert "no plain bend" in alarm.text


def test_a_failed_calibration_leaves_the_one_before() -> None:
    pair = paired()
    told(pair, arrivals(back(), 18.0))
    pair.calibrate(AT + 18.0)
    told(pair, arrivals(back(), 70.0, begin=18.0))
    assert pair.progress.phase is PairPhase.READY


# --- units that share a clock ---


def test_units_that_say_that_they_share_a_clock_are_aligned_by_it_and_only_while_both_say_so() -> None:
    pair = paired(AlignmentMethod.DEVICE)
    shared = (Worn(15.0, 123), Worn(15.0, 123, least_s=0.02))
    for side in (0, 1):
        pair.hear(side, StreamChanged(AT, "synchronisation", running=True, reason="one clock"))
    records = told(pair, arrivals(back(), 18.0, worn=shared))
    assert [aligned.method for aligned in of(LumbarAlignment, records)] == [AlignmentMethod.DEVICE]
    (calibrated,) = of(LumbarCalibration, records)
    assert calibrated.method is AlignmentMethod.DEVICE
    assert calibrated.error_s == pytest.approx(0.0144)
    methods = []
    for stream in ("motion", "synchronisation"):
        pair.hear(0, StreamChanged(AT, stream, running=False, reason="ended"))
        methods.append(pair.alignment.method)
    assert methods == [AlignmentMethod.DEVICE, AlignmentMethod.ARRIVAL]
