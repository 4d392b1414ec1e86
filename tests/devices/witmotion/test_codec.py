"""From a stream that nobody asked for to samples with times: the rate first, then the line through the arrivals."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.witmotion.codec import WitMotionCodec
from ptdevice.devices.witmotion.wire import SERVICE_UUID
from ptdevice.errors import WireError
from ptdevice.link import Packet
from ptdevice.model import Battery, Event, MotionSamples, StreamChanged

PROFILE = CATALOGUE["witmotion"]
VECTORS = load("witmotion")


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


ASK = sent("read the rate")
TELL = sent("50 samples a second")
ASK_BATTERY = sent("read the battery")
OPENING = [sent("the key that opens the registers"), sent("fuse six axes"), sent("filter at 20 Hz")]
HAS_50 = sent("the rate is 50 Hz, as is wanted")
HAS_100 = sent("the rate is 100 Hz, which is to be changed")
HAS_NONE = HAS_50[:4] + b"\x0d" + HAS_50[5:]
HAS_5 = HAS_50[:4] + b"\x05" + HAS_50[5:]
SAMPLE = sent("flat on a table, read from a unit")
RUNNING = StreamChanged(AT, "motion", running=True, reason="50 Hz")


def asked(codec: WitMotionCodec, at: float) -> list[bytes]:
    writes = codec.due(at)
    assert all(write.port == "command" and write.acked for write in writes)
    return [write.data for write in writes]


def hear(codec: WitMotionCodec, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, "data", data)))


def samples(events: list[Event]) -> list[MotionSamples]:
    return [event for event in events if isinstance(event, MotionSamples)]


def streaming(at: float = AT) -> WitMotionCodec:
    codec = WitMotionCodec()
    asked(codec, at)
    assert hear(codec, HAS_50, at) == [RUNNING]
    return codec


# --- the rate ---


def test_first_the_registers_are_opened_and_the_rate_is_asked_for() -> None:
    codec = WitMotionCodec()
    assert asked(codec, AT) == [*OPENING, ASK]
    assert asked(codec, AT + 1.0) == []


def test_a_unit_that_has_the_wanted_rate_is_told_nothing_and_its_samples_count_at_once() -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    assert hear(codec, HAS_50) == [RUNNING]
    assert asked(codec, AT) == [ASK_BATTERY]
    assert len(samples(hear(codec, SAMPLE))) == 1


@pytest.mark.parametrize("answer", [HAS_100, HAS_NONE, HAS_5])
def test_a_unit_with_another_rate_is_told_and_asked_again(answer: bytes) -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    assert hear(codec, answer) == []
    assert asked(codec, AT) == [TELL, ASK]
    assert hear(codec, HAS_50) == [RUNNING]


def test_samples_are_left_out_until_a_new_rate_has_settled() -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    hear(codec, HAS_100)
    asked(codec, AT)
    hear(codec, HAS_50, AT + 0.04)
    assert samples(hear(codec, SAMPLE, AT + 0.9)) == []
    assert len(samples(hear(codec, SAMPLE, AT + 1.0))) == 1


def test_samples_before_the_rate_is_known_are_left_out() -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    assert hear(codec, SAMPLE * 4) == []


def test_a_unit_that_keeps_another_usable_rate_is_taken_at_that_one() -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    for _ in range(3):
        assert hear(codec, HAS_100) == []
        assert asked(codec, AT) == [TELL, ASK]
    (changed,) = hear(codec, HAS_100)
    assert changed == StreamChanged(AT, "motion", running=True, reason="100 Hz")
    (event,) = samples(hear(codec, SAMPLE, AT + 2.0))
    assert event.rate_hz == 100.0


@pytest.mark.parametrize(("answer", "code"), [(HAS_NONE, 13), (HAS_5, 5)])
def test_a_unit_that_keeps_too_slow_a_rate_is_told_of_and_tried_again_after_a_minute(answer: bytes, code: int) -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    for _ in range(3):
        hear(codec, answer)
        asked(codec, AT)
    reason = f"its output rate stays at code {code}"
    assert hear(codec, answer) == [StreamChanged(AT, "motion", running=False, reason=reason)]
    assert hear(codec, SAMPLE, AT + 30.0) == []
    assert asked(codec, AT + 59.0) == []
    assert asked(codec, AT + 60.0) == [ASK]


def test_a_unit_that_never_answers_is_believed_to_do_as_it_was_told() -> None:
    codec = WitMotionCodec()
    now = AT
    assert asked(codec, now) == [*OPENING, ASK]
    for _ in range(3):
        assert hear(codec, SAMPLE, now) == []
        now += 2.0
        assert asked(codec, now) == [TELL, ASK]
    changed, *_ = hear(codec, SAMPLE, now)
    assert changed == StreamChanged(now, "motion", running=True, reason="50 Hz, as it was told; it does not say")
    assert len(samples(hear(codec, SAMPLE, now + 1.0))) == 1


def test_a_unit_that_says_another_rate_is_not_believed_to_have_the_wanted_one() -> None:
    codec = WitMotionCodec()
    asked(codec, AT)
    for _ in range(3):
        hear(codec, HAS_NONE)
        asked(codec, AT)
    assert hear(codec, SAMPLE, AT + 1.5) == []


def test_a_rate_that_is_said_again_changes_nothing() -> None:
    codec = streaming()
    assert hear(codec, HAS_50) == hear(codec, HAS_100) == []
    assert asked(codec, AT) == [ASK_BATTERY]


def test_a_stream_that_stops_is_asked_after() -> None:
    codec = streaming()
    hear(codec, SAMPLE, AT + 10.0)
    assert ASK not in asked(codec, AT + 14.9)
    assert ASK in asked(codec, AT + 15.0)
    assert hear(codec, HAS_NONE, AT + 15.1) == []
    assert asked(codec, AT + 15.2) == [TELL, ASK]


# --- samples ---


def test_all_samples_of_a_notification_are_one_event() -> None:
    (event,) = samples(hear(streaming(), SAMPLE * 4))
    assert len(event.device_ns) == len(event.acceleration) == len(event.angular_rate) == 4


def test_steady_notifications_give_steady_times_at_the_rate_that_the_unit_really_has() -> None:
    codec, heard = streaming(), list[MotionSamples]()
    real_hz = 49.65
    for i in range(1500):
        heard += samples(hear(codec, SAMPLE * 2, AT + i * 2 / real_hz))
    times = [ns for event in heard[500:] for ns in event.device_ns]
    steps = [b - a for a, b in pairwise(times)]
    assert min(steps) == pytest.approx(1e9 / real_hz, rel=1e-3)
    assert max(steps) == pytest.approx(1e9 / real_hz, rel=1e-3)
    assert heard[-1].rate_hz == pytest.approx(real_hz, rel=1e-4)


def test_a_lost_notification_leaves_its_hole_in_the_times() -> None:
    codec, times = streaming(), list[int]()
    for i in range(100):
        if i not in {50, 51, 70}:
            for event in samples(hear(codec, SAMPLE * 2, AT + i * 0.04)):
                times += event.device_ns
    periods = [round((b - a) / 2e7) for a, b in pairwise(times)]
    assert sorted(periods)[-3:] == [1, 3, 5]


def test_a_frame_that_is_split_over_two_notifications_is_one_sample_when_it_is_whole() -> None:
    codec = streaming()
    assert hear(codec, SAMPLE[:7]) == []
    (event,) = samples(hear(codec, SAMPLE[7:], AT + 0.01))
    assert event.at == AT + 0.01


def test_an_answer_between_samples_is_told_beside_them() -> None:
    events = hear(streaming(), SAMPLE + sent("3.82 V are 60 %") + SAMPLE)
    assert Battery(AT, 60) in events
    assert [len(event.device_ns) for event in samples(events)] == [2]


def test_what_can_be_read_is_told_before_the_rest_is_refused() -> None:
    codec, events = streaming(), list[Event]()
    with pytest.raises(WireError, match="3 octets that belong to no frame"):
        events.extend(codec.decode(Packet(AT, "data", SAMPLE + b"\x00\x12\x99" + SAMPLE)))
    assert [len(event.device_ns) for event in samples(events)] == [2]


# --- the battery ---


def test_the_battery_is_asked_for_once_a_minute() -> None:
    codec = streaming()
    assert asked(codec, AT) == [ASK_BATTERY]
    times = []
    for second in range(1, 181):
        hear(codec, SAMPLE, AT + second)
        if asked(codec, AT + second) == [ASK_BATTERY]:
            times.append(second)
    assert times == [60, 120, 180]


# --- nonsense ---


def test_a_port_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(WireError):
        list(streaming().decode(Packet(AT, "command", SAMPLE)))


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 70.0),
            st.binary(max_size=64)
            | st.sampled_from([SAMPLE, SAMPLE * 2, HAS_50, HAS_100, HAS_NONE, SAMPLE[:9], SAMPLE[9:]]),
        ),
        max_size=30,
    )
)
def test_whatever_comes_only_wire_errors_do_and_times_go_forward(story: list[tuple[float, bytes]]) -> None:
    codec, now = WitMotionCodec(), AT
    times: list[int] = []
    for after, data in story:
        now += after
        assert len(codec.due(now)) <= 6
        with contextlib.suppress(WireError):
            for event in codec.decode(Packet(now, "data", data)):
                if isinstance(event, StreamChanged) and event.running:
                    times.clear()  # a new line
                if isinstance(event, MotionSamples):
                    assert len(event.device_ns) == len(event.acceleration) == len(event.angular_rate)
                    times += event.device_ns
        assert all(a < b for a, b in pairwise(times))


# --- the profile ---


@pytest.mark.parametrize(
    ("name", "services", "expected"),
    [
        ("WT901BLE67", (), True),
        ("WT901BLE67", (SERVICE_UUID,), True),
        (None, (SERVICE_UUID,), True),
        ("WTVB01-BT50", (SERVICE_UUID,), False),
        ("Polar H10 1234ABCD", (), False),
        (None, ("0000ffe5-0000-1000-8000-00805f9b34fb",), False),
    ],
)
def test_a_unit_is_known_by_its_name_or_its_service_but_for_vibration_sensors(
    name: str | None,
    services: tuple[str, ...],
    expected: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert PROFILE.matches(Advertisement(name, frozenset(services))) is expected
