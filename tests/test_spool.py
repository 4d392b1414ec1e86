"""Lines on their way to the disk."""

from __future__ import annotations

import asyncio
import errno
import io
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ptdevice.errors import TapeError
from ptdevice.spool import Spool, new_file

if TYPE_CHECKING:
    from pathlib import Path

LINES = [b"line %d\n" % number for number in range(1000)]


async def test_every_line_is_in_the_file_in_order(tmp_path: Path) -> None:
    async with new_file(tmp_path / "t") as spool:
        for line in LINES[:500]:
            spool.put(line)
        await spool.flush()
        for line in LINES[500:]:
            spool.put(line)
    assert (tmp_path / "t").read_bytes() == b"".join(LINES)
    assert (spool.lines, spool.octets) == (1000, len(b"".join(LINES)))


async def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("precious")
    with pytest.raises(TapeError, match="is there already, and is not overwritten"):
        async with new_file(tmp_path / "t"):
            pass
    assert (tmp_path / "t").read_text() == "precious"


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="No such file or directory"):
        async with new_file(tmp_path / "no" / "t"):
            pass


@pytest.mark.parametrize("lines", [[], LINES])
async def test_without_lines_no_file_stays(tmp_path: Path, lines: list[bytes]) -> None:
    async with new_file(tmp_path / "t") as spool:
        for line in lines:
            spool.put(line)
        spool.discard()
    assert not (tmp_path / "t").exists()


async def test_what_was_put_is_kept_when_the_recording_fails(tmp_path: Path) -> None:
    async def failing() -> None:
        async with new_file(tmp_path / "t") as spool:
            spool.put(LINES[0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert (tmp_path / "t").read_bytes() == LINES[0]


class Slow(io.BytesIO):
    """A disk that does not answer until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()

    def write(self, data: Any, /) -> int:
        assert self.may.wait(10)
        return super().write(data)


async def test_a_slow_disk_delays_nobody_and_what_waits_is_bounded(tmp_path: Path) -> None:
    disk = Slow()
    spool = Spool(tmp_path / "t", disk, waiting_max=30)
    for line in LINES[:2]:
        spool.put(line)
    flushing = asyncio.create_task(spool.flush())
    await asyncio.sleep(0)
    for line in LINES[2:6]:
        spool.put(line)  # two of these fit: what is being written still counts
    disk.may.set()
    await flushing
    with pytest.raises(TapeError, match="does not keep up; the tape is good up to there"):
        await spool.flush()
    assert disk.getvalue() == b"".join(LINES[:4])
    assert spool.lines == 4


class Full(io.BytesIO):
    """A disk without space."""

    def write(self, data: Any, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "t", Full())
    spool.put(LINES[0])
    with pytest.raises(TapeError, match="No space left on device"):
        await spool.run()
