"""The simulated YOKONEX EMS says what the vendor's tables say, and behaves as docs/devices/yokonex-ems.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.carriers.observing import LyingStill

from ptdevice_sim.unit import AttError, DropLink, Notify
from ptdevice_sim.units.yokonex_ems import YokonexEms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

WRITE, NOTIFY = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("ff31", "ff32"))
VECTORS = load("yokonex_ems")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


def said(outputs: Iterable[Output]) -> list[str]:
    return [output.data.hex(" ") for output in outputs if isinstance(output, Notify) and output.uuid == NOTIFY]


def connected(**options: object) -> YokonexEms:
    unit = YokonexEms(LyingStill(), **options)  # type: ignore[arg-type] # names and types are those of the unit
    unit.connected(T0)
    return unit


def do(unit: YokonexEms, name: str) -> list[str]:
    return said(unit.write(WRITE, sent(name), T0))


ANSWERS = [vector for vector in VECTORS if vector.answers]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    how = vector.unit
    unit = connected(no_angles=how.get("no_angles", False), battery_pct=how.get("battery_pct", 80))
    unit.steps = how.get("steps", 0)
    for channel, name in zip(unit.channels, "ab", strict=True):
        channel.level, channel.mode = how.get(f"level_{name}", 0), how.get(f"mode_{name}", 1)
        channel.on, channel.attached = channel.level > 0, not how.get("pads_off", False)
    assert do(unit, vector.answers) == [vector.data.hex(" ")]


# --- commands ---


def test_generation_1_switches_one_channel_or_both() -> None:
    unit = connected(generation=1)
    assert do(unit, "generation 1: A on at 100 in mode 1") == ["35 71 01 01 01 00 64 01 0e"]
    assert [channel.delivering for channel in unit.channels] == [True, False]
    assert len(do(unit, "generation 1: both on at 200 in mode 10; the sum wraps")) == 2
    assert [(channel.level, channel.mode) for channel in unit.channels] == [(200, 10), (200, 10)]
    do(unit, "generation 1: both off")
    assert [channel.delivering for channel in unit.channels] == [False, False]


def test_generation_2_sets_both_channels_at_once() -> None:
    unit = connected()
    do(unit, "generation 2: A at 48 in mode 6, B at 24 in mode 6")
    assert [(channel.level, channel.mode, channel.delivering) for channel in unit.channels] == [
        (48, 6, True),
        (24, 6, True),
    ]
    do(unit, "generation 2, in real time: A 30 at 80 Hz and 60 us, B 45 at 4 Hz and 100 us")
    assert [(channel.level, channel.mode) for channel in unit.channels] == [(30, 17), (45, 17)]
    do(unit, "generation 2: both off")
    assert [channel.delivering for channel in unit.channels] == [False, False]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("35 71 04 ab", 1),  # a wrong sum
        ("36 71 04 ab", 2),
        ("35", 2),
        ("35 99 00 ce", 3),
        ("35 71 09 af", 4),
        ("35 11 02 02 01 4b", 4),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(data: str, error: int) -> None:
    (answer,) = said(connected().write(WRITE, bytes.fromhex(data), T0))
    assert answer.startswith(f"35 71 55 {error:02x}")


@pytest.mark.parametrize(
    "data", ["35 11 01 01 01 15 01 00 00", "35 11 00 01 00 01 01 00 00", "35 11 01 01 00 01 12 00 00"]
)
def test_a_strength_a_channel_and_a_mode_that_there_are_not_are_refused(data: str) -> None:
    body = bytes.fromhex(data)
    unit = connected(generation=1)
    (answer,) = said(unit.write(WRITE, body + bytes((sum(body) % 256,)), T0))
    assert answer.startswith("35 71 55 04")
    assert [channel.delivering for channel in unit.channels] == [False, False]


def test_a_strength_above_276_is_refused_by_generation_2_for_both_channels() -> None:
    body = bytes.fromhex("35 11 01 00 10 01 01 15 01")
    unit = connected()
    assert said(unit.write(WRITE, body + bytes((sum(body) % 256,)), T0)) == ["35 71 55 04 ff"]
    assert [channel.delivering for channel in unit.channels] == [False, False]


def test_the_step_counter_begins_at_0_when_it_is_switched_on() -> None:
    unit = connected()
    unit.steps = 1000
    do(unit, "the step counter on, from 0")
    assert unit.steps == 0


# --- the hand, pads ---


def test_a_key_turns_its_channel_up_and_says_so() -> None:
    unit = connected()
    unit.press(T0, 1, 3)
    assert said(unit.tick(T0)) == ["35 71 02 01 01 00 0f 01 ba"]
    assert [channel.delivering for channel in unit.channels] == [False, True]
    unit.press(T0, 1, -3)
    assert [channel.delivering for channel in unit.channels] == [False, False]


def test_a_channel_without_its_electrodes_stays_on_and_delivers_nothing_until_they_are_back() -> None:
    unit = connected()
    unit.press(T0, 0, 8)
    unit.tick(T0)
    unit.pads(T0, attached=False)
    assert said(unit.tick(T0))[0] == "35 71 01 00 01 00 28 01 d1"
    assert not unit.channels[0].delivering
    unit.pads(T0, attached=True)
    assert unit.channels[0].delivering


def test_the_battery_is_told_when_it_changes() -> None:
    unit = connected()
    unit.battery_at(T0, 75)
    assert said(unit.tick(T0)) == [sent("the battery is at 75 %").hex(" ")]


# --- motion ---


def test_lying_still_it_feels_one_g_in_its_own_counts() -> None:
    assert do(connected(counts_per_g=16384), "ask for the angles") == [
        "35 71 06 00 00 00 00 40 00 00 00 00 00 00 00 ec"
    ]


def test_the_motor_shakes_it() -> None:
    unit = connected()
    do(unit, "the motor on")
    assert do(unit, "ask for the angles") != do(unit, "ask for the angles")


# --- link ---


@pytest.mark.parametrize("runs_on", [True, False])
def test_whether_output_survives_the_link_is_a_choice(runs_on: bool) -> None:  # noqa: FBT001 - a table
    unit = connected(runs_on=runs_on)
    unit.press(T0, 0, 1)
    unit.disconnected(T0 + 1)
    assert unit.channels[0].delivering is runs_on


def test_what_happened_while_nobody_was_there_is_not_told_later() -> None:
    unit = connected()
    unit.disconnected(T0 + 1)
    unit.press(T0 + 2, 0, 1)
    assert list(unit.tick(T0 + 2)) == []
    unit.connected(T0 + 3)
    assert list(unit.tick(T0 + 3)) == []


def test_the_power_key_ends_output_and_link() -> None:
    unit = connected()
    unit.press(T0, 0, 1)
    unit.tick(T0)
    unit.switch_off(T0 + 1)
    assert list(unit.tick(T0 + 1)) == [DropLink()]
    assert not unit.channels[0].delivering


def test_nothing_can_be_read() -> None:
    with pytest.raises(AttError):
        connected().read(NOTIFY, T0)


@pytest.mark.parametrize(("generation", "name"), [(1, b"YYC-DJ-086"), (2, b"YYC-DJ-V2-086")])
def test_it_advertises_its_generation_in_its_name_and_its_service(generation: int, name: bytes) -> None:
    said = YokonexEms(LyingStill(), generation=generation).advertising
    assert said.name == name
    assert said.service_uuids == ("0000ff30-0000-1000-8000-00805f9b34fb",)
