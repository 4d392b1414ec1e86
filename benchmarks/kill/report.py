"""Many falls as a table: per case and device how many stopped, how fast, and what stop-all said of them."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.kill import whole
from benchmarks.kill.trial import CASES, SILENT_S, UNATTENDED, UNITS, Fall
from ptdevice.devices import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HEADER = (
    "| what happens | device | times | at zero | p50 | max | `stop-all` says |",
    "|---|---|---|---|---|---|---|",
)


def save(path: Path, falls: Iterable[Fall]) -> None:
    """Add these to a file of falls."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(fall)) + "\n" for fall in falls)


def load(paths: Iterable[Path]) -> list[Fall]:
    """Falls of several pieces."""
    return [Fall(**json.loads(line)) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def table(falls: list[Fall]) -> Iterator[str]:
    """Markdown."""
    yield from HEADER
    for case, what in _cases():
        for device in UNITS:
            some = [fall for fall in falls if (fall.case, fall.device) == (case, device)]
            if some:
                yield _row(what, device, some)


def _cases() -> list[tuple[str, str]]:
    cases = [(case, does.__doc__ or case) for case, does in CASES.items()]
    return cases + [(f"{whole.WHOLE}{case}", f"whole daemon: {does.__doc__}") for case, does in whole.CASES.items()]


def summary(falls: list[Fall]) -> Iterator[str]:
    """The same in short, a row for each death: how many of how many were at zero, after how long (median, longest)."""
    yield f"| what happens | {' | '.join(UNITS)} |"
    yield "|---" * (1 + len(UNITS)) + "|"
    for case, what in _cases():
        of_case = [fall for fall in falls if fall.case == case]
        if of_case:
            cells = (_cell(device, [fall for fall in of_case if fall.device == device]) for device in UNITS)
            yield f"| {what.rstrip('.')} | {' | '.join(cells)} |"


def _cell(device: str, some: list[Fall]) -> str:
    times = sorted(fall.seconds for fall in some if fall.seconds is not None)
    if not some:
        return "is refused"
    if not times:
        return f"0 of {len(some)}: {_goes_on(device)}"
    return f"{len(times)} of {len(some)}, {statistics.median(times):.2f} s, {times[-1]:.2f} s"


def _row(what: str, device: str, some: list[Fall]) -> str:
    times = sorted(fall.seconds for fall in some if fall.seconds is not None)
    fell = f"{len(times)} of {len(some)}"
    p50, longest = (f"{statistics.median(times):.2f} s", f"{times[-1]:.2f} s") if times else ("", _goes_on(device))
    if 0 < len(times) < len(some):
        longest += f"; the others: {_goes_on(device)}"
    said = ", ".join(
        f"{said} {count}" for said, count in Counter(fall.said for fall in some if fall.said).most_common()
    )
    return f"| {what.rstrip('.')} | {device} | {len(some)} | {fell} | {p50} | {longest} | {said.lower()} |"


def _goes_on(device: str) -> str:
    facts = CATALOGUE[device].commanding
    assert facts is not None
    if facts.timer_s is None:
        return f"still on after {SILENT_S:g} s"
    return f"goes on until its own timer ends: {facts.timer_s[1] // 60} min at most"


def unstoppable(falls: list[Fall]) -> Iterator[str]:
    """In words: which devices nothing stops once nobody is left, by what was seen."""
    for device in UNITS:
        alone = [fall for fall in falls if fall.device == device and fall.case in UNATTENDED]
        if any(fall.seconds is None for fall in alone):
            yield f"{device}: cannot be stopped when nobody is left to reach it; it {_goes_on(device)}."
