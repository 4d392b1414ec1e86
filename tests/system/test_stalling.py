"""A real stall in a real process ends the feeding of a real socket; a broker that is away does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHILD = Path(__file__).with_name("stalling.py")
PATIENCE_S = 1.5
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[mqtt]
port = 1
[units.chest]
device = "polar"
"""


class Ears:
    """A service manager: what it heard, with the time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    async def next(self, within_s: float) -> str | None:
        """The next datagram; None: there was none in time."""
        try:
            async with asyncio.timeout(within_s):
                return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode()
        except TimeoutError:
            return None

    async def until(self, word: str) -> list[str]:
        """Everything up to the one with this word in it."""
        heard: list[str] = []
        while not heard or word not in heard[-1]:
            said = await self.next(60)
            assert said is not None, f"no {word} after {heard[-3:]}"
            heard.append(said)
        return heard

    def close(self) -> None:
        self._socket.close()


@contextlib.asynccontextmanager
async def child(folder: Path, what: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Ears]]:
    (folder / "ptdevice.toml").write_text(CONFIG)
    ears = Ears(folder / "notify")
    environ = os.environ | {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(round(PATIENCE_S * 1e6))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), str(folder / "ptdevice.toml"), what,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environ,
    )  # fmt: skip
    try:
        yield process, ears
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        ears.close()


async def stall(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"now\n")
    await process.stdin.drain()


async def test_ready_is_said_once_it_is_and_it_is_fed_while_no_broker_is_there(tmp_path: Path) -> None:
    async with child(tmp_path, "nothing") as (_, ears):
        assert (await ears.until("READY=1"))[0].startswith("READY=1\nSTATUS=online; 0 of 1 units online")
        for _ in range(5):  # several times its patience, with nobody at the broker's port
            assert "WATCHDOG=1" in (await ears.next(30) or "")


async def test_a_stuck_loop_is_not_fed(tmp_path: Path) -> None:
    async with child(tmp_path, "loop") as (process, ears):
        await ears.until("WATCHDOG=1")
        await stall(process)
        while await ears.next(3 * PATIENCE_S) is not None:
            pass  # what was said before it stalled
        assert process.returncode is None, "it lives, and is silent: the service manager's turn"


async def test_a_stuck_disk_ends_the_feeding_and_is_named(tmp_path: Path) -> None:
    async with child(tmp_path, "journal") as (process, ears):
        await ears.until("WATCHDOG=1")
        await stall(process)
        heard = await ears.until("stuck")
        assert heard[-1] == "STATUS=stuck: journal"
        assert await ears.next(3 * PATIENCE_S) is None


async def test_an_end_is_said_before_it_comes(tmp_path: Path) -> None:
    async with child(tmp_path, "nothing") as (process, ears):
        await ears.until("READY=1")
        process.send_signal(signal.SIGINT)
        await ears.until("STOPPING=1")
