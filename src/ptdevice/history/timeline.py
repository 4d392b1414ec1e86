"""One day of one person, in the order in which it happened: stimulation, exercise, pain, and what was done by hand. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ptdevice.history.episodes import STIMULATION, WALK, episodes, summary
from ptdevice.history.episodes import TYPES as EPISODES
from ptdevice.mqtt.topics import kind_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from ptdevice.mqtt.rows import Entry

SAID = ("pain", "modality", "assessment", "remote.press")
TYPES = (*EPISODES, *(type_of(kind) for kind in SAID))
WIDTH = 60  # columns of the picture
LANES = ("stimulation", "exercise", "pain", "by hand")


@dataclass(frozen=True, slots=True)
class Item:
    """Something of the day. `mark` is what its lane of the picture shows; `dated` whether the clock could be trusted."""

    start: datetime
    end: datetime
    lane: str
    mark: str
    unit: str | None
    subject: str | None
    text: str
    id: str | None
    dated: bool


def timeline(entries: Sequence[Entry]) -> list[Item]:
    """What these rows tell, by time."""
    items = [
        Item(
            each.start,
            each.end,
            "stimulation" if each.kind == STIMULATION else "exercise",
            "s" if each.kind == STIMULATION else "w" if each.kind == WALK else "x",
            each.unit,
            each.subject,
            summary(each),
            each.id,
            each.dated,
        )
        for each in episodes(entries)
    ]
    return sorted([*items, *_said(entries)], key=lambda item: item.start)


def _said(entries: Iterable[Entry]) -> Iterable[Item]:
    for entry in entries:
        row = entry.draft
        if (kind := kind_of(row.type)) in SAID:
            data = json.loads(row.data)
            at = datetime.fromisoformat(data.get("start") or data["at"])
            end = at + timedelta(minutes=data["minutes"]) if kind == "modality" else at
            lane = "pain" if kind == "pain" else "by hand"
            yield Item(
                at, end, lane, _mark(kind, data), row.unit, row.subject, _words(kind, data), None, row.clock == "synced"
            )


def _mark(kind: str, data: dict[str, Any]) -> str:
    if kind == "pain":
        return "X" if data["rating"] > 9 else str(data["rating"])  # one column each
    return {"modality": "h", "assessment": "a"}.get(kind, "p")


def _words(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "pain":
            of = f" {data['exercise']}" if data["exercise"] else ""
            return f"pain {data['rating']} of 10, {data['moment']}{of}"
        case "modality":
            where = f" on {data['site']}" if data["site"] else ""
            return f"{data['kind'].replace('_', ' ')} for {data['minutes']} min{where}, entered by {data['entered_by']}"
        case "assessment":
            hint = "; see a clinician" if data["referral_hint"] else ""
            return f"assessment: {data['category'].replace('_', ' ')}{hint}"
        case _:
            meant = f" means {data['meaning']}" if data["meaning"] else ""
            return f"button pressed ({data['press']}){meant}{'' if data['effective'] else ', without effect'}"


def lanes(items: Sequence[Item], zone: tzinfo) -> list[str]:
    """The day as a picture: a line per lane, from the first to the last hour in which something was."""
    if not items:
        return []
    first = min(item.start for item in items).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    last = max(item.end for item in items).astimezone(zone)
    hours = int((last - first) / timedelta(hours=1)) + 1
    step = timedelta(hours=hours) / WIDTH
    lines = [f"{'':<12}" + "".join(_hours(first, hours)).rstrip()]
    for lane in LANES:
        line = ["."] * WIDTH
        for item in items:
            if item.lane == lane:
                begin, end = int((item.start - first) / step), int((item.end - first) / step)
                for column in range(max(begin, 0), min(end, WIDTH - 1) + 1):
                    line[column] = item.mark
        if set(line) != {"."}:
            lines.append(f"{lane:<12}" + "".join(line))
    return lines


def _hours(first: datetime, hours: int) -> list[str]:
    line = [" "] * (WIDTH + 5)
    every = -(-hours * 6 // WIDTH)  # a label has five columns and a space
    for hour in range(0, hours, max(every, 1)):
        column = hour * WIDTH // hours
        line[column : column + 5] = f"{first + timedelta(hours=hour):%H:%M}"
    return line
