"""The simulated EM 70 answers as the real one was heard to, and behaves as docs/devices/beurer-em70.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import Vector, load, named

from ptdevice.devices.beurer_em70 import wire
from ptdevice_sim.unit import AttError, DropLink, Notify
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

CONTROL = "64668730-033f-9393-6ca2-0e9401adeb32"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
MODEL = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL = "00002a25-0000-1000-8000-00805f9b34fb"
VECTORS = load("beurer_em70")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


POLL = sent("poll")


def said(outputs: Iterable[Output]) -> list[bytes]:
    """Values of the control characteristic."""
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == CONTROL]


def connected(**options: int | bool) -> BeurerEm70:
    unit = BeurerEm70(**options)  # type: ignore[arg-type] # names and types are those of the unit
    unit.connected(T0)
    return unit


def as_told(vector: Vector) -> tuple[BeurerEm70, float]:
    """A unit brought by hand and time to where a vector says it was."""
    how, now = vector.unit, T0
    unit = connected(**({"layout": how["layout"]} if "layout" in how else {}))
    unit.programme = how.get("programme", unit.programme)
    unit.mode = how.get("mode", unit.mode)
    unit.battery_raw = how.get("battery_raw", unit.battery_raw)
    if how.get("locked"):
        unit.write(CONTROL, sent("lock the keys"), now)
    for _ in range(how.get("presses", 0)):
        unit.tick(now)
        unit.press_up(now)
    if how.get("after_s"):
        unit.tick(now)
        now += how["after_s"]
    for _ in range(how.get("presses_down", 0)):
        unit.press_down(now)
        unit.tick(now)
    if how.get("overload"):
        unit.tick(now)
        unit.overload(now)
    if how.get("battery_low"):
        unit.battery_low(now)
    return unit, now


def level(unit: BeurerEm70, now: float) -> int:
    """The level that the unit tells when it is asked."""
    *_, state = said(unit.write(CONTROL, POLL, now))
    return state[6]


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
REPORTS = [vector for vector in VECTORS if vector.unit.get("says")]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    unit, now = as_told(vector)
    unit.tick(now)
    assert said(unit.write(CONTROL, sent(vector.answers), now)) == [vector.data]


@pytest.mark.parametrize("vector", REPORTS, ids=[vector.name for vector in REPORTS])
def test_the_unit_says_by_itself_the_octets_of_the_vector(vector: Vector) -> None:
    unit, now = as_told(vector)
    assert said(unit.tick(now)) == [vector.data]


def test_the_captured_hand_over_from_level_1_to_level_3_and_back_is_played_as_it_was_heard() -> None:
    # Log 2 of the vectors' header: programme 19 running since seven minutes, one poll a second, keys of the app between.
    unit = connected()
    unit.programme, unit.mode = 19, 2
    unit.press_up(T0)
    unit.tick(T0)
    heard = []
    for second, raw, command in (
        (0, 0x32, None),
        (1, 0x30, "one level more"),
        (2, 0x30, "one level more"),
        (3, 0x30, None),
        (4, 0x30, None),
        (5, 0x30, "one level less"),
        (6, 0x31, "one level less"),
        (7, 0x31, None),
    ):
        now = T0 + 420.0 + second
        unit.battery_raw = raw
        if command:
            unit.write(CONTROL, sent(command), now)
        heard += [data.hex() for data in said(unit.write(CONTROL, POLL, now))]
    assert heard == [
        "5a0c07011302011732000000cd",
        "5a0c070113020216303b000106",
        "5a0c070113020316303a000106",
        "5a0c0701130203163039000105",
        "5a0c0701130203163038000104",
        "5a0c0701130202163037000102",
        "5a0c0701130201163136000101",
        "5a0c0701130201163135000100",
    ]


# --- output, timer, keys ---


def test_nothing_is_said_until_it_is_asked() -> None:
    unit = BeurerEm70()
    assert list(unit.connected(T0)) == []
    assert list(unit.tick(T0 + 10)) == []
    assert unit.next_due() is None


def test_setting_a_level_raises_it_without_starting_the_output() -> None:
    unit = connected()
    assert said(unit.write(CONTROL, sent("set level 5"), T0)) == []
    assert level(unit, T0) == 5
    assert not unit.delivering
    unit.tick(T0 + 60)
    assert unit.remaining_s == 1800.0


def test_one_level_more_starts_the_output() -> None:
    unit = connected()
    unit.write(CONTROL, sent("set level 5"), T0)
    unit.write(CONTROL, sent("one level more"), T0)
    assert level(unit, T0) == 6
    assert unit.delivering


def test_the_timer_runs_from_the_first_level_and_starts_again_at_30_minutes_when_the_level_returns_to_0() -> None:
    unit = connected()
    unit.tick(T0 + 50)
    unit.press_up(T0 + 60)
    unit.tick(T0 + 160)
    assert unit.remaining_s == 1700.0
    unit.press_down(T0 + 160)
    assert unit.remaining_s == 1800.0
    unit.tick(T0 + 500)
    assert unit.remaining_s == 1800.0


def test_the_treatment_ends_by_the_unit_s_own_timer_and_is_told() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.tick(T0)
    assert unit.next_due() == T0 + 1800
    assert said(unit.tick(T0 + 1799.9)) == []
    assert said(unit.tick(T0 + 1800)) == [sent("treatment ended")]
    assert (unit.level, unit.delivering, unit.remaining_s) == (0, False, 1800.0)


def test_levels_stay_between_0_and_15() -> None:
    unit = connected()
    for _ in range(20):
        unit.press_up(T0)
    assert level(unit, T0) == 15
    for _ in range(20):
        unit.press_down(T0)
    assert level(unit, T0) == 0
    unit.write(CONTROL, bytes.fromhex("5a 05 03 10 00 72"), T0)  # set level 16
    assert level(unit, T0) == 0


def test_locked_keys_do_nothing_until_they_are_unlocked() -> None:
    unit = connected()
    unit.write(CONTROL, sent("lock the keys"), T0)
    unit.press_up(T0)
    assert said(unit.tick(T0)) == []
    assert level(unit, T0) == 0
    unit.write(CONTROL, sent("unlock the keys"), T0)
    unit.press_up(T0)
    assert said(unit.tick(T0)) == [bytes.fromhex("5a 05 0b 01 00 6b")]


def test_a_pause_stops_current_and_timer_and_keeps_the_level() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.write(CONTROL, sent("pause"), T0 + 100)
    assert not unit.delivering
    unit.tick(T0 + 500)
    assert (unit.level, unit.remaining_s) == (1, 1700.0)
    unit.write(CONTROL, sent("resume"), T0 + 500)
    assert unit.delivering
    unit.tick(T0 + 600)
    assert unit.remaining_s == 1600.0


def test_an_overload_stops_the_output() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.overload(T0 + 1)
    assert not unit.delivering
    assert level(unit, T0 + 2) == 0


def test_a_programme_and_a_power_off_are_told_apart_though_their_sums_are_equal() -> None:
    unit = connected()
    unit.programme = 3
    unit.press_up(T0)
    unit.write(CONTROL, sent("choose programme 9; its sum is that of the next"), T0)
    assert (unit.programme, unit.delivering) == (9, True)
    outputs = unit.write(CONTROL, sent("power off; its sum is that of the one before"), T0)
    assert DropLink() in outputs
    assert not unit.delivering


def test_the_power_key_ends_output_and_link() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.tick(T0)
    unit.switch_off(T0 + 1)
    assert list(unit.tick(T0 + 1)) == [DropLink()]
    assert not unit.delivering


@pytest.mark.parametrize(
    "data", ["", "5a", "5a 05 01 00 00 61", "5a 05 01 00 60", "a5 05 01 00 00 60", "5a 06 01 00 00 61"]
)
def test_a_frame_that_is_none_is_ignored(data: str) -> None:
    unit = connected()
    assert list(unit.write(CONTROL, bytes.fromhex(data), T0)) == []
    assert level(unit, T0) == 0


# --- link and radio ---


@pytest.mark.parametrize(("chosen", "remaining_s"), [({"runs_on": True}, 1730.0), ({"runs_on": False}, 1800.0)])
def test_whether_output_survives_the_link_is_a_choice(chosen: dict[str, bool], remaining_s: float) -> None:
    unit = connected(**chosen)
    unit.press_up(T0)
    unit.disconnected(T0 + 10)
    assert unit.delivering is chosen["runs_on"]
    unit.connected(T0 + 70)
    assert unit.remaining_s == remaining_s


def test_without_a_link_the_treatment_ends_all_the_same_and_nobody_is_told() -> None:
    unit = connected()
    unit.press_up(T0)
    unit.disconnected(T0 + 10)
    assert unit.next_due() is not None
    assert list(unit.tick(T0 + 1800)) == []
    assert not unit.delivering
    assert list(unit.connected(T0 + 1900)) == []
    assert said(unit.tick(T0 + 1900)) == []


def test_the_battery_is_read_and_complains_when_low() -> None:
    unit = connected(battery_pct=80)
    assert unit.read(BATTERY, T0) == b"\x50"
    unit.battery_low(T0)
    assert unit.tick(T0) == [Notify(CONTROL, sent("low battery")), Notify(BATTERY, b"\x05")]
    assert unit.read(BATTERY, T0) == b"\x05"


def test_the_state_can_be_read_as_well_as_asked_for() -> None:
    unit = connected()
    assert unit.read(CONTROL, T0) == said(unit.write(CONTROL, POLL, T0))[0]


def test_it_tells_its_model_and_no_serial_number() -> None:
    unit = connected()
    assert unit.read(MODEL, T0) == b"LT1102S"
    with pytest.raises(AttError) as caught:
        unit.read(SERIAL, T0)
    assert caught.value.code == 0x02


def test_it_advertises_a_padded_name_and_its_own_address_as_manufacturer_data() -> None:
    # As observed on air: 07 FF AE EC 12 6F 8B F9, name 4C 54 31 31 30 32 53 00 00, TX power +5, no service.
    said = BeurerEm70("F9:8B:6F:12:EC:AE").advertising
    assert said.name == bytes.fromhex("4c 54 31 31 30 32 53 00 00")
    assert said.manufacturer_data == {0xECAE: bytes.fromhex("12 6f 8b f9")}
    assert said.tx_power == 5
    assert said.service_uuids == ()


def test_the_control_characteristic_can_be_read_written_and_subscribed() -> None:
    (control,) = [each for service in BeurerEm70().services for each in service.characteristics if each.uuid == CONTROL]
    assert control.properties == {"read", "write", "notify"}


def test_the_layout_in_use_is_the_captured_one_unless_told_otherwise() -> None:
    (eight,), (nine,) = (said(connected(layout=n).write(CONTROL, POLL, T0)) for n in (8, 9))
    assert (len(eight), len(nine)) == (13, 14)
    assert wire.parse(eight)[0] == wire.parse(nine)[0] == 0x07
