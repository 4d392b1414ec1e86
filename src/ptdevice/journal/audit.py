"""The audit trail: every decision about stimulation once more, in a table of its own, each row bound to the one before it.

A row keeps the `content` (the whole record, as text), its digest, and a link:

    digest = SHA-256(content)
    link   = SHA-256("ptdevice audit 1" NUL number NUL previous link NUL digest)

with both hashes in hex, and the digest of the journal's epoch before the first row. So no row can be changed, removed, inserted
or moved without all links after it becoming other ones. Whoever can write the file can of course make all of them anew: that is
found only by who has kept a head (number and link) elsewhere, which is why it is published with every decision.

What must be deleted is signed off in the trail itself. Old rows go from the front, together, and a new row at the end names
them with their first and last link. Rows of one person lose their content and keep their place: the links do not need it. The
content has the record's random id in it, so the digest that stays does not tell what it was, either.

SQL, inside the caller's transaction: a decision and its record are kept together or not at all. `journal.trail` verifies.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.mqtt import contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.journal.store import Sql, Store
    from ptdevice.mqtt.topics import Draft, Entry

TYPE = f"{contract.TYPE_PREFIX}audit{contract.TYPE_SUFFIX}"
RETENTION = "retention"  # the rule of a row that signs off old ones
DAY_NS = 86_400 * 10**9

MIGRATION = (
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, subject TEXT, time_ns INTEGER NOT NULL, clock TEXT NOT NULL,
        content TEXT, digest TEXT NOT NULL, link TEXT NOT NULL
    ) STRICT""",
)

_INSERT = "INSERT INTO audit (number, sequence, subject, time_ns, clock, content, digest, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


# --- the hashes ---


def beginning(epoch: str) -> str:
    """What stands before the first row: other files, other chains."""
    return _sha256(epoch)


def content_of(number: int, entry: Entry) -> str:
    """The record as it is hashed: a JSON list of everything it is published with."""
    d = entry.draft
    parts = [
        number,
        entry.epoch,
        entry.sequence,
        entry.id,
        d.type,
        d.unit,
        d.subject,
        d.time_ns,
        d.mono_us,
        d.boot_id,
        d.clock,
    ]
    return json.dumps([*parts, d.data], ensure_ascii=True, separators=(",", ":"))


def digest_of(content: str) -> str:
    """The hash of a content."""
    return _sha256(content)


def link_of(number: int, previous: str, digest: str) -> str:
    """The hash that the next row goes on from."""
    return _sha256(f"ptdevice audit 1\0{number}\0{previous}\0{digest}")


def head_of(entries: Iterable[Entry]) -> str | None:
    """The head after these were journalled, as it is published: number and link. None: no decision was among them."""
    head = None
    for entry in entries:
        if entry.draft.type == TYPE:
            data = json.loads(entry.draft.data)
            number, previous = data["number"], data["previous"]
            head = f"{number}-{link_of(number, previous, digest_of(content_of(number, entry)))}"
    return head


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- in the file ---


def linked(sql: Sql, entries: list[Entry]) -> list[Entry]:
    """Bind each decision among these to the one before it, and give all back with what was filled in."""
    if not any(entry.draft.type == TYPE for entry in entries):
        return entries
    number, previous = head(sql, entries[0].epoch)
    result = []
    for entry in entries:
        if entry.draft.type == TYPE:
            number += 1
            whole = _filled(entry, number=number, previous=previous)
            previous = _insert(sql, number, previous, whole)
            result.append(whole)
        else:
            result.append(entry)
    return result


def head(sql: Sql, epoch: str) -> tuple[int, str]:
    """The newest row's number and link."""
    row = sql.execute("SELECT number, link FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, beginning(epoch))


def purge(store: Store, before_ns: int, now_ns: int, draft: Draft, new_id: str) -> int:
    """Delete rows older than `before_ns`, sign them off with a row made of `draft`, and return how many there were.

    What is old is judged as for records (`Store.purge`). Nothing is done until the oldest is a day too old, so that there is at
    most one such row a day. The newest row stays.
    """
    query = "SELECT min(number) FROM audit WHERE clock = 'synced' AND time_ns BETWEEN ? AND ?"
    (keep,) = store.sql.execute(query, (before_ns, now_ns)).fetchone()
    if keep is None:
        return 0
    query = "SELECT number, link, time_ns FROM audit WHERE number < ? ORDER BY number"
    rows: Sequence[tuple[int, str, int]] = store.sql.execute(query, (keep,)).fetchall()
    if not any(time_ns < before_ns - DAY_NS for _, _, time_ns in rows):
        return 0
    store.sql.execute("DELETE FROM audit WHERE number < ?", (keep,))
    (first, first_hash, _), (last, last_hash, _) = rows[0], rows[-1]
    _sign_off(store, draft, new_id, spans([first, last], whole=True), first_hash, last_hash)
    return len(rows)


def forget(store: Store, subject: str, draft: Draft, new_id: str) -> int:
    """Erase what decisions say about one person, sign it off with a row made of `draft`, and return how many there were."""
    query = "SELECT number, link FROM audit WHERE subject = ? ORDER BY number"
    rows: Sequence[tuple[int, str]] = store.sql.execute(query, (subject,)).fetchall()
    if rows:
        store.sql.execute("UPDATE audit SET content = NULL, subject = NULL WHERE subject = ?", (subject,))
        _sign_off(store, draft, new_id, spans([number for number, _ in rows]), rows[0][1], rows[-1][1])
    return len(rows)


def spans(numbers: Sequence[int], *, whole: bool = False) -> str:
    """Rising numbers in short: `3-17,20`. `whole`: from the first to the last."""
    if whole:
        numbers = range(numbers[0], numbers[-1] + 1)
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in found)


def _sign_off(store: Store, draft: Draft, new_id: str, erased: str, first_hash: str, last_hash: str) -> None:
    data = contract.AuditData.model_validate_json(draft.data)
    signed = data.model_copy(update={"erased": erased, "first_hash": first_hash, "last_hash": last_hash})
    store.append([replace(draft, data=signed.model_dump_json())], lambda: new_id)


def _filled(entry: Entry, **values: object) -> Entry:
    data = contract.AuditData.model_validate_json(entry.draft.data).model_copy(update=values).model_dump_json()
    return replace(entry, draft=replace(entry.draft, data=data))


def _insert(sql: Sql, number: int, previous: str, entry: Entry) -> str:
    content, draft = content_of(number, entry), entry.draft
    digest = digest_of(content)
    link = link_of(number, previous, digest)
    row = (number, entry.sequence, draft.subject, draft.time_ns, draft.clock, content, digest, link)
    sql.execute(_INSERT, row)
    return link
