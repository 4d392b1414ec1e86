"""One command at a time; what a unit refuses, forgets or never answers; and samples with times."""

from __future__ import annotations

import contextlib
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.movesense.conversation import (
    ENERGY,
    HEART,
    HELLO,
    MOTION,
    RESTART,
    VECTORS,
    asked,
    greeted,
    hear,
    result,
    sent,
    streaming,
)
from tests.devices.vectors import AT

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.movesense import measuring
from ptdevice.devices.movesense.codec import MovesenseCodec
from ptdevice.errors import AwayError, WireError
from ptdevice.link import Packet
from ptdevice.model import (
    Battery,
    DeviceInformation,
    Event,
    HeartRate,
    MagneticSamples,
    MotionSamples,
    StreamChanged,
)

PROFILE = CATALOGUE["movesense"]
SUBSCRIBE, SUBSCRIBE_HEART = sent("subscribe to IMU6 at 52 Hz"), sent("subscribe to heart rate")
UNSUBSCRIBE, RESTARTING = sent("unsubscribe from motion"), sent("start anew")
ASK_ENERGY = sent("ask for the battery")
CAPTURED = sent("IMU6 at 52 Hz, lying on a table")


def value(first_ms: int, samples: int = 4, arrays: int = 2) -> bytes:
    """By the layout in docs/devices/movesense.md."""
    return b"\x02\x63" + first_ms.to_bytes(4, "little") + struct.pack("<3f", 0.0, 0.0, 9.81) * samples * arrays


def samples_of(events: list[Event]) -> MotionSamples:
    (event,) = [event for event in events if isinstance(event, MotionSamples)]
    return event


def times_ms(codec: MovesenseCodec, first_ms: int) -> list[float]:
    return [ns / 1e6 for ns in samples_of(hear(codec, value(first_ms))).device_ns]


# --- the order of things ---


def test_first_a_greeting_and_nothing_else_until_it_is_answered() -> None:
    codec = MovesenseCodec()
    assert asked(codec, AT) == [sent("hello")]
    assert asked(codec, AT + 2.9) == []
    assert hear(codec, sent("hello yourself"), AT) == [
        DeviceInformation(AT, "model_number", "Movesense"),
        DeviceInformation(AT, "firmware_revision", "gatt_sensordata_app 1.0.0"),
    ]
    assert asked(codec, AT) == [SUBSCRIBE]


def test_then_motion_heart_rate_and_battery_each_when_the_one_before_was_answered() -> None:
    codec = greeted()
    assert asked(codec, AT) == [SUBSCRIBE]
    assert asked(codec, AT) == []
    assert hear(codec, result(MOTION, 200)) == [StreamChanged(AT, "motion", running=True, reason="52 Hz")]
    assert asked(codec, AT) == [SUBSCRIBE_HEART]
    assert hear(codec, result(HEART, 200)) == [StreamChanged(AT, "heart_rate", running=True, reason="subscribed")]
    assert asked(codec, AT) == [ASK_ENERGY]
    assert hear(codec, sent("battery at 87 %")) == [Battery(AT, 87)]
    assert asked(codec, AT + 4.9) == []


def test_the_greeting_need_not_be_answered() -> None:
    codec = MovesenseCodec()
    asked(codec, AT)
    assert asked(codec, AT + 3.0) == [SUBSCRIBE]
    assert hear(codec, sent("hello yourself"), AT + 3.1) == []  # too late


def test_a_unit_of_the_first_sample_greets_without_a_name() -> None:
    codec = MovesenseCodec()
    asked(codec, AT)
    assert hear(codec, b"\x01\x01Hello") == []
    assert asked(codec, AT) == [SUBSCRIBE]


def test_where_no_results_are_sent_values_are_an_answer() -> None:
    codec = greeted()
    asked(codec, AT)
    changed, event = hear(codec, CAPTURED)
    assert changed == StreamChanged(AT, "motion", running=True, reason="52 Hz")
    assert isinstance(event, MotionSamples)
    assert asked(codec, AT) == [SUBSCRIBE_HEART]


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_subscription_may_be_accepted_in_several_ways(status: int) -> None:
    codec = greeted()
    asked(codec, AT)
    assert len(hear(codec, result(MOTION, status))) == 1


def test_a_stream_that_runs_is_told_once() -> None:
    codec = streaming()
    assert [type(event) for event in hear(codec, CAPTURED)] == [MotionSamples]
    assert [type(event) for event in hear(codec, sent("heart rate 66, one interval"))] == [HeartRate]


def test_a_result_of_another_ref_is_not_taken_for_the_answer() -> None:
    codec = greeted()
    asked(codec, AT)
    assert hear(codec, result(HEART, 200)) == []
    assert asked(codec, AT) == []


def test_the_battery_is_asked_for_once_a_minute_whether_it_is_told_or_not() -> None:
    codec = streaming()
    hear(codec, CAPTURED, AT + 59.0)
    assert asked(codec, AT + 59.9) == []
    assert asked(codec, AT + 60.0) == [ASK_ENERGY]
    assert hear(codec, result(ENERGY, 503), AT + 60.0) == []
    hear(codec, CAPTURED, AT + 119.0)
    assert asked(codec, AT + 120.0) == [ASK_ENERGY]
    hear(codec, CAPTURED, AT + 123.0)
    assert asked(codec, AT + 123.0) == []
    hear(codec, CAPTURED, AT + 182.0)
    assert asked(codec, AT + 183.0) == [ASK_ENERGY]


@pytest.mark.parametrize(("octet", "percent"), [(0, 0), (100, 100), (101, None), (255, None)])
def test_a_battery_above_100_is_unknown(octet: int, percent: int | None) -> None:
    codec = streaming()
    hear(codec, CAPTURED, AT + 59.0)
    asked(codec, AT + 60.0)
    assert hear(codec, result(ENERGY, 200, bytes((octet,)))) == [Battery(AT, percent)]


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "this unit's firmware does not have it"),
        (429, "the unit has no slots for requests left"),
        (507, "too many streams for this unit"),
        (503, "refused with status 503"),
    ],
)
def test_a_refusal_is_told_in_words_and_tried_again_after_a_pause(status: int, words: str) -> None:
    codec = streaming()
    hear(codec, CAPTURED)
    asked(codec, AT + 5.0)
    hear(codec, result(MOTION, 200), AT + 5.0)
    assert asked(codec, AT + 5.0) == [SUBSCRIBE]
    assert hear(codec, result(MOTION, status), AT + 5.0) == [
        StreamChanged(AT + 5.0, "motion", running=False, reason=words)
    ]
    assert asked(codec, AT + 9.9) == []
    assert asked(codec, AT + 10.0) == [SUBSCRIBE]
    assert hear(codec, result(MOTION, 200), AT + 10.0) == [
        StreamChanged(AT + 10.0, "motion", running=True, reason="52 Hz")
    ]


def test_the_pauses_grow_to_a_minute_and_are_forgotten_with_samples() -> None:
    codec, now, pauses = greeted(), AT, []
    asked(codec, now)
    for _ in range(7):
        hear(codec, result(MOTION, 404), now)
        wait = next(seconds for seconds in range(100) if SUBSCRIBE in answered(codec, now + seconds))
        pauses.append(wait)
        now += wait
    assert pauses == [5, 10, 20, 40, 60, 60, 60]
    hear(codec, CAPTURED, now)
    assert asked(codec, now + 5.0) == [UNSUBSCRIBE]
    hear(codec, result(MOTION, 200), now + 5.0)
    asked(codec, now + 5.0)
    hear(codec, result(MOTION, 404), now + 5.0)
    assert SUBSCRIBE in answered(codec, now + 10.0)


def answered(codec: MovesenseCodec, at: float) -> list[bytes]:
    """What it asks, where all but motion are answered at once."""
    said = []
    while writes := asked(codec, at):
        said += writes
        if writes[0][1] == MOTION:
            break
        hear(codec, result(writes[0][1], 200, b"\x50"), at)
    return said


def test_a_subscription_without_a_result_is_ended_before_it_is_asked_for_again() -> None:
    codec = greeted()
    asked(codec, AT)
    assert answered(codec, AT + 3.0) == [SUBSCRIBE_HEART, ASK_ENERGY]
    assert answered(codec, AT + 8.0) == [UNSUBSCRIBE]
    hear(codec, result(MOTION, 404), AT + 8.0)
    assert answered(codec, AT + 8.0) == [SUBSCRIBE]


def test_so_is_one_that_the_unit_says_it_has_already() -> None:
    codec = greeted()
    asked(codec, AT)
    hear(codec, result(MOTION, 409))
    answered(codec, AT)
    assert answered(codec, AT + 5.0) == [UNSUBSCRIBE]


def test_heart_rate_that_is_refused_leaves_motion_alone() -> None:
    codec = greeted()
    asked(codec, AT)
    hear(codec, result(MOTION, 200))
    asked(codec, AT)
    (changed,) = hear(codec, result(HEART, 404))
    assert changed == StreamChanged(AT, "heart_rate", running=False, reason="this unit's firmware does not have it")
    hear(codec, CAPTURED, AT + 4.0)
    assert answered(codec, AT + 4.9) == [ASK_ENERGY]
    assert answered(codec, AT + 5.0) == [SUBSCRIBE_HEART]


def test_samples_that_stay_away_are_unsubscribed_and_subscribed_again() -> None:
    codec = streaming()
    hear(codec, CAPTURED, AT + 1.0)
    assert asked(codec, AT + 5.9) == []
    assert asked(codec, AT + 6.0) == [UNSUBSCRIBE]
    hear(codec, CAPTURED, AT + 6.0)  # late, and no answer to this
    assert asked(codec, AT + 6.0) == []
    assert hear(codec, result(MOTION, 200), AT + 6.1) == []
    assert asked(codec, AT + 6.1) == [SUBSCRIBE]
    assert hear(codec, result(MOTION, 200), AT + 6.2) == []  # it is told to run already


def test_a_stream_that_was_accepted_and_sends_nothing_is_asked_for_again_as_well() -> None:
    codec = streaming()
    assert asked(codec, AT + 4.9) == []
    assert asked(codec, AT + 5.0) == [UNSUBSCRIBE]


def test_a_unit_that_is_out_of_slots_twice_is_started_anew_and_left_alone_meanwhile() -> None:
    codec = greeted()
    asked(codec, AT)
    hear(codec, result(MOTION, 429))
    assert RESTARTING not in answered(codec, AT)
    assert answered(codec, AT + 5.0) == [SUBSCRIBE]
    hear(codec, result(MOTION, 429), AT + 5.0)
    assert asked(codec, AT + 5.0) == [RESTARTING]
    assert hear(codec, sent("it will"), AT + 5.1) == []
    with pytest.raises(AwayError, match="back in 5 s") as away:
        codec.due(AT + 5.1)
    assert away.value.pause_s == 5.0


def test_it_is_left_alone_too_where_it_does_not_say_that_it_will() -> None:
    codec = greeted()
    asked(codec, AT)
    hear(codec, result(MOTION, 429))
    answered(codec, AT)
    answered(codec, AT + 5.0)
    hear(codec, result(MOTION, 429), AT + 5.0)
    assert asked(codec, AT + 5.0) == [RESTARTING]
    assert asked(codec, AT + 7.9) == []
    with pytest.raises(AwayError):
        codec.due(AT + 8.0)


@pytest.mark.parametrize("between", [404, 200])
def test_only_two_in_a_row_are_reason_to_start_it_anew(between: int) -> None:
    codec, now = greeted(), AT
    asked(codec, AT)
    for status in (429, between, 429):
        hear(codec, result(MOTION, status), now)
        assert RESTARTING not in answered(codec, now)
        if status == 200:
            hear(codec, CAPTURED, now)
        now += 60.0
        while SUBSCRIBE not in answered(codec, now):
            hear(codec, result(MOTION, 200), now)
    hear(codec, result(MOTION, 429), now)
    assert asked(codec, now) == [RESTARTING]  # these were two


# --- samples ---


def test_a_value_s_stamp_is_the_time_of_its_first_sample() -> None:
    assert times_ms(streaming(), 172460)[0] == 172460.0


def test_the_first_value_s_samples_are_a_nominal_period_apart() -> None:
    assert times_ms(streaming(), 1000) == pytest.approx([1000.0, 1019.2308, 1038.4615, 1057.6923], abs=1e-3)


def test_whole_milliseconds_do_not_reach_the_samples() -> None:
    codec, first = streaming(), 0.0
    steps = []
    for _ in range(400):
        got = times_ms(codec, int(first))
        steps += [b - a for a, b in pairwise(got)]
        first += 4000 / 52
    assert max(steps) - min(steps) < 0.1
    assert steps[-1] == pytest.approx(1000 / 52, abs=2e-3)


def test_the_rate_is_that_of_the_sensor_where_it_is_not_the_nominal_one() -> None:
    codec = streaming()
    events = [samples_of(hear(codec, value(int(i * 4000 / 50.4)))) for i in range(600)]
    assert events[-1].rate_hz == pytest.approx(50.4, rel=1e-3)


def test_a_gap_stays_a_gap_and_says_nothing_about_the_rate() -> None:
    codec = streaming()
    before = times_ms(codec, 1000)
    after = times_ms(codec, 1000 + 308)
    assert after[0] - before[-1] == pytest.approx(308 - 3 * 19.2308, abs=1e-3)
    assert after[1] - after[0] == pytest.approx(19.2308, abs=1e-3)


def test_the_stamp_goes_on_when_its_milliseconds_wrap() -> None:
    codec = streaming()
    assert times_ms(codec, 2**32 - 40)[0] == 2**32 - 40
    assert times_ms(codec, 37)[0] == 2**32 + 37


@pytest.mark.parametrize(("rate_hz", "samples"), [(13, 1), (52, 4), (104, 8)])
def test_a_value_of_another_number_of_samples_than_is_known_is_refused(rate_hz: int, samples: int) -> None:
    codec = streaming("Acc", rate_hz)
    with pytest.raises(WireError, match=f"a value of {samples + 1} samples, where there were {samples} before"):
        hear(codec, value(0, samples + 1, arrays=1))
    assert len(samples_of(hear(codec, value(0, samples, arrays=1))).acceleration) == samples


def test_where_it_is_not_known_the_first_value_tells() -> None:
    codec = streaming("Acc", 26)
    assert len(samples_of(hear(codec, value(0, 3, arrays=1))).acceleration) == 3
    with pytest.raises(WireError):
        hear(codec, value(0, 2, arrays=1))
    assert len(samples_of(hear(codec, value(0, 3, arrays=1))).acceleration) == 3


def test_two_values_in_one_are_refused() -> None:
    with pytest.raises(WireError, match="more than a notification carries"):
        hear(streaming(), CAPTURED + CAPTURED)


def test_a_long_value_is_put_together_from_its_parts() -> None:
    codec = streaming("IMU9", 104)
    whole = value(500, samples=8, arrays=3)[2:]
    assert hear(codec, b"\x02\x63" + whole[:150]) == []
    event = samples_of(hear(codec, b"\x03\x63" + whole[150:]))
    assert len(event.acceleration) == len(event.angular_rate) == 8
    assert event.acceleration[7] == pytest.approx((0.0, 0.0, 9.81))
    assert event.rate_hz == 104.0


def test_three_parts_are_put_together_as_well() -> None:
    codec = streaming("IMU6", 208)
    whole = value(500, samples=16)[2:]
    assert hear(codec, b"\x02\x63" + whole[:150]) == []
    assert hear(codec, b"\x03\x63" + whole[150:300]) == []
    assert len(samples_of(hear(codec, b"\x04\x63" + whole[300:])).acceleration) == 16


def test_parts_of_two_streams_are_not_mixed_up() -> None:
    codec = streaming("IMU9", 104)
    whole = value(500, samples=8, arrays=3)[2:]
    hear(codec, b"\x02\x63" + whole[:150])
    assert len(hear(codec, sent("heart rate 66, one interval"))) == 1
    assert len(samples_of(hear(codec, b"\x03\x63" + whole[150:])).acceleration) == 8


def test_a_value_whose_rest_was_lost_does_not_go_on_after_a_whole_one() -> None:
    codec = streaming("IMU6", 104)
    whole = value(500, samples=8)[2:]
    hear(codec, b"\x02\x63" + whole[:150])
    with pytest.raises(WireError):
        hear(codec, b"\x02\x63" + whole[:100])
    with pytest.raises(WireError, match="whose beginning was lost"):
        hear(codec, b"\x03\x63" + whole[150:])


def test_a_value_whose_second_part_was_lost_is_not_continued_by_another_s() -> None:
    codec = streaming("IMU6", 208)
    whole = value(500, samples=16)[2:]
    hear(codec, b"\x02\x63" + whole[:150])
    with pytest.raises(WireError, match="whose beginning was lost"):
        hear(codec, b"\x04\x63" + whole[300:])
    hear(codec, b"\x02\x63" + whole[:150])
    hear(codec, b"\x02\x63" + whole[:150])
    hear(codec, b"\x03\x63" + whole[150:300])
    assert len(samples_of(hear(codec, b"\x04\x63" + whole[300:])).acceleration) == 16


def test_a_resource_without_a_gyroscope_tells_no_angular_rate() -> None:
    for resource in ("Acc", "IMU6m"):
        event = samples_of(hear(streaming(resource), value(0, arrays=1 if resource == "Acc" else 2)))
        assert event.angular_rate == ()


def test_a_magnetic_field_that_was_subscribed_to_is_told_beside_motion_at_the_same_times() -> None:
    captured = sent("IMU9 at 52 Hz, the same moment")
    motion, field = hear(streaming("IMU9"), b"\x02\x63" + captured[2:])
    assert motion == samples_of(hear(streaming(), CAPTURED))
    assert isinstance(motion, MotionSamples)
    assert isinstance(field, MagneticSamples)
    assert (field.at, field.rate_hz, field.device_ns) == (motion.at, motion.rate_hz, motion.device_ns)
    assert field.field_ut[0] == pytest.approx((31.8265953, -45.6312866, -14.7506456))
    assert field.field_ut[3] == pytest.approx((30.7492599, -43.864254, -15.2713079))


def test_another_resource_and_rate_can_be_measured() -> None:
    codec = measuring("Acc", 104).codec()
    assert isinstance(codec, MovesenseCodec)
    asked(codec, AT)
    hear(codec, sent("hello yourself"))
    assert asked(codec, AT) == [b"\x01\x63/Meas/Acc/104\0"]


def test_a_heart_rate_of_nothing_is_none() -> None:
    assert hear(streaming(), bytes.fromhex("02 62 00 00 00 00")) == [HeartRate(AT, None)]


def test_what_is_refused_is_told_with_its_port_and_octets() -> None:
    with pytest.raises(WireError) as caught:
        hear(streaming(), CAPTURED[:-1])
    assert (caught.value.port, caught.value.data) == ("data", CAPTURED[:-1])


def test_nonsense_does_not_stop_the_stream() -> None:
    codec = streaming()
    with pytest.raises(WireError):
        hear(codec, CAPTURED[:-1])
    assert len(samples_of(hear(codec, CAPTURED)).acceleration) == 4


# --- recognising it ---


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        (Advertisement("Movesense 174630000192"), True),
        (Advertisement(None, frozenset({"34802252-7185-4d5d-b431-630e7050e8f0"})), True),
        (Advertisement("Movesensor 1"), False),
        (Advertisement(None, frozenset({"0000fdf3-0000-1000-8000-00805f9b34fb"})), False),
        (Advertisement("Polar H10 20346EAB"), False),
    ],
)
def test_it_is_known_by_its_name_or_by_its_service(said: Advertisement, *, is_one: bool) -> None:
    assert PROFILE.matches(said) is is_one


# --- anything at all ---

packets = st.lists(
    st.tuples(
        st.sampled_from(["data", "data", "data", "battery", "nowhere"]),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([each.data for each in VECTORS]),
            st.tuples(st.sampled_from([1, 2, 3, 4]), st.sampled_from([HELLO, MOTION, HEART, ENERGY, RESTART])).map(
                lambda pair: bytes(pair) + bytes(150)
            ),
        ),
        st.floats(0.0, 10.0),
    ),
    max_size=30,
)


@given(packets)
def test_whatever_comes_a_codec_raises_nothing_else_and_goes_on(packets: list[tuple[str, bytes, float]]) -> None:
    codec, now = MovesenseCodec(), AT
    for port, data, wait in packets:
        now += wait
        with contextlib.suppress(AwayError):
            assert len(codec.due(now)) <= 1
        with contextlib.suppress(WireError):
            for event in codec.decode(Packet(now, port, data)):
                assert event.at == now
    assert samples_of(hear(codec, CAPTURED, now)).acceleration[0][2] == pytest.approx(8.8561525)
