"""One page for one run: HTML with its own style and drawings, and nothing that it would have to fetch. No script.

It opens from a file, from a CI's artefacts, from a mail; on a phone, in the dark, and printed.
"""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING

from ptdevice_sim.report import draw, lanes
from ptdevice_sim.report.chapters import chapters
from ptdevice_sim.report.reading import read
from ptdevice_sim.report.words import NOTE, clock, length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.clinic.log import Run
    from ptdevice_sim.report.chapters import Chapter
    from ptdevice_sim.report.reading import Incident, Picture, Row

DAY_S = 86_400.0
OPEN_INCIDENTS = 30
OPEN_ROWS = 80  # a longer table is folded at first
# The hatching means unknown, on the whole page. It is drawn once and referred to from all lanes.
HATCH = (
    '<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="hatch-ground" width="7" height="7"/>'
    '<rect class="hatch-line" width="2.4" height="7"/></pattern></defs></svg>'
)
LEGEND = (
    ("on", "output on, as high as its level"),
    ("off", "output off"),
    ("unknown", "unknown: nobody has heard"),
    ("true", "true level"),
    ("angle", "angle, as it was said live"),
    ("rep", "counted repetition"),
    ("truerep", "true repetition"),
)


def render(run: Run) -> str:
    """The page as text."""
    picture = read(run)
    parts = chapters(picture)
    body = "".join(
        [
            f'<p class="banner" role="note">{draw.text(NOTE)}</p>',
            HATCH,
            _head(picture),
            _overview(picture, parts) if len(parts) > 1 else "",
            _legend(),
            *(_chapter(picture, chapter, number, many=len(parts) > 1) for number, chapter in enumerate(parts, 1)),
            _table(picture.rows),
            f"<footer>{draw.text(NOTE)} Made by ptdevice-sim; times are scenario time.</footer>",
        ]
    )
    style = resources.files(__package__).joinpath("style.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{draw.text(picture.title)}: simulated</title><style>{style}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )


def _head(picture: Picture) -> str:
    kinds = Counter(row.kind for row in picture.rows)
    counted = sum(len(unit.counted) for unit in picture.units.values())
    really = sum(len(unit.true_repetitions) for unit in picture.units.values())
    facts = [
        ("simulated time", length(picture.duration_s)),
        ("units", str(len(picture.units))),
        ("messages", f"{picture.messages:,}"),
        ("records", str(len(picture.rows))),
        ("repetitions", f"{counted} counted, {really} true") if counted or really else None,
        ("sessions", str(kinds["stimulation/session"])) if kinds["stimulation/session"] else None,
        ("alarms", str(kinds["alarm"])) if kinds["alarm"] else None,
        ("seed", str(picture.seed)),
    ]
    cells = "".join(f"<div><dt>{draw.text(f[0])}</dt><dd>{draw.text(f[1])}</dd></div>" for f in facts if f)
    return f"<header><h1>{draw.text(picture.title)}</h1><dl>{cells}</dl></header>"


def _overview(picture: Picture, parts: list[Chapter]) -> str:
    """Where in the whole run the chapters are; each is a link."""
    marks = []
    for number, chapter in enumerate(parts, 1):
        left, width = chapter.start / picture.duration_s * 100, chapter.length_s / picture.duration_s * 100
        title = draw.text(_span(chapter, picture.duration_s))
        marks.append(f'<a href="#c{number}" title="{title}" style="left:{left:.2f}%;width:{width:.2f}%"></a>')
    days = [day for day in range(int(picture.duration_s // DAY_S) + 1) if day * DAY_S < picture.duration_s]
    names = [
        f'<span style="left:{day * DAY_S / picture.duration_s * 100:.2f}%">day {day + 1}</span>'
        for day in days[:: len(days) // 8 + 1]
    ]
    head = f"{len(parts)} stretches in which something happens"
    return (
        f'<nav class="overview" aria-label="{head}"><h2>{head}</h2><div class="strip">{"".join(marks)}</div>'
        f'<div class="axis">{"".join(names)}</div></nav>'
    )


def _legend() -> str:
    keys = "".join(f'<li><i class="key {css}"></i>{draw.text(name)}</li>' for css, name in LEGEND)
    return f'<ul class="legend" aria-label="Legend">{keys}</ul>'


def _chapter(picture: Picture, chapter: Chapter, number: int, *, many: bool) -> str:
    title = f"{_span(chapter, picture.duration_s)}, {length(chapter.length_s)}"
    rows = [row for row in picture.rows if chapter.holds(row.at_s)]
    incidents = [incident for incident in picture.incidents if chapter.holds(incident.at)]
    groups = [_group("gateway", "", lanes.house(picture, chapter))]
    groups += [
        _group(unit.alias, unit.title, lanes.unit_lanes(picture, unit, chapter))
        for _, unit in sorted(picture.units.items())
    ]
    if rows:
        groups.append(_group("records", "at the broker", iter([lanes.records(rows, chapter)])))
    heading = f'<h2><a href="#c{number}">{draw.text(title)}</a></h2>' if many else ""
    return (
        f'<section class="chapter" id="c{number}">{heading}{_axis(chapter)}{_flags(incidents, chapter)}{"".join(groups)}'
        f"{_axis(chapter)}{_told(incidents)}</section>"
    )


def _span(chapter: Chapter, duration_s: float) -> str:
    """From when to when, with the day where there are several."""
    if duration_s <= DAY_S:
        return f"{clock(chapter.start)} to {clock(chapter.end)}"
    first, last = (int(t // DAY_S) for t in (chapter.start, chapter.end))
    day = f"day {last + 1}, " if last != first else ""
    return f"day {first + 1}, {clock(chapter.start % DAY_S)} to {day}{clock(chapter.end % DAY_S)}"


def _group(name: str, title: str, rows: Iterator[str]) -> str:
    return f'<div class="group"><h3>{draw.text(name)}<small>{draw.text(title)}</small></h3>{"".join(rows)}</div>'


def _axis(chapter: Chapter) -> str:
    marks = "".join(
        f'<span style="left:{chapter.share(t) * 100:.2f}%"{" class=second" if i % 2 else ""}>{draw.text(_hour(t))}</span>'
        for i, t in enumerate(chapter.ticks(8))
    )
    return f'<div class="lane time"><div class="name"></div><div class="axis">{marks}</div></div>'


def _hour(t_s: float) -> str:
    text = clock(t_s).rpartition(" ")[2]
    return text.removesuffix(":00") if text.endswith(":00") else text


def _flags(incidents: list[Incident], chapter: Chapter) -> str:
    """What happened, as numbers above the lanes; the list below has the words. On a phone, fewer flags for more each."""
    if not incidents:
        return ""
    return "".join(
        f'<div class="lane flags {css}"><div class="name">what happened</div>'
        f'<div class="axis">{_flagged(incidents, chapter, near)}</div></div>'
        for css, near in (("wide", 0.035), ("narrow", 0.13))
    )


def _flagged(incidents: list[Incident], chapter: Chapter, near: float) -> str:
    flags: list[tuple[float, int, int]] = []
    for number, incident in enumerate(incidents, 1):
        share = chapter.share(incident.at)
        if flags and share - flags[-1][0] < near:
            flags[-1] = flags[-1][0], flags[-1][1], number
        else:
            flags.append((share, number, number))
    return "".join(
        f'<span style="left:{share * 100:.2f}%">{first if first == last else f"{first}-{last}"}</span>'
        for share, first, last in flags
    )


def _told(incidents: list[Incident]) -> str:
    if not incidents:
        return ""
    rows = "".join(
        f"<li><time>{draw.text(clock(incident.at, tenths=True))}</time> "
        f"<b>{draw.text(incident.who)}</b> {draw.text(incident.text)}"
        f"{f' ({incident.times} times)' if incident.times > 1 else ''}</li>"
        for incident in incidents
    )
    unfolded = " open" if len(incidents) <= OPEN_INCIDENTS else ""
    return f'<details class="happened"{unfolded}><summary>What happened ({len(incidents)})</summary><ol>{rows}</ol></details>'


def _table(rows: list[Row]) -> str:
    if not rows:
        return '<p class="empty">No record was said.</p>'
    cells = "".join(
        f"<tr><td>{draw.text(clock(row.at_s))}</td><td>{draw.text(row.unit or 'gateway')}</td>"
        f'<td class="{lanes.KINDS.get(row.kind, "oth")}">{draw.text(row.kind)}</td>'
        f"<td>{draw.text(row.text)}{_late(row)}</td></tr>"
        for row in rows
    )
    folded = "" if len(rows) > OPEN_ROWS else " open"
    return (
        f"<details class=records{folded}><summary>Records ({len(rows)})</summary><table><thead><tr><th>time</th><th>unit</th>"
        f"<th>record</th><th>what it says</th></tr></thead><tbody>{cells}</tbody></table></details>"
    )


def _late(row: Row) -> str:
    late_s = row.said_s - row.at_s
    return f" <em>(said {draw.text(length(late_s))} later)</em>" if late_s > 60 else ""
