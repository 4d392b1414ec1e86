"""A wired key, with the kernel's own octets through a pipe that stands for the input device.

What this does not prove: that a GPIO button makes such events on a given board, and what a device does when it is pulled out
(a pipe whose writer is gone says "end", a device ENODEV).
"""

from __future__ import annotations

import asyncio
import os
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ptdevice.keys import EVENT, Key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# What a Raspberry Pi 4 (64 bit) and any x86-64 host send for one press and one release of KEY_ENTER, by the layout in
# <linux/input.h>: seconds and microseconds (8 octets each), type, code, value, and a synchronisation after each.
PRESS = bytes.fromhex(
    "5bd9c36700000000 a60b030000000000 0100 1c00 01000000 5bd9c36700000000 a60b030000000000 0000 0000 00000000"
)
RELEASE = bytes.fromhex(
    "5bd9c36700000000 d2e1040000000000 0100 1c00 00000000 5bd9c36700000000 d2e1040000000000 0000 0000 00000000"
)
REPEAT = bytes.fromhex(
    "5bd9c36700000000 d2e1060000000000 0100 1c00 02000000 5bd9c36700000000 d2e1060000000000 0000 0100 00000000"
)


class Pressed:
    """Counts."""

    def __init__(self) -> None:
        self.times = 0
        self._said = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._said.set()

    async def heard(self) -> None:
        async with asyncio.timeout(5):
            await self._said.wait()
        self._said.clear()


@asynccontextmanager
async def key(folder: Path, waiting: bytes = b"") -> AsyncIterator[tuple[Key, Pressed, int]]:
    """A key that is listened to, and the other end of it."""
    path, pressed = folder / "event3", Pressed()
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(writer, waiting)
    heard = Key(path, pressed)
    assert heard.trouble() is None
    try:
        yield heard, pressed, writer
    finally:
        heard.close()
        os.close(writer)


async def test_an_event_has_24_octets_where_a_long_has_64_bits() -> None:
    assert EVENT.size == 2 * struct.calcsize("l") + 8


async def test_one_press_is_one_press_and_its_release_and_repeats_are_none(tmp_path: Path) -> None:
    async with key(tmp_path) as (_, pressed, writer):
        os.write(writer, PRESS + REPEAT * 5 + RELEASE)
        await pressed.heard()
        os.write(writer, PRESS)
        await pressed.heard()
        assert pressed.times == 2


async def test_an_event_in_two_pieces_is_one(tmp_path: Path) -> None:
    async with key(tmp_path) as (_, pressed, writer):
        os.write(writer, PRESS[:30])
        await pressed.heard()
        os.write(writer, PRESS[30:] + PRESS)
        await pressed.heard()
        assert pressed.times == 2


async def test_what_was_pressed_before_anybody_listened_is_thrown_away(tmp_path: Path) -> None:
    async with key(tmp_path, waiting=PRESS * 3) as (_, pressed, writer):
        os.write(writer, PRESS)
        await pressed.heard()
        assert pressed.times == 1


async def test_a_device_that_is_not_there_is_told_and_found_once_it_is(tmp_path: Path) -> None:
    pressed = Pressed()
    missing = Key(tmp_path / "event3", pressed)
    why = missing.trouble()
    assert why is not None
    assert "No such file" in why
    os.mkfifo(tmp_path / "event3")
    writer = os.open(tmp_path / "event3", os.O_RDWR | os.O_NONBLOCK)
    assert missing.trouble() is None
    os.write(writer, PRESS)
    await pressed.heard()
    missing.close()
    os.close(writer)


async def test_a_device_that_goes_away_is_given_up_and_looked_for_again(tmp_path: Path) -> None:
    async with key(tmp_path) as (heard, pressed, writer):
        os.write(writer, PRESS)
        await pressed.heard()
        (tmp_path / "event3").unlink()
        heard.close()
        why = heard.trouble()
        assert why is not None
        assert "cannot be heard" in why
