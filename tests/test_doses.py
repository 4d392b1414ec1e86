"""The doses of a gateway's stimulators: by day and week of the place, from the journal, and over a restart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ptdevice.doses import Doses
from ptdevice.errors import JournalError
from ptdevice.journal.store import Page
from ptdevice.model import (
    Alarm,
    Contact,
    Gap,
    Output,
    Record,
    SessionEnd,
    StimulationSegment,
    StimulationSession,
    StopReason,
)
from ptdevice.mqtt.topics import Draft, Entry, Message, Names, Stamp, draft
from ptdevice.wearers import Wearers

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = Names("clinic-a", "pi-1", simulated=False)
SITES: dict[str, dict[str | None, str]] = {"back": {None: "lumbar_left"}, "two": {"a": "lumbar_left"}}
WEDNESDAY_NS = round(datetime(2026, 3, 4, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
HOUR_S, DAY_S = 3600.0, 86_400.0


@dataclass
class Place:
    """A gateway's clock, its journal, and what was said. Gateway second 0 is Wednesday noon in UTC."""

    timezone: str | None = None
    synced: bool = True
    now: float = 0.0
    rows: list[Draft] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)
    broken: bool = False
    offset_ns: int = 0  # by which the clock is wrong
    wearers: Wearers = field(default_factory=lambda: Wearers(dict.fromkeys(SITES)))

    def __post_init__(self) -> None:
        self.doses = Doses(NAMES, SITES, self.timezone, self.stamp, self.wearers)

    def stamp(self) -> Stamp:
        return Stamp("boot", WEDNESDAY_NS + self.offset_ns + round(self.now * 1e9), self.now, self.synced)

    def keep(self, unit: str | None, *records: Record) -> None:
        """As the gateway does: written down, and noted."""
        self.rows += [
            draft(each, unit=unit, subject=self.wearers.of(unit, each) if unit else None, stamp=self.stamp())
            for each in records
        ]
        self.doses.note(unit, records)

    def retain(self, message: Message) -> None:
        self.said.append(message)

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        assert below is None
        if self.broken:
            raise JournalError("the disk does not answer")
        rows = [Entry(n, f"id-{n}", "epoch", row) for n, row in enumerate(self.rows, 1) if row.type in types]
        return Page(rows, 0, None)

    async def restarted(self) -> Place:
        """Another process on the same journal."""
        place = Place(self.timezone, self.synced, self.now, self.rows, broken=self.broken)
        await place.doses.restore(place)
        return place

    def dose(self, unit: str = "back") -> dict[str, Any]:
        """What would be announced now."""
        (message,) = [each for each in self.doses.announce() if each.topic.endswith(f"/unit/{unit}/dose")]
        assert message.retain
        assert message.qos == 1
        body: dict[str, Any] = json.loads(message.payload)
        return body


def segment(start: float, seconds: float, level: int = 3, *, session: str = "s1", **more: Any) -> StimulationSegment:
    """A segment of which the last second is not confirmed."""
    settings = {"channel": None, "site": "lumbar_left"} | more
    return StimulationSegment(
        session, start, start + seconds, None, None, level, 15, None, Contact.UNKNOWN, seconds - 1, **settings
    )


def session(end: float, name: str = "s1") -> StimulationSession:
    return StimulationSession(
        name, "observed", 0.0, end, SessionEnd.ENDED, StopReason.USER, 1.0, 3, 3.0, 0, 15, 0, 0.0, Output.OFF
    )


def told(pads: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["channel"], each["site"], each["delivered_s"], each["unknown_s"]) for each in pads]


def test_what_is_kept_is_in_the_dose_of_today_and_of_the_week() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0), segment(61.0, 31.0, level=5), session(92.0))
    body = place.dose()
    assert (body["day"], body["week_first_day"], body["timezone"]) == ("2026-03-04", "2026-03-02", "UTC")
    assert told(body["today"]) == told(body["week"]) == [(None, "lumbar_left", 90.0, 2.0)]
    (pads,) = body["today"]
    assert pads["level_times"] == [[3, 60.0], [5, 30.0]]
    assert pads["level_mean"] == pytest.approx(3.667)
    assert (pads["sessions"], pads["upward_steps"], pads["level_max_seen"], pads["charge_mc"]) == (1, 1, 5, None)
    assert body["simulated"] is False


def test_a_gap_is_unknown_time_of_its_channel() -> None:
    place = Place()
    place.keep("back", Gap("stimulation", 0.0, 60.0, "link_lost"))
    place.keep("two", Gap("stimulation_a", 0.0, 30.0, "link_lost"), Gap("stimulation_b", 0.0, 20.0, "link_lost"))
    place.keep("two", Gap("motion", 0.0, 1000.0, "link_lost"))
    assert told(place.dose()["today"]) == [(None, "lumbar_left", 0.0, 60.0)]
    assert told(place.dose("two")["today"]) == [("a", "lumbar_left", 0.0, 30.0), ("b", None, 0.0, 20.0)]


def test_pads_of_a_channel_whose_site_nobody_said_are_at_an_unknown_one() -> None:
    place = Place()
    place.keep("two", segment(0.0, 61.0, channel="b", site=None), segment(0.0, 31.0, session="s2", channel="a"))
    assert told(place.dose("two")["today"]) == [("a", "lumbar_left", 30.0, 1.0), ("b", None, 60.0, 1.0)]


async def test_a_restart_loses_nothing_that_was_recorded() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0), Gap("stimulation", 61.0, 71.0, "link_lost"), segment(71.0, 31.0, level=5))
    place.keep("two", segment(0.0, 61.0, channel="a", charge_mc=3.0, energy_j=0.5))
    before = place.dose(), place.dose("two")
    again = await place.restarted()
    after = again.dose(), again.dose("two")
    for one, other in zip(before, after, strict=True):
        assert (one.pop("complete"), other.pop("complete")) == (False, True)
        assert one == other
    assert after[1]["today"][0]["charge_mc"] == 3.0


async def test_a_session_that_goes_on_after_a_restart_is_not_two() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0))
    place = await place.restarted()
    place.keep("back", segment(61.0, 31.0, level=5))
    (pads,) = place.dose()["today"]
    assert (pads["sessions"], pads["upward_steps"], pads["delivered_s"]) == (1, 1, 90.0)


async def test_of_a_session_that_is_over_nothing_is_remembered_but_its_dose() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0), session(61.0))
    for each in (place, await place.restarted()):
        assert each.doses._books["back", None]._levels == {}


async def test_a_journal_that_cannot_be_read_makes_the_dose_incomplete() -> None:
    place = Place(broken=True)
    place = await place.restarted()
    place.keep("back", segment(0.0, 61.0))
    body = place.dose()
    assert body["complete"] is False
    assert told(body["today"]) == [(None, "lumbar_left", 60.0, 1.0)]


async def test_a_row_that_this_version_does_not_write_is_left_out_and_the_others_count() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0), segment(61.0, 61.0))
    strange = json.loads(place.rows[0].data)
    del strange["delivered_s"]
    place.rows[0] = Draft(
        **{name: getattr(place.rows[0], name) for name in Draft.__slots__} | {"data": json.dumps(strange)}
    )
    place = await place.restarted()
    assert told(place.dose()["today"]) == [(None, "lumbar_left", 60.0, 1.0)]
    assert place.dose()["complete"] is True


async def test_a_row_of_before_there_were_channels_is_that_of_the_only_one() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0))
    old = json.loads(place.rows[0].data)
    for name in ("channel", "site", "charge_mc", "energy_j"):
        del old[name]
    place.rows[0] = Draft(
        **{name: getattr(place.rows[0], name) for name in Draft.__slots__} | {"data": json.dumps(old)}
    )
    assert told((await place.restarted()).dose()["today"]) == [(None, None, 60.0, 1.0)]


# --- days ---


async def test_yesterday_is_in_the_week_and_not_in_today_and_last_week_in_neither() -> None:
    place = Place(now=-4 * DAY_S)  # Saturday
    place.keep("back", segment(-4 * DAY_S, 61.0, session="s0"))
    place.now = -DAY_S
    place.keep("back", segment(-DAY_S, 31.0, session="s1"))
    place.now = 0.0
    place.keep("back", segment(0.0, 11.0, session="s2"))
    for each in (place, await place.restarted()):
        body = each.dose()
        assert told(body["today"]) == [(None, "lumbar_left", 10.0, 1.0)]
        assert told(body["week"]) == [(None, "lumbar_left", 40.0, 2.0)]


@pytest.mark.parametrize(
    ("timezone", "day"), [(None, "2026-03-04"), ("Europe/Berlin", "2026-03-05"), ("Asia/Tokyo", "2026-03-05")]
)
def test_a_day_begins_where_the_place_is(timezone: str | None, day: str) -> None:
    place = Place(timezone, now=11.5 * HOUR_S)  # 23:30 in UTC
    place.keep("back", segment(11.5 * HOUR_S, 61.0))
    body = place.dose()
    assert (body["day"], body["timezone"]) == (day, timezone or "UTC")
    assert told(body["today"]) == [(None, "lumbar_left", 60.0, 1.0)]


@pytest.mark.parametrize("years", [0, 50])
async def test_what_was_recorded_while_the_clock_could_not_be_trusted_has_no_day(years: int) -> None:
    place = Place(synced=False, offset_ns=-years * 365 * 86_400 * 10**9)
    place.keep("back", segment(0.0, 61.0), Gap("stimulation", 61.0, 71.0, "link_lost"))
    assert (place.dose()["day"], place.dose()["today"], place.dose()["week"]) == (None, [], [])
    assert told(place.dose()["undated"]) == [(None, "lumbar_left", 60.0, 11.0)]
    place.synced, place.offset_ns = True, 0
    for each in (place, await place.restarted()):
        assert told(each.dose()["undated"]) == [(None, "lumbar_left", 60.0, 11.0)]
        assert each.dose()["today"] == []


# --- when it is said ---


def test_it_is_said_at_first_when_something_changed_and_when_a_day_begins() -> None:
    place = Place()
    units: list[list[str]] = []

    def second() -> None:
        place.said.clear()
        place.doses.tick(place)
        units.append([message.topic.split("/")[-2] for message in place.said])

    second()
    second()
    place.keep("back", segment(0.0, 61.0))
    place.keep("back", Alarm(1.0, "x", "y"))
    place.keep("chest", segment(0.0, 61.0))
    place.keep(None, Alarm(1.0, "x", "y"))
    second()
    second()
    place.keep("two", session(10.0))
    second()
    place.now = 12 * HOUR_S
    second()
    second()
    assert units == [["back", "two"], [], ["back"], [], ["two"], ["back", "two"], []]


def test_what_concerns_no_dose_changes_nothing() -> None:
    place = Place()
    place.doses.tick(place)
    place.said.clear()
    place.keep("back", Alarm(1.0, "x", "y"), Gap("motion", 0.0, 1.0, "link_lost"))
    place.doses.tick(place)
    assert place.said == []


def test_days_that_are_over_for_long_are_not_kept() -> None:
    place = Place()
    place.keep("back", segment(0.0, 61.0))
    place.doses.tick(place)
    place.now = 9 * DAY_S
    place.doses.tick(place)
    assert list(place.doses._books["back", None]._days) == []
