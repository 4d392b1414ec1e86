"""Alarms that stand until somebody has seen them: by message, light and sound, over every restart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.requests.test_exercise import ask
from tests.test_charts import Disk

from ptdevice.alarms import AGAIN_S, MOST, STANDING, Alarms
from ptdevice.errors import JournalError
from ptdevice.model import Alarm, AlarmsAcknowledged, Record
from ptdevice.mqtt import topics
from ptdevice.mqtt.commands import Command, Outcome
from ptdevice.mqtt.contract import AcknowledgeAlarms
from ptdevice.mqtt.topics import Names, Stamp
from ptdevice.signals import Light, Sound
from ptdevice.stimulation.alarms import ALARMS
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from pathlib import Path

NOON_NS = 1_790_000_000_000_000_000


class PlayedLight(Light):
    def __init__(self) -> None:
        self.failures, self.shown = 0, []  # type: ignore[var-annotated]

    async def show(self, *, on: bool) -> None:
        self.shown.append(on)


class PlayedSound(Sound):
    def __init__(self) -> None:
        self.failures, self.played = 0, 0

    async def play(self) -> None:
        self.played += 1


@dataclass
class Room:
    at: float = 1000.0
    disk: Disk = field(default_factory=Disk)
    kept: list[Record] = field(default_factory=list)
    light: PlayedLight = field(default_factory=PlayedLight)
    sound: PlayedSound = field(default_factory=PlayedSound)

    def __post_init__(self) -> None:
        names = Names("s", "g", simulated=True)
        self.alarms = Alarms(names, self.keep, self.stamp, lambda: self.at, self.light, self.sound)

    def stamp(self) -> Stamp:
        return Stamp("boot", NOON_NS + round(self.at * 1e9), self.at, synced=True)

    def keep(self, unit: str | None, records: list[Record]) -> None:
        self.kept += records
        for record in records:
            self.disk.drafts.append(topics.draft(record, unit=unit, subject=None, stamp=self.stamp()))

    def alarm(self, code: str = "stop_unconfirmed", unit: str | None = "tens", text: str = "Look!") -> None:
        self.keep(unit, [Alarm(self.at, code, text)])
        self.alarms.note(unit, [Alarm(self.at, code, text)])

    def acknowledge(self) -> Outcome:
        request = AcknowledgeAlarms(id="1", requester="tablet", entered_by="pt-17")
        command = Command("1", "acknowledge_alarms", None, "tablet", "res/tablet", None, request)
        return self.alarms.handlers()[AcknowledgeAlarms](command)

    def standing(self) -> list[tuple[str | None, str]]:
        return [(each["unit"], each["code"]) for each in self.said()["alarms"]]

    def said(self) -> dict[str, Any]:
        message = self.alarms.message()
        assert (message.topic, message.retain, message.qos) == ("ptdevice-sim/v1/s/g/alarms", True, 1)
        body: dict[str, Any] = json.loads(message.payload)
        return body

    def again(self) -> Room:
        room = Room(self.at + 60.0, self.disk)
        asyncio.run(room.alarms.restore(self.disk))
        return room


def test_an_alarm_stands_until_somebody_has_seen_it() -> None:
    room = Room()
    room.alarm()
    (standing,) = room.said()["alarms"]
    assert standing == {
        "unit": "tens",
        "code": "stop_unconfirmed",
        "text": "Look!",
        "since": "2026-09-21T14:30:00.000000Z",
    }
    assert room.acknowledge().state == "done"
    assert room.standing() == []
    assert room.kept[-1] == AlarmsAcknowledged(1000.0, 1, "pt-17")


def test_what_needs_nobody_to_go_and_look_does_not_stand() -> None:
    room = Room()
    room.alarm("battery_low")
    assert room.standing() == room.again().standing() == []


def test_every_alarm_of_a_commanded_unit_stands() -> None:
    assert {code for code, _ in ALARMS.values()} <= STANDING


def test_the_same_again_stands_once_with_its_first_time() -> None:
    room = Room()
    room.alarm()
    room.at += 60.0
    room.alarm()
    assert room.said()["alarms"][0]["since"] == "2026-09-21T14:30:00.000000Z"
    assert len(room.standing()) == 1


def test_of_two_units_both_stand_oldest_first() -> None:
    room = Room()
    room.alarm(unit="b")
    room.alarm(unit="a")
    assert room.standing() == [("b", "stop_unconfirmed"), ("a", "stop_unconfirmed")]


def test_a_flood_of_them_is_bounded_and_the_newest_stand() -> None:
    room = Room()
    for number in range(MOST + 5):
        room.alarm(unit=f"u{number}")
    assert len(room.standing()) == MOST
    assert room.standing()[-1][0] == f"u{MOST + 4}"


def test_it_stands_over_a_restart_and_what_was_seen_does_not() -> None:
    room = Room()
    room.alarm(unit="a")
    assert room.again().standing() == [("a", "stop_unconfirmed")]
    room.acknowledge()
    room.alarm(unit="b")
    assert room.again().standing() == [("b", "stop_unconfirmed")]


def test_a_journal_that_cannot_be_read_ends_nothing() -> None:
    room = Room(disk=Disk(error=JournalError("gone")))
    asyncio.run(room.alarms.restore(room.disk))
    assert room.standing() == []


def test_where_nothing_stands_there_is_nothing_to_acknowledge() -> None:
    room = Room()
    assert (room.acknowledge().rule, room.kept) == ("no_alarm", [])


def test_what_has_changed_is_said_once() -> None:
    room = Room()
    assert room.alarms.changed() is not None  # whatever an earlier start has left at the broker
    assert room.alarms.changed() is None
    room.alarm()
    assert room.alarms.changed() is not None
    assert room.alarms.changed() is None
    room.acknowledge()
    assert room.alarms.changed() is not None


@contextlib.asynccontextmanager
async def running(room: Room) -> Any:
    task = asyncio.create_task(room.alarms.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_light_and_sound_go_on_until_somebody_has_seen_it() -> None:
    room = Room()
    async with running(room):
        await turns()
        assert (room.light.shown, room.sound.played) == ([], 0)
        room.alarm()
        await turns()
        assert (room.light.shown, room.sound.played) == ([True], 1)
        room.alarm(unit="other")
        await turns()
        assert (room.light.shown, room.sound.played) == ([True], 2)
        room.acknowledge()
        await turns()
        assert (room.light.shown, room.sound.played) == ([True, False], 2)


def test_a_sound_comes_again_and_again() -> None:
    room = Room()
    room.alarm()

    async def story() -> None:
        async with running(room):
            await asyncio.sleep(4.5 * AGAIN_S)

    virtual_time.run(story())
    assert room.sound.played == 5


def becomes(file: Path, text: str) -> None:
    """What a thread writes takes its own time, which is not the virtual one."""
    end = time.monotonic() + 10
    while file.read_text() != text:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_gateway_says_it_and_takes_it_back_when_it_was_seen(tmp_path: Path) -> None:
    light = tmp_path / "led"
    light.mkdir()
    (light / "brightness").write_text("0")

    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        clinic.gateway._keep("back", [Alarm(asyncio.get_running_loop().time(), "link_lost_while_on", "Look!")])
        await asyncio.sleep(2)
        assert [each["code"] for each in clinic.said("/alarms")[-1]["alarms"]] == ["link_lost_while_on"]
        await asyncio.to_thread(becomes, light / "brightness", "1")
        assert (await ask(clinic, "gateway", "acknowledge_alarms", entered_by="pt-17"))["state"] == "done"
        await asyncio.sleep(2)
        assert clinic.said("/alarms")[-1]["alarms"] == []
        await asyncio.to_thread(becomes, light / "brightness", "0")
        assert [each["count"] for each in clinic.records("alarm/acknowledged")] == [1]

    in_virtual_time(story, tmp_path, config=CONFIG + f'[alarms]\nlight = "{light}"\n')


def test_a_gateway_that_starts_anew_says_what_still_stands(tmp_path: Path) -> None:
    async def before(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        clinic.gateway._keep("back", [Alarm(asyncio.get_running_loop().time(), "link_lost_while_on", "Look!")])
        await asyncio.sleep(2)

    async def after(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/alarms"), within_s=5)
        assert [(each["unit"], each["code"]) for each in clinic.said("/alarms")[0]["alarms"]] == [
            ("back", "link_lost_while_on")
        ]

    in_virtual_time(before, tmp_path)
    in_virtual_time(after, tmp_path)
