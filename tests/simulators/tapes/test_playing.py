"""A tape played to the daemon's own connection and codec says what the unit said when it was recorded."""

from __future__ import annotations

import asyncio
import io
import json
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from tests.simulators.tapes.studio import (
    bluetens,
    capture2go,
    dot,
    em70,
    exercises,
    keys,
    movesense,
    polar,
    take,
    turns,
    without_arrivals,
    witmotion,
    worn,
)

from ptdevice.devices import CATALOGUE
from ptdevice.errors import LinkLostError, TapeError
from ptdevice.link import Selector, Write
from ptdevice.tape.reading import Tape
from ptdevice_sim import virtual_time
from ptdevice_sim.faults import Faults
from ptdevice_sim.tapes.deck import Deck
from ptdevice_sim.tapes.playing import Playing, event_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulators.tapes.studio import Story

    from ptdevice_sim.tapes.deck import Report
    from ptdevice_sim.unit import Unit

TAKES = [
    pytest.param(polar, exercises, id="H10"),
    pytest.param(lambda: polar(model="Sense"), exercises, id="Verity Sense"),
    pytest.param(lambda: polar(no_data_on_restart=True), exercises, id="H10 without data after a restart"),
    pytest.param(em70, keys, id="EM 70"),
    pytest.param(bluetens, turns, id="Bluetens"),
    pytest.param(lambda: em70(layout=9), keys, id="EM 70 with the longer state"),
    pytest.param(dot, worn, id="Movella DOT"),
    pytest.param(capture2go, worn, id="Capture2Go"),
    pytest.param(movesense, worn, id="Movesense"),
]


@pytest.mark.parametrize(("unit", "story"), TAKES)
@pytest.mark.parametrize("start", [0.0, 86_400.123456789])
def test_it_replays_with_zero_differences(unit: Callable[[], Unit], story: Story, start: float) -> None:
    made = take(unit(), story, start=start)
    playing = Playing(made.tape(), CATALOGUE[made.device])
    events = [event_body(event) for event in playing]
    assert len(events) > 100
    assert "battery" in {event["event"] for event in events}
    assert events == made.events
    assert playing.wire_errors == 0
    assert playing.report.faithful
    assert playing.report.writes > 3
    assert playing.report.packets > 100


@pytest.mark.parametrize("start", [0.0, 4711.0])
def test_times_that_a_codec_takes_from_arrivals_are_as_good_as_the_tape_s(start: float) -> None:
    made = take(witmotion(), worn, start=start)
    ours, times, rates = without_arrivals([event_body(event) for event in Playing(made.tape(), CATALOGUE[made.device])])
    theirs, times_then, rates_then = without_arrivals(made.events)
    assert ours == theirs
    assert len(times) > 3000
    assert times == pytest.approx(times_then, abs=1e-5)
    assert rates == pytest.approx(rates_then, abs=1e-3)


@pytest.mark.parametrize(("unit", "story"), [TAKES[0], TAKES[3]])
def test_what_made_no_sense_makes_none_again_and_links_are_given_up_again(
    unit: Callable[[], Unit], story: Story
) -> None:
    made = take(unit(), story, faults=Faults(corrupt=0.4, split=0.2, duplicate=0.1))
    playing = Playing(made.tape(), CATALOGUE[made.device])
    assert [event_body(event) for event in playing] == made.events
    assert playing.wire_errors > 5


BATTERY, RATE, CONTROL, DATA = "battery", "heart_rate", "pmd_control", "pmd_data"
GET, START = "0102", "02020001c80001011000020108 00".replace(" ", "")


def tape_of(*lines: dict[str, object], device: str = "polar") -> Tape:
    profile = CATALOGUE[device]
    header = {
        "ptdevice_tape": 1,
        "device": device,
        "simulated": True,
        "name": None,
        "source": "radio",
        "software": "test",
        "start_s": None,
        "started": None,
        "ports": {port.name: port.uuid for port in profile.ports},
        "gatt": [],
    }
    text = "\n".join(json.dumps(line) for line in (header, *lines)) + "\n"
    return Tape(io.BytesIO(text.encode()), "written")


def played(*lines: dict[str, object]) -> tuple[list[dict[str, object]], Playing]:
    playing = Playing(tape_of(*lines), CATALOGUE["polar"])
    return [event_body(event) for event in playing], playing


CONNECTED: dict[str, object] = {"t": 0, "dir": "connected"}


def heard(t: float, hex_: str = "5a", port: str = BATTERY, **more: object) -> dict[str, object]:
    return {"t": t, "dir": "notify", "port": port, "hex": hex_} | more


def test_a_tape_that_ends_without_its_link_s_end_is_played_to_its_end() -> None:
    events, _ = played(CONNECTED, heard(1), heard(9.5, "50"))
    assert [(event["t"], event["percent"]) for event in events] == [(1.0, 90), (9.5, 80)]


def test_a_silence_that_is_too_long_ends_the_link_here_as_it_would_have_then() -> None:
    events, playing = played(CONNECTED, heard(1), heard(60), {"t": 61, "dir": "connected"}, heard(62))
    assert [event["t"] for event in events] == [1.0, 62.0]
    assert playing.report.not_taken == 1


def test_a_write_that_was_made_then_and_is_not_now_is_told_and_holds_nothing_up_for_long() -> None:
    events, playing = played(CONNECTED, {"t": 1, "dir": "write", "port": CONTROL, "hex": "0901"}, heard(2))
    assert [event["t"] for event in events] == [2.0]
    report = playing.report
    assert (report.missing, report.writes) == (1, 0)
    assert report.unexpected > 0  # the codec asks for settings, and nobody did then
    assert "0.000 s: 01 02 was written to pmd_control, and is not what the tape has there" in report.words
    assert "1.000 s: 09 01 was not written to pmd_control" in report.words
    assert not report.faithful


def test_another_program_s_many_writes_do_not_hold_the_tape_up() -> None:
    writes = [({"t": t, "dir": "write", "port": CONTROL, "hex": f"09{t:02x}"}, heard(t + 0.1)) for t in range(1, 40)]
    events, playing = played(CONNECTED, *(entry for pair in writes for entry in pair))
    assert [event["t"] for event in events] == [
        t + 0.1 for t in range(1, 40)
    ]  # one link: never late enough to be silent
    assert playing.report.missing == 39
    assert playing.report.not_taken == 0


def test_a_write_is_waited_for_so_that_its_answer_does_not_come_before_it() -> None:
    answer = "f0010200" + "00" + "0001c800" + "01011000" + "02010800"
    lines = ({"t": 0, "dir": "write", "port": CONTROL, "hex": GET}, heard(0, answer, CONTROL))
    _, playing = played(CONNECTED, *lines)
    assert playing.report.writes == 1
    assert playing.report.missing == 0


def test_a_refused_write_is_refused_again_and_ends_the_link() -> None:
    refused = (
        {"t": 0, "dir": "write", "port": CONTROL, "hex": GET},
        {"t": 0.1, "dir": "error", "port": CONTROL, "hex": "fd"},
    )
    events, playing = played(
        CONNECTED, *refused, heard(0.2), {"t": 0.3, "dir": "disconnected"}, {"t": 9, "dir": "connected"}, heard(10)
    )
    assert [event["t"] for event in events] == [10.0]
    assert playing.report.not_taken == 1


def test_a_refused_read_is_no_end_of_the_link_where_the_tape_has_none() -> None:
    events, _ = played(CONNECTED, {"t": 1, "dir": "error", "port": BATTERY, "hex": "05"}, heard(2))
    assert [event["t"] for event in events] == [2.0]


def test_what_is_written_at_the_moment_of_the_loss_finds_the_link_lost() -> None:
    lines = (CONNECTED, heard(1), {"t": 1, "dir": "disconnected"})

    async def write() -> Report:
        deck = Deck(tape_of(*lines), CATALOGUE["polar"])
        async with deck.open(CATALOGUE["polar"], Selector()) as link:
            await asyncio.sleep(1)
            with pytest.raises(LinkLostError):
                await link.write(Write(CONTROL, bytes.fromhex(GET)))
        return deck.report

    report = virtual_time.run(write())
    assert report.unexpected == 0  # it was not on the link any more then either


def test_what_no_port_is_for_and_what_is_cut_are_counted_and_not_decoded() -> None:
    strange = {"t": 1, "dir": "notify", "uuid": "0000fff1-0000-1000-8000-00805f9b34fb", "hex": "00"}
    events, playing = played(CONNECTED, strange, strange, heard(2, missing=3), heard(3))
    assert [event["t"] for event in events] == [3.0]
    assert playing.report.strange == {"0000fff1-0000-1000-8000-00805f9b34fb": 2}
    assert playing.report.cut == 1


def test_a_bad_line_is_an_error_after_everything_before_it() -> None:
    made = take(em70(), keys)
    lines = made.octets.splitlines(keepends=True)
    playing = Playing(Tape(io.BytesIO(b"".join([*lines[:50], b"oops\n", *lines[50:]])), "bad"), CATALOGUE[made.device])
    events: list[dict[str, object]] = []
    with pytest.raises(TapeError, match=r"^bad:51: not a line of JSON"):
        events.extend(event_body(event) for event in playing)
    assert len(events) > 10
    assert events == made.events[: len(events)]


def test_listening_may_end_at_any_time() -> None:
    made = take(em70(), keys)
    playing = Playing(made.tape(), CATALOGUE[made.device])
    assert [event_body(event) for event in islice(playing, 5)] == made.events[:5]
