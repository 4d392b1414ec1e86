"""The lanes of one unit and of the gateway, in one chapter: what was known, and beside it what was true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice_sim.report import draw
from ptdevice_sim.report.chapters import Chapter
from ptdevice_sim.report.series import Span
from ptdevice_sim.report.words import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.report.reading import Picture, Row, UnitPicture

BELOW_DEG = -16.0  # the scale of angles begins below 0, where the true repetitions are marked
PAUSE_S = 20.0  # between two repetitions, beyond which they are of two bouts
CLOSEUPS = 24  # in one chapter
NUMBERED = 24  # repetitions in one close-up whose numbers still have room
SILENCE_S = 5.0  # of a curve, beyond which its line breaks
LINKS = {"online": "good", "offline": "bad", None: "unknown"}
GATEWAY = {"online": "good", "degraded": "warn", "offline": "bad", None: "unknown"}
BROKER = {"up": "good", "down": "bad", "refuses": "warn", None: "unknown"}
CONTACT = {"ok": "good", "open": "bad", None: "unknown"}
KINDS = {
    "exercise/repetition": "rep",
    "exercise/rejected": "gap",
    "exercise/hold": "rep",
    "exercise/bout": "rep",
    "exercise/set": "set",
    "stimulation/segment": "seg",
    "stimulation/session": "ses",
    "gap": "gap",
    "clock": "clk",
    "alarm": "alm",
}


def lane(name: str, note: str, svg: str, scale: tuple[str, str] | None = None) -> str:
    """One row of the page: name, note, picture, and its scale (top, bottom) where it has one."""
    marks = (
        f'<span class="top">{draw.text(scale[0])}</span><span class="low">{draw.text(scale[1])}</span>' if scale else ""
    )
    return (
        f'<div class="lane"><div class="name">{draw.text(name)}<small>{draw.text(note)}</small></div>'
        f'<div class="plot">{svg}{marks}</div></div>'
    )


def strip(chapter: Chapter, name: str, note: str, spans: list[Span], colours: dict[str | None, str]) -> str:
    """A lane of coloured stretches."""
    row = draw.Lane(chapter, 14)
    for span in spans:
        row.bar(span, colours.get(_word(span), "warn"), _stretch(name, span), top=2, bottom=12)
    return lane(name, note, row.svg(f"{name}: {_told(chapter, spans)}"))


def house(picture: Picture, chapter: Chapter) -> Iterator[str]:
    """The gateway and the broker."""
    yield strip(chapter, "gateway", "as subscribers know it", picture.gateway.spans(picture.duration_s), GATEWAY)
    yield strip(chapter, "broker", "as it was", picture.broker.spans(picture.duration_s), BROKER)


def unit_lanes(picture: Picture, unit: UnitPicture, chapter: Chapter) -> Iterator[str]:
    """Link, then what the unit measures or does, as far as there is any of it."""
    yield strip(chapter, "link", "as subscribers know it", picture.heard(unit), LINKS)
    if unit.stimulates:
        yield _stimulation(picture, unit, chapter)
    if unit.contact.was_said:
        what = "pads on skin" if unit.stimulates else "strap on skin"
        yield strip(chapter, "contact", what, picture.known(unit, unit.contact), CONTACT)
    if unit.moves:
        yield _movement(picture, unit, chapter)
        yield closeups(unit, chapter)
    if unit.heart.values:
        yield _heart(picture, unit, chapter)


def _stimulation(picture: Picture, unit: UnitPicture, chapter: Chapter) -> str:
    row = draw.Lane(chapter, 64)
    top = max(unit.level_max, 1)
    levels = picture.known(unit, unit.level)
    outputs = picture.known(unit, unit.output)
    for output in outputs:
        title = _stretch("output", output)
        if output.value is None:
            row.bar(output, "unknown", title)
        elif output.value == "off":
            row.bar(output, "off", title, top=61)
    for level in levels:
        for output in outputs:
            start, end = max(level.start, output.start), min(level.end, output.end)
            if start < end and output.value == "on" and isinstance(level.value, int | float):
                span = Span(start, end, level.value)
                row.bar(
                    span, "on", f"on, level {level.value:g} of {top}, {_during(span)}", top=row.y(level.value, 0, top)
                )
    truth = [
        Span(level.start, level.end, level.value if unit.true_output.at(level.start) == "on" else 0)
        for level in unit.true_level.spans(picture.duration_s)
    ]
    row.steps(truth, "true", 0, top)
    return lane("stimulation", f"level 0 to {top}", row.svg(f"stimulation: {_told(chapter, outputs)}"), (str(top), "0"))


def _movement(picture: Picture, unit: UnitPicture, chapter: Chapter) -> str:
    row = draw.Lane(chapter, 84)
    _deaf(row, picture, unit)
    top = _angles(row, unit)
    inside = sum(chapter.holds(counted.at) for counted in unit.counted)
    really = sum(chapter.holds(t) for t in unit.true_repetitions)
    note = f"counted {inside}, true {really}"
    return lane("movement", note, row.svg(f"angle of the body: {note} repetitions"), (f"{top:.0f}°", ""))


def _angles(row: draw.Lane, unit: UnitPicture) -> float:
    """The angle with its repetitions; gives back the top of the scale, in degrees."""
    chapter, low = row.chapter, row.high - 10
    top = max([90.0, *unit.angle.values])
    for t in unit.true_repetitions:
        row.tick(t, "truerep", f"true repetition, far posture at {clock(t, tenths=True)}", top=low)
    pieces = unit.angle.lines(chapter.start, chapter.end, silence_s=SILENCE_S, most=draw.POINTS)
    row.curve(pieces, "angle", BELOW_DEG, top)
    for counted in unit.counted:
        css = "rep" if counted.valid else "rep doubtful"
        title = f"repetition {counted.index}: {counted.range_deg}° at {clock(counted.at, tenths=True)}"
        row.dot(counted.at, row.y(min(counted.range_deg, top), BELOW_DEG, top), css, title)
    return top


def closeups(unit: UnitPicture, chapter: Chapter) -> str:
    """Each bout of repetitions once more, as wide as it needs."""
    moments = sorted(t for t in [*unit.true_repetitions, *(c.at for c in unit.counted)] if chapter.holds(t))
    bouts: list[list[float]] = []
    for t in moments:
        if bouts and t - bouts[-1][-1] < PAUSE_S:
            bouts[-1].append(t)
        else:
            bouts.append([t])
    panels = "".join(_closeup(unit, Chapter(max(bout[0] - 6, 0.0), bout[-1] + 6)) for bout in bouts[:CLOSEUPS])
    return f'<div class="closeups">{panels}</div>' if panels else ""


def _closeup(unit: UnitPicture, bout: Chapter) -> str:
    row = draw.Lane(bout, 96)
    top = _angles(row, unit)
    inside = [counted for counted in unit.counted if bout.holds(counted.at)]
    really = sum(bout.holds(t) for t in unit.true_repetitions)
    told = f"{clock(bout.start)}, {bout.length_s:.0f} s: counted {len(inside)}, true {really}"
    numbers = "".join(
        f'<b style="left:{bout.share(c.at) * 100:.1f}%;top:{max(row.y(min(c.range_deg, top), BELOW_DEG, top) - 17, 0):.0f}px">'
        f"{c.index}</b>"
        for c in inside[:NUMBERED]
    )
    return (
        f'<figure><div class="plot">{row.svg(told)}{numbers}</div><figcaption>{draw.text(told)}</figcaption></figure>'
    )


def _heart(picture: Picture, unit: UnitPicture, chapter: Chapter) -> str:
    row = draw.Lane(chapter, 44)
    _deaf(row, picture, unit)
    low, high = min(unit.heart.values) // 10 * 10, -(-max(unit.heart.values) // 10) * 10
    row.curve(
        unit.heart.lines(chapter.start, chapter.end, silence_s=SILENCE_S, most=draw.POINTS // 2), "heart", low, high
    )
    return lane(
        "heart rate", "per minute", row.svg(f"heart rate, {low:.0f} to {high:.0f}"), (f"{high:.0f}", f"{low:.0f}")
    )


def _deaf(row: draw.Lane, picture: Picture, unit: UnitPicture) -> None:
    """Hatch where nothing is heard of the unit."""
    for span in picture.heard(unit):
        if span.value != "online":
            row.bar(span, "unknown", _stretch("values", Span(span.start, span.end, None)))


def records(rows: list[Row], chapter: Chapter) -> str:
    """A tick for each record, one line for each kind."""
    kinds = [
        kind
        for kind in dict.fromkeys([*KINDS, *sorted({row.kind for row in rows})])
        if any(r.kind == kind for r in rows)
    ]
    row = draw.Lane(chapter, max(12 * len(kinds), 12))
    for one in rows:
        line = kinds.index(one.kind) * 12
        title = f"{clock(one.at_s, tenths=True)} {one.unit or 'gateway'}, {one.kind}: {one.text}"
        row.tick(one.at_s, f"mark {KINDS.get(one.kind, 'oth')}", title, top=line + 2, bottom=line + 11)
    names = "".join(f'<small><i class="{KINDS.get(kind, "oth")}"></i>{draw.text(kind)}</small>' for kind in kinds)
    inside = sum(chapter.holds(one.at_s) for one in rows)
    return (
        f'<div class="lane"><div class="name kinds">{names}</div>'
        f'<div class="plot">{row.svg(f"{inside} records")}</div></div>'
    )


def _word(span: Span) -> str | None:
    return None if span.value is None else str(span.value)


def _stretch(name: str, span: Span) -> str:
    return f"{name} {span.value if span.value is not None else 'unknown'}, {_during(span)}"


def _during(span: Span) -> str:
    return f"{clock(span.start)} to {clock(span.end)}"


def _told(chapter: Chapter, spans: list[Span]) -> str:
    seen = [span for span in spans if span.end > chapter.start and span.start < chapter.end]
    return ", ".join(f"{_word(span) or 'unknown'} from {clock(span.start)}" for span in seen[:12])
