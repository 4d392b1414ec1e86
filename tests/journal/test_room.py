"""The ceiling: what goes when it is reached, in which order, and what never does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import draft, journal

from ptdevice.errors import JournalFullError
from ptdevice.journal import room
from ptdevice.mqtt.contract import EVENTS
from ptdevice.mqtt.topics import kind_of, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.journal import Journal
    from ptdevice.mqtt.topics import Draft

CEILING_MB = 1
TEXT = "x" * 500  # about what a record has
PRECIOUS = sorted(
    set(EVENTS) - set(room.EXPENDABLE) - {"audit"}
)  # an audit row is read when it is kept: text will not do


def of(kind: str, number: int = 0, *, stream: str = "motion") -> Draft:
    data = f'{{"stream":"{stream}","text":"{TEXT}"}}' if kind == "gap" else f'{{"text":"{TEXT}"}}'
    return replace(draft(number), type=type_of(kind), data=data)


async def kinds(book: Journal) -> Counter[str]:
    return Counter(kind_of(row.draft.type) for row in await book.read(limit=100_000))


async def fill(book: Journal, kind: str) -> int:
    """Append until the ceiling is reached and nothing may go any more; how many were taken."""
    taken = 0
    while True:
        try:
            await book.append_many([of(kind, taken + n) for n in range(50)])
        except JournalFullError:
            return taken
        taken += 50


async def test_a_full_journal_takes_no_more_and_says_what_to_do(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        taken = await fill(book, "exercise.repetition")
        with pytest.raises(JournalFullError, match=r"journal\.max_mb, 1 MiB.*retention_days"):
            await book.append_many([of("exercise.repetition") for _ in range(50)])
        assert await kinds(book) == {"exercise.repetition": taken}
        assert book.take_notices() == []
    assert (tmp_path / "journal.db").stat().st_size <= CEILING_MB * room.MIB


@pytest.mark.parametrize("kind", PRECIOUS)
async def test_what_a_person_did_or_felt_or_must_know_never_goes_even_when_delivered(tmp_path: Path, kind: str) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        book.mark_sent(row.sequence for row in await book.append_many([of(kind, n) for n in range(20)]))
        await fill(book, "exercise.set")
        assert (await kinds(book))[kind] >= 20


def test_a_decision_never_goes() -> None:
    assert "audit" not in room.EXPENDABLE
    assert not room.may_go(of("audit"))


async def test_what_says_least_goes_first_and_what_was_delivered_before_what_was_not(tmp_path: Path) -> None:
    order = [(kind, True) for kind in room.EXPENDABLE] + [(kind, False) for kind in room.EXPENDABLE]
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        for kind, delivered in reversed(order):  # those to go last are the oldest
            rows = await book.append_many([of(kind, n) for n in range(100)])
            if delivered:
                book.mark_sent(row.sequence for row in rows)
        gone: list[tuple[str, bool]] = []
        await book.append(of("exercise.set"))  # the newest row never goes
        while dropped := await book.do(lambda store: room.make_room(store.sql)):
            gone += [(each.kind, each.delivered) for each in dropped]
        assert await kinds(book) == {"exercise.set": 1}
    assert gone == order


async def test_room_is_made_for_a_repetition_and_told(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        watches = await fill_beside(book, "gateway.watch")
        await book.append_many([of("exercise.repetition", n) for n in range(300)])
        left = await kinds(book)
        assert left["exercise.repetition"] == 300
        assert left["gateway.watch"] < watches
        notices = book.take_notices()
        assert {notice.code for notice in notices} == {"journal_dropped"}
        assert "gateway.watch that the broker never had, sequence 1 to" in notices[0].text


async def fill_beside(book: Journal, kind: str) -> int:
    """Nearly fill it with rows that may go."""
    taken = 0
    while (await book.fill()).used < 0.9 * CEILING_MB * room.MIB:
        await book.append_many([of(kind, taken + n) for n in range(10)])
        taken += 10
    return taken


async def test_a_gap_in_a_stimulation_is_part_of_its_dose_and_stays(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        await book.append_many([of("gap", stream="stimulation"), of("gap", stream="stimulation_a"), of("gap")])
        await book.append(of("exercise.set"))
        await book.do(lambda store: room.make_room(store.sql))
        assert [row.sequence for row in await book.read()] == [1, 2, 4]


async def test_the_newest_row_stays_so_that_no_number_is_given_twice(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        await book.append_many([of("gateway.watch", n) for n in range(3)])
        await book.do(lambda store: room.make_room(store.sql))
        assert [row.sequence for row in await book.read()] == [3]


async def test_the_oldest_of_a_class_go_first_and_no_more_than_is_needed(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=8) as book:
        for _ in range(6):
            await book.append_many([of("gateway.watch", n) for n in range(1000)])
        (dropped,) = await book.do(lambda store: room.make_room(store.sql))
        assert (dropped.first, dropped.rows) == (1, room.ROWS)
        assert (await book.read(limit=1))[0].sequence == room.ROWS + 1


async def test_a_file_that_is_larger_already_opens_and_grows_no_more(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db") as book:
        for _ in range(5):
            await book.append_many([of("exercise.set", n) for n in range(1000)])
    size = (tmp_path / "journal.db").stat().st_size
    assert size > 2 * room.MIB
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        await fill(book, "exercise.set")
        assert len(await book.read(limit=100_000)) >= 5000
    assert (tmp_path / "journal.db").stat().st_size <= size + 64 * 1024


async def test_rows_that_old_age_takes_make_room(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", max_mb=CEILING_MB) as book:
        await fill(book, "exercise.set")
        before = await book.fill()
        assert before.limit == CEILING_MB * room.MIB
        await book.do(lambda store: store.sql.execute("DELETE FROM entry WHERE sequence < 500"))
        assert (await book.fill()).used < before.used - 250 * 1024
        await book.append_many([of("exercise.set", n) for n in range(100)])
