"""What was asked for, what was decided about it, and why. No free text about a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What became of a wish."""

    ALLOWED = "allowed"
    CLAMPED = "clamped"  # allowed, but less of it
    DENIED = "denied"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Audit:
    """One decision about stimulation. `channel` is the way it came: mqtt, cli, unit (a key on it), system.

    `actor` is whoever asked, as named by the transport; `rule` the stable name of what decided, `reasons` every ring that
    limited it, strictest first; `electrical` tells whether limits in mA applied, or the unit's own levels only.

    One of its kind signs off what is no longer in the trail: `erased` are the numbers (as `3-17,20`), `first_hash` and
    `last_hash` the links of the first and the last of them.
    """

    at: float
    actor: str
    channel: str
    action: str
    decision: Decision
    rule: str | None = None
    reasons: tuple[str, ...] = ()
    electrical: bool | None = None
    session_id: str | None = None
    erased: str | None = None
    first_hash: str | None = None
    last_hash: str | None = None
