"""AcquireNotify: a socket per characteristic, into which its values go instead of into signals.

What the kernel holds for a reader that stalls is a few hundred packets. What does not fit is lost, and nobody is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Acquired:
    """The sockets of one unit, by the path of the characteristic."""

    def __init__(self, closed: Callable[[str], None]) -> None:
        """`closed`: the client has closed its end of this one, or has vanished."""
        self.lost = 0  # values that found the socket full
        self._closed = closed
        self._sockets: dict[str, socket.socket] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._sockets

    def open(self, path: str) -> int:
        """A new socket. The client's end, a file descriptor that the receiver of this number closes."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._sockets[path] = ours
        asyncio.get_running_loop().add_reader(ours, self._readable, path)
        return theirs.detach()

    def send(self, path: str, value: bytes) -> None:
        """One value, one packet."""
        try:
            self._sockets[path].send(value)
        except BlockingIOError:
            self.lost += 1
        except ConnectionError:
            self._hang_up(path)

    def close(self) -> list[str]:
        """The link is gone, and all sockets with it: the paths of those that were open."""
        paths = list(self._sockets)
        for path in paths:
            self._drop(path)
        return paths

    def _readable(self, path: str) -> None:
        """Nobody writes into it: it can be read when its other end is closed."""
        with contextlib.suppress(ConnectionError):
            if self._sockets[path].recv(1):
                return
        self._hang_up(path)

    def _hang_up(self, path: str) -> None:
        self._drop(path)
        self._closed(path)

    def _drop(self, path: str) -> None:
        ours = self._sockets.pop(path)
        asyncio.get_running_loop().remove_reader(ours)  # before it is closed: its number may be somebody else's at once
        ours.close()
