"""Looking at the audit trail: is every row what it was, in its place, and none missing? And the trail as the daemon sees it.

Verifying reads and never writes, so it can be done on a copy, or beside a daemon that is at work. What it cannot see is said in
`ptdevice.journal.audit`: a trail that was made anew from some row on is whole in itself, and a head kept elsewhere is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.journal import audit
from ptdevice.journal.store import SELECT
from ptdevice.mqtt.topics import Draft, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.journal.store import Sql, Store
    from ptdevice.journal.writer import Journal

FINDINGS = 100  # told at most: one broken row is enough to know, and a file full of them is told soon enough


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and at which decision (None: nowhere in particular)."""

    number: int | None
    what: str


@dataclass(slots=True)
class Verdict:
    """What a look at the whole trail gave. `head` is the newest number and link, `erased` rows whose content was signed off."""

    epoch: str
    rows: int = 0
    first: int = 0
    last: int = 0
    erased: int = 0
    head: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def find(self, number: int | None, what: str) -> None:
        """Note what is wrong."""
        if len(self.findings) < FINDINGS:
            self.findings.append(Finding(number, what))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the trail."""

    number: int
    sequence: int
    content: str | None
    digest: str
    link: str


@dataclass(frozen=True, slots=True)
class _SignedOff:
    """A row that says that others were deleted or erased, and why (`rule`)."""

    by: int
    numbers: frozenset[int] | range
    last_hash: str | None


def rows_of(sql: Sql) -> list[Row]:
    """The whole trail, in order."""
    query = "SELECT number, sequence, content, digest, link FROM audit ORDER BY number"
    return [Row(*row) for row in sql.execute(query)]


def verify(sql: Sql, epoch: str, known: tuple[int, str] | None = None) -> Verdict:
    """Look at every row, and at the records they belong to. `known`: a head that was kept elsewhere, number and link."""
    rows, verdict = rows_of(sql), Verdict(epoch)
    if rows:
        verdict.rows, verdict.first, verdict.last = len(rows), rows[0].number, rows[-1].number
        verdict.head = f"{rows[-1].number}-{rows[-1].link}"
    signed = [each for row in rows if (each := _signed_off(row)) is not None]
    _links(rows, signed, epoch, verdict)
    for row in rows:
        _content(row, signed, verdict)
    _records(sql, rows, verdict)
    if known is not None:
        _compare(rows, known, verdict)
    return verdict


def _links(rows: Sequence[Row], signed: Sequence[_SignedOff], epoch: str, verdict: Verdict) -> None:
    """Whether each row goes on from the one before it."""
    previous: str | None = audit.beginning(epoch)
    expected, sequence = 1, 0
    for row in rows:
        if row.number != expected:
            missing = audit.spans([expected, row.number - 1], whole=True)
            # Only what is missing in front can have been signed off, with the link that the rest goes on from.
            off = next(
                (each for each in signed if expected == 1 and each.by >= row.number and _purged(each, row)), None
            )
            if off is None or off.last_hash is None:
                verdict.find(row.number, f"decision {missing} was removed, and nothing signs it off")
                previous = None
            else:
                previous = off.last_hash
        if previous is not None and audit.link_of(row.number, previous, row.digest) != row.link:
            verdict.find(row.number, "does not go on from the one before it: it was changed, inserted, or moved here")
        if row.sequence <= sequence:
            verdict.find(
                row.number, f"belongs to record {row.sequence}, which is older than that of the decision before it"
            )
        previous, expected, sequence = row.link, row.number + 1, row.sequence


def _purged(off: _SignedOff, first: Row) -> bool:
    return isinstance(off.numbers, range) and off.numbers.stop == first.number


def _content(row: Row, signed: Sequence[_SignedOff], verdict: Verdict) -> None:
    if row.content is None:
        verdict.erased += 1
        if not any(row.number in off.numbers for off in signed):
            verdict.find(row.number, "its content was removed, and nothing signs that off")
        return
    if audit.digest_of(row.content) != row.digest:
        verdict.find(row.number, "its content was changed")
    entry = _entry_of(row.content)
    if entry is None:
        verdict.find(row.number, "its content is none")
    elif (entry[0], entry[1].sequence) != (row.number, row.sequence):
        verdict.find(row.number, f"has the content of decision {entry[0]}, record {entry[1].sequence}")


def _records(sql: Sql, rows: Sequence[Row], verdict: Verdict) -> None:
    """Whether the record of each decision is still the same, where it is still there, and there is no other."""
    by_sequence = {row.sequence: row for row in rows}
    for values in sql.execute(f"{SELECT} WHERE type = ? ORDER BY sequence", (audit.TYPE,)):
        entry = Entry(values[0], values[1], verdict.epoch, Draft(*values[2:]))
        row = by_sequence.get(entry.sequence)
        if row is None:
            number = _number(entry.draft.data)
            if number is None or number >= verdict.first:
                verdict.find(number, f"is in the record ({entry.sequence}), and not in the trail")
        elif row.content is not None and audit.content_of(row.number, entry) != row.content:
            verdict.find(row.number, f"differs from its record ({entry.sequence}): one of the two was changed")


def _compare(rows: Sequence[Row], known: tuple[int, str], verdict: Verdict) -> None:
    number, link = known
    found = next((row for row in rows if row.number == number), None)
    if found is not None and found.link != link:
        verdict.find(
            number, "is not what it was when the head was kept: the trail was made anew, or this is another file"
        )
    elif found is None and number > verdict.last:
        missing = audit.spans([verdict.last + 1, number], whole=True)
        verdict.find(number, f"was the head, and the end of the trail is missing: decision {missing}")
    elif found is None:
        verdict.find(number, "was the head, and is no longer in the trail: it cannot be compared. Use a newer head")


def _signed_off(row: Row) -> _SignedOff | None:
    entry = _entry_of(row.content) if row.content is not None else None
    if entry is None or '"erased":null' in entry[1].draft.data:
        return None
    data = json.loads(entry[1].draft.data)
    parts = [part.partition("-") for part in data["erased"].split(",")]
    numbers = [range(int(first), int(last or first) + 1) for first, _, last in parts]
    if data["rule"] == audit.RETENTION:
        return _SignedOff(row.number, numbers[0], data["last_hash"])
    return _SignedOff(row.number, frozenset(number for span in numbers for number in span), data["last_hash"])


def _entry_of(content: str) -> tuple[int, Entry] | None:
    """The number and the record that a content is of; None for something else."""
    try:
        number, epoch, sequence, name, *rest = json.loads(content)
        return number, Entry(sequence, name, epoch, Draft(*rest))
    except (ValueError, TypeError):
        return None


def _number(data: str) -> int | None:
    try:
        number = json.loads(data)["number"]
    except (ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


class Trail:
    """The trail of an open journal, for the daemon. Every method raises JournalError."""

    def __init__(self, journal: Journal, new_id: Callable[[], str]) -> None:
        self._journal, self._new_id = journal, new_id

    async def head(self) -> str | None:
        """The newest decision, by number and link; None: there is none yet."""
        number, link = await self._journal.do(lambda store: audit.head(store.sql, store.epoch))
        return f"{number}-{link}" if number else None

    async def purge(self, days: float, now_ns: int, draft: Draft) -> int:
        """Delete decisions older than `days`; `draft` (of rule `retention`) becomes the row that signs it off."""
        before_ns = now_ns - round(days * audit.DAY_NS)
        return await self._signed(lambda store: audit.purge(store, before_ns, now_ns, draft, self._new_id()))

    async def forget(self, subject: str, draft: Draft) -> int:
        """Erase what decisions say about one person; `draft` (of rule `forget`) becomes the row that signs it off."""
        return await self._signed(lambda store: audit.forget(store, subject, draft, self._new_id()))

    async def _signed(self, work: Callable[[Store], int]) -> int:
        rows, newest = await self._journal.do(lambda store: (work(store), store.newest()))
        if rows:
            self._journal.newest = max(self._journal.newest, newest)
            self._journal.news.set()
        return rows
