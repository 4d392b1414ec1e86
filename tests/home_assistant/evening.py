"""An evening as Home Assistant sees it: messages of a gateway, and after each step what must be shown. Played to the pretended
Home Assistant by the tests, and to the real one by `scripts/check-home-assistant`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ptdevice.devices import CATALOGUE
from ptdevice.latest import Known
from ptdevice.model import Contact, Output, SetProgress
from ptdevice.mqtt import contract, telemetry, topics
from ptdevice.mqtt.discovery import Speaker, gone
from ptdevice.mqtt.dose import dose
from ptdevice.mqtt.topics import Draft, Entry, Message, Names, Stamp
from ptdevice.stimulation.dose import DoseBook, Pads, Portion

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = Names("home", "pi-1", simulated=False)
SPEAKER = Speaker(NAMES, "homeassistant", "home-assistant", "0.1.0")
STAMP = Stamp("boot-1", 1_795_451_760_000_000_000, 1000.0, synced=True)  # 2026-11-23T16:36:00Z
EM70, POLAR, COYOTE = CATALOGUE["beurer_em70"], CATALOGUE["polar"], CATALOGUE["dglab_coyote3"]


@dataclass(frozen=True)
class Step:
    """What happens, and what is then shown, by device and entity. A state is as Home Assistant writes it."""

    what: str
    messages: tuple[Message, ...]
    shown: dict[tuple[str, str], str] = field(default_factory=dict)


def at(now: float) -> Stamp:
    return replace(STAMP, mono_s=now, wall_ns=STAMP.wall_ns + round((now - STAMP.mono_s) * 1e9))


def status(state: contract.GatewayState, reason: str | None = None) -> Message:
    return topics.status(NAMES, state, boot_id="boot-1", version="0.1.0", reason=reason)


def heard(alias: str, state: contract.AvailabilityState, code: str | None = None) -> Message:
    return topics.availability(NAMES, alias, state, code=code, text="as the log has it", at=1000.0, stamp=STAMP)


def says(alias: str, now: float = 1000.0, old: dict[str, object] | None = None, **values: object) -> Message:
    known = {name: Known(value, now) for name, value in values.items()}
    known |= {name: Known(value, now - 300.0) for name, value in (old or {}).items()}
    return topics.state(NAMES, alias, known, stamp=at(now))


def does(**changes: object) -> Message:
    progress = SetProgress("sit_up", "moving", 3, 41.26, 60, target=10, state="active")
    return telemetry.exercise(NAMES, "chest", replace(progress, **changes), stamp=STAMP)  # type: ignore[arg-type]


def rated(unit: str, rating: int) -> Message:
    at_, moment = topics.rfc3339(STAMP.wall_ns), "during"
    data = f'{{"at":"{at_}","rating":{rating},"moment":"{moment}","exercise":null,"programme":null}}'
    draft = Draft("dev.ptdevice.pain.v1", unit, "k3f7q", STAMP.wall_ns, 0, "boot-1", "synced", data)
    return topics.event(NAMES, Entry(1, "id-1", "epoch-1", draft))


def delivered(*, complete: bool = True, day: date | None = date(2026, 11, 23)) -> Message:
    book = DoseBook()
    book.add(day, Pads(None, None), Portion("s1", 5, 600.0, 30.0, None, None))
    return dose(
        NAMES, "back", day=day, week_first_day=None, timezone="UTC", complete=complete, today=book.sum([day]),
        week={}, undated={}, stamp=STAMP,
    )  # fmt: skip


def announcements(told: tuple[str, ...] = ("battery_pct", "heart_rate_bpm")) -> Iterator[Message]:
    yield SPEAKER.gateway(stops=True).message()
    yield SPEAKER.unit("back", EM70, (), stops=True).message()
    yield SPEAKER.unit("chest", POLAR, told, stops=False).message()
    yield SPEAKER.unit("tens", COYOTE, (), stops=False).message()
    yield SPEAKER.pair("lumbar", "back", "chest").message()


ON: dict[str, Any]
OFF: dict[str, Any]
ON, OFF = {"output": Output.ON}, {"output": Output.OFF}
STEPS = (
    Step(
        "announced, and nothing said yet",
        tuple(announcements()),
        {
            ("back", "output"): "unavailable",
            ("chest", "battery_pct"): "unavailable",
            ("ptdevice pi-1", "status"): "unknown",
        },
    ),
    Step(
        "the gateway is there, the units are not",
        (status("online"), heard("back", "unknown", "starting"), heard("chest", "offline", "no_adverts")),
        {
            ("back", "output"): "unavailable",
            ("chest", "repetitions"): "unavailable",
            ("chest", "reachability"): "no_adverts",
            ("back", "reachability"): "starting",
            ("back", "stop"): "unknown",  # a button that was never pressed; it can be
            ("ptdevice pi-1", "status"): "online",
            ("ptdevice pi-1", "problem"): "off",
        },
    ),
    Step(
        "a stimulator is heard, and says nothing of its output",
        (heard("back", "online", "data"), says("back", level=0, contact=Contact.UNKNOWN)),
        {
            ("back", "reachability"): "online",
            ("back", "output"): "unknown",
            ("back", "level"): "0",
            ("back", "contact"): "unknown",
        },
    ),
    Step(
        "it is off",
        (says("back", level=0, contact=Contact.OK, remaining_s=None, **OFF),),
        {("back", "output"): "off", ("back", "contact"): "ok", ("back", "remaining_s"): "unknown"},
    ),
    Step(
        "it is on",
        (says("back", level=7, contact=Contact.OPEN, remaining_s=1200, **ON),),
        {
            ("back", "output"): "on",
            ("back", "level"): "7",
            ("back", "contact"): "open",
            ("back", "remaining_s"): "1200",
        },
    ),
    Step("nobody knows", (says("back", output=Output.UNKNOWN),), {("back", "output"): "unknown"}),
    Step("it is on again", (says("back", **ON),), {("back", "output"): "on"}),
    Step(
        "its link is lost",
        (heard("back", "unknown", "link_lost"), says("back", output=Output.UNKNOWN, level=7)),
        {("back", "output"): "unavailable", ("back", "level"): "unavailable", ("back", "stop"): "unknown"},
    ),
    Step("it is back", (heard("back", "online"), says("back", **OFF)), {("back", "output"): "off"}),
    Step(
        "its channels are two, and one is on",
        (heard("tens", "online"), says("tens", a_output=Output.ON, a_level=30, b_output=Output.OFF, b_level=0)),
        {
            ("tens", "a_output"): "on",
            ("tens", "a_level"): "30",
            ("tens", "b_output"): "off",
            ("tens", "b_level"): "0",
            ("tens", "a_contact"): "unknown",
        },
    ),
    Step(
        "ten minutes were delivered",
        (delivered(),),
        {("back", "delivered_today"): "10.0", ("back", "unknown_today"): "0.5"},
    ),
    Step("the journal could not be read", (delivered(complete=False),), {("back", "delivered_today"): "unknown"}),
    Step("nobody knows what day it is", (delivered(day=None),), {("back", "delivered_today"): "unknown"}),
    Step(
        "somebody exercises",
        (heard("chest", "online"), says("chest", battery_pct=80, heart_rate_bpm=72, contact=Contact.OK), does()),
        {
            ("chest", "repetitions"): "3",
            ("chest", "set"): "active",
            ("chest", "battery_pct"): "80",
            ("chest", "heart_rate_bpm"): "72",
            ("chest", "contact"): "ok",
            ("chest", "pain"): "unknown",
        },
    ),
    Step("it hurts somebody else", (rated("other", 8),), {("chest", "pain"): "unknown"}),
    Step("it hurts", (rated("chest", 4),), {("chest", "pain"): "4"}),
    Step("it hurts somebody else again", (rated("other", 9),), {("chest", "pain"): "4"}),
    Step(
        "the set is over",
        (does(state="completed", repetitions=10),),
        {("chest", "set"): "completed", ("chest", "repetitions"): "unknown"},
    ),
    Step("there is no set", (does(state=None),), {("chest", "set"): "unknown", ("chest", "repetitions"): "unknown"}),
    Step(
        "the belt tells its battery and no pulse for five minutes",
        (says("chest", now=2000.0, battery_pct=79, old={"heart_rate_bpm": 72}),),
        {("chest", "heart_rate_bpm"): "unknown", ("chest", "battery_pct"): "79"},
    ),
    Step(
        "the gateway cannot write its record",
        (status("degraded", "the disk is full"),),
        {("ptdevice pi-1", "status"): "degraded", ("ptdevice pi-1", "problem"): "on", ("back", "output"): "off"},
    ),
    Step(
        "a stop was asked for, and refused",
        (
            Message(
                f"{NAMES.prefix}/res/home-assistant",
                contract.Result(
                    id="ha-1",
                    command="back/stop",
                    state="refused",
                    rule="r",
                    detail="d",
                    simulated=False,
                    time=topics.rfc3339(STAMP.wall_ns),
                )
                .model_dump_json()
                .encode(),
                qos=1,
            ),
        ),
        {("ptdevice pi-1", "answer"): "refused"},
    ),
    Step(
        "the gateway died",
        (status("offline", "the connection was lost"),),
        {
            ("back", "output"): "unavailable",
            ("chest", "battery_pct"): "unavailable",
            ("back", "stop"): "unavailable",
            ("chest", "reachability"): "unavailable",
            ("ptdevice pi-1", "status"): "offline",
            ("ptdevice pi-1", "problem"): "unknown",
        },
    ),
    Step("it is back", (status("online"), says("back", **OFF)), {("back", "output"): "off"}),
    Step("a unit was taken away", (gone(SPEAKER.topic("tens")),), {("back", "output"): "off"}),
)
