"""A key beside a unit: one press of a Linux input device is somebody's act at the place where the unit is.

A GPIO button becomes one by `dtoverlay=gpio-key`, a USB button by itself. What is read are the kernel's own events
(`struct input_event` of <linux/input.h>; Documentation/input/input.rst): only a press counts, neither its release nor the
repeats of a key that is held, because a thing that lies on a key is no act. The events that waited before anybody listened are
thrown away.

A device that is not there, or goes away, is looked for again whenever somebody asks whether it is there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

# A time of two longs, then type, code and value: 24 octets where a long has 64 bits, 16 where it has 32.
EVENT = struct.Struct("llHHi")
EV_KEY, PRESSED = 0x01, 1
LARGEST_READ = EVENT.size * 64


class Key:
    """One input device. `pressed()` is called on the loop, once for each press."""

    def __init__(self, path: Path, pressed: Callable[[], None]) -> None:
        self._path, self._pressed = path, pressed
        self._file: int | None = None
        self._half = b""  # of an event; a device gives whole ones, a pipe may not

    def trouble(self) -> str | None:
        """Why no press can be heard; None: it can. Looks for a device that was not there."""
        if self._file is not None:
            return None
        try:
            # Without waiting: on a device of the wrong kind an open may take for ever.
            self._file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            return f"the key {self._path} cannot be heard: {error.strerror}"
        self._half = b""
        self._take()  # what was pressed before is no answer to anything
        if self._file is None:
            return f"the key {self._path} cannot be heard: there is nothing behind it"
        asyncio.get_running_loop().add_reader(self._file, self._heard)
        return None

    def close(self) -> None:
        """Listen no more."""
        file, self._file = self._file, None
        if file is not None:
            asyncio.get_running_loop().remove_reader(file)
            os.close(file)

    def _heard(self) -> None:
        data = self._half + self._take()
        whole = len(data) - len(data) % EVENT.size
        self._half = data[whole:]
        for _, _, kind, _, value in EVENT.iter_unpack(data[:whole]):
            if (kind, value) == (EV_KEY, PRESSED):
                self._pressed()

    def _take(self) -> bytes:
        """What there is to read. The device is given up where it is gone."""
        assert self._file is not None
        try:
            data = os.read(self._file, LARGEST_READ)
        except BlockingIOError:
            return b""
        except OSError as error:  # ENODEV: it was pulled out
            log.warning("the key %s is gone: %s", self._path, error.strerror)
            data = b""
        if not data:
            self.close()
        return data
