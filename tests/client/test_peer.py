"""What a consumer asks of a gateway, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ptdevice.client.line import ROOM, Line
from ptdevice.client.peer import CHUNK, EPOCHS, IDLE_S, REPEAT_S, RETRY_S, SETTLE_S, Peer
from ptdevice.client.record import Record
from ptdevice.mqtt import contract

if TYPE_CHECKING:
    from ptdevice.mqtt.topics import Message

GATEWAY = "ptdevice/v1/clinic-a/pi-1"


def record(sequence: int) -> Record:
    return Record(GATEWAY, "e", sequence, str(sequence), "alarm", None, None, "", synced=True, simulated=False, data={})


def delivery(newest: int = 0, *, oldest: int = 1, consumer: str | None = "db", **changes: Any) -> contract.Delivery:
    said = {
        "policy": "broker" if consumer is None else "end-to-end", "consumer": consumer, "epoch": "e", "oldest": oldest,
        "newest": newest, "acknowledged": None, "gone": [], "parked": [], "parked_records": 0, "simulated": False,
        "time": "2026-11-24T16:36:00.123456Z",
    } | changes  # fmt: skip
    return contract.Delivery.model_validate_json(json.dumps(said))


def peer(newest: int = 0, **changes: Any) -> Peer:
    made = Peer(GATEWAY, "db", "oldest", lambda: "id-1")
    made.lines["e"] = Line()
    made.hear(delivery(newest, **changes))
    assert made.ask(-SETTLE_S) is None
    return made


def body(message: Message | None) -> dict[str, Any]:
    assert message is not None
    assert message.qos == 1
    assert not message.retain
    said: dict[str, Any] = json.loads(message.payload)
    return said


def process(what: Peer, *sequences: int) -> None:
    line = what.lines["e"]
    for sequence in sequences:
        line.take(sequence, record(sequence))
    while line.next() is not None:
        line.done()
        line.safe = line.through or 0


def test_the_first_report_of_a_connection_says_that_nothing_is_on_its_way() -> None:
    it = peer(7)
    said = it.ask(0.0)
    assert said is not None
    assert said.topic == f"{GATEWAY}/ack"
    assert body(said) == {"consumer": "db", "epoch": "e", "sequence": 0, "highest": 0, "gaps": [], "again": True}
    it.connected()
    assert it.ask(1.0) is None
    assert it.restless()
    assert it.ask(1.0 + SETTLE_S / 2) is None
    assert body(it.ask(1.0 + SETTLE_S))["again"]


def test_a_report_is_what_the_gateway_takes() -> None:
    it = peer(9)
    process(it, 1, 2, 5, 6, 9)
    message = it.ask(0.0)
    assert message is not None
    ack = contract.Ack.model_validate_json(message.payload)
    assert (ack.sequence, ack.highest, ack.gaps) == (2, 9, [(3, 4), (7, 8)])


def test_nothing_new_is_said_once_in_a_while() -> None:
    it = peer(2)
    process(it, 1, 2)
    it.ask(0.0)
    assert not it.restless()
    assert it.ask(IDLE_S - 1) is None
    assert body(it.ask(IDLE_S))["again"] is False


def test_what_lacks_is_said_again_sooner() -> None:
    it = peer(4)
    process(it, 1, 4)
    it.ask(0.0)
    assert it.restless()
    assert it.ask(REPEAT_S - 0.1) is None
    assert body(it.ask(REPEAT_S))["gaps"] == [[2, 3]]


def test_what_the_gateway_told_of_and_never_came_is_asked_for_soon() -> None:
    it = peer(9)
    process(it, 1, 2)
    it.ask(0.0)
    assert it.restless()
    assert body(it.ask(REPEAT_S))["highest"] == 2


def test_whoever_is_not_the_one_that_counts_asks_for_a_range() -> None:
    it = peer(5, consumer="another")
    process(it, 1, 2)
    said = it.ask(0.0)
    assert said is not None
    assert said.topic == f"{GATEWAY}/cmd/gateway/resend"
    assert body(said) == {"id": "id-1", "requester": "db", "epoch": "e", "from": 3, "to": 5}
    contract.Resend.model_validate_json(said.payload)


def test_ranges_are_asked_for_one_after_the_other_as_they_come() -> None:
    it = peer(3 * CHUNK, consumer=None)
    assert (body(it.ask(0.0))["from"], it.ask(1.0)) == (1, None)
    process(it, *range(1, CHUNK))
    assert it.ask(1.0) is None
    process(it, CHUNK)
    following = body(it.ask(1.0))
    assert (following["from"], following["to"]) == (CHUNK + 1, 2 * CHUNK)


def test_a_range_that_does_not_come_is_asked_for_less_and_less_often() -> None:
    it = peer(5, consumer=None)
    asked = [now for now in range(400) if it.ask(float(now)) is not None]
    assert asked[:3] == [0, RETRY_S, 3 * RETRY_S]
    assert len(asked) < 12


def test_on_a_new_connection_one_asks_even_where_nothing_seems_to_lack() -> None:
    it = peer(2, consumer=None)
    process(it, 1, 2)
    assert body(it.ask(0.0))["from"] == 3
    it.hear(delivery(2, consumer=None))  # the answer: there is nothing
    assert it.ask(1.0) is None
    it.connected()
    assert it.ask(2.0) is None
    assert body(it.ask(2.0 + SETTLE_S))["from"] == 3


def test_what_was_dropped_for_want_of_room_is_asked_for_when_there_is_some() -> None:
    it = peer(0)
    line = it.lines["e"]
    for sequence in range(2, ROOM + 10):
        line.take(sequence, record(sequence))
    it.ask(0.0)
    assert body(it.ask(REPEAT_S))["again"] is False
    process(it, 1)
    assert body(it.ask(2 * REPEAT_S))["again"] is True


def test_what_is_older_than_the_journal_is_waited_for_by_nobody() -> None:
    it = peer(9, oldest=5)
    process(it, 5, 6)
    assert body(it.ask(0.0))["sequence"] == 6
    it.hear(delivery(20, oldest=15))
    process(it, 15)
    assert body(it.ask(1.0))["sequence"] == 15


def test_from_now_on_begins_with_what_comes_and_not_with_what_is_told() -> None:
    it = Peer(GATEWAY, "db", "now", lambda: "id")
    it.lines["e"] = Line()
    it.hear(delivery(9))
    assert it.ask(0.0) is None
    it.lines["e"].take(42, record(42))
    it.settle("e")
    process(it)
    assert it.ask(1.0) is None
    assert body(it.ask(1.0 + SETTLE_S))["sequence"] == 42


def test_patience_ends_and_tells_what_for() -> None:
    it = peer(0)
    process(it, 1, 4)
    assert it.give_up(0.0, 10.0) == []
    assert it.give_up(9.9, 10.0) == []
    assert it.give_up(10.0, 10.0) == [(2, 3)]
    process(it)
    assert it.lines["e"].through == 4


def test_patience_without_end_does_not_end() -> None:
    it = peer(0)
    process(it, 1, 4)
    it.give_up(0.0, None)
    assert it.give_up(1e9, None) == []


def test_another_epoch_is_another_line_and_lines_of_old_ones_give_way() -> None:
    it = peer(0)
    for number in range(2 * EPOCHS):
        assert it.make_room()
        it.lines[f"old-{number}"] = Line(3)
    assert len(it.lines) == EPOCHS
    assert "e" in it.lines


def test_the_last_word_is_said_where_it_is_news() -> None:
    it = peer(2)
    process(it, 1)
    it.ask(0.0)
    assert it.last_word() is None
    process(it, 2)
    assert body(it.last_word())["sequence"] == 2
    assert peer(2, consumer=None).last_word() is None
