"""What bluetoothd sends, in order, and never more than the socket takes.

dbus-fast (5.2) takes a full socket for a broken one and gives the connection up. So messages wait here, and the kernel's
queue is looked at before each is handed on.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import termios
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

HIGH_WATER = 60_000  # octets, as the kernel counts them; a Unix socket takes about 200 000 by default
RETRY_S = 0.001


class Outlet:
    """The one way out. It is not bounded: a test that outruns the bus for long has asked for it."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        assert bus._fd is not None  # noqa: SLF001 - dbus-fast does not show its socket
        self._socket = bus._fd  # noqa: SLF001
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        self._retry: asyncio.TimerHandle | None = None
        self._room = array.array("i", [0])

    def send(self, message: Message) -> None:
        """Send after everything that was sent before."""
        self._waiting.append(message)
        if self._retry is None:
            self._pump()

    def close(self) -> None:
        """Nothing more goes out."""
        for message in self._waiting:
            _close_descriptors(message)
        self._waiting.clear()
        if self._retry is not None:
            self._retry.cancel()

    def _pump(self) -> None:
        self._retry = None
        while self._waiting and self._bus.connected:
            fcntl.ioctl(self._socket, termios.TIOCOUTQ, self._room)
            if self._room[0] > HIGH_WATER:
                self._retry = self._loop.call_later(RETRY_S, self._pump)
                return
            message = self._waiting.popleft()
            sent = self._bus.send(message)
            if message.unix_fds:
                sent.add_done_callback(lambda _, message=message: _close_descriptors(message))  # type: ignore[misc]
            if not sent.done():
                sent.add_done_callback(_look)


def _look(sent: asyncio.Future[None]) -> None:
    """Take note of a failure, which is that the bus is gone; whoever must know hears it from the bus."""
    if not sent.cancelled():
        sent.exception()


def _close_descriptors(message: Message) -> None:
    """The receiver has descriptors of its own."""
    for descriptor in message.unix_fds:
        os.close(descriptor)
