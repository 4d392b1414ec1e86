"""The daemon looked at from outside: what /proc, its /metrics, its journal and the bus say of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

if TYPE_CHECKING:
    from types import TracebackType

HOST = "127.0.0.1"
ANSWER_S = 5.0
LINE = re.compile(r'^(ptdevice_\w+?)(?:\{(?:unit="([^"]*)")?[^}]*\})? (\S+)$', re.MULTILINE)
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


@dataclass(slots=True)
class Sample:
    """One look. A number that could not be had is None, and never 0."""

    at_s: float
    phase: str
    life: int  # of the daemon, from 1
    rss_mb: float | None = None
    pss_mb: float | None = None
    descriptors: int | None = None
    threads: int | None = None
    tasks: int | None = None
    bus_connections: int | None = None
    rows: int | None = None
    undelivered: int | None = None
    online: dict[str, bool] = field(default_factory=dict)
    connects: dict[str, int] = field(default_factory=dict)
    others_mb: dict[str, float | None] = field(default_factory=dict)


def memory_mb(pid: int) -> tuple[float | None, float | None]:
    """Resident memory, and its proportional share where the kernel tells it, in MiB."""
    rss = pss = None
    with contextlib.suppress(OSError):
        rss = _kib(f"/proc/{pid}/status", "VmRSS:")
        pss = _kib(f"/proc/{pid}/smaps_rollup", "Pss:")
    return rss, pss


def _kib(path: str, name: str) -> float | None:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return None


def process_numbers(pid: int) -> tuple[int | None, int | None]:
    """File descriptors and threads."""
    try:
        return len([*Path(f"/proc/{pid}/fd").iterdir()]), len([*Path(f"/proc/{pid}/task").iterdir()])
    except OSError:
        return None, None


async def metrics(port: int) -> dict[tuple[str, str], float]:
    """What the daemon says at /metrics, by name and unit ("" where it is of none); nothing where it does not answer."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = (await reader.read()).decode()
            writer.close()
    except (OSError, TimeoutError):
        return {}
    return {(name, unit): float(value) for name, unit, value in LINE.findall(text)}


def journal_numbers(path: Path) -> tuple[int | None, int | None]:
    """Rows, and those that are not delivered."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as sql:
            (rows,) = sql.execute("SELECT count(*) FROM entry").fetchone()
            (waiting,) = sql.execute("SELECT count(*) FROM entry WHERE state <> 1").fetchone()
    except sqlite3.OperationalError:
        return None, None
    return rows, waiting


class Bus:
    """`async with Bus(address) as bus`: who is connected to a D-Bus."""

    def __init__(self, address: str) -> None:
        self._bus = MessageBus(bus_address=address)

    async def __aenter__(self) -> Self:
        await self._bus.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bus.disconnect()

    async def connections(self, pid: int) -> int | None:
        """How many of them are this process'."""
        try:
            async with asyncio.timeout(ANSWER_S):
                names = [name for name in await self._ask("ListNames") or () if name.startswith(":")]
                owners: list[int | None] = [await self._ask("GetConnectionUnixProcessID", name) for name in names]
        except (OSError, TimeoutError):
            return None
        return owners.count(pid)

    async def _ask(self, member: str, *name: str) -> Any:
        destination, path, interface = BUS
        message = Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature="s" * len(name),
            body=[*name],
        )
        answer = await self._bus.call(message)
        return answer.body[0] if answer.message_type is MessageType.METHOD_RETURN else None  # gone meanwhile
