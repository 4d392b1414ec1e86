"""The demo on a terminal: one live screen, as wide and as high as there is room, from 80 by 24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ptdevice_sim.demo.board import Board, UnitBoard
    from ptdevice_sim.demo.summary import Row

COLOURS = {"online": "green", "offline": "red", "unknown": "yellow", "on": "magenta", "off": "dim"}
NOTE = "Simulated units, nobody's data. Not a medical device."
FULL_DEG = 90  # of the angle's bar
WIDEST = 120
FIXED_LINES = 16  # of the screen, without records


def screen(
    board: Board, *, elapsed_s: float, duration_s: float, broker: str, subscribe: str, width: int, height: int
) -> RenderableType:
    """The whole screen, from what a subscriber knows."""
    width = min(width, WIDEST)
    clock = f"{min(elapsed_s, duration_s):.0f} of {duration_s:.0f} s"
    head = Text.assemble(
        ("ptdevice demo", "bold"), f"   gateway {board.gateway}   {broker}   {board.messages} messages"
    )
    head.truncate(width - len(clock) - 1, overflow="ellipsis", pad=True)
    see = Text("  see the same: ", style="dim") + Text(subscribe, style="bold")
    return Group(
        head + Text(" " + clock, style="cyan"),
        _bar(min(elapsed_s / duration_s, 1.0), width, "━", "─", "cyan"),
        _units(board, width),
        _stimulation(board, width),
        _exercise(board, width),
        _records(board, width, max(height - FIXED_LINES, 1)),
        _line(see),
        _line(Text(f"  {NOTE} Ctrl-C ends.", style="dim")),
    )


def progress(board: Board) -> str:
    """How it stands, in one line."""
    online = sum(1 for unit in board.units.values() if unit.availability == "online")
    told = [f"{online} of {len(board.units)} units online"]
    for _, unit in sorted(board.units.items()):
        if unit.value("level_max"):
            told.append(f"level {unit.value('level')}/{unit.value('level_max')}, output {unit.value('output')}")
        if "exercise" in unit.live:
            told.append(f"{unit.live['exercise']['phase']}, {board.repetitions} repetitions recorded")
        if (heart := unit.live.get("heart_rate")) is not None:
            told.append(f"heart {heart['bpm']}/min")
    return "; ".join([*told, f"{board.records} records"])


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _units(board: Board, width: int) -> RenderableType:
    table = Table(box=None, padding=(0, 2), width=width, header_style="dim")
    for column in ("unit", "link", "battery", "heart rate", "contact"):
        table.add_column(column, no_wrap=True)
    for alias, unit in sorted(board.units.items()):
        link = Text(f"● {unit.availability} ({unit.code})", style=COLOURS.get(unit.availability, ""))
        heart = unit.live.get("heart_rate", {}).get("bpm")
        table.add_row(
            alias,
            link,
            _shown(unit, "battery_pct", " %"),
            "" if heart is None else f"♥ {heart}",
            _shown(unit, "contact"),
        )
    for _ in range(2 - len(board.units)):
        table.add_row("")
    return table


def _shown(unit: UnitBoard, name: str, suffix: str = "") -> str:
    value = unit.value(name)
    return "" if value is None else f"{value}{suffix}"


def _panel(content: RenderableType, title: str, width: int, lines: int) -> Panel:
    return Panel(
        content, title=title, title_align="left", width=width, height=lines + 2, box=box.ROUNDED, border_style="dim"
    )


def _bar(share: float, cells: int, full: str, empty: str, style: str) -> Text:
    done = round(share * cells)
    return Text(full * done, style=style) + Text(empty * (cells - done), style="dim")


def _stimulation(board: Board, width: int) -> RenderableType:
    title = f"stimulation, observed: {board.delivered_s:.0f} s confirmed and recorded"
    unit = next((unit for unit in board.units.values() if unit.value("level_max")), None)
    if unit is None:
        return _panel(Text("waiting for the stimulator", style="dim"), title, width, 1)
    heard = unit.availability == "online"  # what was said before a link was lost is no longer known
    top, output = unit.value("level_max"), unit.value("output") if heard else "unknown"
    level = (unit.live.get("stimulation") or {}).get("level", unit.value("level")) or 0
    left = unit.value("remaining_s")
    timer = "" if left is None else f"   timer {left // 60}:{left % 60:02d}"
    line = Text.assemble(
        "level ", _bar(level / top, 2 * top, "█", "░", "magenta" if heard else "yellow"),
        f" {level:2d}/{top}   output ", (output, COLOURS.get(output, "")), timer if heard else "",
    )  # fmt: skip
    return _panel(_line(line), title, width, 1)


def _exercise(board: Board, width: int) -> RenderableType:
    progress = next((unit.live["exercise"] for unit in board.units.values() if "exercise" in unit.live), None)
    if progress is None:
        return _panel(Text("waiting for the motion sensor", style="dim"), "exercise", width, 2)
    angle, last, target = progress["angle_deg"], progress["range_deg"], progress["target"]
    bar = _bar(min((angle or 0.0) / FULL_DEG, 1.0), width - 16, "█", "░", "green")
    told = Text.assemble(
        "repetitions ", (str(progress["repetitions"]), "bold green"), f" of {target}" if target else "",
        f"   {progress['phase']:<8}",
        "" if last is None else f"   last range {last}°",
        f"   recorded {board.repetitions}",
    )  # fmt: skip
    shown = Text.assemble("trunk ", bar, "" if angle is None else f" {angle:3.0f}°")
    return _panel(Group(_line(told), _line(shown)), f"exercise: {progress['exercise']}", width, 2)


def _records(board: Board, width: int, lines: int) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 1), width=width - 4)
    table.add_column(no_wrap=True, justify="right", style="dim", width=7)
    table.add_column(no_wrap=True, style="bold", width=7)
    table.add_column(no_wrap=True, style="cyan", width=19)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for line in list(board.recent)[-lines:]:
        table.add_row(f"{line.at:.1f} s", line.unit, line.kind, line.sentence)
    return _panel(table, f"records at the broker: {board.records}", width, lines)


def table_of(rows: list[Row]) -> RenderableType:
    """The table at the end."""
    table = Table(
        title="What arrived at the broker",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_header=False,
    )
    table.add_column(no_wrap=True, min_width=27)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(row.what, Text(row.value, style="" if row.good else "bold red"))
    return table
