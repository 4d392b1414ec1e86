"""What the benchmarks start and look at from outside: the air, the daemon, the forwarder, and what /proc says of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.air import address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
END_S = 10.0


def cpu_s(pid: int) -> float:
    """User and system time of a process so far, in s (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident_mb(pid: int) -> float:
    """Resident memory in MiB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


def proportional_mb(pid: int) -> float:
    """Its share of memory in MiB: what it has for itself, and its part of what it shares."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(lines["Pss"].split()[0]) / 1024


def written_bytes(pid: int) -> int:
    """Bytes that a process has caused to be written to a disk: whole pages of memory, again and again while one fills."""
    return _io(pid, "write_bytes")


def asked_bytes(pid: int) -> int:
    """Bytes that a process has asked to be written, to whatever."""
    return _io(pid, "wchar")


def _io(pid: int, name: str) -> int:
    lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(lines[name])


@contextlib.asynccontextmanager
async def process(*arguments: str, bus: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python of ours, ended when the block ends."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=environ | ({"DBUS_SYSTEM_BUS_ADDRESS": bus} if bus else {}),
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), END_S)
            except TimeoutError:
                child.kill()
                await child.wait()


@dataclass(frozen=True, slots=True)
class Air:
    """The simulated units' process."""

    bus: str
    child: asyncio.subprocess.Process

    async def sent(self, *, silence: bool = False) -> list[int]:
        """Samples sent so far by each sensor; with `silence` they send no more."""
        assert self.child.stdin
        assert self.child.stdout
        self.child.stdin.write(b"\n" if silence else b"?\n")
        await self.child.stdin.drain()
        return [int(count) for count in (await self.child.stdout.readline()).split()]


@contextlib.asynccontextmanager
async def air(sensors: int, frame_samples: int, *, exercising: bool = False) -> AsyncIterator[Air]:
    """Sensors at 100 Hz with so many samples per notification, worn by people who exercise or lie still; one stimulator."""
    what = "exercising" if exercising else "still"
    async with process("-m", "benchmarks.air", str(sensors), str(frame_samples), what) as child:
        assert child.stdout
        yield Air((await child.stdout.readline()).decode().strip(), child)


def write_config(folder: Path, port: int, sensors: int, *, stimulator: bool = True, motion: bool = False) -> Path:
    """A configuration with the addresses of these sensors, so that finding them takes no second look."""
    text = (
        f'[gateway]\nsite = "bench"\nname = "pi"\nsimulated = true\n[journal]\npath = "journal.sqlite"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n'
    )
    for number in range(sensors):
        text += f'[units.sensor-{number}]\ndevice = "polar"\naddress = "{address(number)}"\nexercise = "sit_up"\n'
    text += '[units.back]\ndevice = "beurer_em70"\naddress = "F9:8B:6F:12:EC:AE"\n' if stimulator else ""
    text += "[telemetry]\nmotion = true\n" if motion else ""
    path = folder / "ptdevice.toml"
    path.write_text(text)
    return path
