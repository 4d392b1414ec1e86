"""What one unit's events mean, taken together: the latest state, live values, and the records to keep.

Pure. The daemon feeds events, link changes and the passing of time, and journals what comes back. A stimulator's events go
through the observed session machine, a sensor's through its sitting; a unit may be both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.latest import LatestState
from ptdevice.model import (
    Alarm,
    Battery,
    ButtonPressed,
    Contact,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    HeartRate,
    LevelChanged,
    MagneticSamples,
    MotionSamples,
    Output,
    Steps,
    StimulationStatus,
    StopReason,
    StreamChanged,
    Temperature,
    TreatmentEnded,
)
from ptdevice.programme.sitting import Sitting
from ptdevice.stimulation.channels import Channels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.devices.device import Profile
    from ptdevice.model import Event, Record, SetProgress
    from ptdevice.motion.exercises import Exercise
    from ptdevice.stimulation.session import Origin

CLOCK_S = 60.0  # what is known of a crystal does not change faster
LOW_BATTERY_PCT = 15  # an alarm early enough to finish a session of an hour on every unit known here
BATTERY_ALARM_S = 60.0  # a state of charge about the limit, or one that somebody forges, is no flood of alarms

# What the state of a unit tells of a person, and not of the unit.
OF_THE_BODY = frozenset({"heart_rate_bpm", "temperature_c", "temperature_site", "steps", "adherence_week"})
PROGRAMME = "programme_"

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
LINK_LOST_IN_DOUBT = (
    "The link to a stimulator was lost during a session, when its output was unknown. It may be on, or come on again: "
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
        suggest: bool = False,
    ) -> None:
        self.state = LatestState()
        self.sitting = Sitting(new_id, exercise, target, suggest=suggest)
        self._sessions = Channels(profile.channels, new_id) if Kind.STIMULATOR in profile.kinds else None
        self._battery_was_low = False
        self._battery_alarm_at = float("-inf")  # not before this again
        self._clock_at = 0.0  # when it is next told how well the sensor's clock is known

    def place_pads(self, sites: Mapping[str | None, str]) -> None:
        """Tell where the pads of each channel are, before the unit speaks."""
        if self._sessions:
            self._sessions.place_pads(sites)

    def expect(self, origin: Origin, reason: StopReason | None) -> None:
        """Whose doing the sessions are from now on, and why the open one is being ended."""
        if self._sessions:
            self._sessions.expect(origin, reason)

    @property
    def progress(self) -> SetProgress | None:
        """The set as it stands, where this unit counts."""
        return self.sitting.progress

    @property
    def output(self) -> Output | None:
        """What is known about this unit's output, where it is a stimulator."""
        return self._sessions.output if self._sessions else None

    @property
    def delivered_s(self) -> float | None:
        """Confirmed stimulation time of the open session."""
        return self._sessions.delivered_s if self._sessions else None

    @property
    def open(self) -> str | None:
        """What has begun and is not over, in words: it belongs to whoever wears the unit."""
        if self._sessions and any(observer.snapshot for _, observer in self._sessions):
            return "a stimulation session"
        return self.sitting.open

    def change_person(self, now: float) -> list[Record]:
        """Somebody else wears the unit from now on. An open stimulation session goes on: nobody here can end it."""
        for name in [name for name in self.state.values if name in OF_THE_BODY or name.startswith(PROGRAMME)]:
            self.state.forget(name)
        return self.sitting.change_person(now)

    def hear(self, event: Event) -> list[Record]:
        """Take in one event; give back what is to be kept."""
        records = self._learn(event)
        if self._sessions and isinstance(event, StimulationStatus | LevelChanged | TreatmentEnded | DeviceFault):
            records += self._sessions.observe(event)
            self._learn_output(event.at)
        return records + self.sitting.hear(event)

    def link_lost(self, now: float) -> list[Record]:
        """The link is gone: what the unit does now is unknown."""
        records: list[Record] = []
        if self._sessions:
            if self._sessions.output is Output.ON:
                records.append(Alarm(now, "link_lost_while_on", LINK_LOST_WHILE_ON))
            elif self._sessions.in_doubt:
                records.append(Alarm(now, "link_lost_in_doubt", LINK_LOST_IN_DOUBT))
            records += self._sessions.link_lost(now)
            self._learn_output(now)
            for channel, _ in self._sessions:
                self.state.learn(_of(channel, "contact"), Contact.UNKNOWN, now)
        return records + self.sitting.sensor_lost(now)

    def link_restored(self, now: float) -> list[Record]:
        """The unit is heard again."""
        return self._sessions.link_restored(now) if self._sessions else []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        records: list[Record] = []
        if self._sessions:
            records += self._sessions.tick(now)
        if self.sitting.counting and now >= self._clock_at:
            self._clock_at = now + CLOCK_S
            self._learn_clock(now)
        return records + self.sitting.tick(now)

    def overrun(self) -> None:
        """Packets were dropped here just before what is heard next."""
        self.sitting.stream.overrun = True

    def counters(self) -> dict[str, float | None]:
        """Samples that came and that did not, of a stream that is counted."""
        return (
            {"received": self.sitting.stream.received, "missing": self.sitting.stream.missing}
            if self.sitting.counting
            else {}
        )

    def close(self, now: float) -> list[Record]:
        """The daemon stops: what is open is recorded with what is known."""
        records = self._sessions.close(now, StopReason.DAEMON_STOP) if self._sessions else []
        return records + self.sitting.close(now)

    def _learn_output(self, at: float) -> None:
        """What is known of the output and of the time delivered: of the unit, and of each channel that has a name."""
        assert self._sessions is not None
        learn = self.state.learn
        learn("output", self._sessions.output, at)
        learn("delivered_s", self.delivered_s, at)
        for channel, observer in self._sessions:
            if channel is not None:
                learn(_of(channel, "output"), observer.output, at)
                learn(_of(channel, "delivered_s"), observer.snapshot.delivered_s if observer.snapshot else None, at)

    def _learn(self, event: Event) -> list[Record]:
        learn, at = self.state.learn, event.at
        match event:
            case StimulationStatus():
                self._learn_status(event)
            case LevelChanged():
                learn(_of(event.channel, "level"), event.level, at)
            case HeartRate() | Temperature() | Steps():
                self._learn_body(event)
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
            case MotionSamples() | MagneticSamples() | ButtonPressed() | TreatmentEnded():
                pass
        return []

    def _learn_status(self, event: StimulationStatus) -> None:
        said: dict[str, object] = {
            "level": event.level,
            "level_max": event.level_max,
            "programme": event.programme,
            "mode": event.mode,
            "remaining_s": event.remaining_s,
            "contact": event.contact,
            "current_ma": event.current_ma,
        }
        if event.elapsed_s is not None:
            said["elapsed_s"] = event.elapsed_s
        for field, value in said.items():
            self.state.learn(_of(event.channel, field), value, event.at)

    def _learn_body(self, event: HeartRate | Temperature | Steps) -> None:
        learn, at = self.state.learn, event.at
        match event:
            case HeartRate():
                learn("heart_rate_bpm", event.bpm, at)
                learn("contact", event.contact, at)
            case Steps():
                learn("steps", event.count, at)
            case Temperature():
                learn("temperature_c", event.celsius, at)
                if event.site is not None:
                    learn("temperature_site", event.site, at)

    def _learn_clock(self, now: float) -> None:
        stream = self.sitting.stream
        if stream.heard is not None:
            clock, expected = stream.clock, stream.received + stream.missing
            self.state.learn("clock_uncertainty_s", round(clock.uncertainty_s, 3), now)
            self.state.learn("clock_skew_ppm", None if clock.skew_ppm is None else round(clock.skew_ppm, 1), now)
            self.state.learn("completeness", round(stream.received / expected, 4), now)

    def _battery_alarm(self, event: Battery) -> list[Record]:
        low = event.percent is not None and event.percent <= LOW_BATTERY_PCT
        raised = low and not self._battery_was_low and event.at >= self._battery_alarm_at
        self._battery_was_low = low and (self._battery_was_low or raised)
        if raised:
            self._battery_alarm_at = event.at + BATTERY_ALARM_S
        text = f"The unit's battery is at {event.percent} %. Charge it before the next session."
        return [Alarm(event.at, "battery_low", text)] if raised else []


def _of(channel: str | None, field: str) -> str:
    """The name of a value of this channel."""
    return field if channel is None else f"{channel}_{field}"
