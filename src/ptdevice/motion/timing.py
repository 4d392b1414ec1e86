"""Meters of time: minutes within a band of heart rate, and seconds by the clock where nobody sees what is done."""

from __future__ import annotations

from ptdevice.model import Contact, Event, HeartRate, Record, SetEnd, SetProgress

STEP_S = 10  # how often a person hears how far it is
GET_READY_S = 5.0  # for getting into position where nobody sees that somebody is
BELIEVED_S = (
    5.0  # a strap reports about once a second; for how long after it anything is known of the heart is a choice
)
IDLE_S = 600.0  # outside the band: a hill, a traffic light, a talk
SILENT_S = 20.0  # as long as a motion sensor may be silent


class Inside:
    """Seconds from one report to the next where both are inside and no more than BELIEVED_S apart."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.inside = False  # at the newest report
        self._at: float | None = None

    def note(self, at: float, *, inside: bool) -> None:
        """A report at gateway second `at`."""
        if inside and self.inside and self._at is not None:
            since = at - self._at
            self.seconds += since if 0.0 <= since <= BELIEVED_S else 0.0
        self._at, self.inside = at, inside

    def interrupt(self) -> None:
        """What is now is unknown, or not to be counted."""
        self.inside = False


class Clocked:
    """Seconds by the clock, pauses left out. What was done in them is unknown."""

    step = STEP_S
    idle_s = IDLE_S
    set_id = None

    def __init__(self, exercise: str, target_s: int, now: float) -> None:
        self.target: int | None = target_s
        self._exercise = exercise
        self._begun = now
        self._ready = False
        self._going = True
        self._counted_s = 0.0
        self._at: float | None = None  # up to when it is counted

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        phase = "waiting" if not self._ready else "moving" if self._going else "resting"
        return SetProgress(self._exercise, phase, 0, None, None, held_s=round(self._counted_s, 1))

    @property
    def armed(self) -> bool:
        """Whether there was time to get ready."""
        return self._ready

    @property
    def count(self) -> int:
        """Seconds so far."""
        return int(self._counted_s)

    @property
    def done(self) -> None:
        """Nobody saw."""
        return

    def listens(self, event: Event) -> bool:
        """To nothing."""
        del event
        return False

    def hear(self, event: Event) -> list[Record]:
        """Nothing is heard."""
        del event
        return []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        if self._ready and self._going and self._at is not None:
            self._counted_s += max(now - self._at, 0.0)
        self._ready = self._ready or now - self._begun >= GET_READY_S
        self._at = now if self._ready else None
        return []

    def ended(self, records: list[Record]) -> SetEnd | None:
        """Whether the time is over."""
        del records
        return SetEnd.TARGET if self.target is not None and self._counted_s >= self.target else None

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """Nothing is recorded."""
        del now, reason
        return []

    def sensor_lost(self, now: float) -> list[Record]:
        """There is none."""
        del now
        return []

    def pause(self) -> list[Record]:
        """Count no time until `resume`."""
        self._going = False
        return []

    def resume(self) -> None:
        """Count again."""
        self._going = True


class InBand:
    """Seconds in which the heart rate lay within a band, both ends included. `band_bpm` None: in which there was one.

    Time counts from one report to the next where both lie in the band and are no more than BELIEVED_S apart.
    """

    step = 60
    idle_s = IDLE_S
    set_id = None

    def __init__(self, exercise: str, target_s: int, band_bpm: tuple[int, int] | None) -> None:
        self.target: int | None = target_s
        self._exercise = exercise
        self._band = band_bpm
        self._inside = Inside()
        self._going = True
        self._heard: float | None = None  # when the heart was last heard
        self._silent = False

    @property
    def progress(self) -> SetProgress:
        """The set as it stands: moving while the heart rate is in the band."""
        phase = "waiting" if not self.armed else "moving" if self._inside.inside else "resting"
        return SetProgress(self._exercise, phase, 0, None, None, held_s=round(self._inside.seconds, 1))

    @property
    def armed(self) -> bool:
        """Whether a heart rate is heard."""
        return self._heard is not None

    @property
    def count(self) -> int:
        """Seconds so far."""
        return int(self._inside.seconds)

    @property
    def done(self) -> int:
        """Seconds so far."""
        return int(self._inside.seconds)

    def listens(self, event: Event) -> bool:
        """To heart rate."""
        return isinstance(event, HeartRate)

    def hear(self, event: Event) -> list[Record]:
        """Take in a heart rate."""
        if not isinstance(event, HeartRate) or event.bpm is None or event.contact is Contact.OPEN:
            self._inside.interrupt()
            return []
        inside = self._band is None or self._band[0] <= event.bpm <= self._band[1]
        self._inside.note(event.at, inside=inside and self._going)
        self._heard = event.at
        return []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        self._silent = self._heard is not None and now - self._heard >= SILENT_S
        return []

    def ended(self, records: list[Record]) -> SetEnd | None:
        """Whether it was long enough, or the heart is heard no more."""
        del records
        if self._silent:
            return SetEnd.SENSOR_LOST
        return SetEnd.TARGET if self.target is not None and self._inside.seconds >= self.target else None

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """Nothing is recorded."""
        del now, reason
        return []

    def sensor_lost(self, now: float) -> list[Record]:
        """What the heart does now is unknown."""
        del now
        self._inside.interrupt()
        return []

    def pause(self) -> list[Record]:
        """Count no time until `resume`."""
        self._going = False
        self._inside.interrupt()
        return []

    def resume(self) -> None:
        """Count again."""
        self._going = True
