"""Stop first, then ask; and say plainly what is known."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from tests.scripted import QUERY, in_virtual_time, profile

from ptdevice.aftermath import Aftermath
from ptdevice.devices.device import Commanding, Kind, Profile
from ptdevice.errors import LinkError, LinkLostError, WireError
from ptdevice.link import Packet, Read, Selector, Write
from ptdevice.model import Alarm, Audit, Decision, Output, Record, StimulationStatus
from ptdevice.orphans import Outcome, Report, on_record, stop_all, stop_orphans
from ptdevice.outstanding import Outstanding, Unit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import Path

    from ptdevice.link import Link
    from ptdevice.model import Event

STOP = Write("told", b"stop")
WITHIN_S = 10.0
UNIT = Unit("back", "scripted", simulated=True)


class Level:
    """A codec of a unit that says its level when asked."""

    def __init__(self) -> None:
        self._asked = -1.0

    def decode(self, packet: Packet) -> Iterator[Event]:
        if packet.data == b"?":
            raise WireError("nonsense", packet.port, packet.data)
        if packet.data == b"bug":
            raise ZeroDivisionError("a bug of ours")
        channel, _, level = packet.data.decode().rpartition(" ")
        output = Output.UNKNOWN if level == "x" else Output.ON if int(level) else Output.OFF
        yield StimulationStatus(packet.at, output, 0 if level == "x" else int(level), 15, channel=channel or None)

    def due(self, now: float) -> Sequence[Write | Read]:
        if now - self._asked < 0.3:
            return []
        self._asked = now
        return [QUERY, Read("level"), Write("told", b"start")]  # what is no query must not be said


OPENING = Write("told", b"limit 0")
FACTS = Commanding(
    (STOP,), None, None, readback=True, local_stop=True, local_key=True, refresh_s=0.5, proven=True, opening=(OPENING,)
)


def stimulator(commanding: Commanding | None = FACTS, channels: tuple[str, ...] = ()) -> Profile:
    return replace(profile(kind=Kind.STIMULATOR), codec=Level, commanding=commanding, channels=channels)


@dataclass
class Box:
    """A unit at a level, on any number of links. `deaf`: so many stops are ignored; `away`: so many attempts fail."""

    level: int = 9
    deaf: int = 0
    away: int = 0
    mute: bool = False
    answer: bytes | None = None
    simulated: bool = True
    breaks: bool = False
    heard: list[str] = field(default_factory=list)
    links: int = 0
    open: int = 0

    @asynccontextmanager
    async def opened(self, _profile: Profile, _selector: Selector) -> AsyncIterator[Link]:
        self.links += 1
        if self.links <= self.away:
            raise LinkError("no advertisement of it")
        self.open += 1
        try:
            yield BoxLink(self)
        finally:
            self.open -= 1


class BoxLink:
    def __init__(self, box: Box) -> None:
        self.simulated = box.simulated
        self._box = box
        self._packets: asyncio.Queue[Packet] = asyncio.Queue()
        self._packets.put_nowait(Packet(-1.0, "told", b"0"))  # a word of before, that says nothing of now

    async def receive(self) -> Packet:
        return await self._packets.get()

    async def write(self, write: Write) -> None:
        self._box.heard.append(write.data.decode())
        if self._box.breaks:
            raise LinkLostError("the link was lost")
        if write == STOP:
            if self._box.deaf:
                self._box.deaf -= 1
            else:
                self._box.level = 0
        elif write == QUERY and not self._box.mute:
            said = self._box.answer or str(self._box.level).encode()
            self._packets.put_nowait(Packet(asyncio.get_running_loop().time(), "told", said))

    async def read(self, port: str) -> None:
        self._box.heard.append(f"read {port}")

    def dropped(self) -> int:
        return 0


async def stopped(box: Box, profile: Profile | None = None, unit: Unit = UNIT) -> Report:
    (report,) = await stop_all([unit], {"scripted": profile or stimulator()}, box.opened, WITHIN_S)
    assert box.open == 0
    return report


@in_virtual_time
async def test_a_unit_that_says_so_is_stopped() -> None:
    box = Box()
    report = await stopped(box)
    assert (report.outcome, report.advice, box.level) == (Outcome.STOPPED, None, 0)


@in_virtual_time
async def test_stop_is_the_first_thing_it_hears() -> None:
    box = Box()
    await stopped(box)
    assert box.heard[:2] == ["stop", "query"]


@in_virtual_time
async def test_it_hears_stop_and_questions_and_nothing_else() -> None:
    box = Box(deaf=9)
    await stopped(box)
    assert set(box.heard) == {"stop", "query", "read level", "limit 0"}


@in_virtual_time
async def test_one_that_says_so_at_once_hears_nothing_else() -> None:
    box = Box()
    await stopped(box)
    assert "limit 0" not in box.heard


class Hasty(BoxLink):
    """It answers before it acknowledges."""

    async def write(self, write: Write) -> None:
        await super().write(write)
        await super().write(QUERY)
        self._box.mute = True
        await asyncio.sleep(0.05)


@in_virtual_time
async def test_an_answer_that_overtakes_the_acknowledgement_counts() -> None:
    box = Box()

    @asynccontextmanager
    async def opened(_profile: Profile, _selector: Selector) -> AsyncIterator[Link]:
        yield Hasty(box)

    (report,) = await stop_all([UNIT], {"scripted": stimulator()}, opened, WITHIN_S)
    assert report.outcome is Outcome.STOPPED
    assert report.confirmed_s is not None
    assert report.confirmed_s < 0.2


@in_virtual_time
async def test_one_that_ignores_a_stop_hears_it_again() -> None:
    box = Box(deaf=2)
    assert (await stopped(box)).outcome is Outcome.STOPPED
    assert box.heard.count("stop") == 3


@in_virtual_time
async def test_one_that_goes_on_is_not_confirmed_and_to_be_switched_off_by_hand() -> None:
    report = await stopped(Box(deaf=99))
    assert report.outcome is Outcome.NOT_CONFIRMED
    assert report.why == "it says that its output is on, level 9 of 15"
    assert report.advice is not None
    assert "Switch back off by hand" in report.advice


@pytest.mark.parametrize(
    "box", [Box(mute=True), Box(answer=b"?"), Box(answer=b"x")], ids=["mute", "nonsense", "unknown"]
)
def test_one_that_does_not_say_so_is_not_confirmed(box: Box) -> None:
    @in_virtual_time
    async def play() -> None:
        assert (await stopped(box)).outcome is Outcome.NOT_CONFIRMED

    play()


@in_virtual_time
async def test_a_word_from_before_the_stop_confirms_nothing() -> None:
    box = Box(mute=True, deaf=99)  # the one word on its link is a zero, and older than the stop
    assert (await stopped(box)).outcome is Outcome.NOT_CONFIRMED


@in_virtual_time
async def test_one_that_never_says_anything_is_told_and_not_confirmed() -> None:
    report = await stopped(Box(), stimulator(replace(FACTS, readback=False)))
    assert (report.outcome, report.why) == (Outcome.NOT_CONFIRMED, "it says nothing of what it does")


@in_virtual_time
async def test_every_channel_has_to_be_at_zero() -> None:
    report = await stopped(Box(answer=b"a 0"), stimulator(channels=("a", "b")))
    assert report.outcome is Outcome.NOT_CONFIRMED


@in_virtual_time
async def test_one_that_is_away_is_tried_again() -> None:
    box = Box(away=3)
    assert (await stopped(box)).outcome is Outcome.STOPPED


@in_virtual_time
async def test_one_that_stays_away_is_not_reached_within_the_time() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    report = await stopped(Box(away=10**6))
    assert (report.outcome, report.why) == (Outcome.NOT_REACHED, "no advertisement of it")
    assert loop.time() - before <= WITHIN_S + 1


@in_virtual_time
async def test_one_that_cannot_be_written_to_is_not_reached() -> None:
    assert (await stopped(Box(breaks=True))).outcome is Outcome.NOT_REACHED


@in_virtual_time
async def test_a_bug_in_a_codec_is_told_and_ends_nothing() -> None:
    report = await stopped(Box(answer=b"bug"))
    assert report.outcome is Outcome.NOT_CONFIRMED
    assert "a bug of ours" in str(report.why)


@in_virtual_time
async def test_a_unit_of_the_other_kind_hears_nothing() -> None:
    box = Box(simulated=False)
    report = await stopped(box)
    assert (report.outcome, box.heard) == (Outcome.NOT_REACHED, [])


@in_virtual_time
async def test_a_device_without_a_known_stop_is_said_to_be_one() -> None:
    report = await stopped(Box(), stimulator(None))
    assert (report.outcome, report.why) == (Outcome.NOT_REACHED, "this version knows no stop for scripted")
    other = await stopped(Box(), unit=Unit("back", "new_device"))
    assert other.why == "this version knows no stop for new_device"


@in_virtual_time
async def test_one_that_hangs_does_not_keep_another_waiting() -> None:
    boxes = {"hangs": Box(mute=True, deaf=99), "quick": Box()}

    def opened(_profile: Profile, selector: Selector) -> object:
        return boxes[selector.name or ""].opened(_profile, selector)

    units = [
        Unit("hangs", "scripted", name="hangs", simulated=True),
        Unit("quick", "scripted", name="quick", simulated=True),
    ]
    hangs, quick = await stop_all(units, {"scripted": stimulator()}, opened, WITHIN_S)  # type: ignore[arg-type]
    assert (hangs.outcome, quick.outcome) == (Outcome.NOT_CONFIRMED, Outcome.STOPPED)
    assert quick.confirmed_s is not None
    assert quick.confirmed_s < 0.5


# --- at the daemon's start ---


async def started(file: Outstanding, box: Box) -> list[Report]:
    return await stop_orphans(file, {"scripted": stimulator()}, box.opened)


async def test_a_unit_that_was_left_is_stopped_at_the_start(tmp_path: Path) -> None:
    file, box = Outstanding(tmp_path / "j"), Box()
    file.begin(UNIT)
    (report,) = await started(file, box)
    assert (report.outcome, box.level) == (Outcome.STOPPED, 0)


async def test_one_that_the_helper_has_stopped_is_left_alone_and_on_record(tmp_path: Path) -> None:
    file, box = Outstanding(tmp_path / "j"), Box()
    file.begin(UNIT)
    file.stopped("back", "stopped")
    (report,) = await started(file, box)
    assert box.links == 0
    (audit,) = on_record(report, 1.0)
    assert isinstance(audit, Audit)
    assert (audit.actor, audit.channel) == ("stop-all", "cli")


async def test_one_that_the_helper_could_not_stop_is_tried_again(tmp_path: Path) -> None:
    file, box = Outstanding(tmp_path / "j"), Box()
    file.begin(UNIT)
    file.stopped("back", "not reached")
    (report,) = await started(file, box)
    assert (report.outcome, box.level) == (Outcome.STOPPED, 0)


async def test_a_file_that_cannot_be_read_keeps_no_daemon_from_starting(tmp_path: Path) -> None:
    file = Outstanding(tmp_path / "j")
    await asyncio.to_thread(file.path.write_text, "{")
    assert await started(file, Box()) == []


def test_a_stop_at_the_start_is_a_decision_on_record() -> None:
    (audit,) = on_record(Report(UNIT, Outcome.STOPPED, None, 0.1, 0.2), 5.0)
    assert audit == Audit(5.0, "system", "system", "stop", Decision.STOPPED, "orphan", ("stopped",))


def test_one_that_is_not_confirmed_is_an_alarm_that_says_what_to_do() -> None:
    audit, alarm = on_record(Report(UNIT, Outcome.NOT_CONFIRMED, "it was silent", 0.1), 5.0)
    assert isinstance(audit, Audit)
    assert audit.reasons == ("not confirmed", "it was silent")
    assert isinstance(alarm, Alarm)
    assert alarm.code == "stop_not_confirmed"
    assert "Switch back off by hand, at the unit, now." in alarm.text


@dataclass
class Kept:
    records: list[tuple[str | None, Record]] = field(default_factory=list)
    on_disk: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(self, unit: str | None, records: Iterable[Record]) -> None:
        self.records += [(unit, record) for record in records]

    async def settled(self) -> None:
        await self.on_disk.wait()


async def test_a_unit_stays_outstanding_until_its_stop_is_on_disk(tmp_path: Path) -> None:
    file, kept = Outstanding(tmp_path / "j"), Kept()
    file.begin(UNIT)
    file.begin(replace(UNIT, alias="knee"))
    reports = [Report(UNIT, Outcome.STOPPED), Report(replace(UNIT, alias="knee"), Outcome.NOT_REACHED, "away")]
    aftermath = Aftermath(reports, file, kept)
    aftermath.tell(1.0)
    assert [(unit, type(record)) for unit, record in kept.records] == [
        ("back", Audit),
        ("knee", Audit),
        ("knee", Alarm),
    ]
    settling = asyncio.create_task(aftermath.settle())
    done, _ = await asyncio.wait({settling}, timeout=0.2)
    assert not done
    assert set(file.units()) == {"back", "knee"}
    kept.on_disk.set()
    await settling
    assert set(file.units()) == {"knee"}
