"""The simulated Bluetens says what the vendor's firmware prints, and behaves as docs/devices/bluetens.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import Vector, load, named

from ptdevice_sim.unit import DropLink, Notify
from ptdevice_sim.units.bluetens import Bluetens

if TYPE_CHECKING:
    from ptdevice_sim.unit import Output

SHELL = "0000ffe1-0000-1000-8000-00805f9b34fb"
VECTORS = load("bluetens")
T0 = 100.0
STAT = named(VECTORS, "read the status").data


def connected(**options: object) -> Bluetens:
    unit = Bluetens(**options)  # type: ignore[arg-type] # names and types are those of the unit
    unit.connected(T0)
    return unit


def run(unit: Bluetens, now: float, until: float, first: list[Output] | None = None) -> list[Output]:
    """What the unit sends by itself between these seconds, each chunk when it is due."""
    outputs = list(first or [])
    while (due := unit.next_due()) is not None and due <= until:
        now = max(now, due)
        outputs += unit.tick(now)
    outputs += unit.tick(until)
    return outputs


def text(outputs: list[Output]) -> bytes:
    return b"".join(output.data for output in outputs if isinstance(output, Notify) and output.uuid == SHELL)


def asked(unit: Bluetens, line: bytes, now: float) -> bytes:
    """The answer to a line, all chunks of it."""
    return text(run(unit, now, now + 0.2, list(unit.write(SHELL, line, now))))


def as_told(vector: Vector) -> tuple[Bluetens, float, list[Output]]:
    """A unit brought by hand and time to where a vector says it was, and what it said last."""
    how, now = vector.unit, T0
    unit = connected(**{key: how[key] for key in ("firmware",) if key in how})
    unit.battery_mv = how.get("battery_mv", unit.battery_mv)
    said: list[Output] = []
    for _ in range(how.get("presses", 0)):
        unit.press_up(now)
        said = list(unit.tick(now))
    if how.get("pads_off"):
        unit.pads_off(now)
    if "after_s" in how:
        end = now + how["after_s"]
        while how.get("polled") and now + 5 < end:  # a unit that is left alone goes off
            now += 5
            asked(unit, STAT, now)
        said = run(unit, now, end)
        now = end
    if "battery_pct" in how:
        unit.battery_at(now, how["battery_pct"])
    for name in ("plug_in", "switch_off"):
        if how.get(name):
            getattr(unit, name)(now)
    return unit, now, said + run(unit, now, now + 0.1)


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
REPORTS = [vector for vector in VECTORS if vector.unit.get("says")]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    unit, now, _ = as_told(vector)
    assert asked(unit, named(VECTORS, vector.answers).data, now) == vector.data


@pytest.mark.parametrize("vector", REPORTS, ids=[vector.name for vector in REPORTS])
def test_the_unit_says_by_itself_the_octets_of_the_vector(vector: Vector) -> None:
    _, _, said = as_told(vector)
    assert text(said).endswith(vector.data)


# --- the shell ---


def test_an_answer_comes_in_chunks_of_twenty_octets() -> None:
    unit = connected()
    outputs = run(unit, T0, T0 + 1, list(unit.write(SHELL, STAT, T0)))
    assert [len(output.data) for output in outputs if isinstance(output, Notify)] == [20, 20, 12]


def test_a_line_may_come_in_pieces_and_what_stands_before_its_mark_is_ignored() -> None:
    unit = connected()
    assert list(unit.write(SHELL, b"noise>v", T0)) == []
    assert asked(unit, b"er\r\n", T0) == b"v.3.3.7\r\n"


def test_without_its_mark_a_line_is_ignored() -> None:
    assert asked(connected(), b"osto\r\n", T0) == b""


@pytest.mark.parametrize("number", [4097, 32769])
def test_what_it_does_not_understand_it_says_so(number: int) -> None:
    assert asked(connected(cannot=number), b">dance\n", T0) == f"{number}: command not understood\r\n".encode()


def test_a_notification_waits_for_the_end_of_an_answer_or_cuts_in() -> None:
    heard = []
    for cuts_in in (False, True):
        unit = connected(cuts_in=cuts_in)
        unit.press_up(T0)
        run(unit, T0, T0 + 1)
        outputs = list(unit.write(SHELL, STAT, T0 + 1))
        unit.press_up(T0 + 1.01)
        heard.append(text(run(unit, T0 + 1.01, T0 + 2, outputs)))
    status = b"tick=1,lmd5=2c6da37f8c710620843d0f23e05e4f91,str=1\r\n"
    assert heard[0] == status + b"NOTIFY strength 2\r\n"
    assert heard[1] == status[:20] + b"NOTIFY strength 2\r\n" + status[20:]


def test_a_level_from_a_host_starts_a_unit_that_stands_still_at_level_1() -> None:
    unit = connected()
    assert asked(unit, b">str 25\r\n", T0) == b"NOTIFY strength 1\r\nstr=1\r\n"
    assert unit.delivering


def test_a_level_from_a_host_is_clamped_and_0_is_ignored() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.tick(T0)
    assert asked(unit, b">str 99\r\n", T0) == b"str=60\r\n"
    assert asked(unit, b">str 0\r\n", T0 + 1) == b"str=60\r\n"


def test_a_script_is_started_by_name_and_cut_after_so_many_seconds() -> None:
    unit = connected()
    assert asked(unit, named(VECTORS, "start a script for ten minutes").data, T0) == b"NOTIFY strength 1\r\n0: ok\r\n"
    run(unit, T0, T0 + 599.9)
    assert unit.delivering
    run(unit, T0 + 599.9, T0 + 600.0)
    assert not unit.delivering


def test_a_script_that_is_not_there_is_a_failure() -> None:
    assert asked(connected(), b">ssta waltz\r\n", T0) == named(VECTORS, "no such script").data


# --- output, script, keys ---


def test_the_plus_key_starts_the_default_script_at_level_1_and_says_so() -> None:
    unit = connected()
    unit.press_up(T0)
    assert text(run(unit, T0, T0)) == b"NOTIFY strength 1\r\n"
    assert (unit.delivering, unit.level) == (True, 1)


def test_the_minus_key_goes_down_to_1_and_no_further() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.press_down(T0)
    assert (unit.delivering, unit.level) == (True, 1)


def test_the_end_of_a_script_is_silent() -> None:
    unit = connected()
    unit.press_up(T0 + 10)
    run(unit, T0 + 10, T0 + 1809.9)
    assert unit.delivering
    assert text(run(unit, T0 + 1809.9, T0 + 1811.0)) == b""
    assert (unit.delivering, unit.level) == (False, 0)


def test_without_a_load_it_stops_after_three_seconds_and_says_so() -> None:
    unit = connected()
    unit.press_up(T0)
    run(unit, T0, T0)
    unit.pads_off(T0 + 10)
    assert not unit.delivering  # nothing flows, though the unit does not know it yet
    assert text(run(unit, T0 + 10, T0 + 12.9)) == b""
    assert text(run(unit, T0 + 12.9, T0 + 13.0)) == b"NOTIFY noload\r\n"
    unit.pads_on(T0 + 20)
    assert (unit.delivering, unit.level) == (False, 0)


def test_a_pad_that_is_back_in_time_stops_nothing() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.pads_off(T0 + 10)
    unit.pads_on(T0 + 12)
    run(unit, T0 + 12, T0 + 20)
    assert unit.delivering


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (lambda unit: unit.plug_in(T0 + 5), b"NOTIFY charging\r\n"),
        (lambda unit: unit.battery_at(T0 + 5, 0), b"NOTIFY low battery\r\n"),
        (lambda unit: unit.switch_off(T0 + 5), b"NOTIFY shutdown\r\n"),
    ],
)
def test_charger_battery_and_power_key_end_output_and_link(act: object, word: bytes) -> None:
    assert callable(act)
    unit = connected()
    unit.press_up(T0)
    run(unit, T0, T0)
    act(unit)
    outputs = run(unit, T0 + 5, T0 + 6)
    assert text(outputs) == word
    assert outputs[-1] == DropLink()
    assert not unit.delivering


def test_an_idle_unit_goes_off_without_a_word() -> None:
    unit = connected()
    asked(unit, STAT, T0 + 10)
    assert list(run(unit, T0 + 11, T0 + 39.9)) == []
    assert run(unit, T0 + 39.9, T0 + 41) == [DropLink()]


def test_a_question_now_and_then_keeps_it_awake() -> None:
    unit = connected()
    for second in range(10, 100, 10):
        assert b"tick=0" in asked(unit, STAT, T0 + second)


# --- link and radio ---


def test_the_output_survives_the_link_and_the_tick_goes_on() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.disconnected(T0 + 10)
    assert unit.delivering
    unit.connected(T0 + 70)
    assert asked(unit, STAT, T0 + 70).startswith(b"tick=70,")


def test_what_it_said_while_nobody_was_there_is_not_said_again() -> None:
    unit = connected()
    unit.disconnected(T0 + 1)
    unit.press_up(T0 + 2)
    assert list(unit.tick(T0 + 2)) == []
    unit.connected(T0 + 3)
    assert text(run(unit, T0 + 3, T0 + 4)) == b""


def test_it_advertises_name_service_version_address_and_project() -> None:
    # As the firmware puts it together, version 3.3.7: FF BD | 33 07 | address, low octet first | "blt" NUL.
    said = Bluetens("08:7C:BE:12:34:56").advertising
    assert said.name == b"Bluetens2"
    assert said.service_uuids == ("0000ffe0-0000-1000-8000-00805f9b34fb",)
    assert said.manufacturer_data == {0xBDFF: bytes.fromhex("33 07 56 34 12 be 7c 08 62 6c 74 00")}


def test_the_shell_can_be_read_written_and_subscribed() -> None:
    (service,) = Bluetens().services
    (shell,) = service.characteristics
    assert shell.uuid == SHELL
    assert shell.properties == {"read", "write", "write-without-response", "notify"}
