"""The sessions of one person of late: how many today, and when the last one was over. A restart forgets nothing of it.

A session counts from the moment that it was allowed to begin, whether or not its end was ever recorded, and whoever began it:
what was observed only counts as what was commanded does. Where it cannot be known when it was, the strictest is taken: it was
today, and is just over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


@dataclass(slots=True)
class _Session:
    began_ns: int | None
    seen_ns: int | None


class History:
    """`day` tells on which day a moment (ns since 1970) was, where the person lives."""

    def __init__(self, day: Callable[[int], date]) -> None:
        self._day = day
        self._sessions: dict[str, _Session] = {}

    def saw(self, session_id: str, wall_ns: int | None) -> None:
        """Something of this session was at this time; None: nobody knows when."""
        known = self._sessions.get(session_id)
        if known is None:
            self._sessions[session_id] = _Session(wall_ns, wall_ns)
        elif wall_ns is None or known.began_ns is None or known.seen_ns is None:
            self._sessions[session_id] = _Session(None, None)
        else:
            known.began_ns, known.seen_ns = min(known.began_ns, wall_ns), max(known.seen_ns, wall_ns)

    def today(self, now_ns: int) -> int:
        """Sessions that began today, or of which it is not known that they did not."""
        today = self._day(now_ns)
        return sum(each.began_ns is None or self._day(each.began_ns) >= today for each in self._sessions.values())

    def since_last_s(self, now_ns: int) -> float | None:
        """Seconds since the last one was over; None: there was none. One of unknown time, or of the future, is just over."""
        if not self._sessions:
            return None
        ends = [now_ns if each.seen_ns is None else each.seen_ns for each in self._sessions.values()]
        return max(now_ns - max(ends), 0) / 1e9

    def forget(self, before_ns: int) -> None:
        """Leave out what was over before."""
        self._sessions = {
            name: each for name, each in self._sessions.items() if each.seen_ns is None or each.seen_ns >= before_ns
        }
