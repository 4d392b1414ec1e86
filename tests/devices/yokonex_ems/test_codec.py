from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, Vector, load, named, same

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement, Kind
from ptdevice.devices.yokonex_ems.codec import YokonexCodec
from ptdevice.errors import LinkError, WireError
from ptdevice.link import Packet, Write
from ptdevice.model import Battery, Event, MotionSamples, Output, StimulationStatus

PROFILE = CATALOGUE["yokonex_ems"]
VECTORS = load("yokonex_ems")
SAID = [vector for vector in VECTORS if vector.kind == "event" and not vector.before]
EMS = "0000ff30-0000-1000-8000-00805f9b34fb"
QUESTIONS = {
    name: Write("write", named(VECTORS, name).data, acked=False)
    for name in (
        "ask for channel A",
        "ask for channel B",
        "ask for the battery",
        "ask for the steps",
        "ask for the angles",
    )
}
A, B, BATTERY, STEPS, ANGLES = QUESTIONS.values()
UP = named(VECTORS, "one g upwards, before the scale is known").data

said = pytest.mark.parametrize("vector", SAID, ids=[vector.name for vector in SAID])


def framed(*octets: int) -> bytes:
    """What it is about and its payload as a frame, by the rule in docs/devices/yokonex-ems.md."""
    body = bytes((0x35, 0x71, *octets))
    return body + bytes((sum(body) % 256,))


def hear(codec: YokonexCodec, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, "notify", data)))


# --- what the unit hears ---


def test_channels_are_asked_for_every_second_and_the_rest_as_often_as_it_changes() -> None:
    codec = YokonexCodec()
    asked = [(tick, write) for tick in range(20 * 61) for write in codec.due(100 + tick / 20)]
    assert [tick / 20 for tick, write in asked if write == A] == [float(second) for second in range(61)]
    assert [tick / 20 for tick, write in asked if write == B] == [float(second) for second in range(61)]
    assert [tick / 20 for tick, write in asked if write == STEPS] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert [tick / 20 for tick, write in asked if write == BATTERY] == [0.0, 60.0]
    assert sum(write == ANGLES for _, write in asked) == pytest.approx(610, abs=1)


def test_a_stall_is_not_made_up_for() -> None:
    codec = YokonexCodec()
    codec.due(100.0)
    assert sorted(write.data for write in codec.due(107.35)) == sorted(write.data for write in (A, B, ANGLES))
    assert codec.due(107.36) == []


def test_nothing_is_ever_sent_but_questions() -> None:
    assert set(QUESTIONS.values()) == PROFILE.queries


def told_until_silent(codec: YokonexCodec, *answered: bytes) -> float | None:
    """Answers to every question of 20 s but those about channels that are not here; when the codec gives the link up."""
    for second in range(100, 120):
        try:
            codec.due(float(second))
        except LinkError:
            return float(second)
        for data in answered:
            hear(codec, data, second + 0.1)
    return None


def test_a_channel_that_falls_silent_ends_the_link_however_much_the_other_says() -> None:
    codec = YokonexCodec()
    hear(codec, framed(2, 1, 1, 0, 40, 1), 99.9)  # channel B is on
    assert told_until_silent(codec, framed(1, 2, 0, 0, 0, 1), framed(4, 75)) == 105.0


def test_what_cannot_be_read_of_a_channel_is_no_word_of_it() -> None:
    codec = YokonexCodec()
    hear(codec, framed(2, 1, 1, 0, 40, 1), 99.9)
    for second in range(100, 105):
        codec.due(float(second))
        with pytest.raises(WireError):
            hear(codec, framed(2, 3, 1, 0, 40, 1), second + 0.1)
    with pytest.raises(LinkError, match="channel b") as caught:
        codec.due(105.0)
    assert caught.value.code == "silent"


def test_a_channel_that_never_spoke_is_unknown_anyway_and_ends_nothing() -> None:
    assert told_until_silent(YokonexCodec(), framed(1, 2, 0, 0, 0, 1)) is None


def test_channels_that_answer_or_a_stall_end_nothing() -> None:
    codec = YokonexCodec()
    assert told_until_silent(codec, framed(1, 2, 0, 0, 0, 1), framed(2, 1, 1, 0, 40, 1)) is None
    assert codec.due(500.0)


def test_a_unit_that_knows_no_angles_is_not_asked_for_them_again_and_goes_on_to_be_asked_for_its_channels() -> None:
    codec = YokonexCodec()
    (first,) = hear(codec, named(VECTORS, "not implemented, says the unit").data)
    assert same(first, named(VECTORS, "not implemented, says the unit").event())
    assert hear(codec, named(VECTORS, "not implemented, says the unit").data) == []
    assert set(codec.due(100.0)) == {A, B, BATTERY}


# --- frames ---


@said
def test_no_flipped_bit_passes_for_an_event(vector: Vector) -> None:
    for place in range(8 * len(vector.data)):
        data = bytearray(vector.data)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(WireError):
            hear(YokonexCodec(), bytes(data))


@said
def test_no_part_of_a_frame_passes_for_an_event(vector: Vector) -> None:
    for length in range(len(vector.data)):
        with pytest.raises(WireError):
            hear(YokonexCodec(), vector.data[:length])


def test_all_frames_in_one_notification_are_all_events_in_order() -> None:
    events = hear(YokonexCodec(), b"".join(vector.data for vector in SAID))
    assert len(events) == len(SAID)
    assert all(same(event, vector.event()) for event, vector in zip(events, SAID, strict=True))


def test_what_is_good_before_nonsense_is_heard() -> None:
    decoding = YokonexCodec().decode(Packet(AT, "notify", framed(4, 75) + b"\x01\x02\x03"))
    heard = [next(iter(decoding))]
    with pytest.raises(WireError, match="not a frame of the unit"):
        next(iter(decoding))
    assert heard == [Battery(AT, 75)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a frame of the unit"),
        (framed(7, 0), "a frame about nothing known, 0x07"),
        (framed(1, 2, 0, 0, 1, 1)[:-1], "a frame cut short"),
        (framed(1, 1, 2, 0, 1, 1), "a channel outside the unit's range"),
        (bytes.fromhex("35 11 01 01 00 64 01 00 00 ad"), "not a frame of the unit"),  # what a host says
    ],
)
def test_what_the_protocol_cannot_mean_is_refused_with_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(WireError) as caught:
        hear(YokonexCodec(), data)
    assert caught.value.why == why


def test_a_port_that_nobody_knows_is_refused() -> None:
    with pytest.raises(WireError, match="unexpected data on port 'battery'"):
        list(YokonexCodec().decode(Packet(AT, "battery", framed(4, 75))))


@given(st.lists(st.one_of(st.binary(max_size=24), st.sampled_from([vector.data for vector in VECTORS])), max_size=30))
def test_no_bytes_in_any_order_raise_anything_but_a_wire_error(packets: list[bytes]) -> None:
    codec = YokonexCodec()
    for data in packets:
        with contextlib.suppress(WireError):
            hear(codec, data)
    assert hear(codec, framed(4, 75)) == [Battery(AT, 75)]


# --- meaning ---


@pytest.mark.parametrize("electrode", [0, 1, 2])
@pytest.mark.parametrize("level", [0, 40])
def test_a_channel_is_on_only_where_it_is_switched_on_discharges_and_has_a_strength(electrode: int, level: int) -> None:
    (off,) = hear(YokonexCodec(), framed(1, electrode, 0, 0, level, 1))
    (on,) = hear(YokonexCodec(), framed(1, electrode, 1, 0, level, 1))
    assert isinstance(off, StimulationStatus)
    assert isinstance(on, StimulationStatus)
    assert off.output is (Output.UNKNOWN if electrode == 1 else Output.OFF)  # it contradicts itself
    assert on.output is (Output.ON if electrode == 1 and level else Output.UNKNOWN)


def test_nothing_is_said_of_milliamperes_or_time() -> None:
    (event,) = hear(YokonexCodec(), framed(1, 1, 1, 0, 40, 1))
    assert isinstance(event, StimulationStatus)
    assert (event.current_ma, event.remaining_s, event.elapsed_s, event.programme) == (None, None, None, None)


def test_samples_come_once_the_scale_is_known_and_are_of_the_moment_of_their_arrival() -> None:
    codec = YokonexCodec()
    heard = [hear(codec, UP, AT + i / 10) for i in range(12)]
    assert [len(events) for events in heard] == [0] * 9 + [1] * 3
    assert heard[9] == [MotionSamples(AT + 0.9, 10.0, (1_000_900_000_000,), ((0.0, 0.0, pytest.approx(9.80665)),))]  # type: ignore[arg-type] # it compares


def test_axes_keep_their_order_and_their_sign_and_angular_rates_have_no_scale() -> None:
    codec = YokonexCodec()
    for _ in range(10):
        hear(codec, UP)
    (event,) = hear(codec, framed(6, 0x10, 0, 0xF0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0))
    assert isinstance(event, MotionSamples)
    assert event.acceleration[0] == pytest.approx((9.80665 / 2, -9.80665 / 2, 0.0))
    assert event.angular_rate == ()


# --- discovery, and what it is ---


def test_it_is_known_by_its_service_whatever_its_name() -> None:
    assert PROFILE.matches(Advertisement("YYC-DJ-V2-001", frozenset({EMS})))
    assert PROFILE.matches(Advertisement(None, frozenset({EMS})))
    assert not PROFILE.matches(Advertisement("YYC-DJ-V2-001"))


def test_it_is_a_stimulator_and_a_motion_sensor() -> None:
    assert PROFILE.kinds == {Kind.STIMULATOR, Kind.SENSOR}
