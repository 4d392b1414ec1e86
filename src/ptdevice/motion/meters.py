"""What measures a set while it is guided. A meter says when the person is ready, how much is done, and when that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ptdevice.model import ExerciseSet, MotionSamples

if TYPE_CHECKING:
    from ptdevice.model import Event, Record, SetEnd, SetProgress
    from ptdevice.motion.sets import SetCounter


class Meter(Protocol):
    """As the guide sees it. `done` is in repetitions or in seconds; None where nobody could see how much was done."""

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        ...

    @property
    def armed(self) -> bool:
        """Whether the person is in position, or moves already."""
        ...

    @property
    def done(self) -> int | None:
        """How much of the set that is open, or was the last."""
        ...

    def listens(self, event: Event) -> bool:
        """Whether this is what it measures by."""
        ...

    def hear(self, event: Event) -> list[Record]:
        """Take in an event."""
        ...

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        ...

    def ended(self, records: list[Record]) -> SetEnd | None:
        """Why the set is over, where these records say that it is."""
        ...

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """Somebody or something ends the open set."""
        ...

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        ...

    def pause(self) -> list[Record]:
        """Measure nothing until `resume`."""
        ...

    def resume(self) -> None:
        """Measure again."""
        ...


class Repetitions:
    """Counts repetitions with a `SetCounter`."""

    def __init__(self, counter: SetCounter) -> None:
        self._counter = counter
        self._done = 0

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        return self._counter.progress

    @property
    def armed(self) -> bool:
        """Whether the person is in position, or moves already."""
        return self._counter.progress.phase != "waiting"

    @property
    def done(self) -> int:
        """Repetitions of the set that is open, or was the last."""
        return self._counter.progress.repetitions or self._done

    def listens(self, event: Event) -> bool:
        """To motion."""
        return isinstance(event, MotionSamples)

    def hear(self, event: Event) -> list[Record]:
        """Take in an event."""
        return self._note(self._counter.feed(event)) if isinstance(event, MotionSamples) else []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        return self._note(self._counter.tick(now))

    def ended(self, records: list[Record]) -> SetEnd | None:
        """Why the set is over, where these records say that it is."""
        return next((record.reason for record in records if isinstance(record, ExerciseSet)), None)

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """Somebody or something ends the open set."""
        self._done = 0
        return self._note(self._counter.finish(now, reason))

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        return self._counter.sensor_lost(now)

    def pause(self) -> list[Record]:
        """Measure nothing until `resume`."""
        return self._counter.pause()

    def resume(self) -> None:
        """Measure again."""
        self._counter.resume()

    def _note(self, records: list[Record]) -> list[Record]:
        for record in records:
            if isinstance(record, ExerciseSet):
                self._done = record.repetitions
        return records
