"""How the gateway does: counters per stage, and one word for all of them. Pure: whoever asks brings the numbers.

A number that stands still while the one of the stage before it grows names the stage that is stuck. `online` means that every
stage can work; `degraded` that some cannot, and the reason says which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ptdevice.errors import HOST_CODES
from ptdevice.latest import StageHealth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.connection import LinkReport
    from ptdevice.latest import AdapterHealth


def verdict(
    *,
    trouble: str | None,
    refused: int,
    reports: Iterable[LinkReport],
    parked: int = 0,
    stuck: Iterable[str] = (),
    adapters: Iterable[AdapterHealth] = (),
) -> tuple[Literal["online", "degraded"], str | None]:
    """The gateway's own state and the reason for it.

    `trouble`: why records cannot be written; `refused`: records lost because they could not be for too long;
    `parked`: records that no broker took; `stuck`: stages that do not get on, and only a new start can mend.
    """
    reasons = [f"{stage}: stuck" for stage in sorted(stuck)]
    if trouble is not None:
        reasons.append(f"journal: {trouble}")
    if refused:
        reasons.append(f"journal: {refused} records were lost since the start")
    if parked:
        reasons.append(f"delivery: {parked} records are parked, `delivery` says why; `resend` tries again")
    broken = [each for each in adapters if each.state == "trouble"]
    reasons += [f"radio: {each.name}: {each.text}. {each.fix}" for each in broken]
    codes = {report.code for report in reports}
    if not broken and codes & HOST_CODES:
        reasons.append("radio: Bluetooth is not available on this host")
    return ("degraded", "; ".join(reasons)) if reasons else ("online", None)


class Stages:
    """Since when each stage is as it is, and when it last got on, from numbers that grow while it does."""

    def __init__(self) -> None:
        self._known: dict[str, StageHealth] = {}
        self._counts: dict[str, float] = {}

    def review(self, now: float, stage: str, count: float, *, trouble: str | None, stuck: bool) -> StageHealth:
        """Look at one: how much it has done so far, what is wrong, and whether it is stuck."""
        state: Literal["ok", "trouble", "stuck"] = "stuck" if stuck else "trouble" if trouble is not None else "ok"
        before = self._known.get(stage)
        moved = count > self._counts.get(stage, 0)
        self._counts[stage] = count
        since = before.since if before is not None and before.state == state else now
        progress = now if moved else before.progress if before is not None else None
        found = self._known[stage] = StageHealth(state, since, progress, trouble)
        return found


class Lag:
    """How late the event loop calls: the longest delay of a wait that should have taken `period_s`, since it was last read."""

    def __init__(self) -> None:
        self._longest = self._scraped = 0.0

    def woke(self, *, due: float, now: float) -> None:
        """A wait that should have ended at `due` ended at `now` (gateway seconds)."""
        self._longest, self._scraped = max(self._longest, now - due), max(self._scraped, now - due)

    def take_ms(self) -> float:
        """The longest since the last call, in ms."""
        longest, self._longest = self._longest, 0.0
        return round(longest * 1e3, 1)

    def scrape_s(self) -> float:
        """The longest since the last call of this, in seconds: for somebody else who reads it."""
        longest, self._scraped = self._scraped, 0.0
        return longest
