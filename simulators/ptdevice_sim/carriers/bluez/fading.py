"""Temporary devices: what nobody links and nobody hears any more is forgotten after a while."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Fading:
    """The time until one device is forgotten."""

    def __init__(self, faded: Callable[[], None]) -> None:
        self._faded = faded
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float | None) -> None:
        """From now on, anew; None: never."""
        self.stop()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._faded)

    def stop(self) -> None:
        """It does not fade."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
