"""The same pictures as text, a hundred columns wide: for a terminal, a log, a mail. No colour, so it can be piped anywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ptdevice_sim.report.chapters import chapters
from ptdevice_sim.report.reading import read
from ptdevice_sim.report.words import NOTE, clock, length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptdevice_sim.clinic.log import Run
    from ptdevice_sim.report.chapters import Chapter
    from ptdevice_sim.report.reading import Incident, Picture, Row, UnitPicture
    from ptdevice_sim.report.series import Span, Value

COLUMNS = 100
LABEL = 14
PLOT = COLUMNS - LABEL
UNKNOWN, BAD = "?", "!"
BLOCKS = "▁▂▃▄▅▆▇█"
LEGEND = f"{UNKNOWN} unknown   · off   {BLOCKS} on, as high as the level   ─ online   {BAD} offline, open or down"
ROWS = 40  # records that are told; the page has them all


def render(run: Run, *, rows: int = ROWS) -> str:
    """The whole run. `rows`: how many records are told in words at most."""
    picture = read(run)
    lines = [NOTE, "", f"{picture.title}: {length(picture.duration_s)}, seed {picture.seed}", LEGEND]
    for chapter in chapters(picture):
        lines += ["", f"{clock(chapter.start)} to {clock(chapter.end)}", *_chapter(picture, chapter)]
    lines += ["", *_happened(picture.incidents, rows), "", *_records(picture.rows, rows)]
    return "\n".join(_fitted(_printable(line)) for line in lines) + "\n"


def _chapter(picture: Picture, chapter: Chapter) -> Iterator[str]:
    yield _axis(chapter)
    yield _row("gateway", _cells(chapter, picture.gateway.spans(picture.duration_s), _link))
    yield _row("broker", _cells(chapter, picture.broker.spans(picture.duration_s), _link))
    for alias, unit in sorted(picture.units.items()):
        yield f"{alias}  {unit.title}"
        yield from _unit(picture, unit, chapter)
    yield _row("happened", _marks(chapter, [incident.at for incident in picture.incidents]))
    kinds = dict.fromkeys(row.kind for row in picture.rows if chapter.holds(row.at_s))
    for kind in sorted(kinds):
        moments = [row.at_s for row in picture.rows if row.kind == kind]
        yield _row(kind.rpartition("/")[2], _marks(chapter, moments))


def _unit(picture: Picture, unit: UnitPicture, chapter: Chapter) -> Iterator[str]:
    heard = picture.heard(unit)
    yield _row("  link", _cells(chapter, heard, _link))
    if unit.stimulates:
        yield _row("  level", _level(picture, unit, chapter))
        yield _row("  true level", _true_level(picture, unit, chapter))
    if unit.contact.was_said:
        yield _row("  contact", _cells(chapter, picture.known(unit, unit.contact), _link))
    if unit.moves:
        top = max([90.0, *unit.angle.values])
        yield _row("  angle", _curve(chapter, unit.angle.points, heard, 0.0, top))
        yield _row("  counted", _counts(chapter, [counted.at for counted in unit.counted]))
        yield _row("  true", _counts(chapter, unit.true_repetitions))
    if unit.heart.values:
        low, high = min(unit.heart.values), max(unit.heart.values)
        yield _row(f"  heart {low:.0f}-{high:.0f}", _curve(chapter, unit.heart.points, heard, low, high))


def _row(label: str, cells: str) -> str:
    return f"{label[: LABEL - 1]:<{LABEL}}{cells}"


def _axis(chapter: Chapter) -> str:
    cells = [" "] * (PLOT + 8)
    free = 0
    for t in chapter.ticks(7):
        at, text = round(chapter.share(t) * (PLOT - 1)), clock(t).rpartition(" ")[2].removesuffix(":00")
        if at >= free and at + len(text) <= PLOT:
            cells[at : at + len(text)] = text
            free = at + len(text) + 1
    return _row("", "".join(cells))


def _cells(chapter: Chapter, spans: Sequence[Span], sign: Callable[[Value], str]) -> str:
    """One character for each stretch of time. Of several values the worst: unknown is never hidden by its neighbours."""
    cells = []
    width = chapter.length_s / PLOT
    for i in range(PLOT):
        start = chapter.start + i * width
        signs = {sign(span.value) for span in spans if span.start < start + width and span.end > start}
        cells.append(next((one for one in (UNKNOWN, BAD) if one in signs), max(signs, default=" ")))
    return "".join(cells)


def _link(value: Value) -> str:
    if value is None:
        return UNKNOWN
    return "─" if value in {"online", "up", "ok"} else BAD


def _level(picture: Picture, unit: UnitPicture, chapter: Chapter) -> str:
    return _heights(unit, chapter, picture.known(unit, unit.output), picture.known(unit, unit.level))


def _true_level(picture: Picture, unit: UnitPicture, chapter: Chapter) -> str:
    end = picture.duration_s
    return _heights(unit, chapter, unit.true_output.spans(end), unit.true_level.spans(end))


def _heights(unit: UnitPicture, chapter: Chapter, output_spans: list[Span], level_spans: list[Span]) -> str:
    outputs = _cells(chapter, output_spans, _output)
    heights = _cells(chapter, level_spans, _height(unit))
    return "".join(level if output == "█" else output for output, level in zip(outputs, heights, strict=True))


def _output(value: Value) -> str:
    return UNKNOWN if value is None else "·" if value == "off" else "█"


def _height(unit: UnitPicture) -> Callable[[Value], str]:
    top = max(unit.level_max, 1)

    def sign(value: Value) -> str:
        if not isinstance(value, int | float):
            return UNKNOWN
        return BLOCKS[min(math.ceil(value / top * 8), 8) - 1] if value > 0 else "·"

    return sign


def _curve(
    chapter: Chapter, points: Sequence[tuple[float, float | None]], heard: Sequence[Span], low: float, high: float
) -> str:
    """The greatest value of each column; a column without any is blank, or unknown where nothing was heard."""
    best: dict[int, float] = {}
    for t, value in points:
        if value is not None and chapter.holds(t):
            column = min(int(chapter.share(t) * PLOT), PLOT - 1)
            best[column] = max(best.get(column, value), value)
    silent = _cells(chapter, heard, _link)
    return "".join(
        BLOCKS[min(max(int((best[i] - low) / ((high - low) or 1) * 8), 0), 7)]
        if i in best
        else " " if silent[i] == "─" else UNKNOWN
        for i in range(PLOT)
    )  # fmt: skip


def _counts(chapter: Chapter, moments: Sequence[float]) -> str:
    inside = [t for t in moments if chapter.holds(t)]
    return _marks(chapter, inside)[: PLOT - 6].ljust(PLOT - 6) + f"{len(inside):>6}"


def _marks(chapter: Chapter, moments: Sequence[float]) -> str:
    """How many in each column: blank, 1 to 9, `+` for more."""
    found: dict[int, int] = {}
    for t in moments:
        if chapter.holds(t):
            column = min(int(chapter.share(t) * PLOT), PLOT - 1)
            found[column] = found.get(column, 0) + 1
    return "".join(" " if i not in found else str(found[i]) if found[i] < 10 else "+" for i in range(PLOT))


def _happened(incidents: Sequence[Incident], most: int) -> Iterator[str]:
    """Faults, and what somebody did."""
    yield "what happened" + (f": the last {most} of {len(incidents)}" if len(incidents) > most else "")
    for incident in incidents[-most:] if most else []:
        times = f" ({incident.times} times)" if incident.times > 1 else ""
        yield f"{clock(incident.at)}  {incident.who:<10} {incident.text}{times}"


def _records(rows: Sequence[Row], most: int) -> Iterator[str]:
    yield "records" + (f": the last {most} of {len(rows)}" if len(rows) > most else "")
    for row in rows[-most:] if most else []:
        yield f"{clock(row.at_s)}  {row.unit or 'gateway':<10} {row.kind:<20} {row.text}"


def _fitted(line: str) -> str:
    line = line.rstrip()
    return line if len(line) <= COLUMNS else line[: COLUMNS - 3] + "..."


def _printable(line: str) -> str:
    """A name may hold anything; a terminal must not be told to do it."""
    return "".join(c if c.isprintable() else "\ufffd" for c in line)
