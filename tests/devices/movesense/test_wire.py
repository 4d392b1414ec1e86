"""Commands, results, and values of several arrays, in both directions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.movesense.conversation import VECTORS, sent
from tests.devices.vectors import Vector, named

from ptdevice.devices.movesense import wire
from ptdevice.devices.movesense.wire import GspError, Samples

MOTIONS = [vector for vector in VECTORS if "resource" in vector.unit and vector.kind != "error"]
HEADER = 2


@pytest.mark.parametrize("vector", MOTIONS, ids=[vector.name for vector in MOTIONS])
def test_a_value_is_read_by_its_resource_and_written_with_the_same_octets(vector: Vector) -> None:
    names = wire.ARRAYS[vector.unit["resource"]]
    samples = wire.parse_samples(len(names), vector.data[HEADER:])
    first_ms = vector.unit.get("first_ms", vector.means.get("device_ns", [0])[0] // 1_000_000)
    assert samples.first_ms == first_ms
    for name, array in zip(names, samples.arrays, strict=True):
        expected = (vector.means | vector.unit)[name]
        assert [list(sample) for sample in array] == [pytest.approx(sample, abs=1e-6) for sample in expected]
    assert wire.samples(samples) == vector.data[HEADER:]


@pytest.mark.parametrize(
    ("arrays", "octets", "samples"), [(1, 16, 1), (1, 52, 4), (2, 100, 4), (3, 148, 4), (3, 292, 8)]
)
def test_the_number_of_samples_is_told_by_the_length(arrays: int, octets: int, samples: int) -> None:
    assert [len(array) for array in wire.parse_samples(arrays, bytes(octets)).arrays] == [samples] * arrays


@pytest.mark.parametrize(("arrays", "octets"), [(1, 0), (1, 3), (1, 4), (1, 15), (2, 16), (2, 40), (3, 52)])
def test_a_value_of_another_length_is_refused(arrays: int, octets: int) -> None:
    with pytest.raises(GspError, match=f"{octets} octets"):
        wire.parse_samples(arrays, bytes(octets))


@pytest.mark.parametrize("number", ["000080 7f", "000080 ff", "0000c0 7f"])
@pytest.mark.parametrize("at", range(6))
def test_no_array_has_what_is_not_a_finite_number(number: str, at: int) -> None:
    data = bytearray(28)
    data[4 + 4 * at : 8 + 4 * at] = bytes.fromhex(number)
    with pytest.raises(GspError, match="not a number"):
        wire.parse_samples(2, bytes(data))


def test_a_command_is_code_ref_and_data() -> None:
    assert wire.parse_command(sent("subscribe to heart rate")) == wire.Command(1, 0x62, b"/Meas/HR\0")
    assert wire.command(1, 0x62, wire.path(wire.HEART_RATE)) == sent("subscribe to heart rate")
    assert wire.command(1, 0x63, wire.path(wire.motion_path("IMU6", 52))) == sent("subscribe to IMU6 at 52 Hz")


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_half_a_command_and_half_an_answer_are_none(data: bytes) -> None:
    with pytest.raises(GspError):
        wire.parse_command(data)
    with pytest.raises(GspError):
        wire.parse_told(data)


def test_a_result_is_a_status_and_a_value() -> None:
    told = wire.parse_told(sent("battery at 87 %"))
    assert (told.kind, told.ref) == (1, 2)
    assert wire.parse_result(told.data) == (200, b"\x57")
    assert wire.result(2, 200, b"\x57") == sent("battery at 87 %")


def test_507_is_understood_either_way_round() -> None:
    assert wire.parse_result(bytes.fromhex("fb 01")) == wire.parse_result(bytes.fromhex("01 fb")) == (507, b"")


def test_half_a_status_is_none() -> None:
    with pytest.raises(GspError):
        wire.parse_result(b"\xc8")


@pytest.mark.parametrize(
    ("octets", "lengths"),
    [(1, [1]), (149, [149]), (150, [150]), (151, [150, 1]), (292, [150, 142]), (301, [150, 150, 1]), (450, [150] * 3)],
)
def test_a_value_goes_on_after_150_octets(octets: int, lengths: list[int]) -> None:
    value = bytes(range(251)) * 2
    parts = wire.parts(9, value[:octets])
    assert [len(part) - HEADER for part in parts] == lengths
    assert [part[:HEADER] for part in parts] == [bytes((2 + i, 9)) for i in range(len(parts))]
    assert b"".join(part[HEADER:] for part in parts) == value[:octets]


def test_more_than_three_notifications_carry_no_value() -> None:
    with pytest.raises(GspError):
        wire.parts(9, bytes(451))


def test_a_heart_rate_may_have_no_interval_or_several() -> None:
    assert wire.parse_heart_rate(bytes.fromhex("00 00 80 42")) == (64.0, ())
    assert wire.parse_heart_rate(bytes.fromhex("00 00 80 42 88 03 01 00")) == (64.0, (904, 1))


@pytest.mark.parametrize("data", ["", "00 00 80", "00 00 80 42 88", "00 00 c0 7f", "00 00 80 c2", "00 00 80 7f"])
def test_what_is_no_heart_rate_is_refused(data: str) -> None:
    with pytest.raises(GspError):
        wire.parse_heart_rate(bytes.fromhex(data))


def test_a_heart_rate_is_written_with_the_octets_of_a_real_one() -> None:
    vector = named(VECTORS, "heart rate 66, one interval")
    assert wire.heart_rate(vector.unit["average_bpm"], (904,)) == vector.data[HEADER:]


def test_the_answer_to_a_greeting_tells_what_the_unit_is_and_not_which() -> None:
    assert wire.parse_hello(sent("hello yourself")[HEADER:]) == ("Movesense", "gatt_sensordata_app", "1.0.0")


def test_the_first_sample_s_greeting_tells_nothing() -> None:
    assert wire.parse_hello(b"Hello") == wire.parse_hello(b"\xad\x01") == ("", "", "")


def test_a_greeting_of_another_version_tells_nothing_since_any_of_it_may_be_the_serial_number() -> None:
    assert wire.parse_hello(b"\x02" + sent("hello yourself")[HEADER + 1 :]) == ("", "", "")


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01a\0b\0c\0d", b"\x01a\0\xff\0c\0d\0e\0"])
def test_what_is_no_answer_to_a_greeting_is_refused(data: bytes) -> None:
    with pytest.raises(GspError):
        wire.parse_hello(data)


def test_a_text_without_end_is_cut() -> None:
    assert wire.parse_hello(b"\x01s\0" + b"p" * 500 + b"\0a\0n\0v\0")[0] == "p" * 64


def test_the_unit_s_clocks_are_written_with_the_octets_of_a_real_one() -> None:
    vector = named(VECTORS, "the unit's clocks")
    assert wire.time_detailed(vector.unit["utc_us"], vector.unit["relative_ms"]) == vector.data[4:]


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
vectors = st.tuples(numbers, numbers, numbers)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.data())
def test_whatever_is_written_is_read(first_ms: int, arrays: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 8))
    drawn = tuple(tuple(data.draw(st.lists(vectors, min_size=size, max_size=size))) for _ in range(arrays))
    assert wire.parse_samples(arrays, wire.samples(Samples(first_ms, drawn))) == Samples(first_ms, drawn)


@given(st.integers(1, 3), st.binary(max_size=460))
def test_any_octets_are_samples_or_refused(arrays: int, data: bytes) -> None:
    try:
        samples = wire.parse_samples(arrays, data)
    except GspError:
        return
    assert all(math.isfinite(number) for array in samples.arrays for vector in array for number in vector)
