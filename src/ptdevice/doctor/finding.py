"""One thing that was looked at, and what was found. Every code but `ok` has its paragraph in docs/troubleshooting.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Unknown is not fine: it says so, and why."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"  # it works now, and will not always
    ERROR = "error"  # something cannot work like this


@dataclass(frozen=True, slots=True)
class Finding:
    """`area` is what was looked at; `code` is stable, and `fix` says what to do, where something is to be done."""

    area: str
    level: Level
    code: str
    text: str
    fix: str | None = None


def fine(area: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(area, Level.OK, "ok", text)


def unknown(area: str, text: str) -> Finding:
    """It could not be looked at."""
    return Finding(area, Level.UNKNOWN, "unknown", text)


def warning(area: str, code: str, text: str, fix: str) -> Finding:
    """To be mended some time."""
    return Finding(area, Level.WARNING, code, text, fix)


def error(area: str, code: str, text: str, fix: str) -> Finding:
    """To be mended now."""
    return Finding(area, Level.ERROR, code, text, fix)
