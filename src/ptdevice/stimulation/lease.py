"""Who controls a session, and until when: a token that fences others off, and one absolute deadline. Pure.

A flag that a timer looks at and clears takes up to twice the promised time. A deadline does not: silence ends the session
at the moment that was promised when the controller was last heard.
"""

from __future__ import annotations

import hmac
from math import inf


class Lease:
    """Of one session. `lease_s` None: it never passes, and the token alone tells who may ask for more."""

    def __init__(self, token: str, lease_s: float | None, now: float) -> None:
        self.token = token
        self._lease_s = lease_s
        self.until = inf if lease_s is None else now + lease_s

    def is_held_by(self, token: str) -> bool:
        """Whether this is the controller's token."""
        return hmac.compare_digest(self.token.encode(), token.encode())

    def hold(self, now: float) -> bool:
        """The controller was heard: a new deadline. False: it has passed already, and nothing brings it back."""
        if self.passed(now):
            return False
        if self._lease_s is not None:
            self.until = now + self._lease_s
        return True

    def passed(self, now: float) -> bool:
        """Whether the controller was silent for too long."""
        return now >= self.until
