"""Payloads by mode, settings, reports and information, in both directions."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import Vector, load, named

from ptdevice.devices.movella_dot import wire
from ptdevice.devices.movella_dot.wire import DotError, Mode, Payload

VECTORS = load("movella_dot")
PAYLOADS = [vector for vector in VECTORS if "mode" in vector.unit]
SIZES = {
    2: 36,
    3: 32,
    4: 16,
    5: 20,
    6: 16,
    7: 32,
    16: 28,
    18: 38,
    19: 32,
    20: 34,
    21: 28,
    22: 40,
    23: 34,
    24: 32,
    26: 44,
}


def sample_of(mode: int) -> Payload:
    """Every field of the mode filled with numbers that a float holds exactly."""
    values = {
        name: tuple(range(1, 1 + int(wire.FORMATS[name][0]) if len(wire.FORMATS[name]) > 1 else 2))
        for name in wire.LAYOUTS[mode]
    }
    return Payload(1234567, **values)


@pytest.mark.parametrize("vector", PAYLOADS, ids=[vector.name for vector in PAYLOADS])
def test_a_payload_is_read_by_its_mode_and_written_with_the_same_octets(vector: Vector) -> None:
    mode = vector.unit["mode"]
    sample = wire.parse_payload(mode, vector.data)
    told = {each.name for each in fields(sample) if getattr(sample, each.name) != ()}
    assert told == vector.unit.keys() - {"mode"}
    for name in told:
        assert getattr(sample, name) == pytest.approx(vector.unit[name], abs=vector.within)
    assert wire.payload(mode, sample) == vector.data


@pytest.mark.parametrize("mode", Mode)
def test_every_published_mode_is_as_long_as_is_published_and_goes_both_ways(mode: Mode) -> None:
    data = wire.payload(mode, sample_of(mode))
    assert not any(data[SIZES[mode] :])
    assert data[SIZES[mode] - 1] or data[SIZES[mode] - 2]
    assert wire.parse_payload(mode, data) == sample_of(mode)
    with pytest.raises(DotError, match=f"where mode {mode} has {SIZES[mode]}"):
        wire.parse_payload(mode, data[: SIZES[mode] - 1])


@pytest.mark.parametrize(
    ("mode", "number", "length"),
    [(Mode.QUATERNION, 0x2004, 20), (Mode.RATE, 0x2003, 40), (Mode.CUSTOM_1, 0x2003, 40), (Mode.CUSTOM_5, 0x2002, 63)],
)
def test_a_mode_goes_by_the_shortest_characteristic_that_holds_it(mode: Mode, number: int, length: int) -> None:
    assert wire.payload_uuid(mode) == f"1517{number:04x}-4947-11e9-8646-d663bd873d93"
    assert len(wire.payload(mode, sample_of(mode))) == length


def test_padding_may_be_missing_but_not_in_part() -> None:
    data = wire.payload(Mode.RATE, sample_of(Mode.RATE))
    assert wire.parse_payload(Mode.RATE, data[:28]) == sample_of(Mode.RATE)
    for length in (*range(28), *range(29, 40)):
        with pytest.raises(DotError):
            wire.parse_payload(Mode.RATE, data[:length])
    with pytest.raises(DotError):
        wire.parse_payload(Mode.RATE, data + data)


def test_proprietary_modes_have_no_layout() -> None:
    assert not {1, 17, 25} & wire.LAYOUTS.keys()


# --- settings ---


@pytest.mark.parametrize("name", ["set the output rate to 20 Hz and nothing else", "blink"])
def test_device_control_goes_both_ways(name: str) -> None:
    data = named(VECTORS, name).data
    assert wire.device(wire.parse_device(data)) == data


def test_a_rate_is_set_and_all_else_left_as_it_is() -> None:
    expected = named(VECTORS, "set the output rate to 20 Hz and nothing else").data
    found = wire.parse_device(b"\0" + expected[1:24] + (60).to_bytes(2, "little") + expected[26:])
    assert wire.with_rate(found, 20) == expected


@pytest.mark.parametrize("name", ["stopped, the last mode was Euler angles", "start acceleration and angular rate"])
def test_measurement_control_goes_both_ways(name: str) -> None:
    data = named(VECTORS, name).data
    assert wire.control(*wire.parse_control(data)) == data


@pytest.mark.parametrize("data", [b"", b"\x01\x00", b"\x01\x02\x04", b"\x02\x00\x04", b"\x01\x00\x04\x00"])
def test_other_octets_are_no_measurement_control(data: bytes) -> None:
    with pytest.raises(DotError):
        wire.parse_control(data)


# --- reports, battery, information ---


def test_a_click_is_told_with_its_time_and_goes_both_ways() -> None:
    data = named(VECTORS, "a click of the button at 123.456 s").data
    assert wire.parse_report(data) == (wire.Report.SINGLE_CLICK, 123456)
    assert wire.report(wire.Report.SINGLE_CLICK, 123456) == data


def test_older_firmware_tells_the_time_of_a_click_in_eight_octets() -> None:
    assert wire.parse_report(b"\x06\x08" + (2**33).to_bytes(8, "little")) == (wire.Report.DOUBLE_CLICK, 2**33)


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x05\x04\x01\x02\x03", b"\x05\x07" + bytes(34)])
def test_half_a_report_is_none(data: bytes) -> None:
    with pytest.raises(DotError):
        wire.parse_report(data)


def test_information_is_firmware_and_model_and_neither_address_nor_serial_number() -> None:
    data = bytes.fromhex("cc bb aa cd 22 d4 02 04 01 e7 07 07 01 0c 00 00") + bytes(range(1, 13)) + b"XS-T02"
    assert wire.parse_information(data) == ("2.4.1", "XS-T02")
    with pytest.raises(DotError):
        wire.parse_information(data[:-1])
    with pytest.raises(DotError):
        wire.parse_information(data[:-1] + b"\xff")


@given(st.binary(max_size=70))
def test_whatever_the_octets_only_dot_errors_come_out(data: bytes) -> None:
    for parse in (
        wire.parse_control,
        wire.parse_device,
        wire.parse_report,
        wire.parse_information,
        wire.parse_battery,
        *(lambda data, mode=mode: wire.parse_payload(mode, data) for mode in Mode),
    ):
        try:
            parse(data)
        except DotError as error:
            assert str(error)  # noqa: PT017 - that it has something to say is the point


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=6, max_size=6), st.integers(0, 2**32 - 1))
def test_floats_and_times_arrive_as_they_were_sent(values: list[float], time_us: int) -> None:
    sent = Payload(time_us, acceleration=tuple(values[:3]), angular_rate=tuple(values[3:]))
    found = wire.parse_payload(Mode.RATE, wire.payload(Mode.RATE, sent))
    assert found == sent
    assert [math.copysign(1, a) for a in found.acceleration] == [math.copysign(1, a) for a in sent.acceleration]
