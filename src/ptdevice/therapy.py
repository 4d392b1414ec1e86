"""What one unit's events mean, taken together: the latest state, live values, and the records to keep.

Pure. The daemon feeds events, link changes and the passing of time, and journals what comes back. A stimulator's events go
through the observed session machine, a sensor's through the set counter; a unit may be both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.latest import LatestState
from ptdevice.model import (
    Alarm,
    Battery,
    Contact,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    HeartRate,
    LevelChanged,
    MotionSamples,
    Output,
    SetEnd,
    StimulationStatus,
    StopReason,
    StreamChanged,
    TreatmentEnded,
)
from ptdevice.motion.sets import SetCounter
from ptdevice.stimulation.session import SessionObserver

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.devices.device import Profile
    from ptdevice.model import Event, Record, SetProgress
    from ptdevice.motion.exercises import Exercise

LOW_BATTERY_PCT = 15  # an alarm early enough to finish a session of an hour on every unit known here

ALARM_TEXTS = {
    FaultKind.OVERLOAD: "The stimulator reports an overload or an electrode that has come off. Check the pads and leads.",
    FaultKind.LEAD_OFF: "The stimulator finds no load: an electrode has come off. Check the pads and leads.",
    FaultKind.LOW_BATTERY: "The stimulator reports a low battery. It may switch itself off; charge it.",
    FaultKind.OTHER: "The unit reports a fault. Look at the unit itself.",
}
LINK_LOST_WHILE_ON = (
    "The link to a stimulator was lost while its output was on. It may still be on: "
    "if in doubt, switch the unit off by hand."
)


class Therapy:
    """One unit, from its events to its records."""

    def __init__(
        self,
        profile: Profile,
        new_id: Callable[[], str],
        *,
        exercise: Exercise | None = None,
        target: int | None = None,
    ) -> None:
        self.state = LatestState()
        self._new_id = new_id
        self._sessions = SessionObserver(new_id) if Kind.STIMULATOR in profile.kinds else None
        self._sets = SetCounter(exercise, new_id, target) if exercise is not None else None
        self._battery_was_low = False

    @property
    def progress(self) -> SetProgress | None:
        """The set as it stands, where this unit counts."""
        return self._sets.progress if self._sets else None

    @property
    def output(self) -> Output | None:
        """What is known about this unit's output, where it is a stimulator."""
        return self._sessions.output if self._sessions else None

    @property
    def delivered_s(self) -> float | None:
        """Confirmed stimulation time of the open session."""
        snapshot = self._sessions.snapshot if self._sessions else None
        return snapshot.delivered_s if snapshot else None

    def hear(self, event: Event) -> list[Record]:
        """Take in one event; give back what is to be kept."""
        records = self._learn(event)
        if self._sessions and isinstance(event, StimulationStatus | LevelChanged | TreatmentEnded | DeviceFault):
            records += self._sessions.observe(event)
            self.state.learn("output", self._sessions.output, event.at)
            self.state.learn("delivered_s", self.delivered_s, event.at)
        if self._sets and isinstance(event, MotionSamples):
            records += self._sets.feed(event)
        return records

    def link_lost(self, now: float) -> list[Record]:
        """The link is gone: what the unit does now is unknown."""
        records: list[Record] = []
        if self._sessions:
            if self._sessions.output is Output.ON:
                records.append(Alarm(now, "link_lost_while_on", LINK_LOST_WHILE_ON))
            records += self._sessions.link_lost(now)
            self.state.learn("output", self._sessions.output, now)
            self.state.learn("contact", Contact.UNKNOWN, now)
        if self._sets:
            records += self._sets.sensor_lost(now)
        return records

    def link_restored(self, now: float) -> list[Record]:
        """The unit is heard again."""
        return self._sessions.link_restored(now) if self._sessions else []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        records: list[Record] = []
        if self._sessions:
            records += self._sessions.tick(now)
        if self._sets:
            records += self._sets.tick(now)
        return records

    def begin_set(self, exercise: Exercise, target: int | None, now: float) -> list[Record]:
        """Guide a set of this exercise from now on; an open set ends first."""
        records = self._sets.finish(now, SetEnd.ENDED) if self._sets else []
        self._sets = SetCounter(exercise, self._new_id, target)
        return records

    def end_set(self, now: float) -> list[Record]:
        """End the open set, if there is one."""
        return self._sets.finish(now, SetEnd.ENDED) if self._sets else []

    def close(self, now: float) -> list[Record]:
        """The daemon stops: what is open is recorded with what is known."""
        records = self._sessions.close(now, StopReason.DAEMON_STOP) if self._sessions else []
        return records + (self._sets.finish(now, SetEnd.SHUTDOWN) if self._sets else [])

    def _learn(self, event: Event) -> list[Record]:
        learn, at = self.state.learn, event.at
        match event:
            case StimulationStatus():
                learn("level", event.level, at)
                learn("level_max", event.level_max, at)
                learn("programme", event.programme, at)
                learn("mode", event.mode, at)
                learn("remaining_s", event.remaining_s, at)
                if event.elapsed_s is not None:
                    learn("elapsed_s", event.elapsed_s, at)
                learn("contact", event.contact, at)
                learn("current_ma", event.current_ma, at)
            case LevelChanged():
                learn("level", event.level, at)
            case HeartRate():
                learn("heart_rate_bpm", event.bpm, at)
                learn("contact", event.contact, at)
            case Battery():
                if event.voltage_mv is not None:
                    learn("battery_mv", event.voltage_mv, at)
                else:
                    learn("battery_pct", event.percent, at)
                return self._battery_alarm(event)
            case DeviceInformation():
                learn(event.field, event.value, at)
            case StreamChanged():
                learn(f"stream_{event.stream}", "running" if event.running else event.reason, at)
            case DeviceFault():
                learn("fault", event.kind, at)
                if event.kind is FaultKind.LEAD_OFF:
                    learn("contact", Contact.OPEN, at)
                return [Alarm(at, event.kind.value, ALARM_TEXTS[event.kind])]
            case MotionSamples() | TreatmentEnded():
                pass
        return []

    def _battery_alarm(self, event: Battery) -> list[Record]:
        low = event.percent is not None and event.percent <= LOW_BATTERY_PCT
        raised = low and not self._battery_was_low
        self._battery_was_low = low
        text = f"The unit's battery is at {event.percent} %. Charge it before the next session."
        return [Alarm(event.at, "battery_low", text)] if raised else []
