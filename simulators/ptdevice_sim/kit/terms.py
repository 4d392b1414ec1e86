"""The terms of a golden file, in its first line: which messages count, which fields do not, and how far values may be off."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ptdevice_sim.kit.selection import DEFAULT

FORMAT = 1
HEADER = "ptdevice_golden"


@dataclass(frozen=True, slots=True)
class Terms:
    """`topics`: MQTT filters below the gateway's prefix. `ignore`: dotted paths. `tolerance`: by path, in which `*` may stand.

    A tolerance is in the unit of the value, and in seconds for times. The first path that fits a field counts.
    """

    topics: tuple[str, ...] = DEFAULT
    ignore: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> str:
        """The first line of the file, without the newline."""
        header = {
            HEADER: FORMAT,
            "topics": list(self.topics),
            "ignore": list(self.ignore),
            "tolerance": dict(self.tolerance),
        }
        return json.dumps(header)


def parse(line: str) -> Terms | None:
    """Terms from a first line; None where it is no header. Raises ValueError with what is wrong in it."""
    try:
        header = json.loads(line)
    except ValueError:
        return None
    if not isinstance(header, dict) or HEADER not in header:
        return None
    if header[HEADER] != FORMAT:
        raise ValueError(f"format {header[HEADER]!r} is not known here, only {FORMAT}; update ptdevice")
    known = {HEADER, *(known.name for known in fields(Terms))}
    if strange := ", ".join(sorted(header.keys() - known)):
        raise ValueError(f"unknown: {strange}")
    return Terms(_words(header, "topics", DEFAULT), _words(header, "ignore", ()), _limits(header.get("tolerance", {})))


def _words(header: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    words = header.get(key, list(default))
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{key} must be a list of strings")
    return tuple(words)


def _limits(given: object) -> dict[str, float]:
    if not isinstance(given, Mapping) or not all(_is_limit(value) for value in given.values()):
        raise ValueError("tolerance must be a table of numbers, 0 or more")
    return {str(path): float(value) for path, value in given.items()}


def _is_limit(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
