"""The audit trail: whoever changes, removes, inserts or moves a decision is found; what is deleted by right is signed off."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import DAY_NS, NOON_NS, draft, journal

from ptdevice import model
from ptdevice.errors import JournalError
from ptdevice.journal import audit
from ptdevice.journal.looking import opened
from ptdevice.journal.trail import Trail, Verdict, rows_of, verify
from ptdevice.mqtt import topics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ptdevice.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def decision(
    action: str = "arm", *, rule: str | None = None, subject: str | None = None, time_ns: int = NOON_NS
) -> topics.Draft:
    stamp = topics.Stamp("boot", time_ns, 1000.0, synced=True)
    said = model.Audit(1000.0, "desk", "mqtt", action, model.Decision.ALLOWED, rule)
    return topics.draft(said, unit="back", subject=subject, stamp=stamp)


def trail_of(book: Journal) -> Trail:
    ids = (f"signed-{number}" for number in range(1000))
    return Trail(book, lambda: next(ids))


async def kept(path: Path, decisions: int = 5) -> str:
    """A journal with decisions among other records; gives back the head."""
    async with journal(path) as book:
        for number in range(decisions):
            await book.append_many([draft(number), decision(f"arm{number}", subject="k3f7q" if number % 2 else None)])
        head = await trail_of(book).head()
    assert head is not None
    return head


def looked_at(path: Path, head: str | None = None) -> Verdict:
    known = None
    if head is not None:
        number, _, link = head.partition("-")
        known = int(number), link
    with opened(path) as (sql, epoch):
        return verify(sql, epoch, known)


def found(path: Path, head: str | None = None) -> str:
    return "\n".join(f"{finding.number}: {finding.what}" for finding in looked_at(path, head).findings)


def tamper(path: Path, *statements: str, values: Sequence[object] = ()) -> None:
    with contextlib.closing(sqlite3.connect(path)) as sql, sql:
        for statement in statements:
            sql.execute(statement, values)


def made_anew(path: Path, start: int = 1) -> None:
    """What an attacker does who knows this program: all links from a row on, so that they fit again."""
    with contextlib.closing(sqlite3.connect(path)) as sql, sql:
        (epoch,) = sql.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        previous = audit.beginning(epoch)
        for number, content in sql.execute("SELECT number, content FROM audit ORDER BY number").fetchall():
            digest = audit.digest_of(content)
            link = audit.link_of(number, previous, digest)
            if number >= start:
                sql.execute("UPDATE audit SET digest = ?, link = ? WHERE number = ?", (digest, link, number))
            previous = link


# --- a whole trail ---


async def test_a_trail_that_nobody_touched_is_whole(path: Path) -> None:
    head = await kept(path)
    verdict = looked_at(path, head)
    assert (verdict.findings, verdict.rows, verdict.first, verdict.last, verdict.head) == ([], 5, 1, 5, head)


async def test_it_goes_on_after_a_restart(path: Path) -> None:
    early = await kept(path, 3)
    async with journal(path, seed=2) as book:
        await book.append(decision("stop"))
    assert looked_at(path, early).findings == []
    assert looked_at(path).last == 4


async def test_each_published_decision_carries_its_number_and_the_link_before_it(path: Path) -> None:
    async with journal(path) as book:
        entries = await book.append_many([decision("arm"), draft(1), decision("stop")])
        said = [json.loads(entry.draft.data) for entry in entries if entry.draft.type == audit.TYPE]
        stored = await book.pending()
    with opened(path) as (sql, epoch):
        rows = rows_of(sql)
    assert [each["number"] for each in said] == [1, 2]
    assert [each["previous"] for each in said] == [audit.beginning(epoch), rows[0].link]
    assert stored == entries


async def test_the_head_of_what_was_just_kept_is_the_head_on_disk(path: Path) -> None:
    async with journal(path) as book:
        entries = await book.append_many([decision("arm"), decision("stop"), draft(1)])
        assert audit.head_of(entries) == await trail_of(book).head()
        assert audit.head_of(entries[2:]) is None


async def test_links_are_sha_256_as_the_file_says(path: Path) -> None:
    # Worked out here once more from the sentence at the top of ptdevice.journal.audit, and from nothing of its code.
    await kept(path, 2)
    with opened(path) as (sql, epoch):
        rows = rows_of(sql)
    previous = hashlib.sha256(epoch.encode()).hexdigest()
    for row in rows:
        assert row.content is not None
        digest = hashlib.sha256(row.content.encode()).hexdigest()
        previous = hashlib.sha256(
            b"\0".join(map(str.encode, ["ptdevice audit 1", str(row.number), previous, digest]))
        ).hexdigest()
        assert (row.digest, row.link) == (digest, previous)


async def test_a_commit_that_fails_leaves_neither_the_record_nor_the_decision(path: Path) -> None:
    async with journal(path) as book:
        await book.append(decision("arm"))

        def broken(store: object) -> None:
            store.append([decision("raise")], lambda: "x")  # type: ignore[attr-defined]
            raise sqlite3.OperationalError("disk I/O error")

        with pytest.raises(JournalError):
            await book.do(broken)
        await book.append(decision("stop"))
    verdict = looked_at(path)
    assert (verdict.findings, verdict.last) == ([], 2)


# --- tampering ---


async def test_a_changed_row_is_found(path: Path) -> None:
    await kept(path)
    tamper(path, "UPDATE audit SET content = replace(content, 'arm2', 'arm9') WHERE number = 3")
    assert "3: its content was changed" in found(path)


async def test_a_row_that_was_changed_with_its_digest_is_found(path: Path) -> None:
    await kept(path)
    with opened(path) as (sql, _):
        content = rows_of(sql)[2].content
    assert content is not None
    changed = content.replace("arm2", "arm9")
    tamper(
        path, "UPDATE audit SET content = ?, digest = ? WHERE number = 3", values=(changed, audit.digest_of(changed))
    )
    assert "3: does not go on from the one before it" in found(path)


async def test_a_changed_record_is_found(path: Path) -> None:
    await kept(path)
    tamper(path, "UPDATE entry SET data = replace(data, 'arm2', 'arm9') WHERE sequence = 6")
    assert found(path) == "3: differs from its record (6): one of the two was changed"


@pytest.mark.parametrize("column", ["id", "unit", "subject", "time_ns", "mono_us", "boot_id", "clock", "data"])
async def test_no_part_of_a_record_is_left_out_of_the_chain(path: Path, column: str) -> None:
    await kept(path)
    tamper(path, f"UPDATE entry SET {column} = '7' WHERE sequence = 6")  # noqa: S608 - all of it is ours
    assert found(path) == "3: differs from its record (6): one of the two was changed"


async def test_a_removed_row_is_found(path: Path) -> None:
    await kept(path)
    tamper(path, "DELETE FROM audit WHERE number = 3", "DELETE FROM entry WHERE sequence = 6")
    assert found(path) == "4: decision 3 was removed, and nothing signs it off"


async def test_a_removed_beginning_is_found(path: Path) -> None:
    await kept(path)
    tamper(path, "DELETE FROM audit WHERE number < 3", "DELETE FROM entry WHERE sequence < 6")
    assert found(path) == "3: decision 1-2 was removed, and nothing signs it off"


async def test_an_inserted_row_is_found(path: Path) -> None:
    await kept(path)
    tamper(
        path,
        "INSERT INTO audit SELECT 6, 11, subject, time_ns, clock, content, digest, link FROM audit WHERE number = 5",
    )
    said = found(path)
    assert "6: does not go on from the one before it" in said
    assert "6: has the content of decision 5" in said


async def test_an_inserted_record_is_found(path: Path) -> None:
    await kept(path)
    tamper(
        path,
        "INSERT INTO entry SELECT 11, 'x', type, unit, subject, 0, 0, '', '', data, 1, NULL FROM entry WHERE sequence = 10",
    )
    assert found(path) == "5: is in the record (11), and not in the trail"


async def test_swapped_rows_are_found(path: Path) -> None:
    await kept(path)
    tamper(
        path,
        "UPDATE audit SET number = 100 WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 100",
    )
    said = found(path)
    assert "2: does not go on from the one before it" in said
    assert "3: does not go on from the one before it" in said
    assert "3: belongs to record 4, which is older" in said


async def test_an_end_that_was_cut_off_is_found_by_its_records(path: Path) -> None:
    await kept(path)
    tamper(path, "DELETE FROM audit WHERE number > 3")
    assert (
        found(path) == "4: is in the record (8), and not in the trail\n5: is in the record (10), and not in the trail"
    )


async def test_an_end_that_was_cut_off_with_its_records_is_found_by_a_head_only(path: Path) -> None:
    head = await kept(path)
    tamper(path, "DELETE FROM audit WHERE number > 3", "DELETE FROM entry WHERE sequence > 6")
    assert found(path) == ""
    assert found(path, head) == "5: was the head, and the end of the trail is missing: decision 4-5"


async def test_a_trail_that_was_made_anew_is_found_by_a_head_only(path: Path) -> None:
    head = await kept(path)
    change = "SET {0} = replace({0}, 'arm2', 'arm9')"
    tamper(path, f"UPDATE audit {change.format('content')}", f"UPDATE entry {change.format('data')}")
    # Contents have the data as a string inside JSON, where nothing of the action is escaped.
    made_anew(path)
    assert "its content was changed" not in found(path)
    assert "5: is not what it was when the head was kept" in found(path, head)


async def test_another_file_in_its_place_is_found_by_a_head(path: Path, tmp_path: Path) -> None:
    head = await kept(path)
    async with journal(tmp_path / "other.db", seed=7) as book:
        for number in range(9):
            await book.append(decision(f"arm{number}"))
    await asyncio.to_thread((tmp_path / "other.db").rename, path)
    assert found(path) == ""
    assert "5: is not what it was" in found(path, head)


async def test_content_that_was_removed_without_a_word_is_found(path: Path) -> None:
    await kept(path)
    tamper(path, "UPDATE audit SET content = NULL WHERE number = 2")
    assert found(path) == "2: its content was removed, and nothing signs that off"


def spoil(path: Path, whole: bytes, column: str, number: int, at: int) -> None:
    path.write_bytes(whole)
    changed = f"{column} + 100"
    if column not in {"number", "sequence"}:
        changed = f"substr({column}, 1, {at} - 1) || char(unicode(substr({column}, {at}, 1)) + 1) || substr({column}, {at} + 1)"
    tamper(path, f"UPDATE audit SET {column} = {changed} WHERE number = {number}")  # noqa: S608 - all of it is ours


@pytest.mark.parametrize("column", ["number", "sequence", "content", "digest", "link"])
async def test_no_single_changed_value_goes_unseen(path: Path, column: str) -> None:
    head = await kept(path, 6)
    whole = await asyncio.to_thread(path.read_bytes)
    rng = random.Random(32)  # noqa: S311 - a seed, no secret
    for _ in range(12):
        number, at = rng.randrange(1, 7), rng.randrange(1, 65)
        await asyncio.to_thread(spoil, path, whole, column, number, at)
        assert found(path, head), (number, at)


# --- what goes by right ---


def signing(rule: str) -> topics.Draft:
    return decision("purge", rule=rule, time_ns=NOON_NS + 10 * DAY_NS)


async def days(book: Journal, count: int = 6) -> None:
    for number in range(count):
        await book.append(decision(f"arm{number}", time_ns=NOON_NS + number * DAY_NS))


async def test_old_decisions_go_together_and_are_signed_off(path: Path) -> None:
    async with journal(path) as book:
        await days(book)
        assert await trail_of(book).purge(3, NOON_NS + 6 * DAY_NS, signing("retention")) == 3
        rows = [json.loads(entry.draft.data) for entry in await book.pending()]
    verdict = looked_at(path)
    assert (verdict.findings, verdict.first, verdict.last) == ([], 4, 7)
    assert rows[-1]["erased"] == "1-3"
    assert (rows[-1]["first_hash"], rows[-1]["last_hash"]) == (rows[1]["previous"], rows[3]["previous"])


async def test_what_was_signed_off_with_another_link_is_found(path: Path) -> None:
    async with journal(path) as book:
        await days(book)
        await trail_of(book).purge(3, NOON_NS + 6 * DAY_NS, signing("retention"))
    tamper(path, "DELETE FROM audit WHERE number = 4", "DELETE FROM entry WHERE sequence <= 4")
    assert "5: decision 1-4 was removed, and nothing signs it off" in found(path)


async def test_old_decisions_go_again_and_again_and_the_trail_stays_whole(path: Path) -> None:
    async with journal(path) as book:
        trail = trail_of(book)
        for day in range(12):
            await book.append(decision(f"arm{day}", time_ns=NOON_NS + day * DAY_NS))
            await trail.purge(
                3, NOON_NS + day * DAY_NS, decision("purge", rule="retention", time_ns=NOON_NS + day * DAY_NS)
            )
    verdict = looked_at(path)
    assert verdict.findings == []
    assert verdict.first > 5


async def test_nothing_is_deleted_for_less_than_a_day(path: Path) -> None:
    async with journal(path) as book:
        await days(book)
        assert await trail_of(book).purge(5, NOON_NS + 6 * DAY_NS - 1, signing("retention")) == 0
        assert len(await book.pending()) == 6


async def test_the_newest_decision_stays_however_old(path: Path) -> None:
    async with journal(path) as book:
        await days(book)
        await trail_of(book).purge(1, NOON_NS + 900 * DAY_NS, signing("retention"))
    assert looked_at(path).last == 6


async def test_forgetting_a_person_erases_contents_and_leaves_the_trail_whole(path: Path) -> None:
    async with journal(path) as book:
        for number in range(6):
            await book.append(decision(f"arm{number}", subject="k3f7q" if number in {1, 2, 4} else "other"))
        assert await trail_of(book).forget("k3f7q", signing("forget")) == 3
    tamper(path, "DELETE FROM entry WHERE subject = 'k3f7q'")
    verdict = looked_at(path)
    assert (verdict.findings, verdict.erased, verdict.rows) == ([], 3, 7)
    with opened(path) as (sql, _):
        contents = [row.content for row in rows_of(sql)]
        assert '"erased":"2-3,5"' in str(contents[-1]).replace("\\", "")
        assert not any("k3f7q" in content for content in contents if content)


async def test_a_sign_off_from_before_excuses_nothing_after_it(path: Path) -> None:
    async with journal(path) as book:
        await book.append(decision("arm", subject="k3f7q"))
        await trail_of(book).forget("k3f7q", signing("forget"))
        await book.append(decision("arm", subject="k3f7q"))
    tamper(path, "UPDATE audit SET content = NULL WHERE number = 3", "DELETE FROM entry WHERE subject = 'k3f7q'")
    assert "3: its content was removed" in found(path)


async def test_what_signs_off_is_published_like_any_decision(path: Path) -> None:
    async with journal(path) as book:
        await book.append(decision("arm", subject="k3f7q"))
        book.news.clear()
        await trail_of(book).forget("k3f7q", signing("forget"))
        assert book.news.is_set()
        assert book.newest == 2


# --- looking at it ---


async def test_it_can_be_looked_at_as_a_copy(path: Path, tmp_path: Path) -> None:
    await kept(path)
    copy = tmp_path / "copy of it?.db"
    await asyncio.to_thread(shutil.copy, path, copy)
    assert looked_at(copy).findings == []


def test_what_is_no_journal_is_told(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("CREATE TABLE other (x)")
    with pytest.raises(JournalError, match="is no journal of ptdevice"):
        looked_at(path)


def test_a_journal_that_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(JournalError, match="There is no journal"):
        looked_at(path)
    assert not path.exists()
