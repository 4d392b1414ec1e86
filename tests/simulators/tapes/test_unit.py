"""A tape served as a unit: to the gateway that it was recorded with, the same unit again; to others, as close as can be."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.tapes.studio import (
    bluetens,
    body_from,
    capture2go,
    dot,
    em70,
    exercises,
    keys,
    listen,
    movesense,
    polar,
    take,
    turns,
    without_arrivals,
    witmotion,
    worn,
)

from ptdevice.errors import TapeError
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.tape.reading import Tape
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.tapes.survey import UNKNOWN_SERVICE
from ptdevice_sim.tapes.unit import TapeUnit
from ptdevice_sim.unit import AttError, DropLink, Notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulators.tapes.studio import Story, Take

    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Output, Unit

TAKES = [
    pytest.param(polar, exercises, id="H10"),
    pytest.param(lambda: polar(model="Sense"), exercises, id="Verity Sense"),
    pytest.param(em70, keys, id="EM 70"),
    pytest.param(bluetens, turns, id="Bluetens"),
    pytest.param(dot, worn, id="Movella DOT"),
    pytest.param(capture2go, worn, id="Capture2Go"),
    pytest.param(movesense, worn, id="Movesense"),
]


def heard_again(made: Take, unit: TapeUnit, story: Story) -> list[dict[str, Any]]:
    async def main() -> list[dict[str, Any]]:
        async with InProcessAir() as air:
            events = await listen(air, made.device, story, air.publish(unit))
            return [body_from(event, events[0].at) for event in events]

    again: list[dict[str, Any]] = virtual_time.run(main(), start=1000.0)
    return again


def untimed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in event.items() if key != "t"} for event in events]


def first_link(made: Take, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those before the first link was lost."""
    lost_at = next(entry.t_us / 1e6 for entry in made.tape() if entry.direction == "disconnected")
    return [event for event in events if event["t"] <= lost_at]


@pytest.mark.parametrize(("unit", "story"), TAKES)
def test_the_gateway_hears_again_what_it_heard_and_when(unit: Callable[[], Unit], story: Story) -> None:
    made = take(unit(), story)

    async def wait(_: Host) -> None:
        await asyncio.sleep(200)

    again = heard_again(made, served := TapeUnit(made.tape), wait)
    then = first_link(made, made.events)
    assert len(then) > 50
    assert untimed(again)[: len(then)] == untimed(then)
    assert max(abs(a["t"] - b["t"]) for a, b in zip(again, then, strict=False)) < 1e-5
    assert untimed(again)[len(then) : len(made.events)] == untimed(made.events[len(then) :])  # the links after that
    assert (served.served.unexpected, served.served.missing, served.served.skipped) == (0, 0, 0)


def test_so_it_is_where_times_are_taken_from_arrivals() -> None:
    made = take(witmotion(), worn)

    async def wait(_: Host) -> None:
        await asyncio.sleep(200)

    again = heard_again(made, TapeUnit(made.tape), wait)
    then = first_link(made, made.events)
    ours, times, rates = without_arrivals(again[: len(then)])
    theirs, times_then, rates_then = without_arrivals(then)
    assert ours == theirs
    assert len(times) > 1000
    assert times == pytest.approx(times_then, abs=1e-5)
    assert rates == pytest.approx(rates_then, abs=1e-3)


def test_the_gatt_table_is_the_unit_s_and_the_mark_is_the_host_s() -> None:
    unit = polar()
    served = TapeUnit(take(unit, exercises).tape)
    assert served.services == unit.services
    assert served.advertising.name == b"Polar H10 00000000"
    assert served.mtu == 247


# --- step by step, without air ---

A, B, SERIAL = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("fff1", "fff2", "2a25"))
POLL, OTHER, THIRD = "01", "02", "03"


def line(t: float, direction: str, uuid: str = "", value: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"t": t, "dir": direction} | ({"uuid": uuid} if uuid else {}) | ({} if value is None else {"hex": value})
    return body | more


SUBSCRIBED = (line(10, "connected"), line(11, "subscribe", B))


def unit_of(*lines: dict[str, Any], patience_s: float = 3.0, **header: Any) -> TapeUnit:
    first = {
        "ptdevice_tape": 1,
        "device": None,
        "simulated": None,
        "name": None,
        "source": "btsnoop",
        "software": "test",
        "start_s": None,
        "started": None,
        "ports": {},
        "gatt": [],
    } | header
    octets = "\n".join(map(json.dumps, [first, *lines])).encode() + b"\n"
    return TapeUnit(lambda: Tape(io.BytesIO(octets), "written"), patience_s=patience_s)


def sent(outputs: Any) -> list[str]:
    return [output.data.hex() if isinstance(output, Notify) else "left" for output in outputs]


def run(unit: TapeUnit, until: float) -> list[tuple[float, str]]:
    """What the unit says by itself up to then, and when."""
    said: list[tuple[float, str]] = []
    while (due := unit.next_due()) is not None and due <= until:
        outputs: list[Output] = list(unit.tick(due))
        said += [(round(due, 6), text) for text in sent(outputs)]
    return said


def linked(unit: TapeUnit, at: float = 100.0) -> TapeUnit:
    unit.connected(at)
    unit.subscribe(B, True, at)
    return unit


def test_nothing_is_said_before_somebody_listens() -> None:
    unit = unit_of(*SUBSCRIBED, line(12, "notify", B, "aa"))
    unit.connected(100.0)
    assert unit.next_due() is None
    unit.subscribe(B, True, 150.0)
    assert run(unit, 1000) == [(151.0, "aa"), (151.0, "left")]


def test_the_unit_leaves_when_it_left_then_and_begins_again_with_the_next_link() -> None:
    unit = unit_of(
        *SUBSCRIBED,
        line(12, "notify", B, "aa"),
        line(15, "disconnected"),
        line(20, "connected"),
        line(20, "subscribe", B),
        line(21, "notify", B, "bb"),
        line(22, "disconnected"),
    )
    assert unit.links == 2
    for value, leaves_s in (("aa", 4.0), ("bb", 2.0), ("aa", 4.0)):
        linked(unit)
        assert run(unit, 1000) == [(101.0, value), (100.0 + leaves_s, "left")]
        unit.disconnected(200.0)
        assert unit.next_due() is None


def test_a_central_that_leaves_early_gets_the_next_link_next_time() -> None:
    unit = unit_of(
        *SUBSCRIBED,
        *(line(t, "notify", B, "aa") for t in range(12, 40)),
        line(50, "connected"),
        line(50, "subscribe", B),
        line(51, "notify", B, "bb"),
    )
    linked(unit)
    assert run(unit, 103) == [(101.0, "aa"), (102.0, "aa"), (103.0, "aa")]
    unit.disconnected(103.5)
    assert run(linked(unit), 1000) == [(101.0, "bb"), (101.0, "left")]


def test_an_answer_does_not_come_before_its_question_however_late_that_is() -> None:
    unit = linked(
        unit_of(*SUBSCRIBED, line(12, "write", A, POLL), line(12.1, "notify", B, "aa"), line(13, "notify", B, "bb"))
    )
    assert run(unit, 103.5) == []
    assert unit.write(A, b"\x01", 103.5) == []
    assert run(unit, 104.3) == [(103.6, "aa")]
    assert run(unit, 1000) == [(104.5, "bb"), (104.5, "left")]  # the clock stood still meanwhile
    assert unit.served.as_recorded == 1


def test_patience_ends_and_what_was_not_written_is_told() -> None:
    unit = linked(unit_of(*SUBSCRIBED, line(12, "write", A, POLL), line(12.1, "notify", B, "aa"), patience_s=5.0))
    assert run(unit, 1000) == [(106.1, "aa"), (106.1, "left")]
    assert unit.served.missing == 1
    assert unit.served.words == [f"01 was not written to {A}, as it was then"]


def test_a_question_a_little_early_is_the_one_on_the_tape() -> None:
    unit = linked(
        unit_of(*SUBSCRIBED, line(11.3, "notify", B, "00"), line(11.4, "write", A, POLL), line(11.5, "notify", B, "aa"))
    )
    assert unit.write(A, b"\x01", 100.1) == []
    assert run(unit, 1000) == [(100.3, "00"), (100.5, "aa"), (100.5, "left")]
    assert (unit.served.as_recorded, unit.served.missing) == (1, 0)


def test_polls_that_come_more_often_get_the_last_answer_again() -> None:
    polls = [(line(12 + n, "write", A, POLL), line(12 + n, "notify", B, f"a{n}")) for n in range(5)]
    unit = linked(unit_of(*SUBSCRIBED, *(entry for poll in polls for entry in poll)))
    heard = []
    for tenth in range(10, 50, 2):  # five polls a second instead of one
        now = 100 + tenth / 10
        heard += [(now, text) for _, text in run(unit, now)] + [
            (now, text) for text in sent(unit.write(A, b"\x01", now))
        ]
    heard += run(unit, 106)
    answers = [text for _, text in heard if text != "left"]
    assert len(answers) == 20  # each has its answer
    assert answers == sorted(answers)
    assert [next(now for now, text in heard if text == f"a{n}") for n in range(5)] == [101, 102, 103, 104, 105]
    assert unit.served.repeated == 15


def test_an_answer_of_one_link_is_none_to_a_question_on_the_next() -> None:
    unit = linked(
        unit_of(
            *SUBSCRIBED,
            line(12, "write", A, POLL),
            line(12.1, "notify", B, "aa"),
            line(15, "disconnected"),
            line(20, "connected"),
            line(20, "subscribe", B),
            line(25, "notify", B, "bb"),
        )
    )
    unit.write(A, b"\x01", 101.0)
    assert run(unit, 102.0) == [(101.1, "aa")]
    unit.disconnected(103.0)
    assert linked(unit, 200.0).write(A, b"\x01", 201.0) == []
    assert (unit.served.repeated, unit.served.unexpected) == (0, 1)


def test_the_clock_starts_at_the_first_subscription_and_not_at_what_was_read_before_it() -> None:
    before = line(10, "connected"), line(10.2, "read", A, "05"), line(10.4, "read", A, "06")
    unit = linked(unit_of(*before, line(11, "subscribe", B), line(12, "notify", B, "aa")))
    assert run(unit, 1000) == [(101.0, "aa"), (101.0, "left")]


def test_a_question_that_comes_later_on_the_tape_makes_the_clock_jump() -> None:
    unit = linked(
        unit_of(
            *SUBSCRIBED,
            line(12, "write", A, POLL),
            *(line(t, "notify", B, "00") for t in range(13, 30)),
            line(30, "write", A, OTHER),
            line(30.5, "notify", B, "aa"),
        )
    )
    assert unit.write(A, b"\x02", 101.5) == []
    assert run(unit, 1000)[0] == (102.0, "aa")
    assert (unit.served.missing, unit.served.skipped) == (1, 17)


def test_a_question_that_nobody_asked_then_has_no_answer_and_is_told() -> None:
    unit = linked(unit_of(*SUBSCRIBED, line(12, "notify", B, "aa")))
    assert unit.write(A, b"\x09", 100.5) == []
    assert unit.served.unexpected == 1
    assert unit.served.words == [f"09 was written to {A}; the tape has no such write to come"]


def test_a_question_that_was_refused_is_refused_with_the_same_code() -> None:
    unit = linked(
        unit_of(*SUBSCRIBED, line(12, "write", A, POLL), line(12.1, "error", A, "fd"), line(13, "write", A, POLL))
    )
    with pytest.raises(AttError) as caught:
        unit.write(A, b"\x01", 101.0)
    assert caught.value.code == 0xFD
    assert unit.write(A, b"\x01", 102.0) == [DropLink()]  # that is the end of this tape


def test_a_question_may_be_asked_before_anybody_listens() -> None:
    unit = unit_of(line(10, "connected"), line(11, "write", A, POLL), line(12, "notify", B, "aa"))
    unit.connected(100.0)
    assert unit.write(A, b"\x01", 105.0) == []
    assert run(unit, 1000)[0] == (106.0, "aa")


def test_a_read_gets_the_last_value_that_was_read() -> None:
    unit = unit_of(*SUBSCRIBED, line(11, "read", A, "01"), line(13, "read", A, "02"), line(14, "notify", A, "ff"))
    unit.connected(90.0)
    assert unit.read(A, 95.0) == b"\x01"
    unit.subscribe(B, True, 100.0)
    run(unit, 101.5)
    assert unit.read(A, 101.5) == b"\x01"
    run(unit, 1000)
    assert unit.read(A, 1000) == b"\x02"


def test_what_was_sent_and_never_read_can_be_read() -> None:
    unit = linked(unit_of(*SUBSCRIBED, line(12, "notify", B, "aa")))
    assert unit.read(B, 100.0) == b"\xaa"


def test_what_the_tape_has_no_value_of_cannot_be_read() -> None:
    gatt = [{"uuid": A, "characteristics": [{"uuid": SERIAL, "properties": ["read"]}]}]
    unit = linked(unit_of(*SUBSCRIBED, line(12, "notify", B, "aa"), gatt=gatt))
    with pytest.raises(AttError) as caught:
        unit.read(SERIAL, 100.0)
    assert caught.value.code == 0x02


def test_a_value_that_was_captured_in_part_is_not_sent_and_counted() -> None:
    unit = linked(unit_of(*SUBSCRIBED, line(12, "notify", B, "aa", missing=4), line(13, "notify", B, "bb")))
    assert run(unit, 1000) == [(102.0, "bb"), (102.0, "left")]
    assert unit.served.cut == 1


def test_what_was_captured_in_part_is_not_what_can_be_read() -> None:
    unit = linked(unit_of(*SUBSCRIBED, line(12, "notify", B, "aa", missing=4), line(13, "notify", B, "bb")))
    assert unit.read(B, 100.0) == b"\xbb"


def test_characteristics_without_a_service_find_a_home_with_the_properties_they_were_used_with() -> None:
    gatt = [
        {"uuid": SIMULATED_SERVICE, "characteristics": []},
        {"uuid": "00001800-0000-1000-8000-00805f9b34fb", "characteristics": []},
        {"uuid": A, "characteristics": [{"uuid": A, "properties": ["read"]}]},
    ]
    unit = unit_of(
        *SUBSCRIBED, line(12, "write", A, "00"), line(12, "indicate", B, "00"), line(13, "read", B, "00"), gatt=gatt
    )
    table = {
        service.uuid: {each.uuid: each.properties for each in service.characteristics} for service in unit.services
    }
    assert table == {A: {A: {"read", "write"}}, UNKNOWN_SERVICE: {B: {"read", "indicate"}}}


def test_what_passed_of_the_services_that_a_host_brings_along_is_not_waited_for() -> None:
    features = "00002b29-0000-1000-8000-00805f9b34fb"
    gatt = [
        {
            "uuid": "00001801-0000-1000-8000-00805f9b34fb",
            "characteristics": [{"uuid": features, "properties": ["write"]}],
        }
    ]
    unit = linked(unit_of(*SUBSCRIBED, line(12, "write", features, "01"), line(13, "notify", B, "aa"), gatt=gatt))
    assert run(unit, 1000) == [(102.0, "aa"), (102.0, "left")]
    assert unit.served.missing == 0


def test_long_values_get_the_room_they_need() -> None:
    assert unit_of(*SUBSCRIBED, line(12, "notify", B, "00" * 400)).mtu == 403


def test_a_tape_on_which_nobody_was_connected_cannot_be_served() -> None:
    with pytest.raises(TapeError, match="nobody was connected"):
        unit_of()


def test_a_wrong_line_is_told_before_anything_is_served() -> None:
    with pytest.raises(TapeError, match=r"written:4: t goes back"):
        unit_of(*SUBSCRIBED, line(1, "notify", B, "aa"))
