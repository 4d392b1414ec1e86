"""What systemd wants to hear of a service (sd_notify(3)): one datagram per word, to the socket that it names. No library.

Nothing here raises once it is made: a service manager that does not listen is no reason for a gateway to fail.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Systemd:
    """The one that `environ` names, if it names one. `pid` is this process."""

    def __init__(self, environ: Mapping[str, str], pid: int) -> None:
        self.watchdog_s = watchdog_s(environ, pid)
        self._address: str | None = None
        name = environ.get("NOTIFY_SOCKET", "")
        if name.startswith("/"):
            self._address = name
        elif name.startswith("@"):
            self._address = "\0" + name[1:]  # Linux's abstract names (unix(7))
        elif name:
            log.warning("NOTIFY_SOCKET is neither a path nor an abstract name, so the service manager is told nothing")
        self._failed = False

    def tell(self, *words: str) -> None:
        """Send these, one per line. Never waits."""
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as plug:
                plug.setblocking(False)
                plug.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            # Told once: what comes every few seconds would fill the log.
            log.log(logging.DEBUG if self._failed else logging.WARNING, "the service manager was not told: %s", error)
            self._failed = True
        else:
            self._failed = False


def status(text: str) -> str:
    """A line for people, as `systemctl status` shows it."""
    return "STATUS=" + " ".join(text.split())


def patience(seconds: float) -> str:
    """That starting takes so much longer from now on (sd_notify(3), EXTEND_TIMEOUT_USEC)."""
    return f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}"


def watchdog_s(environ: Mapping[str, str], pid: int) -> float | None:
    """After how long a silence this process is killed (sd_watchdog_enabled(3)); None: it is not."""
    microseconds, whom = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if whom and whom != str(pid):
        return None
    return int(microseconds) / 1e6 if microseconds.isascii() and microseconds.isdigit() and int(microseconds) else None
