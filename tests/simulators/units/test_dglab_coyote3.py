"""The simulated Coyote V3 does with the vendor's own examples what the vendor says, and says nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import Vector, load, named

from ptdevice_sim.unit import AttError, DropLink, Notify
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

WRITE, NOTIFY, BATTERY = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("150a", "150b", "1500"))
VECTORS = load("dglab_coyote3")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


def said(outputs: Iterable[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == NOTIFY]


def connected(**options: object) -> DglabCoyote3:
    unit = DglabCoyote3(**options)  # type: ignore[arg-type] # names and types are those of the unit
    unit.connected(T0)
    return unit


def turned(a: int = 0, b: int = 0, **options: object) -> DglabCoyote3:
    unit = connected(**options)
    unit.turn(T0, 0, a)
    unit.turn(T0, 1, b)
    unit.tick(T0)
    return unit


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
REPORTS = [vector for vector in VECTORS if vector.unit.get("says")]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    unit = turned(vector.unit.get("turn_a", 0), vector.unit.get("turn_b", 0))
    assert said(unit.write(WRITE, sent(vector.answers), T0)) == [vector.data]


@pytest.mark.parametrize("vector", REPORTS, ids=[vector.name for vector in REPORTS])
def test_the_unit_says_by_itself_the_octets_of_the_vector(vector: Vector) -> None:
    unit = connected()
    for channel, name in enumerate(("turn_a", "turn_b")):
        unit.turn(T0, channel, vector.unit.get(name, 0))
    assert said(unit.tick(T0))[-1] == vector.data


# --- strengths, as the vendor's document explains them ---


@pytest.mark.parametrize(
    ("modes", "a", "b"),
    [(0b0000, 10, 10), (0b0100, 15, 10), (0b0010, 10, 2), (0b0011, 10, 8), (0b0110, 15, 2), (0b1101, 5, 18)],
)
def test_how_a_strength_is_meant_is_in_four_bits(modes: int, a: int, b: int) -> None:
    unit = turned(10, 10)
    unit.write(WRITE, bytes((0xB0, modes, 5, 8)) + bytes(16), T0)
    assert unit.strengths == [a, b]


@pytest.mark.parametrize(
    ("modes", "value", "a"), [(0b0100, 195, 200), (0b1000, 20, 0), (0b0100, 201, 10), (0b1100, 201, 0)]
)
def test_strengths_stay_between_0_and_200_and_what_is_more_counts_as_0(modes: int, value: int, a: int) -> None:
    unit = turned(10)
    unit.write(WRITE, bytes((0xB0, modes, value, 0)) + bytes(16), T0)
    assert unit.strengths == [a, 0]


def test_a_change_without_a_sequence_is_not_told() -> None:
    unit = turned(10)
    assert said(unit.write(WRITE, sent("A five stronger, not to be told"), T0)) == []
    assert unit.strengths == [15, 0]


def test_a_sequence_without_a_change_is_not_told() -> None:
    unit = turned(0)
    assert said(unit.write(WRITE, sent("stop, both channels"), T0)) == []


def test_no_strength_gets_above_its_limit_by_wheel_or_command() -> None:
    unit = turned(180, 100)
    told = said(unit.write(WRITE, sent("set limits 150 and 30"), T0))
    assert [each.hex(" ") for each in told] == ["be 96 1e a0 a0 00 00", "b1 00 96 1e"]
    assert unit.strengths == [150, 30]
    unit.turn(T0, 1, 5)
    assert unit.strengths == [150, 30]


def test_a_limit_that_is_none_changes_nothing() -> None:
    unit = connected()
    unit.write(WRITE, bytes((0xBF, 201, 30, 1, 2, 3, 4)), T0)
    assert (unit.limits, unit.balances) == ([200, 30], [1, 2, 3, 4])


# --- waves ---


def test_current_flows_for_100_ms_where_there_is_a_strength_and_a_wave() -> None:
    unit = turned(15, 20)
    unit.write(WRITE, sent("A breathes in"), T0)
    assert unit.delivering == (True, False)  # the other channel is muted by its intensity of 101
    unit.tick(T0 + 0.099)
    assert unit.delivering == (True, False)
    unit.tick(T0 + 0.1)
    assert unit.delivering == (False, False)


def test_without_a_strength_no_current_flows() -> None:
    unit = connected()
    unit.write(WRITE, sent("both channels"), T0)
    assert unit.delivering == (False, False)


def test_without_a_host_that_sends_waves_no_current_flows_whatever_the_wheels_say() -> None:
    unit = turned(100, 100)
    unit.tick(T0 + 1)
    assert unit.delivering == (False, False)


@pytest.mark.parametrize("data", [b"", b"\xb0", b"\xb0" + bytes(18), b"\xb1" + bytes(19), b"\xbf" + bytes(5)])
def test_what_is_no_command_is_ignored(data: bytes) -> None:
    unit = turned(10)
    assert list(unit.write(WRITE, data, T0)) == []
    assert unit.strengths == [10, 0]


# --- link, battery ---


def test_a_wheel_at_its_end_says_nothing() -> None:
    unit = connected()
    unit.turn(T0, 0, -1)
    assert list(unit.tick(T0)) == []


def test_the_battery_is_read_and_told_when_it_changes() -> None:
    unit = connected(battery_pct=80)
    assert unit.read(BATTERY, T0) == b"\x50"
    unit.battery_at(T0, 20)
    assert list(unit.tick(T0)) == [Notify(BATTERY, b"\x14")]


def test_a_battery_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(AttError):
        connected(battery_fails=True).read(BATTERY, T0)
    with pytest.raises(AttError):
        connected().read(NOTIFY, T0)


def test_a_unit_that_refuses_ends_every_link() -> None:
    assert list(DglabCoyote3(refuses=True).connected(T0)) == [DropLink()]


def test_what_happened_while_nobody_was_there_is_not_told_later() -> None:
    unit = turned(10)
    unit.disconnected(T0 + 1)
    unit.turn(T0 + 2, 0, 5)
    assert list(unit.tick(T0 + 2)) == []
    unit.turn(T0 + 2.5, 0, -5)
    unit.turn(T0 + 2.5, 0, 5)
    unit.connected(T0 + 3)
    assert list(unit.tick(T0 + 3)) == []
    assert unit.strengths == [15, 0]


def test_the_switch_ends_link_and_strengths() -> None:
    unit = turned(10)
    unit.switch_off(T0 + 1)
    assert list(unit.tick(T0 + 1)) == [DropLink()]
    assert unit.strengths == [0, 0]
