"""Reports that can be true drive what is sent again; the others change nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mqtt.test_courier import in_virtual_time
from tests.mqtt.valid import objections

from ptdevice.deliveries import AHEAD, EVERY_S, GONE, Deliveries
from ptdevice.errors import JournalError
from ptdevice.journal import Extent
from ptdevice.mqtt import contract
from ptdevice.mqtt.again import REQUESTED, Again
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract.delivery import GAPS
from ptdevice.mqtt.topics import Arrival, Draft, Entry, Message, Names, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = Names("clinic-a", "pi-1", simulated=True)
EPOCH = "0193a0c4-5b1e-7c0e-9f53-0e5d3a3a1b2c"
NEWEST = 1000


@dataclass
class Played:
    """A journal of NEWEST rows, without some."""

    epoch: str = EPOCH
    newest: int = NEWEST
    oldest: int = 1
    holes_at: set[int] = field(default_factory=set)
    parked: dict[int, str] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    asked: int = 0
    broken: bool = False

    async def acknowledge(self, through: int) -> int:
        await asyncio.sleep(0)
        if self.broken:
            raise JournalError("the disk")
        self.acknowledged.append(through)
        return 1

    async def extent(self) -> Extent:
        await asyncio.sleep(0)
        return Extent(self.oldest, tuple(self.parked.items()), len(self.parked))

    async def unpark(self, first: int, last: int) -> int:
        await asyncio.sleep(0)
        found = [row for row in self.parked if first <= row <= last]
        for row in found:
            del self.parked[row]
        return len(found)

    async def holes(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        await asyncio.sleep(0)
        self.asked += sum(last - first + 1 for first, last in spans)
        gone = self.holes_at | set(self.parked)
        return [(row, row) for first, last in spans for row in range(first, last + 1) if row in gone]

    async def again(self, first: int, last: int, limit: int) -> list[Entry]:
        await asyncio.sleep(0)
        draft = Draft("type", None, None, 0, 0, "boot", "synced", "{}")
        rows = [row for row in range(first, min(last, self.newest) + 1) if row not in self.holes_at]
        return [Entry(row, str(row), self.epoch, draft) for row in rows[:limit]]


class Desk:
    """Deliveries with a consumer called `db`, and what became of them."""

    def __init__(self, consumer: str | None = "db", **journal: Any) -> None:
        self.rows = Played(**journal)
        self.again = Again(self.rows.again, asyncio.Event())
        self.said: list[Message] = []
        self.retried: list[int] = []
        self.it = Deliveries(NAMES, self.rows, self.again, self.stamp, consumer)
        self.it.retain, self.it.retry = self.said.append, self.retried.append

    def stamp(self) -> Stamp:
        return Stamp("boot", 1_795_451_760_000_000_000, asyncio.get_running_loop().time(), synced=True)

    async def report(self, *, retain: bool = False, **fields: Any) -> dict[str, Any] | None:
        body = {"consumer": "db", "epoch": EPOCH, "sequence": NEWEST, "highest": NEWEST, "gaps": []} | fields
        return await self.raw(json.dumps(body).encode(), retain=retain)

    async def raw(self, payload: bytes, *, retain: bool = False) -> dict[str, Any] | None:
        answer = await self.it.hear(Arrival(NAMES.ack, payload, retain=retain))
        return None if answer is None else said(answer)

    async def resent(self, limit: int = 2 * NEWEST) -> list[int]:
        return [row.sequence for row in await self.again.take(limit)]

    async def resend(self, first: int, last: int, epoch: str = EPOCH) -> Outcome:
        body = {"id": "1", "requester": "me", "epoch": epoch, "from": first, "to": last}
        request = contract.Resend.model_validate_json(json.dumps(body))
        return await self.it.resend(Command("1", "resend", None, "me", "res/me", request=request))


def said(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(message.payload)
    assert objections(message.topic, body, qos=message.qos, retain=message.retain) == []
    return body


@in_virtual_time
async def test_a_consumer_that_has_everything_gets_nothing_again() -> None:
    desk = Desk()
    assert await desk.report() is None
    assert (desk.rows.acknowledged, await desk.resent()) == ([NEWEST], [])


@in_virtual_time
async def test_gaps_and_what_is_above_the_highest_go_out_again() -> None:
    desk = Desk()
    await desk.report(sequence=900, highest=996, gaps=[[901, 902], [904, 904]])
    assert desk.rows.acknowledged == [900]
    assert await desk.resent() == [901, 902, 904, 997, 998, 999, 1000]


@in_virtual_time
async def test_one_report_makes_no_more_go_out_than_the_consumer_can_be_behind() -> None:
    desk = Desk()
    await desk.report(sequence=0, highest=0)
    assert await desk.resent() == list(range(1, AHEAD + 1))


@in_virtual_time
async def test_a_consumer_restored_from_a_backup_gets_again_what_it_once_had() -> None:
    desk = Desk()
    await desk.report()
    await desk.report(sequence=990, highest=990)
    assert await desk.resent() == list(range(991, 1001))
    assert desk.rows.acknowledged == [NEWEST]
    assert said(desk.it.message())["acknowledged"] == 990


@in_virtual_time
async def test_what_is_on_its_way_is_sent_again_only_where_the_consumer_says_that_it_is_lost() -> None:
    desk = Desk()
    desk.again.landed(NEWEST)
    await desk.report(sequence=999, highest=999)
    assert await desk.resent() == []
    await desk.report(sequence=999, highest=999, again=True)
    assert await desk.resent() == [NEWEST]


@in_virtual_time
async def test_crying_lost_all_the_time_is_heard_now_and_then_and_in_the_end() -> None:
    desk = Desk()
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        await desk.report(sequence=999, highest=999, again=True)
    assert asyncio.get_running_loop().time() - began >= 99 * EVERY_S
    desk.again.landed(NEWEST)
    await desk.report(sequence=999, highest=999, again=True)
    assert await desk.resent() == [NEWEST]


HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "the future": ("future", {"sequence": NEWEST + 1, "highest": NEWEST + 1}),
    "a highest in the future": ("future", {"sequence": 5, "highest": NEWEST + 1}),
    "a highest below what it has": ("future", {"sequence": 5, "highest": 4}),
    "somebody else": ("consumer", {"consumer": "mallory"}),
    "another epoch": ("epoch", {"epoch": "another"}),
    "a gap that it has": ("gaps", {"sequence": 10, "highest": 20, "gaps": [[10, 12]]}),
    "a gap backwards": ("gaps", {"sequence": 10, "highest": 20, "gaps": [[14, 12]]}),
    "gaps out of order": ("gaps", {"sequence": 10, "highest": 90, "gaps": [[40, 50], [20, 30]]}),
    "gaps that overlap": ("gaps", {"sequence": 10, "highest": 90, "gaps": [[20, 30], [30, 40]]}),
    "gaps that touch": ("gaps", {"sequence": 10, "highest": 90, "gaps": [[20, 30], [31, 40]]}),
    "a gap at the highest": ("gaps", {"sequence": 10, "highest": 20, "gaps": [[15, 20]]}),
    "a gap above everything": ("gaps", {"sequence": 10, "highest": 20, "gaps": [[15, 10**15]]}),
    "a gap below zero": ("malformed", {"gaps": [[-5, 5]]}),
    "too many gaps": ("malformed", {"sequence": 0, "gaps": [[2 * n + 1, 2 * n + 1] for n in range(1, GAPS + 2)]}),
    "a number too large for the disk": ("malformed", {"sequence": 2**64, "highest": 2**64}),
    "a number that is none": ("malformed", {"sequence": "5"}),
    "a number below zero": ("malformed", {"sequence": -1}),
    "no whole number": ("malformed", {"sequence": 1.5}),
    "a field that nobody knows": ("malformed", {"rewind": True}),
    "a triple for a gap": ("malformed", {"sequence": 10, "highest": 20, "gaps": [[12, 13, 14]]}),
}


@pytest.mark.parametrize(("rule", "fields"), HOSTILE.values(), ids=HOSTILE)
def test_a_report_that_cannot_be_true_changes_nothing(rule: str, fields: dict[str, Any]) -> None:
    @in_virtual_time
    async def run() -> None:
        desk = Desk()
        await desk.report(**fields)
        assert dict(desk.it.ignored) == {rule: 1}
        assert (desk.rows.acknowledged, desk.rows.asked, await desk.resent()) == ([], 0, [])
        assert desk.it.acknowledged is None

    run()


NUMBERS = st.integers(-3, NEWEST + 3) | st.sampled_from([2**53, 2**63, 2**64]) | st.none() | st.text(max_size=3)
REPORTS = st.fixed_dictionaries(
    {"consumer": st.sampled_from(["db", "mallory"]), "epoch": st.sampled_from([EPOCH, "x"])},
    optional={
        "sequence": NUMBERS,
        "highest": NUMBERS,
        "gaps": st.lists(st.lists(NUMBERS, max_size=3), max_size=4),
        "again": st.booleans() | st.integers(),
    },
)


@settings(deadline=None)  # a busy machine is slow
@given(st.lists(REPORTS.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=60), max_size=6))
def test_whatever_is_reported_nothing_is_believed_that_is_not_there_and_the_work_is_bounded(
    payloads: list[bytes],
) -> None:
    @in_virtual_time
    async def run() -> None:
        desk = Desk()
        for payload in payloads:
            before = desk.rows.asked
            await desk.raw(payload)
            assert desk.rows.asked - before <= AHEAD
            assert len(await desk.resent()) <= AHEAD
        assert all(0 <= through <= NEWEST for through in desk.rows.acknowledged)
        assert desk.it.reports + desk.it.ignored.total() == len(payloads)

    run()


@in_virtual_time
async def test_a_retained_report_is_ignored() -> None:
    desk = Desk()
    await desk.report(retain=True, sequence=5, highest=5)
    assert dict(desk.it.ignored) == {"retained": 1}
    assert (desk.rows.acknowledged, await desk.resent()) == ([], [])


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff\xfe", b"{", b'{"consumer": "db"}', b"[" * 4000])
def test_what_is_no_report_is_ignored(payload: bytes) -> None:
    @in_virtual_time
    async def run() -> None:
        desk = Desk()
        assert await desk.raw(payload) is None
        assert dict(desk.it.ignored) == {"malformed": 1}

    run()


@in_virtual_time
async def test_a_report_of_many_bytes_is_not_even_read() -> None:
    desk = Desk()
    assert await desk.raw(b" " * 5000 + json.dumps({"consumer": "db"}).encode()) is None
    assert dict(desk.it.ignored) == {"too_large": 1}


@in_virtual_time
async def test_where_the_broker_s_word_counts_no_report_does() -> None:
    desk = Desk(consumer=None)
    await desk.report(sequence=5, highest=5)
    assert dict(desk.it.ignored) == {"policy": 1}
    assert said(desk.it.message())["policy"] == "broker"


@in_virtual_time
async def test_whoever_counts_in_another_epoch_is_told_which_one_this_is_now_and_then() -> None:
    desk = Desk()
    answers = [await desk.report(epoch="old", sequence=5, highest=5) for _ in range(3)]
    assert answers[0] is not None
    assert (answers[0]["epoch"], answers[0]["policy"], answers[0]["consumer"]) == (EPOCH, "end-to-end", "db")
    assert answers[1:] == [None, None]
    await asyncio.sleep(EVERY_S)
    assert await desk.report(epoch="old", sequence=5, highest=5) is not None


@in_virtual_time
async def test_what_will_not_come_is_told_once() -> None:
    desk = Desk(holes_at={901}, parked={903: "refused"})
    answer = await desk.report(sequence=900, highest=1000, gaps=[[901, 904]])
    assert answer is not None
    assert answer["gone"] == [[901, 901], [903, 903]]
    assert await desk.report(sequence=900, highest=1000, gaps=[[901, 904]]) is None


@in_virtual_time
async def test_what_is_remembered_as_gone_is_bounded() -> None:
    desk = Desk(holes_at=set(range(2, 1000, 2)))
    for first in range(1, 900, 100):
        await desk.report(sequence=first, highest=1000, gaps=[[first + 1, first + 99]])
    assert len(said(desk.it.message())["gone"]) == GONE


@in_virtual_time
async def test_the_work_for_a_report_is_bounded() -> None:
    desk = Desk()
    await desk.report(sequence=0, highest=1000, gaps=[[1, 300], [302, 700], [702, 990]])
    assert desk.rows.asked == AHEAD


@in_virtual_time
async def test_a_disk_in_trouble_makes_a_report_void_and_nothing_else() -> None:
    desk = Desk(broken=True)
    assert await desk.report() is None
    assert dict(desk.it.ignored) == {"journal": 1}
    assert desk.it.acknowledged is None


@in_virtual_time
async def test_a_range_is_sent_again_when_asked_for() -> None:
    desk = Desk(consumer=None)
    assert await desk.resend(3, 5) == DONE
    assert await desk.resent() == [3, 4, 5]


@in_virtual_time
async def test_a_range_that_ends_in_the_future_ends_at_the_newest() -> None:
    desk = Desk()
    assert await desk.resend(999, 2**53 - 1) == DONE
    assert await desk.resent() == [999, 1000]


@pytest.mark.parametrize(
    ("first", "last", "epoch", "rule"),
    [
        (1, 5, "another", "wrong_epoch"),
        (5, 1, EPOCH, "malformed"),
        (NEWEST + 1, NEWEST + 5, EPOCH, "not_there"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(first: int, last: int, epoch: str, rule: str) -> None:
    @in_virtual_time
    async def run() -> None:
        desk = Desk()
        outcome = await desk.resend(first, last, epoch)
        assert (outcome.state, outcome.rule) == ("refused", rule)
        assert await desk.resent() == []

    run()


@in_virtual_time
async def test_no_more_ranges_wait_than_there_is_room_for() -> None:
    desk = Desk()
    outcomes = [await desk.resend(1, 2) for _ in range(REQUESTED + 1)]
    assert [outcome.rule for outcome in outcomes] == [None] * REQUESTED + ["busy"]


@in_virtual_time
async def test_what_will_not_come_of_a_range_is_told() -> None:
    desk = Desk(consumer=None, holes_at={4})
    await desk.resend(3, 5)
    assert [said(message)["gone"] for message in desk.said] == [[[4, 4]]]


@in_virtual_time
async def test_parked_records_get_another_try_and_are_not_told_as_gone_any_more() -> None:
    desk = Desk(parked={4: "refused", 9: "refused"})
    await desk.it.refresh()
    assert desk.it.parked == 2
    await desk.report(sequence=3, highest=10, gaps=[[4, 4], [9, 9]])
    assert said(desk.it.message())["gone"] == [[4, 4], [9, 9]]
    assert await desk.resend(4, 4) == DONE
    assert desk.retried == [4]
    telling = asyncio.create_task(desk.it.run())
    await asyncio.sleep(0.1)
    telling.cancel()
    body = said(desk.said[-1])
    assert (body["gone"], body["parked_records"]) == ([[9, 9]], 1)
    assert body["parked"] == [{"sequence": 9, "reason": "refused"}]


@in_virtual_time
async def test_an_empty_journal_says_that_there_is_nothing_and_one_with_rows_from_where_on() -> None:
    empty, old = Desk(newest=0, oldest=0), Desk(oldest=400)
    for desk in (empty, old):
        await desk.it.refresh()
    assert (said(empty.it.message())["oldest"], said(empty.it.message())["newest"]) == (0, 0)
    assert (said(old.it.message())["oldest"], said(old.it.message())["newest"]) == (400, NEWEST)


@in_virtual_time
async def test_health_counts_what_was_heard_and_what_was_ignored() -> None:
    desk = Desk()
    await desk.report(sequence=999, highest=999)
    await desk.report(consumer="mallory")
    counters = desk.it.counters()
    assert (counters["delivery.reports"], counters["delivery.reports_ignored"]) == (1, 1)
    assert (counters["delivery.acknowledged"], counters["delivery.waiting_again"]) == (999, 1)


@in_virtual_time
async def test_in_a_journal_that_replaced_a_damaged_one_nothing_of_the_old_one_counts() -> None:
    desk = Desk(holes_at={901}, oldest=400)
    await desk.it.refresh()
    await desk.report(sequence=900, highest=1000, gaps=[[901, 901]])
    desk.rows.epoch, desk.rows.newest = "another", 3
    body = said(desk.it.message())
    assert (body["epoch"], body["oldest"], body["newest"]) == ("another", 1, 3)
    assert (body["gone"], body["acknowledged"]) == ([], None)
