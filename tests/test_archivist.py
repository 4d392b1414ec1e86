"""What a person should know of the journal becomes an alarm, once; and live values never reach the disk."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.journal.scaffold import ForgetfulDisk

from ptdevice import archivist as module
from ptdevice.archivist import Archivist
from ptdevice.errors import JournalError, JournalFullError
from ptdevice.journal.keeper import Notice
from ptdevice.journal.room import Fill
from ptdevice.mqtt.topics import Stamp
from ptdevice.recorder import Recorder
from ptdevice.wearers import Wearers
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from ptdevice.mqtt.topics import Draft, Entry


@dataclass
class Shelf:
    """A journal to look after."""

    used: int = 0
    limit: int | None = 1000
    error: JournalError | None = None
    notices: list[Notice] = field(default_factory=list)
    purges: list[tuple[float | Mapping[str, float], int]] = field(default_factory=list)
    rows: list[Draft] = field(default_factory=list)

    async def append_many(self, drafts: Sequence[Draft], *, deadline_s: float | None) -> list[Entry]:
        if self.error is not None:
            raise self.error
        self.rows += drafts
        return []

    async def purge(self, days: float | Mapping[str, float], now_ns: int) -> int:
        self.purges.append((days, now_ns))
        if self.error is not None:
            raise self.error
        return 0

    async def fill(self) -> Fill:
        return Fill(self.used, self.limit)

    def take_notices(self) -> list[Notice]:
        taken, self.notices = self.notices, []
        return taken

    def alarms(self) -> list[str]:
        return [json.loads(row.data)["code"] for row in self.rows]


class Trail:
    """An audit in which nothing is old."""

    async def purge(self, days: float, now_ns: int, draft: Draft) -> int:
        return 0


def looked_after(shelf: Shelf, story: Callable[[], Awaitable[None]], *, synced: bool = True) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()

        def stamp() -> Stamp:
            return Stamp("boot", round(loop.time() * 1e9), loop.time(), synced)

        recorder = Recorder(shelf, Wearers({}), stamp)
        archivist = Archivist(shelf, recorder, 30, stamp, Trail())

        async def tick() -> None:
            while True:
                archivist.tick(loop.time())
                await asyncio.sleep(1)

        tasks = [asyncio.create_task(each) for each in (recorder.run(), archivist.run(), tick())]
        try:
            await story()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    virtual_time.run(main())


def test_a_journal_that_is_nearly_full_is_one_alarm_until_it_is_so_anew() -> None:
    shelf = Shelf(used=799)

    async def story() -> None:
        await asyncio.sleep(module.ROUND_S + 1)
        assert shelf.alarms() == []
        shelf.used = 800
        await asyncio.sleep(3 * module.ROUND_S)
        assert shelf.alarms() == ["journal_nearly_full"]
        assert "80 % of journal.max_mb" in json.loads(shelf.rows[0].data)["text"]
        shelf.used = 700
        await asyncio.sleep(module.ROUND_S)
        shelf.used = 900
        await asyncio.sleep(module.ROUND_S)
        assert shelf.alarms() == ["journal_nearly_full"] * 2

    looked_after(shelf, story)


def test_a_journal_without_a_ceiling_is_never_nearly_full() -> None:
    shelf = Shelf(used=10**12, limit=None)

    async def story() -> None:
        await asyncio.sleep(1)
        assert shelf.alarms() == []

    looked_after(shelf, story)


def test_what_happened_to_the_file_becomes_an_alarm_with_its_code() -> None:
    shelf = Shelf(notices=[Notice("journal_dropped", "17 of gateway.watch")])

    async def story() -> None:
        await asyncio.sleep(10)
        assert shelf.alarms() == ["journal_dropped"]

    looked_after(shelf, story)


def test_a_disk_in_trouble_is_an_alarm_that_is_kept_with_what_waited_and_not_one_a_try() -> None:
    shelf = Shelf(error=JournalFullError("There is no space left."))

    async def story() -> None:
        shelf.notices = [Notice("something", "to write")]
        await asyncio.sleep(600)
        assert shelf.rows == []
        shelf.error = None
        await asyncio.sleep(10)
        assert shelf.alarms() == ["something", "journal_trouble"]
        assert "There is no space left." in json.loads(shelf.rows[1].data)["text"]

    looked_after(shelf, story)


def test_a_disk_that_stays_in_trouble_is_an_alarm_every_hour() -> None:
    shelf = Shelf(error=JournalFullError("full"), notices=[Notice("something", "to write")])

    async def story() -> None:
        await asyncio.sleep(2.5 * module.TROUBLE_AGAIN_S)
        shelf.error = None
        await asyncio.sleep(10)
        assert shelf.alarms() == ["something"] + ["journal_trouble"] * 3

    looked_after(shelf, story)


def test_what_is_old_is_deleted_every_hour_by_a_clock_that_can_be_trusted() -> None:
    shelf = Shelf()

    async def story() -> None:
        await asyncio.sleep(2 * module.ROUND_S + 1)
        assert [days for days, _ in shelf.purges] == [30] * 3

    looked_after(shelf, story)


def test_nothing_is_deleted_for_its_age_while_the_clock_cannot_be_trusted() -> None:
    shelf = Shelf()

    async def story() -> None:
        await asyncio.sleep(module.ROUND_S + 1)
        assert shelf.purges == []

    looked_after(shelf, story, synced=False)


def test_a_disk_in_trouble_is_looked_after_again_an_hour_later() -> None:
    shelf = Shelf(error=JournalError("broken"))

    async def story() -> None:
        await asyncio.sleep(module.ROUND_S + 1)
        assert len(shelf.purges) == 2

    looked_after(shelf, story)


def test_live_values_never_touch_the_disk(tmp_path: Path) -> None:
    disk = ForgetfulDisk("live")

    async def story(inside: Clinic) -> None:
        await inside.until(lambda: len(inside.heard("/telemetry/motion")) > 10, within_s=60)
        await asyncio.sleep(30)  # what was recorded at the start is marked as sent by now
        before, said = disk.written, len(inside.heard("/telemetry/motion"))
        await asyncio.sleep(600)
        assert len(inside.heard("/telemetry/motion")) - said > 1000
        assert len(inside.heard("/telemetry/heart_rate")) > 500
        assert disk.written == before
        inside.press_up()
        await inside.until(lambda: inside.records("stimulation/segment"), within_s=200)
        assert disk.written > before

    in_virtual_time(story, tmp_path, config=CONFIG.replace('exercise = "sit_up"\n', ""), connect=disk.connect)
