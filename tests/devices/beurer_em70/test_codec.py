from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.devices.vectors import AT, Vector, load, named, same

from ptdevice.devices import CATALOGUE
from ptdevice.devices.beurer_em70.codec import Em70Codec
from ptdevice.devices.device import Advertisement
from ptdevice.errors import WireError
from ptdevice.link import Packet, Write
from ptdevice.model import (
    Battery,
    DeviceFault,
    DeviceInformation,
    Event,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    TreatmentEnded,
)

PROFILE = CATALOGUE["beurer_em70"]
VECTORS = load("beurer_em70")
SAID = [vector for vector in VECTORS if vector.kind == "event"]
RUNNING = named(VECTORS, "level 3, 29:59; the sum carries into its high octet")
POLL = Write("control", named(VECTORS, "poll").data)
BUFFER_MAX = 20  # the longest frame that the layout allows

said = pytest.mark.parametrize("vector", SAID, ids=[vector.name for vector in SAID])


def framed(*octets: int) -> bytes:
    """Command and info as a frame, by the rule in docs/devices/beurer-em70.md."""
    body = bytes((0x5A, len(octets) + 3, *octets))
    return body + bytes((sum(body) // 256, sum(body) % 256))


def hear(codec: Em70Codec, data: bytes, at: float = AT) -> tuple[list[Event], str]:
    """The events of one notification, and what was wrong with it."""
    events: list[Event] = []
    try:
        events.extend(codec.decode(Packet(at, "control", data)))
    except WireError as error:
        return events, error.why
    return events, ""


# --- what the unit hears ---


def test_the_state_is_asked_for_at_once_and_then_every_second() -> None:
    codec = Em70Codec()
    asked = [at / 4 for at in range(400, 421) if codec.due(at / 4)]
    assert asked == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]


def test_what_is_asked_is_the_captured_poll() -> None:
    assert Em70Codec().due(0.0) == [POLL]


def test_a_stall_is_not_made_up_for() -> None:
    codec = Em70Codec()
    codec.due(100.0)
    assert codec.due(107.3) == [POLL]
    assert codec.due(107.9) == []
    assert codec.due(108.0) == [POLL]


# --- frames in one piece, in several, and together ---


@said
def test_a_frame_in_two_pieces_is_one_event_wherever_it_is_cut(vector: Vector) -> None:
    for cut in range(1, len(vector.data)):
        codec = Em70Codec()
        assert hear(codec, vector.data[:cut], AT - 0.04) == ([], "")
        (event,), wrong = hear(codec, vector.data[cut:])
        assert same(event, vector.event())
        assert wrong == ""


def test_a_frame_octet_by_octet_is_one_event() -> None:
    codec = Em70Codec()
    heard = [hear(codec, bytes((octet,)), AT + i / 100) for i, octet in enumerate(RUNNING.data)]
    assert [len(events) for events, _ in heard] == [0] * (len(RUNNING.data) - 1) + [1]
    assert {wrong for _, wrong in heard} == {""}


def test_all_frames_in_one_notification_are_all_events_in_order() -> None:
    events, wrong = hear(Em70Codec(), b"".join(vector.data for vector in SAID))
    assert len(events) == len(SAID)
    assert all(same(event, vector.event()) for event, vector in zip(events, SAID, strict=True))
    assert wrong == ""


def test_a_frame_and_a_half_then_the_other_half_are_two_events() -> None:
    first, second = SAID[0].data, SAID[1].data
    codec = Em70Codec()
    assert len(hear(codec, first + second[:5], AT)[0]) == 1
    assert len(hear(codec, second[5:], AT + 0.03)[0]) == 1


def test_half_a_frame_whose_rest_never_comes_does_not_hold_up_the_next_answer() -> None:
    codec = Em70Codec()
    hear(codec, bytes.fromhex("5a 13 07"), AT - 1.0)  # promises 20 octets
    (event,), wrong = hear(codec, RUNNING.data)
    assert same(event, RUNNING.event())
    assert wrong == "half a frame (5a 13 07) whose rest never came"


def test_half_a_frame_and_a_whole_one_right_behind_it_give_the_whole_one() -> None:
    codec = Em70Codec()
    hear(codec, RUNNING.data[:6], AT)
    events, wrong = hear(codec, RUNNING.data, AT + 0.1)
    assert [type(event) for event in events] == [StimulationStatus]
    assert wrong == "checksum does not fit"


# --- nonsense ---


@said
def test_no_flipped_bit_passes_for_an_event(vector: Vector) -> None:
    for place in range(8 * len(vector.data)):
        codec = Em70Codec()
        data = bytearray(vector.data)
        data[place // 8] ^= 1 << place % 8
        assert hear(codec, bytes(data), AT)[0] == []
        (event,), _ = hear(codec, RUNNING.data, AT + 1.0)
        assert isinstance(event, StimulationStatus)
        assert event.level == 3


def test_a_wrong_sum_is_named() -> None:
    assert hear(Em70Codec(), RUNNING.data[:-1] + b"\x0f") == ([], "checksum does not fit")


def test_a_sum_in_the_wrong_byte_order_is_wrong() -> None:
    assert hear(Em70Codec(), RUNNING.data[:-2] + RUNNING.data[:-3:-1]) == ([], "checksum does not fit")


def test_what_is_good_around_nonsense_is_heard_and_the_nonsense_is_told() -> None:
    events, wrong = hear(Em70Codec(), b"\x00\x01" + SAID[0].data + b"\xff\xff" + SAID[1].data)
    assert [same(event, vector.event()) for event, vector in zip(events, SAID, strict=False)] == [True, True]
    assert wrong == "bytes outside a frame"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "an empty notification"),
        (b"\x00", "bytes outside a frame"),
        (bytes.fromhex("5a 03 07 64"), "an impossible length"),
        (bytes.fromhex("5a 14 07"), "an impossible length"),
        (framed(0x07, 0, 9, 1, 16, 30, 59, 0, 0), "a state outside the unit's range"),
        (framed(0x07, 0, 9, 1, 3, 61, 59, 0, 0), "a state outside the unit's range"),
        (framed(0x07, 0, 9, 1, 3, 29, 59, 60, 0), "a state outside the unit's range"),
        (framed(0x07, 0, 9, 1, 3, 29, 59, 0, 61, 0), "more than 60 seconds in a minute"),
        (framed(0x07, 0, 9, 1, 3, 29, 59), "a state of neither 8 nor 9 octets"),
        (framed(0x07, 0, 9, 1, 3, 29, 59, 0, 0, 0, 0), "a state of neither 8 nor 9 octets"),
        (framed(0x0B, 16), "a level outside 0-15"),
        (framed(0x0B), "a level outside 0-15"),
        (framed(0x01, 3, 3), "a level outside 0-15"),
        (framed(0x08, 1), "a version of not two octets"),
        (framed(0x09, 0), "an unknown command 0x09"),
        (framed(0x0A, 0), "an unknown command 0x0a"),
        (framed(0x10, 0), "an unknown command 0x10"),
    ],
)
def test_what_the_protocol_cannot_mean_is_refused_with_its_reason(data: bytes, why: str) -> None:
    assert hear(Em70Codec(), data) == ([], why)


def test_a_port_that_nobody_knows_is_refused() -> None:
    with pytest.raises(WireError, match="unexpected data on port 'control2'"):
        list(Em70Codec().decode(Packet(AT, "control2", RUNNING.data)))


packets = st.lists(
    st.tuples(
        st.sampled_from(["control", "control", "control", "battery", "model_number", "nowhere"]),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([vector.data for vector in VECTORS]).flatmap(
                lambda data: st.integers(0, len(data)).map(lambda cut: data[cut:])
            ),
            st.binary(max_size=6).map(lambda data: bytes((0x5A, 0x05)) + data),
        ),
        st.sampled_from([0.0, 0.03, 0.4, 0.6, 1.0]),
    ),
    max_size=12,
)


@given(packets)
@example([("control", b"\x5a\x13" + b"\x5a" * 17, 0.0)])
def test_no_bytes_in_any_order_raise_anything_but_a_wire_error_or_are_kept(
    story: list[tuple[str, bytes, float]],
) -> None:
    codec, now = Em70Codec(), AT
    for port, data, wait in story:
        now += wait
        with contextlib.suppress(WireError):
            list(codec.decode(Packet(now, port, data)))
        assert len(codec._buffer) < BUFFER_MAX
    (event,), _ = hear(codec, RUNNING.data, now + 1.0)
    assert isinstance(event, StimulationStatus)
    assert (event.at, event.level, event.remaining_s) == (now + 1.0, 3, 1799)


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=5), st.data())
def test_frames_joined_and_cut_anywhere_are_the_same_events(frames: list[Vector], data: st.DataObject) -> None:
    whole = b"".join(vector.data for vector in frames)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    codec = Em70Codec()
    events: list[Event] = []
    for start, end in itertools.pairwise([0, *cuts, len(whole)]):
        heard, wrong = hear(codec, whole[start:end])
        assert wrong == ""
        events += heard
    assert len(events) == len(frames)
    assert all(same(event, vector.event()) for event, vector in zip(events, frames, strict=True))


# --- meaning ---


@pytest.mark.parametrize("command", [0x04, 0x05, 0x06, 0x0D])
def test_an_acknowledgement_says_nothing_new(command: int) -> None:
    assert hear(Em70Codec(), framed(command, 0)) == ([], "")


def test_a_level_set_by_an_app_was_not_set_by_hand() -> None:
    assert hear(Em70Codec(), framed(0x03, 5)) == ([LevelChanged(AT, 5, by_hand=False)], "")


def test_a_version_is_told_should_it_ever_come() -> None:
    (event,), _ = hear(Em70Codec(), framed(0x08, 2, 7))
    assert event == DeviceInformation(AT, "unit_version", "hardware 2, software 7")


def test_level_0_is_off_even_where_output_was_never_used() -> None:
    (event,), _ = hear(Em70Codec(), framed(0x07, 0, 9, 1, 0, 30, 59, 0, 0))
    assert isinstance(event, StimulationStatus)
    assert event.output is Output.OFF


def test_nothing_is_said_of_milliamperes_or_contact() -> None:
    (event,), _ = hear(Em70Codec(), RUNNING.data)
    assert isinstance(event, StimulationStatus)
    assert event.current_ma is None
    assert event.contact == "unknown"


def test_the_unit_s_own_complaints_and_its_end_are_told_apart() -> None:
    events, _ = hear(Em70Codec(), framed(0x0C, 0) + framed(0x0E, 0) + framed(0x0F, 0))
    assert events == [
        TreatmentEnded(AT),
        DeviceFault(AT, FaultKind.OVERLOAD),
        DeviceFault(AT, FaultKind.LOW_BATTERY),
    ]


def test_the_battery_is_that_of_the_battery_service() -> None:
    assert list(Em70Codec().decode(Packet(AT, "battery", b"\x50"))) == [Battery(AT, 80)]


# --- discovery ---


@pytest.mark.parametrize("name", ["LT1102S", "LT1102S\0\0"])
def test_the_unit_is_known_by_its_name_however_it_is_padded(name: str) -> None:
    assert PROFILE.matches(Advertisement(name, manufacturer_data={0xECAE: bytes.fromhex("126f8bf9")}))


@pytest.mark.parametrize("name", [None, "", "LT1102", "LT1102S2", "LT5009NEW", "\0\0LT1102S", "Polar H10 2034EAB1"])
def test_others_are_not_taken_for_it(name: str | None) -> None:
    assert not PROFILE.matches(Advertisement(name, manufacturer_data={0xECAE: bytes.fromhex("126f8bf9")}))
