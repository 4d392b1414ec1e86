"""The gateway's two clocks: monotonic seconds for logic, wall time for the record, and whether the latter can be trusted.

Many Raspberry Pis have no battery-backed clock and boot with a wrong date. So every record carries both clocks and a flag, and
a wall clock that is set while the daemon runs is reported as a step instead of silently moving what was recorded. So is the
moment from which it can be trusted, or no more: where NTP finds it right, nothing is set, and that is a result too.

NTP slews both clocks alike (clock_gettime(2)), so between two steps their difference is constant; it is taken once and kept
until a step is found. One moment therefore always has one wall time, and a step applies from the record that reports it.
"""

from __future__ import annotations

import ctypes
import functools
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.model import ClockStep
from ptdevice.mqtt.topics import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_S = (
    0.05  # reading two clocks one after the other takes microseconds, or a few ms on a busy machine; this is no reading
)
TIME_ERROR = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"


class Clock:
    """Both clocks. `mono` in s, `wall` in ns since 1970, `synced` asks the operating system."""

    def __init__(
        self, boot_id: str, *, mono: Callable[[], float], wall: Callable[[], int], synced: Callable[[], bool]
    ) -> None:
        self.boot_id = boot_id
        self._mono, self._wall, self._synced = mono, wall, synced
        self._offset_ns = self._difference_ns()
        self._was_synced = synced()

    def stamp(self) -> Stamp:
        """Now, on both clocks."""
        mono_s = self._mono()
        wall_ns = self._offset_ns + round(mono_s * 1e9)
        return Stamp(boot_id=self.boot_id, wall_ns=wall_ns, mono_s=mono_s, synced=self._synced())

    def step(self, at: float) -> ClockStep | None:
        """What became of the wall clock since the last call, at gateway second `at`; None: nothing. From here on it counts."""
        was, synced = self._was_synced, self._synced()
        self._was_synced = synced
        moved = (difference := self._difference_ns()) - self._offset_ns
        if abs(moved) >= STEP_S * 1e9:
            self._offset_ns = difference
            return ClockStep(at, moved / 1e9, synced)
        return None if was == synced else ClockStep(at, 0.0, synced)

    def _difference_ns(self) -> int:
        return self._wall() - round(self._mono() * 1e9)


def host_boot_id() -> str:
    """This boot of the host, within which its monotonic clock is one clock; a random id where the host has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def synchronised() -> bool:
    """Whether the kernel's clock is disciplined by NTP or the like. False where that cannot be known."""
    ask = _ntp_gettime()
    # struct ntptimeval is 72 bytes on 64-bit Linux; only the returned state matters.
    state = TIME_ERROR if ask is None else int(ask(ctypes.create_string_buffer(128)))
    return state not in {TIME_ERROR, -1}


@functools.cache
def _ntp_gettime() -> Callable[..., int] | None:
    try:
        function: Callable[..., int] = ctypes.CDLL(None).ntp_gettime
    except (OSError, AttributeError):
        return None
    return function
