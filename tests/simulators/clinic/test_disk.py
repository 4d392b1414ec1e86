"""The journal's real thread in turns with the loop, and a disk that survives its process."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import pytest

from ptdevice.errors import JournalError, JournalFullError
from ptdevice.mqtt.topics import Draft, Entry
from ptdevice_sim import virtual_time
from ptdevice_sim.clinic.disk import Disk, TurnJournal
from ptdevice_sim.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

DRAFT = Draft("type", None, None, 0, 0, "boot", "synced", "{}")


def on_a_disk(folder: Path, story: Callable[[Callable[[], TurnJournal], Disk], Awaitable[None]]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        disk, rng = Disk(folder), random.Random(1)  # noqa: S311 - reproducible, not secret
        await story(lambda: TurnJournal(disk, loop, wall=lambda: 0, randbits=rng.getrandbits), disk)

    virtual_time.run(main())


def test_what_is_asked_in_one_breath_shares_one_commit_every_time(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], disk: Disk) -> None:
        async with journal() as open_:
            for _ in range(20):
                before = open_.commits

                async def asks() -> Entry:
                    time.sleep(0.001)  # noqa: ASYNC251 - real time in which a thread that took no turns would begin
                    return await open_.append(DRAFT)

                entries = await asyncio.gather(*(asks() for _ in range(5)))
                assert open_.commits == before + 1
                assert [entry.sequence for entry in entries] == sorted(entry.sequence for entry in entries)
            assert asyncio.get_running_loop().time() == 0.0

    on_a_disk(tmp_path, story)


def test_a_full_disk_takes_nothing_and_can_be_read(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], disk: Disk) -> None:
        async with journal() as open_:
            await open_.append(DRAFT)
            disk.full = True
            with pytest.raises(JournalFullError):
                await open_.append(DRAFT)
            assert len(await open_.read()) == 1
            disk.full = False
            assert (await open_.append(DRAFT)).sequence == 2

    on_a_disk(tmp_path, story)


def test_no_journal_is_made_on_a_full_disk(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], disk: Disk) -> None:
        disk.full = True
        with pytest.raises(JournalFullError):
            async with journal():
                pass
        disk.full = False
        async with journal() as open_:
            assert (await open_.append(DRAFT)).sequence == 1

    on_a_disk(tmp_path, story)


def test_a_killed_journal_leaves_what_was_committed_for_the_next(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], _: Disk) -> None:
        first = journal()
        async with first:
            await first.append(DRAFT)
            waiting = asyncio.ensure_future(first.append(DRAFT))
            await asyncio.sleep(0)  # it is asked, and the thread has not had its turn
            first.kill()
            late = asyncio.ensure_future(first.append(DRAFT))
            async with journal() as second:
                assert [entry.sequence for entry in await second.read()] == [1]
                assert second.epoch == first.epoch
                assert (await second.append(DRAFT)).sequence == 2
            assert not waiting.done()
            for lost in (waiting, late):
                lost.cancel()
                await asyncio.wait([lost])

    on_a_disk(tmp_path, story)


def test_a_kill_leaves_the_write_ahead_log_as_a_dead_process_does(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], disk: Disk) -> None:
        first = journal()
        async with first:
            await first.append(DRAFT)
            first.kill()
        assert len(disk.image()) == 2  # the file, and its log that nobody has put in order

    on_a_disk(tmp_path, story)


def test_a_file_that_is_no_journal_is_told_and_nothing_hangs(tmp_path: Path) -> None:
    async def story(journal: Callable[[], TurnJournal], disk: Disk) -> None:
        disk.path.mkdir()
        with pytest.raises(JournalError):
            async with journal():
                pass
        await asyncio.sleep(10)

    on_a_disk(tmp_path, story)
