"""The layout that driver and simulated unit share, held against bytes from outside."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.polar.conversation import STARTED, VECTORS, vector

from ptdevice.devices.polar import wire

i16 = st.integers(-32768, 32767)
samples = st.lists(st.tuples(i16, i16, i16), min_size=1, max_size=100)

H10_OFFER = {wire.RATE: [25, 50, 100, 200], wire.RESOLUTION: [16], wire.RANGE: [2, 4, 8]}
# A gyroscope's settings, from the vendor's PmdSettingTest.
GYRO_OFFER = bytes.fromhex("00 01 34 00 01 01 10 00 02 04 f5 00 f4 01 e8 03 d0 07 04 01 03")
GYRO_MEANS = {
    wire.RATE: [52],
    wire.RESOLUTION: [16],
    wire.RANGE: [245, 500, 1000, 2000],
    wire.CHANNEL_COUNT: [3],
}


# --- settings and answers ---


def test_settings_are_read_as_the_vendor_s_test_reads_them() -> None:
    assert wire.parse_settings(GYRO_OFFER) == GYRO_MEANS


def test_settings_are_written_as_the_vendor_s_test_has_them() -> None:
    assert wire.settings(GYRO_MEANS) == GYRO_OFFER


def test_an_offer_is_read_and_written_as_the_vendor_prints_it() -> None:
    answer = wire.parse_response(vector("settings of an H10: 25, 50, 100, 200 Hz; 16 bit; 2, 4, 8 g").data)
    assert wire.parse_settings(answer.parameters) == H10_OFFER
    assert wire.settings(H10_OFFER) == answer.parameters


def test_a_start_is_written_as_the_vendor_prints_it() -> None:
    asked = {wire.RANGE: [8], wire.RATE: [200], wire.RESOLUTION: [16]}
    assert bytes((wire.START, wire.ACC)) + wire.settings(asked) == vector("start an H10 at 200 Hz, 8 g").data


def test_an_answer_is_read_and_written_as_the_vendor_prints_it() -> None:
    answer = wire.parse_response(vector(STARTED["Sense"]).data)
    assert answer == wire.Response(wire.START, wire.ACC, 0, more=False, parameters=bytes.fromhex("05 01 40 da 7f 39"))
    assert wire.response(wire.START, wire.ACC, 0, answer.parameters) == vector(STARTED["Sense"]).data
    assert wire.response(wire.STOP, wire.ACC, 0) == vector("stopped").data


def test_an_answer_may_end_with_its_status() -> None:
    assert wire.parse_response(bytes.fromhex("f0 02 02 08")) == wire.Response(2, 2, 8, more=False, parameters=b"")


def test_the_scale_is_the_one_that_the_vendor_prints() -> None:
    settings = wire.parse_settings(bytes.fromhex("05 01 40 da 7f 39"))
    assert wire.factor(settings[wire.FACTOR][0]) == pytest.approx(0.000243999995, rel=1e-9)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.5, 0.0, -0.0, 1e7])
def test_a_number_that_cannot_be_a_scale_is_refused(value: float) -> None:
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    with pytest.raises(wire.PmdError, match="a scale of"):
        wire.factor(bits)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("00", "cut short"),
        ("00 01", "cut short"),
        ("00 02 34 00", "cut short"),
        ("00 01 34 00 01", "cut short"),
        ("07 01 00", "an unknown setting 7"),
    ],
)
def test_settings_that_are_none_are_refused(data: str, why: str) -> None:
    with pytest.raises(wire.PmdError, match=why):
        wire.parse_settings(bytes.fromhex(data))


@pytest.mark.parametrize("data", ["", "f0", "f0 02 02", "f1 02 02 00", "0f 02 02 00"])
def test_what_is_no_answer_is_refused(data: str) -> None:
    with pytest.raises(wire.PmdError, match="not a control point response"):
        wire.parse_response(bytes.fromhex(data))


# --- frames ---


def test_a_frame_is_read_and_written_as_the_vendor_prints_it() -> None:
    data = vector("two raw samples of an H10").data
    frame = wire.parse_frame(data)
    assert (frame.measurement, frame.last_ns, frame.frame_type) == (2, 599618164814402794, 1)
    assert wire.frame(2, frame.last_ns, 1, frame.payload) == data
    assert wire.raw([(-187, -28, 949), (-187, -28, 952)]) == frame.payload


@pytest.mark.parametrize("data", [b"", b"\x02" * 9, b"\x02" * 10])
def test_a_frame_without_samples_is_refused(data: bytes) -> None:
    with pytest.raises(wire.PmdError, match="without samples"):
        wire.parse_frame(data)


def test_the_high_bits_of_a_type_are_flags() -> None:
    assert wire.parse_frame(b"\x82" + bytes(10)).measurement == 2
    assert wire.parse_response(bytes.fromhex("f0 02 82 00")).measurement == 2


@pytest.mark.parametrize(
    ("frame_type", "payload", "means"),
    [
        (0, "ff 01 80 7f 00 fe", [(-1, 1, -128), (127, 0, -2)]),
        (1, "ff ff 01 00 00 80", [(-1, 1, -32768)]),
        (2, "ff ff ff 01 00 00 00 00 80", [(-1, 1, -8388608)]),
    ],
)
def test_raw_samples_have_one_two_or_three_octets_an_axis(
    frame_type: int, payload: str, means: list[wire.Counts]
) -> None:
    assert wire.parse_raw(frame_type, bytes.fromhex(payload)) == means


@pytest.mark.parametrize(("frame_type", "payload"), [(0, b"\1\1"), (1, bytes(7)), (2, bytes(8))])
def test_a_raw_sample_that_is_cut_short_is_refused(frame_type: int, payload: bytes) -> None:
    with pytest.raises(wire.PmdError, match="a sample is cut short"):
        wire.parse_raw(frame_type, payload)


def test_a_raw_frame_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(wire.PmdError, match="an unknown raw frame type 3"):
        wire.parse_raw(3, bytes(12))


# --- delta compression ---

COMPRESSED = [
    ("two compressed samples in mG, 1 ns after the frame before", [(-15, 20, 1008), (-20, 17, 1008)]),
    ("three compressed samples in mG", [(-15, 20, 1008), (-14, 22, 1000), (-12, 19, 995)]),
    (
        "five compressed samples in g of a Verity Sense",
        [(0, 0, 4096), (10, -5, 4090), (20, -12, 4081), (31, -20, 4070), (40, -31, 4060)],
    ),
    (
        "two compressed samples of a gyroscope: (-22, 8, 13), (-23, 11, 16) counts",
        [(-22, 8, 13), (-23, 11, 16)],
    ),
]


@pytest.mark.parametrize(("name", "counts"), COMPRESSED)
def test_deltas_are_added_up_as_the_vendor_adds_them(name: str, counts: list[wire.Counts]) -> None:
    assert wire.parse_delta(vector(name).data[10:]) == counts


# The vendor's mG example spends 6 bits where 4 would do; every other one is as narrow as can be, as ours are.
@pytest.mark.parametrize(("name", "counts"), COMPRESSED[1:])
def test_samples_are_compressed_to_the_octets_of_the_vector(name: str, counts: list[wire.Counts]) -> None:
    assert wire.delta(counts) == vector(name).data[10:]


def test_a_magnetometer_s_counts_are_the_vendor_s() -> None:
    data = vector("two compressed samples of a magnetometer in gauss").data
    assert wire.parse_delta(data[10:]) == [(-6430, 5626, 2633), (-6431, 5627, 2635)]


def test_a_calibration_status_is_a_fourth_channel() -> None:
    data = vector("two compressed samples of a magnetometer in mG, with its calibration status").data
    assert wire.parse_delta(data[10:], channels=4) == [(-201, -687, -2452, 0), (-201, -688, -2449, 1)]


def test_floating_point_numbers_are_compressed_as_their_bit_patterns() -> None:
    (frame,) = vector("acceleration beside a gyroscope's samples as floating point numbers").before
    first, second = wire.floats(wire.parse_delta(frame[10:], width=4))
    assert first == (1.0, 10.0, 20.0)
    assert second == pytest.approx((10.0, 20.0, 1.1))


def test_a_bit_pattern_that_is_no_number_is_refused() -> None:
    for bits in (0x7FC00000, 0x7F800000, 0xFF800000):
        with pytest.raises(wire.PmdError, match="not a number"):
            wire.floats([(0, bits, 0)])


def test_bit_patterns_may_be_told_as_negative_numbers_and_beyond_32_bits() -> None:
    assert wire.floats([(0xBF800000 - (1 << 32), 0x3F800000 + (1 << 32))]) == [(-1.0, 1.0)]


def test_a_block_of_no_bits_holds_no_samples() -> None:
    assert wire.parse_delta(bytes.fromhex("f1 ff 14 00 f0 03  00 05  04 01 21 08")) == [
        (-15, 20, 1008),
        (-14, 22, 1000),
    ]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("f1 ff 14 00 f0", "no reference sample"),
        ("f1 ff 14 00 f0 03 06", "a block header is cut short"),
        ("f1 ff 14 00 f0 03 06 01 7b 0f", "a block is cut short"),
        ("f1 ff 14 00 f0 03 21 01" + 13 * " 00", "deltas of 33 bits"),
    ],
)
def test_a_compressed_frame_that_is_none_is_refused(payload: str, why: str) -> None:
    with pytest.raises(wire.PmdError, match=why):
        wire.parse_delta(bytes.fromhex(payload))


def test_no_frame_yields_more_samples_than_a_notification_can_hold() -> None:
    with pytest.raises(wire.PmdError, match="more samples than a notification can hold"):
        wire.parse_delta(bytes(6) + (b"\x01\xff" + bytes(96)) * 3)


@given(samples, st.integers(1, 120))
def test_any_samples_survive_compression(counts: list[wire.Counts], block: int) -> None:
    assert wire.parse_delta(wire.delta(counts, block=block)) == counts


@given(samples)
def test_any_samples_survive_the_raw_form(counts: list[wire.Counts]) -> None:
    assert wire.parse_raw(1, wire.raw(counts)) == counts


@given(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([each.data for each in VECTORS]).flatmap(
            lambda data: st.integers(0, len(data)).map(lambda cut: data[cut:])
        ),
    )
)
def test_parsing_raises_nothing_but_a_pmd_error(data: bytes) -> None:
    for parse in (wire.parse_response, wire.parse_settings, wire.parse_frame, wire.parse_delta):
        with contextlib.suppress(wire.PmdError):
            parse(data)
    for kind in range(4):
        with contextlib.suppress(wire.PmdError):
            wire.parse_raw(kind, data)
