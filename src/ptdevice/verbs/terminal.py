"""The person at the terminal, asked without a thread, so that Ctrl-C and deadlines end a question as they end everything."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typing import TextIO

LINE = 256  # octets of an answer; the rest of it is the next one
SIX_DIGITS = 6


class Terminal:
    """Whoever sits at standard input. What they are told goes to standard error."""

    can: Literal["KeyboardDisplay", "NoInputNoOutput"] = "KeyboardDisplay"

    def __init__(self, stdin: TextIO) -> None:
        self._fd = stdin.fileno()

    async def agrees(self, number: int | None) -> bool:
        """Whether the unit shows this number; None: whether to pair at all."""
        return await self.says_yes("Pair with it?" if number is None else f"Does the unit show {number:06d}?")

    async def says_yes(self, question: str) -> bool:
        """Anything else is no."""
        return (await self._line(f"{question} [y/N] ")).lower() in {"y", "yes"}

    async def passkey(self) -> int | None:
        """The number that the unit shows; None: nothing was typed."""
        while text := await self._line("Which number does the unit show? "):
            if text.isascii() and text.isdigit() and len(text) <= SIX_DIGITS:
                return int(text)
            print("Six digits, please; an empty line gives up.", file=sys.stderr)
        return None

    def shows(self, number: int) -> None:
        """Show this number, which is to be typed at the unit."""
        print(f"Type {number:06d} at the unit.", file=sys.stderr)

    async def _line(self, prompt: str) -> str:
        """What is typed from now on, without what was typed before: that was no answer to this."""
        if os.isatty(self._fd):
            termios.tcflush(self._fd, termios.TCIFLUSH)
        print(prompt, end="", file=sys.stderr, flush=True)
        loop, typed = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._fd, typed.set)
        try:
            await typed.wait()
        except asyncio.CancelledError:
            print(file=sys.stderr)  # the question stands alone, and what comes does not go on behind it
            raise
        finally:
            loop.remove_reader(self._fd)
        try:
            return os.read(self._fd, LINE).decode(errors="replace").strip()
        except OSError:
            return ""  # the terminal has gone


class Nobody:
    """Pairing without a person, where the unit allows that: nobody compares anything, and so nobody in between is noticed."""

    can: Literal["KeyboardDisplay", "NoInputNoOutput"] = "NoInputNoOutput"

    async def agrees(self, number: int | None) -> bool:
        """To what was asked for; not to a number that nobody has compared."""
        return number is None

    async def says_yes(self, question: str) -> bool:  # noqa: ARG002 - whatever it is
        """--yes."""
        return True

    async def passkey(self) -> int | None:
        """There is nobody to see one."""
        return None

    def shows(self, number: int) -> None:
        """Nobody would see it."""


def person(*, yes: bool) -> Terminal | Nobody:
    """Who can be asked. Raises PtdeviceError: nobody is there, and nobody said that this is all right."""
    from ptdevice.errors import PtdeviceError  # noqa: PLC0415 - as everything in the verbs

    if yes:
        return Nobody()
    if sys.stdin is None or not sys.stdin.isatty():
        raise PtdeviceError("there is no terminal to ask at; --yes goes on without asking")
    return Terminal(sys.stdin)
