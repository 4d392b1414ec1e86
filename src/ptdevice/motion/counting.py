"""The counter that an exercise needs: of repetitions, of holds, or of bouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ptdevice.motion.bouts import BoutCounter
from ptdevice.motion.exercises import Kind
from ptdevice.motion.holds import HoldCounter
from ptdevice.motion.sets import SetCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import MotionSamples, Record, SetEnd, SetProgress
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import PostureStream


class Counter(Protocol):
    """What counts one set after another. `now` is in gateway seconds."""

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        ...

    def feed(self, event: MotionSamples) -> list[Record]:
        """Take in samples; give back what is to be kept."""
        ...

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        ...

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """End the open set, if there is one."""
        ...

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        ...

    def pause(self) -> list[Record]:
        """Count nothing until `resume`."""
        ...

    def resume(self) -> None:
        """Count again."""
        ...


def counter_of(
    exercise: Exercise,
    new_id: Callable[[], str],
    target: int | None,
    stream: PostureStream | None = None,
    *,
    asked: bool = False,
) -> Counter:
    """A counter for this exercise. `asked`: somebody asked for a set, and does not only wear the sensor."""
    kinds: dict[Kind, type[SetCounter | HoldCounter | BoutCounter]] = {
        Kind.REPETITIONS: SetCounter,
        Kind.HOLD: HoldCounter,
        Kind.BOUTS: BoutCounter,
    }
    return kinds[exercise.kind](exercise, new_id, target, stream, asked=asked)
