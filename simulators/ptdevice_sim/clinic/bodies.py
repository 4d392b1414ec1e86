"""People who wear sensors: what a scenario says of them, made into bodies. The truth about their repetitions is here."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from ptdevice_sim.body import Style, SyntheticBody
from ptdevice_sim.recording import WornRecording

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body, TrueRepetition
    from ptdevice_sim.clinic.scenario import Exercises, Person

MOUNTING = (8.0, -5.0, 12.0)  # roll, pitch, yaw in degrees: nobody straps a sensor on straight


class Mover:
    """Somebody who exercises several times, each time in a style of its own, and lies still in between."""

    def __init__(self, bouts: Sequence[SyntheticBody], starts: Sequence[float]) -> None:
        self._bouts, self._starts = bouts, starts

    @property
    def repetitions(self) -> Iterator[TrueRepetition]:
        """The truth, in order."""
        for bout in self._bouts:
            yield from bout.repetitions

    def acceleration(self, now: float) -> Vector:
        """As in the bout that began last."""
        return self._bout(now).acceleration(now)

    def angular_rate(self, now: float) -> Vector:
        """The same."""
        return self._bout(now).angular_rate(now)

    def heart_rate(self, now: float) -> float:
        """The same."""
        return self._bout(now).heart_rate(now)

    def _bout(self, now: float) -> SyntheticBody:
        return self._bouts[max(bisect.bisect_right(self._starts, now) - 1, 0)]


def body_of(
    person: Person,
    moments: Sequence[tuple[float, Exercises]],
    rng: random.Random,
    *,
    began: float,
    mounting: Vector | None,
) -> Body:
    """A person as a body. `moments`: when each bout begins (scenario seconds), in order; `began`: the loop's second 0.

    Raises RecordingError.
    """
    if person.recording is not None:
        return WornRecording(person.recording, place=person.place, start=began + person.recording_time)

    def bout(sets: Sequence[int], at: float, pause_s: float, style: Style) -> SyntheticBody:
        return SyntheticBody(
            rng,
            sets=tuple(sets),
            start=at,
            pause_s=pause_s,
            style=style,
            mounting=MOUNTING if mounting is None else mounting,
            resting_bpm=person.resting_bpm,
        )

    found = [bout(one.sets, began + at_s, one.pause, _style(one)) for at_s, one in moments]
    starts = [began + at_s for at_s, _ in moments]
    return Mover(found or [bout((), began, 0.0, Style())], starts or [began])


def _style(bout: Exercises) -> Style:
    pace = bout.pace
    return Style(
        out_s=bout.out_s / pace,
        hold_s=bout.hold_s / pace,
        back_s=bout.back_s / pace,
        rest_s=bout.rest_s / pace,
        range_deg=bout.range_deg,
        spread=bout.sloppiness,
    )
