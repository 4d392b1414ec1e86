from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.history.evening import drafts, entries

from ptdevice.history.timeline import lanes, timeline
from ptdevice.mqtt.topics import Draft, type_of

AT = "2026-09-21T10:00:00.000000Z"


def said(kind: str, **data: Any) -> Draft:
    return replace(drafts()[0], type=type_of(kind), data=json.dumps({"at": AT, **data}))


def test_the_evening_in_its_order() -> None:
    items = timeline(entries())
    assert [item.lane for item in items] == ["by hand", "pain", "exercise", "pain", "stimulation"]
    assert items[0].text == "heat for 20 min on lumbar_left, entered by physio-2"
    assert items[1].text == "pain 5 of 10, before"
    assert (items[0].end - items[0].start).total_seconds() == 1200


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            said("assessment", category="non_spinal", referral_hint=True),
            "assessment: non spinal; see a clinician",
        ),
        (
            said("remote.press", press="long", meaning="pain", effective=True),
            "button pressed (long) means pain",
        ),
        (
            said("remote.press", press="single", meaning=None, effective=False),
            "button pressed (single), without effect",
        ),
        (
            said("pain", rating=10, moment="during", exercise="sit_up"),
            "pain 10 of 10, during sit_up",
        ),
    ],
)
def test_what_people_say_in_words(row: Draft, text: str) -> None:
    (item,) = timeline(entries([row]))
    assert item.text == text


def test_the_picture_has_a_lane_for_what_there_was_and_hours_of_the_place() -> None:
    picture = lanes(timeline(entries()), ZoneInfo("Europe/Berlin"))
    assert [line.split()[0] for line in picture] == ["15:00", "stimulation", "exercise", "pain", "by"]
    assert "54" in picture[3]
    assert picture[1][12:].count("s") == 16  # half an hour, of two in sixty columns, and the column in which it ends


def test_the_greatest_pain_has_one_column_too() -> None:
    picture = lanes(timeline(entries([said("pain", rating=10, moment="after", exercise=None)])), UTC)
    assert picture[1].startswith("pain        X.....")


def test_a_day_without_anything_has_no_picture() -> None:
    assert lanes([], UTC) == []


def test_a_long_day_has_as_many_hours_as_there_is_room_for() -> None:
    late = said("pain", rating=1, moment="after", exercise=None)
    late = replace(late, data=late.data.replace("T10", "T23"))
    early = replace(late, data=late.data.replace("T23", "T00"))
    hours, _ = lanes(timeline(entries([early, late])), UTC)
    assert hours.split() == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]
