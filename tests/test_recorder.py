"""Records go to the disk in order, whatever the disk does; and nobody who hears a unit ever waits for it."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.journal.scaffold import journal

from ptdevice import recorder as module
from ptdevice.errors import JournalError, JournalFullError
from ptdevice.journal.trail import Trail
from ptdevice.model import Alarm, Audit, ClockStep, Decision, Gap, Watch
from ptdevice.mqtt.topics import Draft, Entry, Stamp
from ptdevice.recorder import Recorder
from ptdevice.wearers import Wearers
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

    import pytest


@dataclass
class Disk:
    """A journal that can be in trouble, or slow."""

    rows: list[Draft] = field(default_factory=list)
    error: JournalError | None = None
    takes_s: float = 0.0

    async def append_many(self, drafts: Sequence[Draft], *, deadline_s: float | None) -> list[Entry]:
        assert deadline_s is None  # a commit that was given up may still be kept
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.rows.extend(drafts)
        return []

    def texts(self) -> list[str]:
        return [row.data for row in self.rows]


def stamp() -> Stamp:
    now = asyncio.get_running_loop().time()
    return Stamp("boot", 1_790_000_000_000_000_000 + round(now * 1e9), now, synced=True)


def alarm(text: str, at: float = 1.0) -> Alarm:
    return Alarm(at, "test", text)


async def with_recorder(_disk: object, story: Coroutine[None, None, None], recorder: Recorder) -> None:
    task = asyncio.create_task(recorder.run())
    try:
        await story
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def test_records_are_kept_in_order_with_their_unit_and_subject() -> None:
    async def story() -> None:
        disk = Disk()
        recorder = Recorder(disk, Wearers({"chest": "k3f7q", "back": None}), stamp)

        async def inside() -> None:
            recorder.keep("chest", [alarm("1"), alarm("2")])
            recorder.keep(None, [ClockStep(1.0, 3.5)])
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert [(row.unit, row.subject) for row in disk.rows] == [("chest", "k3f7q"), ("chest", "k3f7q"), (None, None)]
        assert '"text":"1"' in disk.texts()[0]
        assert recorder.counters() == {
            "recorder.kept": 3, "recorder.waiting": 0, "recorder.refused": 0, "recorder.malformed": 0
        }  # fmt: skip

    virtual_time.run(story())


def test_a_full_disk_loses_nothing_and_is_told_until_it_mends(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        disk = Disk(error=JournalFullError("There is no space left."))
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            for number in range(300):
                recorder.keep(None, [alarm(str(number))])
                await asyncio.sleep(1)
            assert disk.rows == []
            assert recorder.trouble == "There is no space left."
            disk.error = None
            await recorder.settled()
            assert recorder.trouble is None

        await with_recorder(disk, inside(), recorder)
        assert [f'"text":"{number}"' in text for number, text in enumerate(disk.texts())] == [True] * 300

    with caplog.at_level(logging.WARNING):
        virtual_time.run(story())
    assert [record.getMessage() for record in caplog.records] == [
        "records wait in memory: There is no space left.",
        "records are written again",
    ]


def test_a_record_has_the_time_at_which_it_happened_not_at_which_the_disk_took_it() -> None:
    async def story() -> None:
        disk = Disk(error=JournalError("locked"))
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            await asyncio.sleep(100)
            recorder.keep(None, [alarm("early", at=100.0)])
            await asyncio.sleep(500)
            disk.error = None
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert disk.rows[0].mono_us == 100_000_000

    virtual_time.run(story())


def test_a_disk_that_hangs_is_told_and_its_commit_is_not_asked_for_twice() -> None:
    async def story() -> None:
        disk = Disk(takes_s=200.0)
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep(None, [alarm("slow")])
            await asyncio.sleep(module.STALLED_S + 1)
            assert recorder.trouble == "the disk has not answered for 30 s"
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert len(disk.rows) == 1
        assert recorder.trouble is None

    virtual_time.run(story())


def test_what_waits_is_bounded_and_what_came_first_stays(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        disk = Disk(error=JournalError("broken"))
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            record = alarm("first")
            recorder.keep(None, [record] + [alarm("later")] * (module.WAITING + 10))
            assert recorder.refused == 11
            assert recorder.counters()["recorder.waiting"] == module.WAITING
            disk.error = None
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert len(disk.rows) == module.WAITING
        assert '"text":"first"' in disk.texts()[0]

    with caplog.at_level(logging.CRITICAL):
        virtual_time.run(story())
    assert "records are being lost now" in caplog.text


def test_when_memory_is_full_what_says_least_goes_before_anything_else_is_refused() -> None:
    async def story() -> None:
        disk = Disk(error=JournalError("broken"))
        recorder = Recorder(disk, Wearers({}), stamp)
        watch, dose = Watch(1.0, 2.0), Gap("stimulation", 1.0, 2.0, "link_lost")

        async def inside() -> None:
            recorder.keep(None, [watch, dose, *[alarm("first")] * (module.WAITING - 3), watch])
            assert recorder.refused == 0
            recorder.keep(None, [alarm("one more")])
            assert recorder.refused == 2
            recorder.keep(None, [alarm("and the last"), alarm("too late"), watch])
            assert recorder.refused == 4
            disk.error = None
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert {row.type for row in disk.rows} == {"dev.ptdevice.gap.v1", "dev.ptdevice.alarm.v1"}
        assert len(disk.rows) == module.WAITING
        assert '"text":"and the last"' in disk.texts()[-1]

    virtual_time.run(story())


def test_what_the_disk_is_just_taking_is_not_forgotten_for_want_of_room() -> None:
    async def story() -> None:
        disk = Disk(takes_s=5.0)
        recorder = Recorder(disk, Wearers({}), stamp)
        watch = Watch(1.0, 2.0)

        async def inside() -> None:
            recorder.keep(None, [watch, watch])
            await asyncio.sleep(1)  # the disk has been asked
            recorder.keep(None, [*[alarm("first")] * (module.WAITING - 3), watch])
            recorder.keep(None, [alarm("last")])
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert recorder.refused == 1
        assert [row.type for row in disk.rows[:2]] == ["dev.ptdevice.gateway.watch.v1"] * 2
        assert len(disk.rows) == module.WAITING

    virtual_time.run(story())


def test_a_record_that_cannot_be_written_down_does_not_take_others_along(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        disk = Disk()
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep("chest", [ClockStep(1.0, float("nan")), alarm("fine")])
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert len(disk.rows) == 1
        assert recorder.malformed == 1

    virtual_time.run(story())
    assert "cannot be written down" in caplog.text


def test_stopping_does_not_lose_what_the_disk_has_not_yet_answered() -> None:
    async def story() -> None:
        disk = Disk(takes_s=1.0)
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep(None, [alarm("last words")])
            async with asyncio.timeout(3):
                await recorder.settled()

        await with_recorder(disk, inside(), recorder)
        assert len(disk.rows) == 1

    virtual_time.run(story())


# --- decisions about stimulation ---


def decision(action: str = "stop") -> Audit:
    return Audit(1.0, "desk", "mqtt", action, Decision.STOPPED)


def test_a_decision_has_a_place_where_other_records_have_none() -> None:
    disk = Disk(error=JournalFullError("There is no space left."))

    async def play() -> None:
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep(None, [alarm("fill")] * module.WAITING)
            recorder.keep("back", [alarm("too late"), decision("first"), decision("second")])
            assert recorder.refused == 1
            disk.error = None
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)

    virtual_time.run(play())
    assert [json.loads(row)["action"] for row in disk.texts()[-2:]] == ["first", "second"]


def test_decisions_that_had_no_place_are_told_in_the_audit() -> None:
    disk = Disk(error=JournalFullError("There is no space left."))

    async def play() -> None:
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep(None, [decision()] * (module.WAITING + module.RESERVE + 3))
            disk.error = None
            await recorder.settled()

        await with_recorder(disk, inside(), recorder)

    virtual_time.run(play())
    lost = [json.loads(row) for row in disk.texts() if '"lost"' in row]
    assert [(each["decision"], each["rule"], each["reasons"]) for each in lost] == [
        ("denied", "no_room", ["3 decisions"])
    ]


def test_nothing_may_begin_while_the_disk_is_in_trouble() -> None:
    disk = Disk(error=JournalFullError("There is no space left."))

    async def play() -> None:
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            assert recorder.down() is None
            recorder.keep(None, [alarm("waits")])
            await asyncio.sleep(0.1)
            assert recorder.down() == "There is no space left."
            disk.error = None
            await recorder.settled()
            assert recorder.down() is None

        await with_recorder(disk, inside(), recorder)

    virtual_time.run(play())


def test_nothing_may_begin_while_records_have_waited_too_long() -> None:
    disk = Disk(takes_s=20.0)

    async def play() -> None:
        recorder = Recorder(disk, Wearers({}), stamp)

        async def inside() -> None:
            recorder.keep(None, [alarm("waits")])
            await asyncio.sleep(module.OVERDUE_S - 0.1)
            assert recorder.down() is None
            await asyncio.sleep(0.2)
            assert recorder.down() is not None
            await recorder.settled()
            assert recorder.down() is None

        await with_recorder(disk, inside(), recorder)

    virtual_time.run(play())


def test_the_head_of_the_audit_is_that_of_what_is_on_disk(tmp_path: Path) -> None:
    async def play() -> None:
        async with journal(tmp_path / "journal.db") as book:
            recorder = Recorder(book, Wearers({}), stamp)

            async def inside() -> None:
                recorder.keep("back", [decision(), alarm("other"), decision()])
                assert recorder.audit_head is None
                await recorder.settled()
                head = recorder.audit_head
                recorder.keep("back", [alarm("other")])
                await recorder.settled()
                assert recorder.audit_head == head == await Trail(book, str).head()

            await with_recorder(book, inside(), recorder)

    asyncio.run(play())
