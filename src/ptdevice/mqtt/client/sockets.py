"""The socket that the MQTT library reads from, a byte here and two bytes there: it asks the kernel once for all that has come.

An acknowledgement of four bytes costs the library four calls to `recv`. While an outage is drained those system calls were a
sixth of the time of the whole daemon.
"""

from __future__ import annotations

import socket

AT_ONCE = 65_536  # bytes


class BufferedSocket(socket.socket):
    """Non-blocking, for a reader that asks `held` before it waits for the kernel again."""

    _ahead = b""

    @property
    def held(self) -> int:
        """Bytes that have come and were not asked for yet; the event loop knows nothing of them."""
        return len(self._ahead)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive, as a socket does."""
        if not self._ahead:
            self._ahead = super().recv(AT_ONCE, flags)
        data, self._ahead = self._ahead[:bufsize], self._ahead[bufsize:]
        return data
