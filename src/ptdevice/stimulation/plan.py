"""What goes into a commanded session, and what is owed by it to the world. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.model import Audit, Wish
from ptdevice.stimulation.commanded import BEAT_S, BEATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptdevice.model import Decision, Record
    from ptdevice.stimulation.guard import Ceiling, Guard


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a unit matters here. `timer_s`: what its own timer can be set to, where it has one that can be set.

    `silent_s` is after how long without a word the unit counts as lost.
    """

    refresh_s: float
    silent_s: float = BEAT_S * BEATS
    local_key: bool = False
    channels: Sequence[str] = ()
    timer_s: tuple[int, int] | None = None

    def timer(self, left_s: float) -> int | None:
        """What the unit's own timer is to be set to with so much left: never more. None: it cannot be set so."""
        if self.timer_s is None:
            return None
        low, high = self.timer_s
        timer_s = min(int(left_s), high)
        return timer_s if low <= timer_s and low < high else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for and may be: the guard with all its rings, the level, and how the unit is told.

    `stands()` raises RefusedError where something has changed since it was made.
    """

    guard: Guard
    level: int
    channel: str | None = None
    sessions_today: int = 0
    programme: str | None = None
    rate_hz: float | None = None
    pulse_us: float | None = None
    stands: Callable[[], None] = lambda: None

    def begin(self, now: float) -> Guard:
        """The guard of a session that begins now, by an act at the unit. Raises RefusedError where it may no longer."""
        self.stands()
        return self.guard.begin(now, self.sessions_today)

    def ceiling(self) -> Ceiling:
        """The highest level that is admitted now."""
        return self.guard.ceiling(self.channel, self.rate_hz, self.pulse_us)

    def wish(self, level: int, timer_s: int | None) -> Wish:
        """This level, as the unit is told it."""
        return Wish(level, self.channel, self.programme, self.rate_hz, self.pulse_us, timer_s)


@dataclass(frozen=True, slots=True)
class Armed:
    """The answer to whoever armed: the session, the token that controls it, and what it was limited to, by whom."""

    session_id: str
    token: str
    level: int
    limiting: tuple[str, ...]


@dataclass(slots=True)
class Owed:
    """What is to be done outside: `halt` first of all, then what is to be kept."""

    halt: bool = False
    records: list[Record] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)

    def take(self) -> Owed:
        """All of it; it is owed no more."""
        taken = Owed(self.halt, self.records, self.audits)
        self.halt, self.records, self.audits = False, [], []
        return taken

    def audit(
        self,
        at: float,
        action: str,
        decision: Decision,
        rule: str | None,
        by: Mapping[str, str],
        reasons: tuple[str, ...] = (),
        session: tuple[str, bool] | None = None,
    ) -> None:
        """A decision to be kept. `by` tells the `actor` and the `channel`; where nobody asked, it was the gateway.

        `session` is its id, and whether limits in mA applied.
        """
        actor, channel = by.get("actor", "gateway"), by.get("channel", "system")
        session_id, electrical = session or (None, None)
        self.audits.append(Audit(at, actor, channel, action, decision, rule, reasons, electrical, session_id))


def demand(holds: bool, rule: str, detail: str) -> None:  # noqa: FBT001 - it is what is demanded
    """Refuse a wish unless this holds."""
    if not holds:
        raise RefusedError(rule, detail)
