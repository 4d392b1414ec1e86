"""What measures a set while it is guided. A meter says when the person is ready, how much is done, and when that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ptdevice.model import ExerciseSet, Hold, MotionSamples, SetEnd
from ptdevice.motion.machine import TIMEOUTS, State

if TYPE_CHECKING:
    from ptdevice.model import Event, Record, SetProgress
    from ptdevice.motion.counting import Counter


class Meter(Protocol):
    """As the guide sees it. `count`, `done` and `target` are in repetitions or in seconds; None: nobody sees, nobody asked."""

    @property
    def step(self) -> int:
        """How much more is worth a word to the person."""
        ...

    @property
    def idle_s(self) -> float:
        """For how long nothing may be added before the set is over."""
        ...

    @property
    def target(self) -> int | None:
        """What is asked for."""
        ...

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        ...

    @property
    def armed(self) -> bool:
        """Whether the person is in position, or moves already."""
        ...

    @property
    def count(self) -> int:
        """How much of the open set is done, live."""
        ...

    @property
    def done(self) -> int | None:
        """How much of the set that is open, or was the last."""
        ...

    @property
    def set_id(self) -> str | None:
        """The id of the last set that was recorded."""
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
    """Counts repetitions or holds with a counter (`ptdevice.motion.counting`)."""

    step = 1
    idle_s = TIMEOUTS[State.ACTIVE].after_s

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self.target = counter.progress.target
        self.set_id: str | None = None
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
    def count(self) -> int:
        """Repetitions of the open set, live."""
        return self._counter.progress.repetitions

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
                self._done, self.set_id = record.repetitions, record.id
        return records


class HeldSeconds(Repetitions):
    """Seconds held, in as many holds as it takes, with a counter of holds."""

    step = 10

    def __init__(self, counter: Counter, target_s: int) -> None:
        super().__init__(counter)
        self.target = target_s
        self._held_s = 0.0  # in holds that are over

    @property
    def count(self) -> int:
        """Seconds by now, with the hold that is going on."""
        return int(self._held_s + (self._counter.progress.held_s or 0.0))

    @property
    def done(self) -> int:
        """Seconds of the set that is open, or was the last."""
        return self.count

    def hear(self, event: Event) -> list[Record]:
        """Take in an event; the set ends with the second that is the last of what is asked for."""
        records = super().hear(event)
        if self.target is not None and self.count >= self.target and self.ended(records) is None:
            records += self.finish(event.at, SetEnd.TARGET)
        return records

    def pause(self) -> list[Record]:
        """Measure nothing until `resume`."""
        return self._note(super().pause())

    def _note(self, records: list[Record]) -> list[Record]:
        self._held_s += sum(record.held_s for record in records if isinstance(record, Hold))
        return super()._note(records)
