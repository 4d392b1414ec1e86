"""Pictures for a terminal: the levels of a stimulation over time, and the repetitions of a set. Pure.

Unknown is drawn as such: `?` where nothing confirms what the unit did. Where the terminal knows no block characters, `#` stands
for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ptdevice.history.episodes import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.history.episodes import Episode

WIDTH = 64  # columns for the time; with the scale a line has less than 80
ROWS = 12  # at most, for the levels
BAR = 24  # columns for the greatest range

FULL, PLAIN = "█", "#"
EIGHTHS = " ▏▎▍▌▋▊▉█"


def stimulation(episode: Episode, *, blocks: bool) -> list[str]:
    """Levels from below, time from the left."""
    segments = episode.of("stimulation.segment")
    levels = [_level(segments, moment) for moment in _columns(episode.start, episode.end)]
    most = max((level for level in levels if level is not None), default=0)
    mark = FULL if blocks else PLAIN
    steps = [round(most * (row + 1) / min(most, ROWS)) for row in range(min(most, ROWS))]
    lines = [
        f"{step:>5} |" + "".join(mark if level is not None and level >= step else " " for level in levels).rstrip()
        for step in reversed(steps)
    ]
    lines.append("    0 +" + "".join("?" if level is None else "-" for level in levels))
    length = clock((episode.end - episode.start).total_seconds())
    lines.append(f"{'0:00':>10}{length:>{WIDTH - 3}}")
    if None in levels:
        lines.append("      ? nothing confirms what the unit did then")
    if open_s := sum(each["delivered_s"] for each in segments if each["contact"] == "open"):
        lines.append(f"      the pads had no contact for {clock(open_s)}")
    return lines


def repetitions(episode: Episode, *, blocks: bool) -> list[str]:
    """A line for each repetition and each rejected movement, in their order."""
    moves = sorted(
        [*episode.of("exercise.repetition"), *episode.of("exercise.rejected")], key=lambda each: str(each["start"])
    )
    most = max((each["range_deg"] for each in moves), default=0)
    return [_movement(each, most, blocks=blocks) for each in moves]


def holds(episode: Episode) -> list[str]:
    """A line for each hold."""
    return [
        f"{each['index']:>4}  held {clock(each['held_s'])}, sway {each['sway_deg']:.1f} deg, {each['breaks']} breaks"
        for each in episode.of("exercise.hold")
    ]


def _movement(data: dict[str, Any], most: int, *, blocks: bool) -> str:
    number = f"{data['index']:>4}" if "index" in data else "   -"
    bar = _bar(data["range_deg"] / most if most else 0, blocks=blocks)
    tempo = "/".join(f"{part:.1f}" for part in data["tempo_s"]) + " s" if "tempo_s" in data else ""
    words = [f"{number} {data['range_deg']:>4} deg {bar:<{BAR}} {tempo:<15}"]
    if data.get("rejected"):
        words.append(f"incorrect: {data['rejected']}" if "index" in data else f"not counted: {data['rejected']}")
    if data.get("gap"):
        words.append("samples were missing")
    return " ".join(words).rstrip()


def _bar(share: float, *, blocks: bool) -> str:
    if not blocks:
        return PLAIN * round(share * BAR)
    whole, eighth = divmod(round(share * BAR * 8), 8)
    return FULL * whole + (EIGHTHS[eighth] if eighth else "")


def _columns(start: datetime, end: datetime) -> list[datetime]:
    """The middle of each column."""
    step = (end - start) / WIDTH
    return [start + step * (column + 0.5) for column in range(WIDTH)] if step > timedelta(0) else [start]


def _level(segments: Sequence[dict[str, Any]], moment: datetime) -> int | None:
    """The level at a moment; None where no confirmed segment tells it. Channels side by side: the higher one."""
    levels = [
        int(each["level"])
        for each in segments
        if each["delivered_s"] > 0
        and datetime.fromisoformat(each["start"]) <= moment <= datetime.fromisoformat(each["end"])
    ]
    return max(levels, default=None)
