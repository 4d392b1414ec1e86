"""When something is said about a unit, and when it is not."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptdevice import bedside as module
from ptdevice.bedside import Bedside
from ptdevice.bulletin import FRESH_S, Bulletin
from ptdevice.config import Telemetry
from ptdevice.connection import LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import Battery, HeartRate, MotionSamples, Output, StimulationStatus
from ptdevice.mqtt.topics import Message, Names, Stamp
from ptdevice.therapy import Therapy

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import pytest

    from ptdevice.devices.device import Profile
    from ptdevice.link import Link


@dataclass
class Mailbox:
    retained: list[Message] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)

    def retain(self, message: Message) -> None:
        self.retained.append(message)

    def live(self, message: Message) -> None:
        self.sent.append(message)

    def bodies(self) -> list[Any]:
        return [json.loads(message.payload) for message in self.retained]


def never(_profile: Profile, _selector: Selector) -> AbstractAsyncContextManager[Link]:
    raise AssertionError("nobody connects here")


def make(device: str = "polar", **wanted: bool) -> tuple[Bedside, Bulletin, Mailbox]:
    bedside = Bedside(
        "unit-1", CATALOGUE[device], Selector(), never,
        simulated=True, therapy=Therapy(CATALOGUE[device], lambda: "id"), exercise=None, motion=wanted.get("motion", False),
        keep=lambda _unit, _records: None, rng=random.Random(1),  # noqa: S311 - a seed
    )  # fmt: skip
    post = Mailbox()
    names = Names("clinic-a", "pi-1", simulated=True)
    stamp = lambda: Stamp("boot", 1_790_000_000_000_000_000, 0.0, synced=True)  # noqa: E731 - one expression
    bulletin = Bulletin(names, bedside, post, wanted=Telemetry(**wanted), stamp=stamp)
    bedside.reachability = bulletin.say_reachability
    return bedside, bulletin, post


def samples(count: int, at: float = 1.0) -> MotionSamples:
    return MotionSamples(at, 100.0, tuple(range(count)), ((0.0, 0.0, 9.8),) * count)


async def test_reachability_is_said_at_once_and_only_when_it_changed() -> None:
    bedside, bulletin, post = make()
    bedside._on_report(LinkReport("unit-1", "online", "data", 5.0, "the unit speaks"))
    bulletin.say_reachability()
    assert [body["availability"] for body in post.bodies()] == ["online"]
    bedside._on_report(LinkReport("unit-1", "unknown", "link_lost", 6.0, "the link was lost"))
    assert [body["code"] for body in post.bodies()] == ["data", "link_lost"]


async def test_the_log_has_the_history_of_reachability_without_the_tries(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bedside, _, _ = make()
    for second in range(3):
        bedside._on_report(LinkReport("unit-1", "offline", "no_adverts", float(second), "not there"))
    bedside._on_report(LinkReport("unit-1", "online", "data", 5.0, "the unit speaks"))
    assert [record.getMessage() for record in caplog.records] == [
        "unit-1 is offline (no_adverts): not there",
        "unit-1 is online (data): the unit speaks",
    ]


async def test_an_address_that_bluez_quotes_is_not_published() -> None:
    bedside, _, post = make()
    text = "device '/org/bluez/hci0/dev_AA_BB_CC_DD_EE_FF' (AA:BB:CC:DD:EE:FF, Polar H10 20346EAB) not found"
    bedside._on_report(LinkReport("unit-1", "offline", "connect_failed", 5.0, text))
    said = post.retained[0].payload.decode()
    assert "AA" not in said
    assert "20346EAB" not in said
    assert "[hidden]" in said


async def test_state_is_said_when_a_value_changed_and_not_when_only_its_time_did() -> None:
    bedside, bulletin, post = make()
    bulletin.say_state(0.0)
    bedside._hear(Battery(1.0, 90))
    bulletin.say_state(1.0)
    bedside._hear(Battery(2.0, 90))
    bulletin.say_state(2.0)
    assert [body["values"] for body in post.bodies()][1:] == [
        {"battery_pct": {"value": 90, "time": post.bodies()[1]["values"]["battery_pct"]["time"]}}
    ]


async def test_an_unchanged_state_is_said_again_now_and_then_while_the_unit_speaks() -> None:
    bedside, bulletin, post = make()
    for second in range(31):
        bedside._hear(Battery(second + 0.5, 90))
        bulletin.say_state(float(second))
    assert len(post.retained) == 4
    for second in range(31, 60):  # silence
        bulletin.say_state(float(second))
    assert len(post.retained) == 5
    assert FRESH_S == 10


async def test_live_values_are_said_once() -> None:
    bedside, bulletin, post = make(motion=True)
    bedside._hear(samples(36))
    bedside._hear(HeartRate(1.0, 72))
    bulletin.say_live()
    bulletin.say_live()
    assert [message.topic.rsplit("/", 1)[1] for message in post.sent] == ["motion", "heart_rate"]
    assert all(message.qos == 0 and not message.retain and message.expiry_s for message in post.sent)


async def test_raw_motion_is_off_unless_asked_for_and_heart_rate_can_be_switched_off() -> None:
    bedside, bulletin, post = make(motion=False, heart_rate=False)
    bedside._hear(samples(36))
    bedside._hear(HeartRate(1.0, 72))
    bulletin.say_live()
    assert post.sent == []


async def test_a_stimulators_report_is_live_too() -> None:
    bedside, bulletin, post = make("beurer_em70")
    bedside._hear(StimulationStatus(1.0, Output.ON, 3, 15, 9, 1, 1799))
    bulletin.say_live()
    body = json.loads(post.sent[0].payload)
    assert (body["output"], body["level"], body["current_ma"]) == ("on", 3, None)


async def test_of_each_channel_the_latest_report_is_live() -> None:
    bedside, bulletin, post = make("yokonex_ems")
    for channel, level in (("a", 5), ("b", 7), ("a", 6)):
        bedside._hear(StimulationStatus(1.0, Output.ON, level, 276, channel=channel))
    bulletin.say_live()
    said = [json.loads(message.payload) for message in post.sent]
    assert [(body["channel"], body["level"]) for body in said] == [("a", 6), ("b", 7)]


async def test_live_motion_is_bounded_and_what_it_loses_is_counted() -> None:
    bedside, bulletin, post = make(motion=True)
    for _ in range(200):
        bedside._hear(samples(100))
    bulletin.say_live()
    body = json.loads(post.sent[0].payload)
    kept = len(body["offset_us"])
    assert kept <= module.MOTION_BUFFER
    assert body["dropped"] == 200 * 100 - kept


async def test_everything_retained_can_be_announced_again() -> None:
    bedside, bulletin, _ = make()
    bedside._hear(Battery(1.0, 90))
    assert [message.topic.rsplit("/", 1)[1] for message in bulletin.announce()] == ["availability", "state"]
    await asyncio.sleep(0)
