"""Records go by the age of their class, and nothing else goes with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import DAY_NS, NOON_NS, draft, journal

from ptdevice.journal.retention import CLASSES, class_of, limits
from ptdevice.mqtt.kinds import KINDS
from ptdevice.mqtt.topics import type_of

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.journal import Journal
    from ptdevice.mqtt.topics import Draft

WEEK = {"bulk": 7.0, "exercise": 730.0, "stimulation": 365.0, "assessment": 30.0, "audit": 90.0}


def of(kind: str, day: int, *, unit: str = "chest") -> Draft:
    return replace(draft(time_ns=NOON_NS + day * DAY_NS), type=type_of(kind), unit=unit)


async def fill(book: Journal, *drafts: Draft) -> None:
    """Rows that the broker has, but for the last."""
    entries = await book.append_many(drafts)
    book.mark_sent([entry.sequence for entry in entries[:-1]])


async def left(book: Journal) -> list[str]:
    return [entry.draft.type.removeprefix("dev.ptdevice.").removesuffix(".v1") for entry in await book.read(0, 1000)]


async def test_each_class_goes_at_its_own_age(tmp_path: Path) -> None:
    kinds = ("exercise.rejected", "exercise.set", "stimulation.session", "pain", "alarm")
    async with journal(tmp_path / "j") as book:
        days = (0, 10, 60, 100, 400)
        await fill(book, *(of(kind, 0) for kind in kinds), *(of("clock", day) for day in days[1:]), of("clock", 800))
        seen = []
        for day in days[1:]:
            await book.purge(WEEK, NOON_NS + day * DAY_NS)
            seen.append([kind for kind in kinds if kind in await left(book)])
        assert seen == [
            ["exercise.set", "stimulation.session", "pain", "alarm"],
            ["exercise.set", "stimulation.session", "alarm"],
            ["exercise.set", "stimulation.session"],
            ["exercise.set"],
        ]


async def test_what_the_broker_has_not_stays_and_goes_once_it_has(tmp_path: Path) -> None:
    async with journal(tmp_path / "j") as book:
        first, *_ = await book.append_many([of("exercise.rejected", 0), of("exercise.rejected", 0), of("clock", 20)])
        book.mark_sent([first.sequence + 1])
        assert await book.purge(WEEK, NOON_NS + 20 * DAY_NS) == 1
        book.mark_sent([first.sequence])
        assert await book.purge(WEEK, NOON_NS + 20 * DAY_NS) == 1, "it was not passed over for good"


async def test_what_tells_who_wears_a_unit_now_is_never_old(tmp_path: Path) -> None:
    async with journal(tmp_path / "j") as book:
        rows = [of("assignment", 0), of("assignment", 1), of("assignment", 0, unit="back"), of("alarm", 0)]
        await fill(book, *rows, of("clock", 500))
        await book.purge(WEEK, NOON_NS + 500 * DAY_NS)
        kept = [
            (entry.draft.unit, entry.sequence) for entry in await book.read(0, 10) if "assignment" in entry.draft.type
        ]
        assert kept == [("chest", 2), ("back", 3)]
        assert "alarm" not in await left(book)


async def test_rows_in_place_of_forgotten_ones_make_nothing_before_or_after_them_look_young(tmp_path: Path) -> None:
    async with journal(tmp_path / "j") as book:
        await fill(book, of("alarm", 0), of("forgotten", 99), of("alarm", 1), of("clock", 100))
        await book.purge(WEEK, NOON_NS + 100 * DAY_NS)
        assert "alarm" not in await left(book)


async def test_a_kind_of_a_later_version_is_kept_as_long_as_the_audit(tmp_path: Path) -> None:
    async with journal(tmp_path / "j") as book:
        await fill(book, of("news.of.tomorrow", 0), of("clock", 80), of("clock", 100))
        await book.purge(WEEK, NOON_NS + 80 * DAY_NS)
        assert "news.of.tomorrow" in await left(book)
        await book.purge(WEEK, NOON_NS + 100 * DAY_NS)
        assert "news.of.tomorrow" not in await left(book)


def test_one_number_is_meant_for_every_class() -> None:
    assert limits(1, DAY_NS) == dict.fromkeys(CLASSES, 0)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_kind_of_record_has_a_class(kind: str) -> None:
    assert class_of(kind) in CLASSES


def test_doses_and_repetitions_are_never_bulk() -> None:
    assert {kind for kind in KINDS.values() if class_of(kind) == "bulk"} == {
        "exercise.rejected",
        "exercise.suggested_set",
    }
