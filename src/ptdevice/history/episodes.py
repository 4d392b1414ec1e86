"""Stimulation sessions, exercise sets and walks, put together from their rows. Pure.

What was cut off has no row that ends it: it is told from what there is of it, as not finished. How it ended is then unknown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt.topics import kind_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptdevice.mqtt.rows import Entry

STIMULATION, SET, WALK = "stimulation", "set", "walk"
KINDS = (STIMULATION, SET, WALK)

# Of which kind a row is, and under which name it has the id of what it belongs to.
PARTS = {
    "stimulation.session": (STIMULATION, "id"),
    "stimulation.segment": (STIMULATION, "session_id"),
    "exercise.set": (SET, "id"),
    "exercise.repetition": (SET, "set_id"),
    "exercise.rejected": (SET, "set_id"),
    "exercise.hold": (SET, "set_id"),
}
BOUT = "exercise.bout"
TYPES = tuple(type_of(kind) for kind in (*PARTS, BOUT))


@dataclass(slots=True)
class Episode:
    """One of them. `whole` is the data of the row that ends it (None: not finished), `parts` of the others, by kind of row.

    `dated`: whether the gateway's clock could be trusted when it was recorded.
    """

    kind: str
    id: str
    unit: str | None
    subject: str | None
    start: datetime
    end: datetime
    dated: bool
    whole: dict[str, Any] | None = None
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Its rows of a kind, e.g. `exercise.repetition`."""
        return self.parts.get(kind, [])


def episodes(entries: Iterable[Entry]) -> list[Episode]:
    """Those that these rows tell of, in the order in which they began."""
    found: dict[tuple[str, str], Episode] = {}
    for entry in entries:
        kind = kind_of(entry.draft.type)
        data: dict[str, Any] = json.loads(entry.draft.data)
        if kind == BOUT:
            episode = _take(found, entry, data, WALK, f"{data['set_id']}/{data['index']}")
            episode.whole = data
        elif kind in PARTS:
            of, name = PARTS[kind]
            episode = _take(found, entry, data, of, str(data[name]))
            if name == "id":
                episode.whole = data
                episode.start, episode.end = times(data)
            else:
                episode.parts.setdefault(kind, []).append(data)
    return sorted(found.values(), key=lambda each: each.start)


def _take(found: dict[tuple[str, str], Episode], entry: Entry, data: dict[str, Any], kind: str, id_: str) -> Episode:
    start, end = times(data)
    row = entry.draft
    episode = found.setdefault((kind, id_), Episode(kind, id_, row.unit, row.subject, start, end, dated=True))
    if episode.whole is None:
        episode.start, episode.end = min(episode.start, start), max(episode.end, end)
    episode.dated = episode.dated and row.clock == "synced"
    return episode


def times(data: dict[str, Any]) -> tuple[datetime, datetime]:
    """From when to when a row is about."""
    return datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"])


def called(all_: Iterable[Episode], name: str) -> Iterator[Episode]:
    """Those whose id is this, or begins or ends with it."""
    return (each for each in all_ if each.id.startswith(name) or each.id.endswith(name))


# --- in words ---


def summary(episode: Episode) -> str:
    """The episode in a line."""
    match episode.kind:
        case "stimulation":
            return _stimulation(episode)
        case "walk":
            whole = episode.whole or {}
            return f"{whole.get('steps')} steps, {whole.get('cadence_spm')} a minute"
        case _:
            return _set(episode)


def _stimulation(episode: Episode) -> str:
    if (whole := episode.whole) is None:
        segments = episode.of("stimulation.segment")
        delivered = sum(each["delivered_s"] for each in segments)
        most = max(each["level"] for each in segments)
        return f"not finished: {clock(delivered)} confirmed so far, up to level {most} of {segments[-1]['level_max']}"
    mean = "" if whole["level_mean"] is None else f"{whole['level_mean']:.1f} on average, "
    words = [
        f"{clock(whole['delivered_s'])} confirmed",
        f"level {mean}{whole['level_max_seen']} at most, of {whole['level_max']}",
        f"{'ended' if whole['state'] == 'ended' else 'how it ended nobody saw'}: {whole['reason']}",
    ]
    if (unknown := whole.get("unknown_s") or 0) >= 1:
        words.insert(1, f"{clock(unknown)} unknown")
    if site := whole.get("site"):
        words.append(f"on {site}")
    return ", ".join(words)


def _set(episode: Episode) -> str:
    if (whole := episode.whole) is None:
        counted = len(episode.of("exercise.repetition"))
        exercise = next(iter(data["exercise"] for parts in episode.parts.values() for data in parts), "?")
        return f"{exercise}: not finished, {counted} repetitions so far"
    target = f" of {whole['target']}" if whole.get("target") else ""
    words = [f"{whole['exercise']}: {whole['repetitions']}{target} repetitions"]
    if whole.get("held_s"):
        words.append(f"{clock(whole['held_s'])} held")
    if whole["range_deg"] is not None:
        words.append(f"{whole['range_deg']} deg")
    if whole.get("incorrect"):
        words.append(f"{whole['incorrect']} incorrect")
    words.append(f"ended: {whole.get('stopping') or whole['reason']}")
    return ", ".join(words)


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
