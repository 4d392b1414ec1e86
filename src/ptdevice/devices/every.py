"""What is asked again and again, on a schedule."""

from __future__ import annotations


class Every:
    """Due first `after_s` from when it is first asked about, and then every `period_s`. A stall is not made up for."""

    def __init__(self, period_s: float, *, after_s: float = 0.0) -> None:
        self._period_s, self._after_s = period_s, after_s
        self._at: float | None = None

    def is_due(self, now: float) -> bool:
        """Whether it is time; if so, the next time is the next of the schedule that is still to come."""
        if self._at is None:
            self._at = now + self._after_s
        if now < self._at:
            return False
        self._at += self._period_s * ((now - self._at) // self._period_s + 1)
        return True
