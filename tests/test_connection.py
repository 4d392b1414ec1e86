"""One unit supervised for ever, in virtual time, on links that read like a script and on a simulated unit in process."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.scripted import (
    ACK,
    BUG,
    GOOD,
    LOST,
    MIXED,
    NONSENSE,
    OTHER,
    QUERY,
    Script,
    ScriptedLink,
    Watched,
    Words,
    in_virtual_time,
    lived,
    profile,
)

from ptdevice.ble.radio import Radio
from ptdevice.connection import (
    LOG_EVERY,
    NONSENSE_IN_A_ROW,
)
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.errors import LinkError, RadioError
from ptdevice.model import Battery, ButtonPressed
from ptdevice.pauses import SLOW_PAUSE_S
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.devices.device import Codec
    from ptdevice.link import Packet, Read, Write
    from ptdevice.model import Event


# --- nonsense ---


@in_virtual_time
async def test_five_packets_of_nonsense_in_a_row_from_a_stimulator_start_over() -> None:
    assert NONSENSE_IN_A_ROW == 5
    nonsense = ScriptedLink((0.5, GOOD), *[(1.0 + n / 10, NONSENSE) for n in range(5)])
    watched = Watched(Script([nonsense, ScriptedLink()]).open, profile(kind=Kind.STIMULATOR))
    await watched.live(5.0)
    assert watched.reach == [("online", "data"), ("unknown", "nonsense")]
    assert "what the unit does is unknown" in watched.reports[1].text
    assert nonsense.closed


@in_virtual_time
async def test_four_packets_of_nonsense_and_one_of_sense_are_borne() -> None:
    four = [(1.0 + n / 10, NONSENSE) for n in range(4)]
    again = [(2.0 + n / 10, NONSENSE) for n in range(4)]
    watched = Watched(Script([ScriptedLink(*four, (1.5, GOOD), *again)]).open, profile(kind=Kind.STIMULATOR))
    await watched.live(5.0)
    assert watched.reach == [("online", "data")]
    assert watched.connection.progress.wire_errors == 8


@in_virtual_time
async def test_a_sensors_nonsense_is_counted_and_borne() -> None:
    watched = await lived(ScriptedLink(*[(1.0 + n / 10, NONSENSE) for n in range(30)], (4.5, GOOD)))
    assert watched.reach == [("online", "data")]
    assert watched.connection.progress.wire_errors == 30


@in_virtual_time
async def test_what_could_be_read_before_the_nonsense_counts() -> None:
    watched = await lived(ScriptedLink((1.0, MIXED)))
    assert watched.events == [Battery(1.0, 80)]
    assert watched.connection.progress.wire_errors == 1


@in_virtual_time
async def test_of_nonsense_the_first_and_every_twentieth_is_logged_without_its_octets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert LOG_EVERY == 20
    await lived(ScriptedLink(*[(1.0 + n / 100, NONSENSE) for n in range(45)]))
    logged = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [text.rpartition("(")[2] for text in logged] == ["1 so far)", "21 so far)", "41 so far)"]
    assert logged[0] == "unit: nonsense on port 'told', in 1 octets (1 so far)"
    assert [r.getMessage() for r in caplog.records if "3f" in r.getMessage() and r.levelno > logging.DEBUG] == []


# --- units that only advertise ---


@in_virtual_time
async def test_what_a_unit_that_only_advertises_said_last_is_not_new_because_the_radio_was_off_and_on_again() -> None:
    pressed = bytes.fromhex("44 00 05 3a 01")
    heard = replace(CATALOGUE["bthome"], ports=(), codec=lambda: Renamed(CATALOGUE["bthome"].codec()))
    links = [ScriptedLink((0.5, pressed), (1.0, RadioError("off"))), ScriptedLink((0.5, pressed), (60.0, pressed))]
    watched = Watched(Script([*links]).open, heard)
    await watched.live(90.0)
    assert [type(event) for event in watched.events] == [ButtonPressed]


class Renamed:
    """A codec that hears what comes from the port of a scripted link."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def decode(self, packet: Packet) -> Iterable[Event]:
        return self._codec.decode(replace(packet, port="advertisement"))

    def due(self, now: float) -> Sequence[Write | Read]:
        return self._codec.due(now)


# --- foreign units ---


@in_virtual_time
async def test_a_gateway_for_people_takes_nothing_in_from_a_simulated_unit_and_sends_it_nothing() -> None:
    async with InProcessAir() as air:
        unit = BeurerEm70()
        host = air.publish(unit)
        async with Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio:
            watched = Watched(radio.open, CATALOGUE["beurer_em70"], simulated=False, address=unit.address)
            await watched.live(5.0)
    assert watched.reach == [("offline", "foreign_unit")]
    assert "this unit is simulated" in watched.reports[0].text
    assert watched.events == []
    assert host.writes == []


@in_virtual_time
async def test_a_gateway_for_simulations_takes_nothing_in_from_a_real_unit_and_sends_it_nothing() -> None:
    real = ScriptedLink((1.0, GOOD), simulated=False)
    watched = Watched(Script([real]).open, profile(codec=lambda: Words([QUERY])))
    await watched.live(5.0)
    assert watched.reach == [("offline", "foreign_unit")]
    assert "this unit is real" in watched.reports[0].text
    assert watched.events == []
    assert real.writes == []


@in_virtual_time
async def test_a_foreign_unit_is_asked_again_only_after_half_a_minute() -> None:
    script = Script([ScriptedLink(simulated=False)])
    await Watched(script.open, profile()).live(100.0)
    assert script.pauses() == [SLOW_PAUSE_S] * 3


# --- what is sent ---


@in_virtual_time
async def test_a_stimulator_hears_the_queries_of_its_profile() -> None:
    link = ScriptedLink()
    watched = Watched(Script([link]).open, profile(kind=Kind.STIMULATOR, codec=lambda: Words([QUERY])))
    await watched.live(1.0)
    assert link.writes == [QUERY]


@pytest.mark.parametrize("write", [OTHER, replace(QUERY, acked=False), replace(QUERY, port="other")], ids=str)
@in_virtual_time
async def test_anything_else_is_not_sent_to_a_stimulator_and_is_a_bug(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    link = ScriptedLink((0.5, GOOD))
    watched = Watched(Script([link]).open, profile(kind=Kind.STIMULATOR, codec=lambda: Words([QUERY, write])))
    await watched.live(10.0)
    assert link.writes == [QUERY]
    assert watched.reach == [("offline", "internal_error")]
    assert "refused to write" in watched.reports[0].text
    assert "NotAQueryError" in caplog.text


@in_virtual_time
async def test_a_sensor_may_be_told_more_than_queries() -> None:
    link = ScriptedLink()
    await Watched(Script([link]).open, profile(codec=lambda: Words([OTHER]))).live(1.0)
    assert link.writes == [OTHER]


@in_virtual_time
async def test_the_codec_is_asked_what_is_due_at_once_after_each_packet_and_each_tick() -> None:
    words = Words()
    await Watched(Script([ScriptedLink((2.5, GOOD))]).open, profile(codec=lambda: words)).live(4.9)
    assert words.asked == pytest.approx([0.0, 1.0, 2.0, 2.5, 3.5, 4.5])


@in_virtual_time
async def test_each_link_has_a_codec_of_its_own() -> None:
    made: list[Words] = []

    def make() -> Words:
        made.append(Words())
        return made[-1]

    await Watched(Script([ScriptedLink((1.0, LOST)), ScriptedLink()]).open, profile(codec=make)).live(5.0)
    assert len(made) == 2


# --- bugs, and the neighbours ---


@in_virtual_time
async def test_a_bug_in_a_codec_is_told_logged_and_does_not_touch_the_neighbour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    buggy = Watched(Script([ScriptedLink((1.0, GOOD), (2.0, BUG))]).open, profile(), alias="buggy")
    well = Watched(Script([ScriptedLink(*[(float(n), GOOD) for n in range(1, 20)])]).open, profile(), alias="well")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(buggy.live(20.0))
        tasks.create_task(well.live(20.0))
    assert buggy.reach[:2] == [("online", "data"), ("unknown", "internal_error")]
    assert buggy.reports[1].text == "ZeroDivisionError: a bug of ours"
    assert any(record.exc_info for record in caplog.records if "buggy" in record.getMessage())
    assert well.reach == [("online", "data")]
    assert len(well.events) == 19


@in_virtual_time
async def test_a_bug_is_tried_again_only_after_half_a_minute() -> None:
    script = Script([ScriptedLink((0.0, BUG)), ScriptedLink((0.0, BUG)), ScriptedLink()])
    await Watched(script.open, profile()).live(70.0)
    assert script.pauses() == [SLOW_PAUSE_S] * 2


@in_virtual_time
async def test_a_bug_in_what_listens_is_not_the_end_either() -> None:
    watched = Watched(Script([ScriptedLink((1.0, GOOD)), ScriptedLink()]).open, profile())

    def deaf(event: Event) -> None:
        raise LookupError("a bug of those who listen")

    watched.connection._hear = deaf
    await watched.live(5.0)
    assert watched.reach == [("online", "data"), ("unknown", "internal_error")]


@in_virtual_time
async def test_what_ends_as_if_cancelled_when_nobody_cancelled_it_is_not_the_end_either() -> None:
    watched = Watched(
        Script([ScriptedLink((1.0, asyncio.CancelledError())), ScriptedLink((1.0, GOOD))]).open, profile()
    )
    await watched.live(40.0)
    assert watched.reach == [("offline", "internal_error"), ("online", "data")]


# --- counters ---


@in_virtual_time
async def test_progress_counts_over_all_links() -> None:
    first = ScriptedLink((1.0, GOOD), (1.5, ACK), (2.0, LOST))
    watched = await lived(first, ScriptedLink((1.0, GOOD), (2.0, NONSENSE)), seconds=10.0)
    progress = watched.connection.progress
    assert (progress.connects, progress.packets, progress.events, progress.wire_errors) == (2, 4, 2, 1)
    assert progress.dropped == 6  # each of these links says that it dropped three
    assert progress.last_packet_at == pytest.approx(2.0 + 0.5 + 2.0)


@in_virtual_time
async def test_a_failed_write_ends_the_link_with_its_own_code() -> None:
    class Refusing(ScriptedLink):
        async def write(self, write: Write) -> None:
            raise LinkError("writing to told failed", "gatt_failed")

    watched = Watched(Script([Refusing(), ScriptedLink()]).open, profile(codec=lambda: Words([QUERY])))
    await watched.live(0.4)
    assert watched.reach == [("offline", "gatt_failed")]
