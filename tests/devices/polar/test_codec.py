from __future__ import annotations

import contextlib
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.polar.conversation import (
    FEATURES,
    SETTINGS,
    STARTED,
    VECTORS,
    also,
    asked,
    hear,
    sense,
    streaming,
    vector,
)
from tests.devices.vectors import AT

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.polar.codec import PolarCodec
from ptdevice.errors import LinkError, WireError
from ptdevice.link import Packet
from ptdevice.model import Event, MagneticSamples, MotionSamples, StreamChanged

PROFILE = CATALOGUE["polar"]
GET = vector("get the accelerometer's settings").data
STOP = vector("stop the accelerometer").data
START_100 = vector("start an H10 at 100 Hz, 8 g, in the order of its offer").data
RAW = vector("two raw samples of an H10")
T = 599618164814402794


def refusal(status: int) -> bytes:
    """The answer to a start, by the layout in docs/devices/polar.md."""
    return bytes((0xF0, 0x02, 0x02, status, 0x00))


def frame(last_ns: int, samples: int) -> bytes:
    """A raw frame of so many samples of (0, 0, 1000) mG."""
    return b"\x02" + last_ns.to_bytes(8, "little") + b"\x01" + bytes.fromhex("00 00 00 00 e8 03") * samples


def tell(codec: PolarCodec, data: bytes, at: float, port: str = "pmd_control") -> list[Event]:
    return list(codec.decode(Packet(at, port, data)))


def starting(at: float = AT) -> PolarCodec:
    """A codec that has asked for a start and waits for the answer."""
    codec = PolarCodec()
    asked(codec, at)
    hear(codec, SETTINGS["H10"], at)
    asked(codec, at)
    return codec


def times(codec: PolarCodec, last_ns: int, samples: int) -> tuple[int, ...]:
    (event,) = tell(codec, frame(last_ns, samples), AT, "pmd_data")
    assert isinstance(event, MotionSamples)
    return event.device_ns


# --- the handshake ---


def test_first_the_settings_are_asked_for() -> None:
    assert asked(PolarCodec(), AT) == [GET]


def test_then_an_h10_is_started_at_100_hz_with_the_octets_of_the_vector() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    assert hear(codec, SETTINGS["H10"], AT) == []
    assert asked(codec, AT) == [START_100]
    assert asked(codec, AT) == []


def test_a_verity_sense_is_started_with_the_octets_that_the_vendor_prints() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    hear(codec, SETTINGS["Sense"], AT)
    assert asked(codec, AT) == [vector("start a Verity Sense at 52 Hz, 8 g").data]


@pytest.mark.parametrize(("model", "rate"), [("H10", "100 Hz"), ("Sense", "52 Hz")])
def test_a_stream_that_was_accepted_is_told_with_its_rate(model: str, rate: str) -> None:
    codec = PolarCodec()
    asked(codec, AT)
    hear(codec, SETTINGS[model], AT)
    asked(codec, AT)
    assert hear(codec, STARTED[model], AT) == [StreamChanged(AT, "acceleration", running=True, reason=rate)]


@pytest.mark.parametrize(
    ("offer", "start"),
    [
        ("00 02 19 00 32 00", "02 02 00 01 32 00"),  # only slower ones: the fastest of them
        ("00 03 c8 00 90 01 82 00", "02 02 00 01 82 00"),  # only faster ones: the slowest of them
        ("00 01 64 00 02 02 04 00 10 00", "02 02 00 01 64 00 02 01 04 00"),  # 8 g is nearer to 4 than to 16
        ("02 02 02 00 04 00 00 01 64 00", "02 02 02 01 04 00 00 01 64 00"),  # in the unit's order
        ("00 01 64 00 01 02 10 00 18 00", "02 02 00 01 64 00 01 01 18 00"),  # the finest resolution
        ("00 01 64 00 02 00 05 01 00 00 80 3f", "02 02 00 01 64 00"),  # what has no value, or is no choice, is left out
    ],
)
def test_what_is_asked_for_is_chosen_from_what_is_offered(offer: str, start: str) -> None:
    codec = PolarCodec()
    asked(codec, AT)
    tell(codec, bytes.fromhex("f0 01 02 00 00" + offer), AT)
    assert asked(codec, AT) == [bytes.fromhex(start)]


@pytest.mark.parametrize("offer", ["", "01 01 10 00", "00 00", "00 01 00 00"])
def test_an_offer_without_a_rate_is_nonsense_and_asked_for_again(offer: str) -> None:
    codec = PolarCodec()
    asked(codec, AT)
    with pytest.raises(WireError, match="settings without a rate"):
        tell(codec, bytes.fromhex("f0 01 02 00 00" + offer), AT)
    assert asked(codec, AT + 3.0) == [GET]


def test_an_answer_may_come_in_several_indications() -> None:
    whole = vector(SETTINGS["H10"]).data
    codec = PolarCodec()
    asked(codec, AT)
    assert tell(codec, whole[:4] + b"\x01" + whole[5:12], AT) == []
    assert asked(codec, AT) == []
    assert tell(codec, whole[:5] + whole[12:], AT) == []
    assert asked(codec, AT) == [START_100]


def test_half_an_answer_is_not_put_together_with_the_answer_to_the_next_question() -> None:
    whole = vector(SETTINGS["H10"]).data
    codec = PolarCodec()
    asked(codec, AT)
    tell(codec, whole[:4] + b"\x01" + whole[5:12], AT)
    assert asked(codec, AT + 3.0) == [GET]
    tell(codec, whole, AT + 3.1)
    assert asked(codec, AT + 3.1) == [START_100]


def test_half_an_answer_is_not_put_together_with_an_answer_about_something_else() -> None:
    whole = vector(SETTINGS["H10"]).data
    codec = PolarCodec()
    asked(codec, AT)
    tell(codec, bytes.fromhex("f0 01 05 00 01 00 01"), AT)
    tell(codec, whole, AT)
    assert asked(codec, AT) == [START_100]


def test_an_answer_without_end_is_given_up() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    more = bytes.fromhex("f0 01 02 00 01") + bytes(200)
    tell(codec, more, AT)
    tell(codec, more, AT)
    with pytest.raises(WireError, match="an answer without end"):
        tell(codec, more, AT)


# --- waiting, refusals, restarts ---


def test_without_an_answer_it_is_asked_again_after_3_s() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    assert asked(codec, AT + 2.9) == []
    assert asked(codec, AT + 3.0) == [GET]


def test_without_an_answer_to_the_start_it_begins_anew() -> None:
    codec = starting()
    assert asked(codec, AT + 2.9) == []
    assert asked(codec, AT + 3.0) == [GET]


def test_an_answer_that_comes_too_late_moves_nothing() -> None:
    codec = starting()
    asked(codec, AT + 3.0)
    assert hear(codec, STARTED["H10"], AT + 3.1) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (1, "refused: invalid opcode"),
        (7, "refused: invalid resolution"),
        (8, "refused: invalid rate"),
        (9, "refused: invalid range"),
        (10, "the ATT MTU is too small for this stream"),
        (12, "the unit is in a mode that does not allow it"),
        (13, "the unit is in its charger"),
        (14, "the unit's memory is full"),
        (77, "refused with status 77"),
    ],
)
def test_a_refusal_is_told_in_words_and_tried_again_after_a_pause(status: int, words: str) -> None:
    codec = starting()
    assert tell(codec, refusal(status), AT) == [StreamChanged(AT, "acceleration", running=False, reason=words)]
    assert asked(codec, AT + 4.9) == []
    assert asked(codec, AT + 5.0) == [GET]


def test_a_refused_question_for_settings_is_told_too() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    (event,) = tell(codec, bytes.fromhex("f0 01 02 03 00"), AT)
    assert event == StreamChanged(AT, "acceleration", running=False, reason="refused: not supported")


def test_the_pauses_grow_to_a_minute() -> None:
    codec, now, pauses = PolarCodec(), AT, []
    for _ in range(7):
        asked(codec, now)
        hear(codec, SETTINGS["H10"], now)
        asked(codec, now)
        tell(codec, refusal(13), now)
        wait = next(seconds for seconds in range(100) if asked(codec, now + seconds))
        pauses.append(wait)
        now += wait
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_samples_make_up_for_earlier_refusals() -> None:
    codec = starting()
    tell(codec, refusal(13), AT)
    asked(codec, AT + 5.0)
    hear(codec, SETTINGS["H10"], AT + 5.0)
    asked(codec, AT + 5.0)
    hear(codec, STARTED["H10"], AT + 5.0)
    hear(codec, RAW.name, AT + 5.5)
    hear(codec, "the unit stopped PPG and accelerometer by itself", AT + 6.0)
    assert asked(codec, AT + 10.9) == []
    assert asked(codec, AT + 11.0) == [GET]


def test_a_stream_that_falls_silent_is_stopped_and_started_again() -> None:
    codec = streaming("H10")
    hear(codec, RAW.name, AT + 1.0)
    assert asked(codec, AT + 5.9) == []
    assert asked(codec, AT + 6.0) == [STOP]
    assert hear(codec, "stopped", AT + 6.1) == []
    assert asked(codec, AT + 6.1) == [GET]


def restarted(codec: PolarCodec, at: float) -> None:
    """It was silent for 5 s: it is stopped and started again, and the unit accepts both."""
    assert asked(codec, at) == [STOP]
    hear(codec, "stopped", at)
    assert asked(codec, at) == [GET]
    hear(codec, SETTINGS["H10"], at)
    assert asked(codec, at) == [START_100]
    hear(codec, STARTED["H10"], at)


def test_a_stream_that_stays_away_although_it_was_started_twice_again_needs_a_new_link() -> None:
    codec = streaming("H10")
    hear(codec, RAW.name, AT + 1.0)
    restarted(codec, AT + 6.0)
    restarted(codec, AT + 11.0)
    with pytest.raises(LinkError, match="acceleration stays away, the unit does not") as silent:
        codec.due(AT + 16.0)
    assert silent.value.code == "silent"


def test_one_that_sends_again_is_forgiven() -> None:
    codec = streaming("H10")
    hear(codec, RAW.name, AT + 1.0)
    for stall in range(1, 9, 2):
        restarted(codec, AT + 6.0 * stall)
        hear(codec, RAW.name, AT + 6.0 * stall + 1.0)


def test_one_that_never_sent_on_this_link_is_started_for_ever() -> None:
    codec = streaming("H10")
    for stall in range(1, 9):
        restarted(codec, AT + 5.0 * stall)


def test_a_stop_that_is_not_answered_holds_up_nothing() -> None:
    codec = streaming("H10")
    assert asked(codec, AT + 5.0) == [STOP]
    assert asked(codec, AT + 7.9) == []
    assert asked(codec, AT + 8.0) == [GET]


def test_a_stream_that_runs_already_is_started_afresh_for_only_then_its_scale_is_told() -> None:
    codec = starting()
    (event,) = tell(codec, refusal(6), AT)
    assert isinstance(event, StreamChanged)
    assert not event.running
    assert asked(codec, AT) == [STOP]
    hear(codec, "stopped", AT + 0.1)
    assert asked(codec, AT + 0.1) == [GET]


def test_a_unit_that_insists_that_it_runs_is_given_a_pause() -> None:
    codec = starting()
    tell(codec, refusal(6), AT)
    asked(codec, AT)
    hear(codec, "stopped", AT)
    asked(codec, AT)
    hear(codec, SETTINGS["H10"], AT)
    asked(codec, AT)
    tell(codec, refusal(6), AT)
    assert asked(codec, AT + 9.9) == []
    assert asked(codec, AT + 10.0) == [GET]


def test_what_another_central_asked_for_is_not_taken_for_ours() -> None:
    codec = PolarCodec()
    asked(codec, AT)
    assert hear(codec, STARTED["H10"], AT) == []
    assert hear(codec, "stopped", AT) == []
    hear(codec, SETTINGS["H10"], AT)
    assert asked(codec, AT) == [START_100]


# --- the gyroscope and the magnetometer ---


def test_after_acceleration_a_verity_sense_is_asked_for_angular_rate() -> None:
    codec = sense()
    assert also(codec, "gyroscope") == [
        vector("get the gyroscope's settings").data,
        vector("start a gyroscope at 52 Hz, 2000 deg/s, in the order of its offer").data,
    ]
    assert asked(codec, AT) == []


def test_an_h10_is_asked_for_acceleration_alone() -> None:
    codec = streaming("H10")
    hear(codec, "features of an H10: ECG, ACC", AT)
    assert asked(codec, AT) == []


def test_the_magnetic_field_is_asked_for_only_where_somebody_wants_it() -> None:
    codec = sense("gyroscope", "magnetometer")
    assert asked(codec, AT) == []
    codec = PolarCodec(magnetometer=True)
    asked(codec, AT)
    hear(codec, FEATURES, AT)
    hear(codec, SETTINGS["Sense"], AT)
    asked(codec, AT)
    hear(codec, STARTED["Sense"], AT)
    also(codec, "gyroscope")
    assert also(codec, "magnetometer")[1] == vector("start a magnetometer at 20 Hz, in the order of its offer").data


def test_a_unit_is_asked_one_thing_at_a_time() -> None:
    codec = PolarCodec()
    assert asked(codec, AT) == [GET]
    hear(codec, FEATURES, AT)
    assert asked(codec, AT + 2.9) == []


def test_a_gyroscope_that_refuses_does_not_hold_up_acceleration() -> None:
    codec = sense()
    asked(codec, AT)
    refused = tell(codec, bytes.fromhex("f0 01 05 0d 00"), AT)
    assert refused == [StreamChanged(AT, "angular_rate", running=False, reason="the unit is in its charger")]
    (event,) = tell(codec, frame(T, 2), AT, "pmd_data")
    assert isinstance(event, MotionSamples)
    assert event.angular_rate == ()
    assert asked(codec, AT + 4.9) == []
    assert asked(codec, AT + 5.0) != []


def test_each_stream_that_falls_silent_is_started_again_by_itself() -> None:
    codec = sense("gyroscope")
    tell(codec, frame(T, 2), AT + 3.0, "pmd_data")
    assert asked(codec, AT + 5.0) == [bytes.fromhex("03 05")]
    assert tell(codec, bytes.fromhex("f0 03 05 00 00"), AT + 5.0) == []
    assert asked(codec, AT + 5.0) == [vector("get the gyroscope's settings").data]


def test_a_unit_that_stops_says_which_streams() -> None:
    codec = sense("gyroscope")
    stopped = tell(codec, bytes.fromhex("01 05 02"), AT)
    assert [event.stream for event in stopped if isinstance(event, StreamChanged)] == ["acceleration", "angular_rate"]


def test_acceleration_gets_the_angular_rate_of_its_time() -> None:
    codec = sense("gyroscope")
    # At T - 1/52 s and T: -22, 8, 13 and -23, 11, 16 counts of 0.07 deg/s.
    counts = vector("two compressed samples of a gyroscope: (-22, 8, 13), (-23, 11, 16) counts").data[9:]
    assert tell(codec, frame(T - 9_615_384, 1), AT, "pmd_data") == []
    (event,) = tell(codec, b"\x05" + T.to_bytes(8, "little") + counts, AT + 0.1, "pmd_data")
    assert isinstance(event, MotionSamples)
    assert event.at == AT
    assert event.device_ns == (T - 9_615_384,)
    (spin,) = event.angular_rate
    assert spin == pytest.approx((-22.5 * 0.07, 9.5 * 0.07, 14.5 * 0.07), rel=1e-6)


def test_each_stream_has_its_own_run_of_frames() -> None:
    codec = sense("gyroscope", "magnetometer")
    field = bytes.fromhex("80 e2 e6 fa 15 49 0a 06 01 7f 20 fc")
    (first,) = tell(codec, b"\x06" + T.to_bytes(8, "little") + field, AT, "pmd_data")
    tell(codec, frame(T + 1_000_000, 1), AT, "pmd_data")
    (second,) = tell(codec, b"\x06" + (T + 98_000_000).to_bytes(8, "little") + field, AT, "pmd_data")
    assert isinstance(first, MagneticSamples)
    assert isinstance(second, MagneticSamples)
    assert first.device_ns == (T - 50_000_000, T)
    assert second.device_ns == (T + 49_000_000, T + 98_000_000)


# --- time ---


def test_the_time_of_a_frame_is_that_of_its_last_sample() -> None:
    assert times(streaming("H10"), T, 36)[-1] == T


def test_the_first_frame_is_spread_back_at_the_nominal_rate() -> None:
    assert times(streaming("H10"), T, 3) == (T - 20_000_000, T - 10_000_000, T)


def test_between_two_frames_the_samples_are_spread_evenly() -> None:
    codec = streaming("H10")
    times(codec, T, 4)
    assert times(codec, T + 40_400_000, 4) == (T + 10_100_000, T + 20_200_000, T + 30_300_000, T + 40_400_000)


def test_after_a_gap_the_samples_are_where_they_were_and_the_gap_stays_visible() -> None:
    codec = streaming("H10")
    times(codec, T, 4)
    late = T + 1_000_000_000
    assert times(codec, late, 2) == (late - 10_000_000, late)


@pytest.mark.parametrize(("lost", "samples"), [(1, 4), (2, 50), (20, 50)])
def test_a_short_frame_that_was_lost_before_a_long_one_is_a_gap(lost: int, samples: int) -> None:
    codec = streaming("H10")
    times(codec, T, 50)
    assert times(codec, T + (lost + samples) * 10_000_000, samples)[0] == T + (lost + 1) * 10_000_000


def test_a_unit_that_is_two_percent_slow_has_no_gaps() -> None:
    codec = streaming("H10")
    times(codec, T, 50)
    assert times(codec, T + 50 * 10_200_000, 50)[0] == T + 10_200_000


def test_a_clock_that_is_set_back_does_not_reverse_the_samples() -> None:
    codec = streaming("H10")
    times(codec, T, 4)
    assert times(codec, T - 5_000_000_000, 2) == (T - 5_010_000_000, T - 5_000_000_000)


def test_times_are_whole_nanoseconds_and_not_what_a_float_keeps_of_them() -> None:
    codec = streaming("H10")
    times(codec, T, 1)
    assert times(codec, T + 30_000_003, 3) == (T + 10_000_001, T + 20_000_002, T + 30_000_003)


def test_a_new_stream_is_not_joined_to_the_old_one() -> None:
    codec = streaming("H10")
    times(codec, T, 1)
    asked(codec, AT + 5.0)
    hear(codec, "stopped", AT + 5.0)
    asked(codec, AT + 5.0)
    hear(codec, SETTINGS["H10"], AT + 5.0)
    asked(codec, AT + 5.0)
    hear(codec, STARTED["H10"], AT + 5.0)
    assert times(codec, T + 11_000_000, 2) == (T + 1_000_000, T + 11_000_000)


# --- samples ---


def test_one_g_at_rest_is_9_80665() -> None:
    (event,) = tell(streaming("H10"), frame(T, 1), AT, "pmd_data")
    assert isinstance(event, MotionSamples)
    assert event.acceleration[0] == pytest.approx((0.0, 0.0, 9.80665))
    assert event.angular_rate == ()


def test_samples_in_g_are_refused_until_their_scale_was_told() -> None:
    with pytest.raises(WireError, match="samples whose scale was never told"):
        hear(PolarCodec(), "five compressed samples in g of a Verity Sense", AT)


def test_a_start_without_a_scale_does_not_keep_the_one_of_the_last_stream() -> None:
    codec = streaming("Sense")
    asked(codec, AT + 5.0)
    hear(codec, "stopped", AT + 5.0)
    asked(codec, AT + 5.0)
    hear(codec, SETTINGS["Sense"], AT + 5.0)
    asked(codec, AT + 5.0)
    hear(codec, STARTED["H10"], AT + 5.0)
    with pytest.raises(WireError, match="samples whose scale was never told"):
        hear(codec, "five compressed samples in g of a Verity Sense", AT + 5.0)


def test_a_start_whose_scale_is_not_a_number_is_nonsense_and_tried_again() -> None:
    codec = starting()
    with pytest.raises(WireError, match="a scale of nan"):
        tell(codec, bytes.fromhex("f0 02 02 00 00 05 01 00 00 c0 7f"), AT)
    assert asked(codec, AT + 3.0) == [GET]


@pytest.mark.parametrize("frame_type", [0x82, 0x83, 0xFF])
def test_a_compressed_frame_of_an_unknown_type_is_refused(frame_type: int) -> None:
    data = b"\x02" + bytes(8) + bytes((frame_type,)) + bytes(6)
    with pytest.raises(WireError, match=f"an unknown compressed frame type {frame_type & 0x7F}"):
        tell(streaming("H10"), data, AT, "pmd_data")


def test_a_refused_frame_is_told_with_its_port_and_bytes() -> None:
    with pytest.raises(WireError) as caught:
        tell(streaming("H10"), RAW.data[:-1], AT, "pmd_data")
    assert (caught.value.port, caught.value.data) == ("pmd_data", RAW.data[:-1])


# --- anything at all ---

packets = st.lists(
    st.tuples(
        st.sampled_from(["pmd_control", "pmd_control", "pmd_data", "pmd_data", "heart_rate", "battery", "nowhere"]),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([each.data for each in VECTORS]),
            st.sampled_from([each.data for each in VECTORS]).flatmap(
                lambda data: st.integers(0, len(data)).map(lambda cut: data[:cut])
            ),
            st.binary(max_size=20).map(lambda data: b"\xf0" + data),
            st.binary(max_size=30).map(lambda data: b"\x02" + bytes(8) + b"\x80" + data),
        ),
        st.sampled_from([0.0, 0.5, 5.0, 70.0]),
    ),
    max_size=12,
)


@given(packets)
def test_no_bytes_in_any_order_raise_anything_but_a_wire_error_or_are_kept(
    story: list[tuple[str, bytes, float]],
) -> None:
    codec, now = PolarCodec(), AT
    for port, data, wait in story:
        now += wait
        for write in codec.due(now):
            assert (write.data[0], write.data[1]) in itertools.product((1, 2, 3), (2, 5))
        with contextlib.suppress(WireError):
            for event in tell(codec, data, now, port):
                if isinstance(event, MotionSamples):
                    assert len(event.device_ns) == len(event.acceleration) > 0
                    assert all(before <= after for before, after in itertools.pairwise(event.device_ns))
                    assert all(math.isfinite(value) for sample in event.acceleration for value in sample)
        assert codec._begun is None or len(codec._begun.parameters) <= 512
    (event,) = hear(codec, RAW.name, now)
    assert isinstance(event, MotionSamples)
    assert event.acceleration[0] == pytest.approx((-0.187 * 9.80665, -0.028 * 9.80665, 0.949 * 9.80665))
    assert event.acceleration[1] == pytest.approx((-0.187 * 9.80665, -0.028 * 9.80665, 0.952 * 9.80665))
    assert event.device_ns[-1] == T


@given(packets, st.sampled_from(["H10", "Sense"]))
def test_after_any_story_a_well_behaved_unit_gets_its_stream_going(
    story: list[tuple[str, bytes, float]], model: str
) -> None:
    codec, now = PolarCodec(), AT
    for port, data, wait in story:
        now += wait
        codec.due(now)
        with contextlib.suppress(WireError):
            tell(codec, data, now, port)
    answers = {0x01: SETTINGS[model], 0x02: STARTED[model], 0x03: "stopped"}
    heard: list[Event] = []
    for second in range(70):
        for command in asked(codec, now + second):
            heard += hear(codec, answers[command[0]], now + second)
            if any(isinstance(event, StreamChanged) and event.running for event in heard):
                return
    pytest.fail(f"no stream after {heard}")


# --- discovery ---


@pytest.mark.parametrize("name", ["Polar H10 20346EAB", "Polar Sense 8C4CB62D", "Polar OH1 7A5E3C21"])
def test_units_with_an_accelerometer_are_known_by_their_name(name: str) -> None:
    assert PROFILE.matches(Advertisement(name))


@pytest.mark.parametrize(
    "name", [None, "", "Polar", "Polar H9 20346EAB", "Polar H100", "polar h10 20346eab", "LT1102S"]
)
def test_others_are_not_taken_for_them(name: str | None) -> None:
    assert not PROFILE.matches(Advertisement(name))
