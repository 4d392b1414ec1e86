"""Exercises of which there are no recordings of people, by simulated bodies with a known truth."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.motion.movement import START, counter, reps_of, sets_of
from tests.motion.worn import worn

from ptdevice.model import SetEnd
from ptdevice_sim.segment import hyperextensions, pelvic_tilts

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.body import TrueRepetition
    from ptdevice_sim.segment import SegmentBody


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize(
    ("exercise", "made", "close_deg"), [("pelvic_tilt", pelvic_tilts, 2), ("hyperextension", hyperextensions, 3)]
)
def test_every_repetition_is_counted_with_its_range_and_times(
    exercise: str,
    made: Callable[[random.Random, int], tuple[SegmentBody, list[TrueRepetition]]],
    close_deg: int,
    seed: int,
    *,
    gyro: bool,
) -> None:
    body, truth = made(random.Random(seed), 8)  # noqa: S311 - a movement, not a secret
    sets = counter(exercise)
    records = [record for event in worn(body, body.end + 4.0, gyro=gyro) for record in sets.feed(event)]
    records += sets.finish(START + body.end + 4.0, SetEnd.ENDED)
    assert len(reps_of(records)) == len(truth)
    for rep, true in zip(reps_of(records), truth, strict=True):
        assert rep.range_deg == pytest.approx(true.range_deg, abs=close_deg)
        assert rep.start - START == pytest.approx(true.start, abs=0.8)
        assert rep.end - START == pytest.approx(true.end, abs=0.9)
        assert rep.tempo_s[1] == pytest.approx(true.hold_end - true.turn, abs=1.0)
        assert rep.rejected is None
    (one,) = sets_of(records)
    assert (one.recount, one.correct) == (8, 8)
