"""What there is to draw of a run: read from the messages as any subscriber would, and beside it what really happened.

A subscriber knows nothing of a unit while the unit, or the gateway, is not online. So every value of a unit is unknown there,
whatever was said last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ptdevice_sim.report import words
from ptdevice_sim.report.series import Curve, Span, Steps, only_while

if TYPE_CHECKING:
    from ptdevice_sim.clinic.log import Happened, Run, Said

PREFIX_LEVELS = 4
AGAIN_S = 2.0
QUIET = frozenset({"output", "contact", "repetition", "link"})  # truths that have a lane, or are the reason for one


@dataclass(frozen=True, slots=True)
class Counted:
    """One repetition as it was recorded; `at` is its far posture."""

    at: float
    index: int
    range_deg: int
    valid: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One record, as it was said. `said_s`: when the broker took it; `at_s`: when it was over."""

    said_s: float
    at_s: float
    unit: str | None
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One true event that has no lane of its own: a fault, or what somebody did."""

    at: float
    who: str
    text: str
    times: int = 1


@dataclass(slots=True)
class UnitPicture:
    """One unit."""

    alias: str
    title: str = ""
    level_max: int = 0
    link: Steps = field(default_factory=Steps)
    link_why: Steps = field(default_factory=Steps)
    output: Steps = field(default_factory=Steps)
    level: Steps = field(default_factory=Steps)
    contact: Steps = field(default_factory=Steps)
    angle: Curve = field(default_factory=Curve)
    heart: Curve = field(default_factory=Curve)
    counted: list[Counted] = field(default_factory=list)
    true_output: Steps = field(default_factory=Steps)
    true_level: Steps = field(default_factory=Steps)
    true_link: Steps = field(default_factory=Steps)
    true_repetitions: list[float] = field(default_factory=list)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)  # the latest word on each, where they have names
    true_channels: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def stimulates(self) -> bool:
        """Whether there is a lane for its output."""
        return self.level_max > 0 or self.output.was_said or self.true_output.was_said

    @property
    def moves(self) -> bool:
        """Whether there is a lane for its angle."""
        return bool(self.angle.values or self.counted or self.true_repetitions)


@dataclass(slots=True)
class Picture:
    """A whole run."""

    title: str
    duration_s: float
    seed: int
    units: dict[str, UnitPicture] = field(default_factory=dict)
    gateway: Steps = field(default_factory=Steps)
    broker: Steps = field(default_factory=Steps)
    rows: list[Row] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    messages: int = 0

    def heard(self, unit: UnitPicture) -> list[Span]:
        """The unit's link as a subscriber knows it: unknown while the gateway is not there to tell."""
        there = [
            Span(span.start, span.end, None if span.value in {None, "offline"} else "online")
            for span in self.gateway.spans(self.duration_s)
        ]
        return only_while(unit.link.spans(self.duration_s), there)

    def known(self, unit: UnitPicture, steps: Steps) -> list[Span]:
        """A value of this unit, unknown where nothing was heard of it."""
        return only_while(steps.spans(self.duration_s), self.heard(unit))


def read(run: Run) -> Picture:
    """Look at everything once."""
    picture = Picture(run.title, run.duration_s, run.seed, messages=len(run.said))
    for said in run.said:
        _Reader(picture).hear(said)
    picture.broker.say(0.0, "up")
    for event in run.truth:
        _see(picture, event)
    for unit in picture.units.values():
        unit.counted.sort(key=lambda counted: counted.at)
    return picture


class _Reader:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def hear(self, said: Said) -> None:
        """Take in one message. What is no JSON, or of another form, is left out: a report must not fail over it."""
        try:
            body = json.loads(said.payload)
            self._take(said.t_s, said.topic.split("/")[PREFIX_LEVELS:], body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return

    def _take(self, t: float, levels: list[str], body: dict[str, Any]) -> None:
        match levels:
            case ["status"]:
                self._picture.gateway.say(t, body["state"])
            case ["info"]:
                for entry in body["units"]:
                    unit = self._unit(entry["alias"])
                    unit.title, unit.level_max = entry["title"], entry["level_max"] or 0
            case ["unit", alias, "availability"]:
                self._unit(alias).link.say(t, None if body["availability"] == "unknown" else body["availability"])
                self._unit(alias).link_why.say(t, body["code"])
            case ["unit", alias, "state"]:
                values = {name: reading["value"] for name, reading in body["values"].items()}
                self._state(self._unit(alias), t, values)
            case ["unit", alias, "telemetry", "stimulation"]:
                unit = self._unit(alias)
                self._state(unit, t, _together(unit.channels, body.get("channel"), body))
            case ["unit", alias, "telemetry", "heart_rate"]:
                self._unit(alias).heart.say(t, body["bpm"])
                self._unit(alias).contact.say(t, _known(body["contact"]))
            case ["unit", alias, "telemetry", "exercise"]:
                self._unit(alias).angle.say(t, body["angle_deg"])
            case ["evt", *kind]:
                self._record(t, "/".join(kind), body)

    def _unit(self, alias: str) -> UnitPicture:
        return self._picture.units.setdefault(alias, UnitPicture(alias))

    def _state(self, unit: UnitPicture, t: float, values: dict[str, Any]) -> None:
        if "level_max" in values:
            unit.level_max = values["level_max"] or 0
        for name, steps in (("output", unit.output), ("level", unit.level), ("contact", unit.contact)):
            if name in values:
                steps.say(t, _known(values[name]))

    def _record(self, t: float, kind: str, body: dict[str, Any]) -> None:
        data = body["data"]
        alias = body["source"].split("/")[3] if body["source"].count("/") == 3 else None
        # The wall clock may have been set meanwhile; how long ago it ended is told by the gateway's other clock, and
        # where the record was sent late, only by that one. Without it: when it was said.
        at = body["monous"] / 1e6 if 0 <= body["monous"] / 1e6 <= t else t
        self._picture.rows.append(Row(t, at, alias, kind, words.record(kind, data)))
        if kind == "exercise/repetition" and alias is not None:
            back_s = _wall_s(data["end"]) - _wall_s(data["turn"])
            counted = Counted(at - back_s, data["index"], data["range_deg"], data["valid"])
            self._unit(alias).counted.append(counted)


def _together(channels: dict[str, dict[str, Any]], channel: str | None, word: dict[str, Any]) -> dict[str, Any]:
    """A word on one channel, and what was said of the others: a lane shows the strongest, and what is unknown of any."""
    if channel is None:
        return word
    channels[channel] = word
    return (
        word
        | {
            name: next((each for each in order if each in {other.get(name) for other in channels.values()}), "unknown")
            for name, order in (("output", ("on", "unknown", "off")), ("contact", ("open", "unknown", "ok")))
            if name in word
        }
        | {
            "level": max(
                (other["level"] for other in channels.values() if isinstance(other.get("level"), int)), default=None
            )
        }
    )


def _see(picture: Picture, event: Happened) -> None:
    unit = picture.units.get(event.who)
    what, _, channel = event.what.partition("_")
    match event.what:
        case _ if unit is not None and what == "output":
            detail = _together(unit.true_channels, channel or None, dict(event.detail))
            unit.true_output.say(event.t_s, _text(detail.get("output")))
            level = detail.get("level")
            unit.true_level.say(event.t_s, level if isinstance(level, int) else None)
        case "repetition" if unit is not None:
            turn_s = event.detail.get("turn_s")
            unit.true_repetitions.append(turn_s if isinstance(turn_s, int | float) else event.t_s)
        case "link" if unit is not None:
            unit.true_link.say(event.t_s, "connected" if event.detail.get("connected") else "apart")
        case _ if event.what not in QUIET:
            _note(
                picture.incidents, Incident(event.t_s, event.who, words.happened(event.who, event.what, event.detail))
            )
    if event.what in {"broker", "broker_over"}:
        state = event.detail.get("broker")
        picture.broker.say(event.t_s, _text(state) if event.what == "broker" else "up")


def _note(incidents: list[Incident], incident: Incident) -> None:
    """A key that is pressed five times is one thing that happened."""
    before = incidents[-1] if incidents else None
    if before and (before.who, before.text) == (incident.who, incident.text) and incident.at - before.at < AGAIN_S:
        incidents[-1] = Incident(incident.at, incident.who, incident.text, before.times + 1)
    else:
        incidents.append(incident)


def _known(value: Any) -> Any:
    return None if value == "unknown" else value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _wall_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
