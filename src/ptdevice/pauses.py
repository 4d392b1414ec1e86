"""How long a connection waits before it tries again: growing, jittered, and no longer than what went wrong deserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.errors import HOST_CODES

if TYPE_CHECKING:
    import random

    from ptdevice.errors import Code

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
HOST_PAUSE_S = 5.0  # a try on an adapter that is off costs nothing
NEAR_PAUSE_S = (
    15.0  # it is there and somebody waits for it; that it does not cost the others their turns, the breaker sees to
)
SPOKE_PAUSE_S = 4.0  # it connects and speaks: nothing is to be gained by waiting
SLOW_PAUSE_S = 30.0  # for what will not mend by itself
STABLE_S = 60.0  # a link that lived this long has earned a quick retry

NEAR_CODES: frozenset[Code] = frozenset({"connect_failed", "link_lost", "backing_off"})
SLOW_CODES: frozenset[Code] = frozenset({"foreign_unit", "internal_error"})


class Pauses:
    """Of one unit."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._pause = FIRST_PAUSE_S

    def after(self, code: Code, *, spoke: bool, lived_s: float) -> float:
        """Seconds until the next try; `spoke`: the unit did on this link, which lived for `lived_s` (0: there was none)."""
        if lived_s >= STABLE_S:
            self._pause = FIRST_PAUSE_S
        elif spoke and code == "link_lost":
            self._pause = min(self._pause, SPOKE_PAUSE_S)
        pause, longest = self._pause, _longest(code)
        self._pause = min(pause * 2, max(pause, longest))
        wait = max(pause, SLOW_PAUSE_S) if code in SLOW_CODES else min(pause, longest)
        # Full jitter between half and all of it, so that units that were lost together do not come back together.
        return wait * self._rng.uniform(0.5, 1.0)


def _longest(code: Code) -> float:
    return HOST_PAUSE_S if code in HOST_CODES else NEAR_PAUSE_S if code in NEAR_CODES else LONGEST_PAUSE_S
