"""Light and sound beside the gateway, for who does not look at a screen. Neither may hold anything up, or fail loudly.

A light is one of the kernel's LEDs (`/sys/class/leds/...`), which also a GPIO pin can be. It is set to blink by the kernel's
own `timer`, so it goes on blinking when this program does not; where a LED has no timer, it is on. A sound is a command.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

SOUND_S = 10.0  # a sound that takes longer is ended


class Light:
    """A LED at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.failures = 0
        self._folder = folder

    async def show(self, *, on: bool) -> None:
        """Blink, or be dark."""
        try:
            await asyncio.to_thread(self._set, on=on)
        except OSError as error:
            self.failures += 1
            log.warning("the alarm light %s cannot be set: %s", self._folder, error.strerror or error)

    def _set(self, *, on: bool) -> None:
        trigger = self._folder / "trigger"
        blinks = trigger.exists() and "timer" in trigger.read_text(encoding="ascii")
        if trigger.exists():
            trigger.write_text("timer" if on and blinks else "none", encoding="ascii")
        if not (on and blinks):
            (self._folder / "brightness").write_text("1" if on else "0", encoding="ascii")


class Sound:
    """A command, with its arguments."""

    def __init__(self, command: Sequence[str], *, longest_s: float = SOUND_S) -> None:
        self.failures = 0
        self._command, self._longest_s = tuple(command), longest_s

    async def play(self) -> None:
        """Once."""
        nothing = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=nothing, stdout=nothing, stderr=nothing
            )
        except OSError as error:
            self._failed(error.strerror or str(error))
            return
        try:
            async with asyncio.timeout(self._longest_s):
                code = await process.wait()
        except TimeoutError:
            self._failed(f"it took longer than {self._longest_s:g} s")
        else:
            if code:
                self._failed(f"it ended with {code}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _failed(self, why: str) -> None:
        self.failures += 1
        log.warning("the alarm sound %s cannot be played: %s", self._command[0], why)
