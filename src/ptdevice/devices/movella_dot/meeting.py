"""Where units that are to share a clock are brought together: none may leave before all can be told.

Synchronising, units hear each other while none of them has a link. So each one's codec, whenever it is asked what is due, says
here that it has a link and how it stands. Once all are there, and at least one wants it, all are called; each takes its leave
within the next second, and comes back on its own. One object for all connections of these units. Pure.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PRESENT_S = 3.0  # a codec is asked once a second
CALL_S = 5.0  # for so long a call is heard; how far apart units may begin is not published


class Standing(Enum):
    """How a unit stands to synchronising."""

    WILLING = auto()  # it is not synchronised, and it was not tried
    SYNCHRONISED = auto()
    FAILED = auto()  # it was tried in vain, since the unit was switched on


class Meeting:
    """Of these units, by address. `root` is the one whose clock is shared."""

    def __init__(self, root: str, members: Iterable[str]) -> None:
        self.root = root
        self._members = frozenset(members)
        self._seen: dict[str, tuple[float, Standing]] = {}
        self._called_at = float("-inf")
        self._gone: set[str] = set()

    def called(self, member: str, standing: Standing, now: float) -> bool:
        """To be asked whenever `member` has a link and could go. True: go now. Once per call."""
        self._seen[member] = now, standing
        if now - self._called_at >= CALL_S:
            if not self._all_here(now):
                return False
            self._called_at = now
            self._gone.clear()
        if member in self._gone:
            return False
        self._gone.add(member)
        return True

    def _all_here(self, now: float) -> bool:
        here = [standing for at, standing in self._seen.values() if now - at < PRESENT_S]
        return len(here) == len(self._members) and Standing.FAILED not in here and Standing.WILLING in here
