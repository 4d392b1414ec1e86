"""Two lists of messages side by side: which are missing, which are unexpected, and which field of the others differs."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from ptdevice_sim.kit.selection import below_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ptdevice_sim.kit.normal import Line

NEAR_S = 60.0  # further apart in time, two records of one kind are two events and not one that was changed
LONGEST = 70  # characters of a value that are shown
_INDEX = re.compile(r"\[\d+\]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_LABEL = re.compile(r"<id \d+>")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One value that differs; `path` inside the payload, or `t`, `qos`, `retain`."""

    path: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One message that is not as expected. `number` counts the expected messages from 1, or the got ones if unexpected."""

    kind: Literal["changed", "missing", "unexpected"]
    t_s: float
    topic: str
    number: int
    fields: tuple[Field, ...] = ()
    summary: str = ""

    def __str__(self) -> str:
        head = f"{clock(self.t_s)}  {below_prefix(self.topic)}  (message {self.number})"
        if self.kind != "changed":
            return f"{self.kind}: {head}\n    {self.summary}"
        width = max(len(field.path) for field in self.fields)
        return "\n".join(
            [f"changed: {head}"]
            + [f"    {field.path:<{width}}  expected {field.expected}, got {field.got}" for field in self.fields]
        )


def clock(t_s: float) -> str:
    """Virtual time as people read it: `00:03:12.500`, `2 d 08:00:00.000`."""
    millis = round(t_s * 1000)
    days, rest = divmod(millis, 86_400_000)
    h, m, s = rest // 3_600_000, rest // 60_000 % 60, rest % 60_000 / 1000
    return (f"{days} d " if days else "") + f"{h:02d}:{m:02d}:{s:06.3f}"


def differences(
    expected: Sequence[Line], got: Sequence[Line], tolerance: Mapping[str, float] | None = None
) -> list[Difference]:
    """In order of time. Empty: a person would call the two the same. `tolerance`: see `terms.Terms`."""
    found: list[Difference] = []
    compare = _Comparison(tolerance or {})
    for i, j in _pairs(expected, got):
        if j is None:
            assert i is not None
            line = expected[i]
            found.append(Difference("missing", line.t_s, line.topic, i + 1, summary=_short(line.payload)))
        elif i is None:
            line = got[j]
            found.append(Difference("unexpected", line.t_s, line.topic, j + 1, summary=_short(line.payload)))
        elif fields := tuple(compare.fields(expected[i], got[j])):
            found.append(Difference("changed", expected[i].t_s, expected[i].topic, i + 1, fields))
    return sorted(found, key=lambda difference: difference.t_s)


def told(found: Sequence[Difference], *, expected: int, limit: int = 20) -> list[str]:
    """The differences for people: a first line that sums up, at most `limit` of them, and what the others have in common."""
    if not found:
        return []
    kinds = Counter(difference.kind for difference in found)
    parts = [f"{kinds[kind]} {kind}" for kind in ("changed", "missing", "unexpected") if kinds[kind]]
    lines = [f"{', '.join(parts)}; {expected} messages expected"]
    lines += [str(difference) for difference in found[:limit]]
    if rest := found[limit:]:
        common = Counter(field.path for difference in rest for field in difference.fields).most_common(5)
        where = "; most often " + ", ".join(f"{path} ({count})" for path, count in common) if common else ""
        lines.append(f"... and {len(rest)} more{where}")
    return lines


# --- pairing ---


def _pairs(expected: Sequence[Line], got: Sequence[Line]) -> Iterator[tuple[int | None, int | None]]:
    """Who is to be compared with whom; None: with nobody."""
    # Labels of ids are left out here: one set more at the start must not make strangers of all that follow.
    left, right = ([_LABEL.sub("<id>", line.text()) for line in lines] for lines in (expected, got))
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(range(i1, i2), range(j1, j2), strict=True)
            continue
        rows: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i in range(i1, i2):
            rows[expected[i].topic][0].append(i)
        for j in range(j1, j2):
            rows[got[j].topic][1].append(j)
        for mine, theirs in rows.values():
            if len(mine) == len(theirs):
                yield from zip(mine, theirs, strict=True)
            else:
                yield from _by_time(expected, got, mine, theirs)


def _by_time(
    expected: Sequence[Line], got: Sequence[Line], mine: list[int], theirs: list[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair two runs of one topic of different lengths: each with its nearest, in order."""

    def apart(a: int, b: int) -> float:
        if a >= len(mine) or b >= len(theirs):
            return math.inf
        return abs(expected[mine[a]].t_s - got[theirs[b]].t_s)

    a = b = 0
    while a < len(mine) or b < len(theirs):
        here, skip_mine, skip_theirs = apart(a, b), apart(a + 1, b), apart(a, b + 1)
        if here <= min(NEAR_S, skip_mine, skip_theirs):
            yield mine[a], theirs[b]
            a, b = a + 1, b + 1
        elif b >= len(theirs) or (
            a < len(mine) and _goes_first(expected[mine[a]], got[theirs[b]], skip_mine, skip_theirs)
        ):
            yield mine[a], None
            a += 1
        else:
            yield None, theirs[b]
            b += 1


def _goes_first(mine: Line, theirs: Line, skip_mine: float, skip_theirs: float) -> bool:
    """Of two that are no pair, whether mine stays alone: its successor fits better, or it is simply the earlier one."""
    return skip_mine < skip_theirs if min(skip_mine, skip_theirs) < NEAR_S else mine.t_s < theirs.t_s


# --- comparing ---


class _Comparison:
    """Remembers which `<id n>` of the one list is which of the other: names do not matter, who is named the same does."""

    def __init__(self, tolerance: Mapping[str, float]) -> None:
        self._tolerance = tolerance
        self._there: dict[str, str] = {}
        self._back: dict[str, str] = {}

    def fields(self, expected: Line, got: Line) -> Iterator[Field]:
        """The fields that differ."""
        if not self._same("t", expected.t_s, got.t_s):
            yield Field("t", clock(expected.t_s), clock(got.t_s))
        yield from self._walk("qos", expected.qos, got.qos)
        yield from self._walk("retain", expected.retain, got.retain)
        yield from self._walk("", expected.payload, got.payload)

    def _walk(self, path: str, expected: Any, got: Any) -> Iterator[Field]:
        if isinstance(expected, dict) and isinstance(got, dict):
            for key in expected | got:
                inner = f"{path}.{key}" if path else key
                yield from self._walk(inner, expected.get(key, _ABSENT), got.get(key, _ABSENT))
        elif isinstance(expected, list) and isinstance(got, list):
            for i, (one, other) in enumerate(zip_longest(expected, got, fillvalue=_ABSENT)):
                yield from self._walk(f"{path}[{i}]", one, other)
        elif not self._same(path, expected, got):
            yield Field(path or "payload", _short(expected), _short(got))

    def _same(self, path: str, expected: Any, got: Any) -> bool:
        if isinstance(expected, bool) or isinstance(got, bool):
            return expected is got
        if isinstance(expected, int | float) and isinstance(got, int | float):
            # Whoever edits a golden file by hand writes 65 for 65.0; the last digits of a float are the C library's.
            return math.isclose(expected, got, rel_tol=1e-9, abs_tol=self._allowed(path) + 1e-6)
        if isinstance(expected, str) and isinstance(got, str):
            if _LABEL.fullmatch(expected) and _LABEL.fullmatch(got):
                return self._same_id(expected, got)
            if _TIME.fullmatch(expected) and _TIME.fullmatch(got):
                apart_s = (datetime.fromisoformat(expected) - datetime.fromisoformat(got)).total_seconds()
                return abs(apart_s) <= self._allowed(path)
        return bool(expected == got)

    def _same_id(self, expected: str, got: str) -> bool:
        return self._there.setdefault(expected, got) == got and self._back.setdefault(got, expected) == expected

    def _allowed(self, path: str) -> float:
        plain = _INDEX.sub("", path)
        return next((limit for pattern, limit in self._tolerance.items() if fnmatchcase(plain, pattern)), 0.0)


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        value = value["data"]  # of a record, what it says; its envelope is the same in all of them
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
