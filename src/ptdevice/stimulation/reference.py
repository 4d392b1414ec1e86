"""The parts of docs/safety.md that are made from tables: both machines as diagrams, and the compiled ceilings with sources."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from ptdevice.pages import renew
from ptdevice.stimulation import commanded, machine
from ptdevice.stimulation.limits import HARD, SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

S = TypeVar("S", bound=Enum)
H = TypeVar("H", bound=Enum)

UNITS = {
    "peak_ma": ("peak current", "mA"),
    "rms_ma": ("current, root mean square", "mA"),
    "density_ma_cm2": ("current density, root mean square, under one pad", "mA/cm2"),
    "power_w_cm2": ("power density under one pad", "W/cm2"),
    "pulse_mj": ("energy of a pulse", "mJ"),
    "pulse_us": ("width of a phase", "us"),
    "rate_hz": ("pulses", "per s"),
    "session_s": ("a session, pauses included", "s"),
    "sessions_per_day": ("sessions", "per day"),
}


def ceilings() -> str:
    """What is compiled in, as a table."""
    rows = [
        f"| {what} | {getattr(HARD.limits, name):g} {unit} | {SOURCES[name]} |" for name, (what, unit) in UNITS.items()
    ]
    return "\n".join(["| ceiling | at most | where it is from |", "|---|---|---|", *rows])


def _diagram(
    table: Mapping[tuple[S, H], S], begin: S, label: Callable[[S, H], str], ends: frozenset[S] = frozenset()
) -> str:
    """A table as a Mermaid state diagram, one arrow per pair of states."""
    arrows: dict[tuple[S, S], list[str]] = {}
    for (source, heard), target in table.items():
        arrows.setdefault((source, target), []).append(label(source, heard))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {begin.name.lower()}"]
    lines += [f"    {a.name.lower()} --> {b.name.lower()}: {', '.join(why)}" for (a, b), why in arrows.items()]
    lines += [f"    {state.name.lower()} --> [*]" for state in type(begin) if state in ends]
    return "\n".join([*lines, "```"])


def commanded_diagram() -> str:
    """Where a commanded session can stand."""

    def label(state: commanded.State, heard: commanded.Happening) -> str:
        timeout = commanded.TIMEOUTS.get(state)
        timed = timeout is not None and timeout.happening is heard and timeout.after_s is not None
        return f"{heard} {timeout.after_s:g} s" if timed and timeout else heard.value

    return _diagram(commanded.TABLE, commanded.State.DRAFT, label, commanded.TERMINAL)


def observed_diagram() -> str:
    """Where the observer of a unit can stand."""
    return _diagram(machine.TABLE, machine.State.IDLE, lambda _, heard: heard.name.lower())


def knowledge() -> str:
    """What is known of the output, by state."""
    rows = [
        f"| {known} | {', '.join(f'`{state}`' for state, of in commanded.KNOWLEDGE.items() if of is known)} |"
        for known in commanded.Knowledge
    ]
    return "\n".join(["| output of the session | in |", "|---|---|", *rows])


def made() -> str:
    """All of it, in the order of the page."""
    parts = (
        ("Ceilings that are compiled in", ceilings()),
        ("A commanded session", commanded_diagram() + "\n\n" + knowledge()),
        ("An observed session", observed_diagram()),
    )
    return "\n\n".join(f"### {title}\n\n{part}" for title, part in parts)


if __name__ == "__main__":
    renew(sys.argv[1], made())
