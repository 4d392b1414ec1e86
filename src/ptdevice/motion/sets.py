"""One exercise set, from waiting for stillness to its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import SetProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import MotionSamples, Record, SetEnd
    from ptdevice.motion.exercises import Exercise


class SetCounter:
    """Guides one set after another of `exercise`; `target` repetitions complete a set."""

    def __init__(self, exercise: Exercise, new_id: Callable[[], str], target: int | None) -> None:
        self._exercise = exercise
        self._new_id = new_id
        self._target = target

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        return SetProgress(self._exercise.name, "waiting", 0, None, None, self._target)

    def feed(self, event: MotionSamples) -> list[Record]:  # noqa: ARG002 - the counter follows
        """Take in samples; give back what is to be kept."""
        return []

    def tick(self, now: float) -> list[Record]:  # noqa: ARG002 - the counter follows
        """Time has passed."""
        return []

    def finish(self, now: float, reason: SetEnd) -> list[Record]:  # noqa: ARG002 - the counter follows
        """End the open set, if there is one."""
        return []

    def sensor_lost(self, now: float) -> list[Record]:  # noqa: ARG002 - the counter follows
        """The link to the sensor is gone."""
        return []
