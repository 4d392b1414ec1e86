"""A person's rows are gone for good, from every byte of the files; what is left has no hole, and tells which they were."""

from __future__ import annotations

import itertools
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.journal.scaffold import NOON_NS, draft, journal

from ptdevice.journal import forgetting
from ptdevice.journal.forgetting import Words, ranges_of
from ptdevice.journal.people import People
from ptdevice.journal.store import PARKED, PENDING, SENT, Store, open_sqlite
from ptdevice.journal.trail import verify
from ptdevice.journal.worn import ASSIGNMENT
from ptdevice.model import Audit, Decision
from ptdevice.mqtt import topics
from ptdevice.mqtt.topics import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.mqtt.topics import Draft

ANNA, BERT = "annaannaannaanna", "bertbertbertbert"
NUMBERS = itertools.count()


def words() -> Words:
    def forgotten(rows: int, ranges: tuple[tuple[int, int], ...]) -> Draft:
        return replace(
            draft(data=f'{{"rows":{rows},"ranges":{[list(each) for each in ranges]}}}'), type="forgotten", unit=None
        )

    def unworn(unit: str) -> Draft:
        return replace(draft(data='{"assigned":false}'), type=ASSIGNMENT, unit=unit)

    def audited() -> Draft:
        signed = Audit(5.0, "desk", "mqtt", "forget", Decision.ALLOWED, "forget")
        return topics.draft(signed, unit=None, subject=None, stamp=Stamp("boot", NOON_NS, 5.0, synced=True))

    return Words(forgotten, unworn, audited, lambda: f"new-{next(NUMBERS)}")


def of(subject: str | None, number: int = 0, *, unit: str = "chest", kind: str | None = None) -> Draft:
    row = replace(draft(number, data=f'{{"secret":"{subject}-{number}"}}'), subject=subject, unit=unit)
    return replace(row, type=kind) if kind else row


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "j.sqlite", lambda: "epoch")
    yield store
    store.close()


def fill(store: Store, *drafts: Draft) -> None:
    with store.transaction():
        store.append(drafts, lambda: f"old-{next(NUMBERS)}")


def forget(store: Store, subject: str) -> int:
    rows = 0
    with store.transaction():
        forgetting.prepare(store, subject, words())
        last = store.newest()
    for after in range(0, last, forgetting.STEP):
        with store.transaction():
            rows += forgetting.forget_some(store, subject, after, words())[0]
    return rows


def rows(store: Store) -> list[tuple[int, str, str | None, int]]:
    return list(store.sql.execute("SELECT sequence, type, subject, state FROM entry ORDER BY sequence"))


def octets(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_the_persons_rows_become_rows_that_say_so_in_their_place_and_a_new_one_tells_which(store: Store) -> None:
    fill(store, of(ANNA, 1), of(BERT, 2), of(ANNA, 3), of(ANNA, 4), of(None, 5))
    assert forget(store, ANNA) == 3
    assert [(number, kind, whose) for number, kind, whose, _ in rows(store)] == [
        (1, "forgotten", None),
        (2, "dev.ptdevice.alarm.v1", BERT),
        (3, "forgotten", None),
        (4, "forgotten", None),
        (5, "dev.ptdevice.alarm.v1", None),
        (6, "forgotten", None),
    ]
    told = store.read(0, 10)
    assert told[0].draft.data == '{"rows":1,"ranges":[[1, 1]]}'
    assert told[5].draft.data == '{"rows":3,"ranges":[[1, 1], [3, 4]]}'
    assert told[0].id.startswith("new-"), "an id has the time at which the row was made"
    assert told[1].draft.data == f'{{"secret":"{BERT}-2"}}'


def test_what_waits_for_the_broker_still_does_and_what_was_parked_can_be_sent_now(store: Store) -> None:
    fill(store, of(ANNA, 1), of(ANNA, 2), of(ANNA, 3))
    with store.transaction():
        store.mark_sent([1])
        store.park(2, "refused")
    forget(store, ANNA)
    assert [state for *_, state in rows(store)] == [SENT, PENDING, PENDING, PENDING]
    assert PARKED not in {state for *_, state in rows(store)}
    assert store.sql.execute("SELECT count(*) FROM entry WHERE reason IS NOT NULL").fetchone() == (0,)


def test_no_byte_of_it_is_left_in_the_file_or_the_log_beside_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "j.sqlite", lambda: "epoch")
    for number in range(300):
        fill(store, of(ANNA if number % 3 else BERT, number))
        with store.transaction():
            store.mark_sent([number + 1])
    assert ANNA.encode() in octets(tmp_path)
    forget(store, ANNA)
    assert ANNA.encode() not in octets(tmp_path), "while it is open, as the daemon has it"
    assert BERT.encode() in octets(tmp_path)
    store.close()
    assert ANNA.encode() not in octets(tmp_path)


def test_writing_the_file_anew_removes_what_was_deleted_before_anybody_overwrote_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "j.sqlite", lambda: "epoch")
    store.sql.execute("PRAGMA secure_delete = OFF")  # as every version before
    fill(store, *(of(ANNA, number) for number in range(200)), of(BERT, 200))
    with store.transaction():
        store.sql.execute("DELETE FROM entry WHERE subject = ?", (ANNA,))
    store.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ANNA.encode() in octets(tmp_path)
    forgetting.rewrite(store, tmp_path / "j.sqlite")
    assert ANNA.encode() not in octets(tmp_path)
    assert [whose for _, _, whose, _ in rows(store)] == [BERT]
    store.close()


def test_a_unit_does_not_fall_back_to_an_older_word_when_its_last_wearer_is_forgotten(store: Store) -> None:
    fill(store, of(BERT, 1, unit="back", kind=ASSIGNMENT), of(ANNA, 2, unit="back", kind=ASSIGNMENT))
    fill(store, of(ANNA, 3, kind=ASSIGNMENT), of(BERT, 4, kind=ASSIGNMENT))
    forget(store, ANNA)
    last = {row.draft.unit: row.draft for row in store.read(0, 100) if row.draft.type == ASSIGNMENT}
    assert (last["back"].subject, last["back"].data) == (None, '{"assigned":false}')
    assert last["chest"].subject == BERT


def test_the_trail_of_decisions_is_erased_and_signed_off_and_still_whole(store: Store, tmp_path: Path) -> None:
    decided = Audit(1.0, ANNA, "mqtt", "start", Decision.DENIED, "no_screening")
    stamp = Stamp("boot", NOON_NS, 5.0, synced=True)
    fill(store, *(topics.draft(decided, unit="back", subject=whose, stamp=stamp) for whose in (ANNA, BERT, ANNA)))
    assert forget(store, ANNA) == 2
    verdict = verify(store.sql, store.epoch)
    assert (verdict.findings, verdict.rows, verdict.erased) == ([], 4, 2)
    assert ANNA.encode() in octets(tmp_path), (
        "as the actor of another's decision: codes name nobody who acts, this test does"
    )
    with store.transaction():
        assert store.sql.execute("SELECT count(*) FROM audit WHERE content LIKE '%anna%'").fetchone() == (1,)


def test_a_long_journal_is_gone_through_in_steps_each_of_which_is_told_with_what_it_deleted(store: Store) -> None:
    fill(store, *(of(ANNA, number) for number in range(forgetting.STEP + 10)))
    assert forget(store, ANNA) == forgetting.STEP + 10
    told = [row.draft.data for row in store.read(forgetting.STEP + 10, 10)]
    assert told == [
        f'{{"rows":{forgetting.STEP},"ranges":[[1, {forgetting.STEP}]]}}',
        f'{{"rows":10,"ranges":[[{forgetting.STEP + 1}, {forgetting.STEP + 10}]]}}',
    ]


def test_somebody_of_whom_there_is_nothing_leaves_nothing(store: Store) -> None:
    fill(store, of(BERT, 1))
    assert forget(store, ANNA) == 0
    assert len(rows(store)) == 1


def test_a_log_that_cannot_be_emptied_now_is_emptied_after_the_next_transaction(tmp_path: Path) -> None:
    class Busy:
        """SQLite that has somebody else reading, once."""

        def __init__(self, path: Path) -> None:
            self.sql, self.times = open_sqlite(path), 1

        def execute(self, sql: str, *parameters: Any) -> object:
            if "wal_checkpoint" in sql and self.times:
                self.times -= 1
                raise sqlite3.OperationalError
            return self.sql.execute(sql, *parameters)

        def __getattr__(self, name: str) -> object:
            return getattr(self.sql, name)

    store = Store(tmp_path / "j.sqlite", lambda: "epoch", Busy)  # type: ignore[arg-type] # the part that is used
    fill(store, of(ANNA, 1))
    assert forget(store, ANNA) == 1
    assert store.stained
    fill(store, of(BERT, 2))
    assert not store.stained
    assert ANNA.encode() not in octets(tmp_path)
    store.close()


def test_numbers_become_ranges() -> None:
    assert ranges_of([]) == ()
    assert ranges_of([3]) == ((3, 3),)
    assert ranges_of([1, 2, 3, 7, 9, 10]) == ((1, 3), (7, 7), (9, 10))


async def test_the_daemons_journal_tells_whoever_publishes(tmp_path: Path) -> None:
    async with journal(tmp_path / "j.sqlite") as kept:
        await kept.append_many([of(ANNA, 1), of(BERT, 2), of(ANNA, 3)])
        kept.news.clear()
        people = People(kept)
        assert await people.count(ANNA) == 2
        assert await people.forget(ANNA, words()) == 2
        assert kept.news.is_set()
        assert kept.newest == 4
        assert await people.count(ANNA) == 0
        assert ANNA.encode() not in octets(tmp_path)
