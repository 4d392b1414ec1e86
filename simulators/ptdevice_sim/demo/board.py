"""What a subscriber knows: built from MQTT messages alone, so that the demo shows what really arrived at the broker.

Everybody on this machine may publish there. Requests are not looked into, and nonsense is counted.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

RECENT = 20  # records at hand for a screen; it shows as many as fit


@dataclass(slots=True)
class UnitBoard:
    """One unit as its topics tell it."""

    title: str = ""
    availability: str = "unknown"
    code: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    live: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """The latest value of a state field, or None."""
        reading = self.state.get(name)
        return None if reading is None else reading["value"]


@dataclass(frozen=True, slots=True)
class Line:
    """Something worth a line: when it arrived (seconds into the demo), of which unit, what, and the sentence that says it."""

    at: float
    unit: str
    kind: str
    sentence: str


class Board:
    """Everything heard so far. Feed it messages in order of arrival. `duplicates` are records that came again."""

    def __init__(self) -> None:
        self.units: dict[str, UnitBoard] = {}
        self.gateway = "unknown"
        self.recent: deque[Line] = deque(maxlen=RECENT)
        self.counts: Counter[str] = Counter()
        self.messages = 0
        self.duplicates = 0
        self.nonsense = 0  # messages that are not the gateway's
        self.last_sequence = 0
        self.delivered_s = 0.0
        self.recounts: list[int | None] = []
        self.first: dict[str, float] = {}  # when something happened first: data, repetition
        self._sequences: set[int] = set()

    @property
    def records(self) -> int:
        """Different records so far."""
        return len(self._sequences)

    @property
    def holes(self) -> int:
        """Records that must exist, by the numbers of those that came, and did not come. A journal of a demo begins at 1."""
        return self.last_sequence - len(self._sequences)

    @property
    def repetitions(self) -> int:
        """Recorded ones."""
        return self.counts["exercise/repetition"]

    def feed(self, topic: str, payload: bytes, at: float) -> Line | None:
        """Take in one message; give back a line where it is worth one."""
        self.messages += 1
        levels = topic.split("/")[4:]  # ptdevice-sim / v1 / site / gateway / ...
        if levels[:1] == ["cmd"]:
            return None
        try:
            return self._take(levels, json.loads(payload), at)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self.nonsense += 1
            return None

    def _take(self, levels: list[str], body: Any, at: float) -> Line | None:
        match levels:
            case ["status"]:
                self.gateway = body["state"]
                return Line(at, "gateway", "status", body["state"] + (f" ({body['reason']})" if body["reason"] else ""))
            case ["info"]:
                for unit in body["units"]:
                    self._unit(unit["alias"]).title = unit["title"]
            case ["unit", alias, "availability"]:
                return self._availability(alias, body, at)
            case ["unit", alias, "state"]:
                self._unit(alias).state = body["values"]
            case ["unit", alias, "telemetry", stream]:
                return self._live(alias, stream, body, at)
            case ["evt", *kind]:
                return self._record("/".join(kind), body, at)
        return None

    def _unit(self, alias: str) -> UnitBoard:
        return self.units.setdefault(alias, UnitBoard())

    def _availability(self, alias: str, body: dict[str, Any], at: float) -> Line | None:
        unit = self._unit(alias)
        before = unit.availability, unit.code
        unit.availability, unit.code = body["availability"], body["code"] or ""
        if unit.availability == "online":
            self.first.setdefault("data", at)
        if before == (unit.availability, unit.code):
            return None
        return Line(at, alias, "availability", f"{unit.availability} ({unit.code})")

    def _live(self, alias: str, stream: str, body: dict[str, Any], at: float) -> Line | None:
        before = self._unit(alias).live.get(stream)
        self._unit(alias).live[stream] = body
        if stream != "exercise" or before is None or body["repetitions"] <= before["repetitions"]:
            return None
        self.first.setdefault("live repetition", at)
        return Line(at, alias, "live", f"{body['repetitions']} {_times(body['repetitions'])} seen")

    def _record(self, kind: str, event: dict[str, Any], at: float) -> Line | None:
        sequence = int(event["sequence"])
        if sequence in self._sequences:
            self.duplicates += 1
            return None
        self._sequences.add(sequence)
        self.last_sequence = max(sequence, self.last_sequence)
        self.counts[kind] += 1
        data = event["data"]
        match kind:
            case "stimulation/segment":
                self.delivered_s += data["delivered_s"]
            case "exercise/set":
                self.recounts.append(data["recount"])
            case "exercise/repetition":
                self.first.setdefault("repetition", at)
        # The source is /site/gateway or /site/gateway/unit.
        line = Line(at, "/".join(event["source"].split("/")[3:]) or "gateway", kind, sentence(kind, data))
        self.recent.append(line)
        return line


def sentence(kind: str, data: dict[str, Any]) -> str:
    """A record in words, short enough for a line."""
    match kind:
        case "exercise/repetition":
            out, hold, back = data["tempo_s"]
            return f"no. {data['index']}: {data['range_deg']}°, tempo {out:.1f} : {hold:.1f} : {back:.1f} s"
        case "exercise/set":
            second = "" if data["recount"] is None else f", recounted {data['recount']}"
            return f"{data['repetitions']} {_times(data['repetitions'])}{second} ({data['reason']})"
        case "stimulation/segment":
            return f"level {data['level']} of {data['level_max']}, {data['delivered_s']:.1f} s confirmed"
        case "stimulation/session":
            return f"{data['state']} ({data['reason']}), {data['delivered_s']:.1f} s confirmed, output {data['final_output']}"
        case "alarm":
            return str(data["text"])
        case "gap":
            return f"{data['stream']}: nothing for {data['duration_s']:.1f} s ({data['cause']})"
        case _:
            return json.dumps(data)


def _times(count: int) -> str:
    return "repetition" if count == 1 else "repetitions"
