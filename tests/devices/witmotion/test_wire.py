"""Frames without a checksum, cut out of a stream that may be split, merged and damaged anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import Vector, load, named

from ptdevice.devices.witmotion import wire
from ptdevice.devices.witmotion.wire import Motion, Registers

VECTORS = load("witmotion")
FRAMES = [vector for vector in VECTORS if vector.port == "data" and "error" not in vector.means]
COMMANDS = {
    "read the rate": (0x27, 0x03),
    "read the battery": (0x27, 0x64),
    "read the quaternion": (0x27, 0x51),
    "read the temperature": (0x27, 0x40),
    "the key that opens the registers": (0x69, 0xB588),
    "save": (0x00, 0),
    "reboot": (0x00, 0xFF),
    "fuse six axes": (0x24, 1),
    "calibrate the accelerometer": (0x01, 1),
    "filter at 188 Hz": (0x1F, 1),
    "filter at 20 Hz": (0x1F, 4),
    "50 samples a second": (0x03, 8),
    "100 samples a second": (0x03, 9),
}
FLAT = named(VECTORS, "flat on a table, read from a unit").data
MOVED = named(VECTORS, "in motion, printed in a prompt for a language model").data
ANSWER = named(VECTORS, "3.82 V are 60 %").data


@pytest.mark.parametrize("vector", FRAMES, ids=[vector.name for vector in FRAMES])
def test_what_was_read_is_written_with_the_same_octets(vector: Vector) -> None:
    found, skipped, rest = wire.frames(vector.data)
    assert (skipped, rest) == (0, b"")
    written = [wire.motion(each) if isinstance(each, Motion) else wire.registers(each) for each in found]
    assert b"".join(written) == vector.data


def test_a_motion_frame_is_acceleration_angular_rate_and_angles() -> None:
    assert wire.frame(FLAT) == Motion((-11, 46, 2048), (-2, -1, -1), (-39, 181, 0))


def test_an_answer_is_the_first_register_and_eight_values() -> None:
    assert wire.frame(ANSWER) == Registers(0x64, (382, 0, -25805, -906, -15197, 0, 0, 1000))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_those_of_the_vectors(name: str) -> None:
    data = named(VECTORS, name).data
    assert wire.parse_command(data) == COMMANDS[name]
    assert wire.command(*COMMANDS[name]) == data


def test_every_command_among_the_vectors_is_known_here() -> None:
    assert {vector.name for vector in VECTORS if vector.kind == "do"} == set(COMMANDS)


@pytest.mark.parametrize("data", [b"", b"\xff\xaa\x03\x08", b"\xff\xaa\x03\x08\x00\x00", b"\xff\xab\x03\x08\x00"])
def test_other_octets_are_no_command(data: bytes) -> None:
    assert wire.parse_command(data) is None


def test_an_answer_may_come_between_two_samples_of_one_notification() -> None:
    found, skipped, rest = wire.frames(FLAT + ANSWER + MOVED)
    assert [type(each) for each in found] == [Motion, Registers, Motion]
    assert (skipped, rest) == (0, b"")


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_stream_cut_anywhere_gives_the_same_frames(cut: int) -> None:
    stream = FLAT + ANSWER + MOVED
    first, skipped, rest = wire.frames(stream[:cut])
    second, skipped_too, nothing = wire.frames(rest + stream[cut:])
    assert first + second == wire.frames(stream)[0]
    assert (skipped, skipped_too, nothing) == (0, 0, b"")


@pytest.mark.parametrize("kept", range(1, 20))
def test_a_frame_whose_end_was_lost_costs_itself_and_no_other(kept: int) -> None:
    found, skipped, rest = wire.frames(FLAT[:kept] + MOVED + ANSWER)
    assert found == [wire.frame(MOVED), wire.frame(ANSWER)]
    assert (skipped, rest) == (kept, b"")


@pytest.mark.parametrize("lost", range(1, 20))
def test_a_frame_whose_beginning_was_lost_costs_itself_and_no_other(lost: int) -> None:
    found, skipped, _ = wire.frames(FLAT[lost:] + MOVED)
    assert found == [wire.frame(MOVED)]
    assert skipped == 20 - lost


def test_a_payload_that_looks_like_a_header_is_no_frame() -> None:
    trap = FLAT[:8] + b"\x55\x61" + FLAT[10:]
    found, skipped, _ = wire.frames(trap + MOVED)
    assert found == [wire.frame(trap), wire.frame(MOVED)]
    assert skipped == 0


def test_a_frame_before_damage_is_kept() -> None:
    found, skipped, rest = wire.frames(FLAT + b"\x54" + MOVED[1:] + FLAT)
    assert found == [wire.frame(FLAT)] * 2
    assert (skipped, rest) == (20, b"")


@given(st.binary(max_size=200))
def test_nothing_is_invented_and_little_is_kept(data: bytes) -> None:
    found, skipped, rest = wire.frames(data)
    assert len(found) * wire.SIZE + skipped + len(rest) == len(data)
    assert len(rest) < wire.SIZE


@pytest.mark.parametrize(
    ("voltage", "percent"),
    [(421, 100), (396, 100), (395, 90), (387, 75), (382, 60), (381, 50), (340, 5), (339, 0), (250, 0), (3960, 100)],
)
def test_the_battery_goes_by_the_vendors_table(voltage: int, percent: int) -> None:
    assert wire.percent(voltage) == percent


@pytest.mark.parametrize("voltage", [-1, 0, 249, 451, 2499, 4510, 32767])
def test_what_no_lithium_cell_has_is_unknown(voltage: int) -> None:
    assert wire.percent(voltage) is None


def test_the_base_of_the_uuids_is_the_vendors_and_not_the_sigs() -> None:
    assert wire.DATA_UUID == "0000ffe4-0000-1000-8000-00805f9a34fb"
