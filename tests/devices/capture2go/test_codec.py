from __future__ import annotations

import contextlib
import math
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.capture2go.codec import Capture2GoCodec
from ptdevice.devices.device import Advertisement
from ptdevice.errors import WireError
from ptdevice.link import Packet
from ptdevice.model import Battery, Event, MotionSamples, StreamChanged

PROFILE = CATALOGUE["capture2go"]
VECTORS = load("capture2go")


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


CLEAR = sent("stop streaming and forget the buffer")
SET = sent("measure at 50 Hz, packed, without magnetometer; a status every 10 s")
START = sent("start streaming")
CLEARED = sent("stopped, and the buffer is forgotten")
MODE = sent("the mode is 50 Hz, packed, without magnetometer")
STARTED = sent("streaming")
SAMPLES = sent("eight samples at 50 Hz without magnetometer")
IDLE, STREAMING = sent("idle, 80 %"), sent("streaming, 55 % and charging")
ANSWERS = {CLEAR: CLEARED, SET: MODE, START: STARTED}
RUNNING = StreamChanged(AT, "motion", running=True, reason="50 Hz")


def package(header: int, payload: bytes = b"") -> bytes:
    """A package by the rule in docs/devices/capture2go.md."""
    checked = header.to_bytes(2, "little") + payload
    return b"\x02" + zlib.crc32(checked).to_bytes(4, "little") + bytes((len(payload),)) + checked


def asked(codec: Capture2GoCodec, at: float = AT) -> list[bytes]:
    writes = codec.due(at)
    assert all(write.port == "command" and write.acked for write in writes)
    return [write.data for write in writes]


def hear(codec: Capture2GoCodec, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, "data", data)))


def begun(*commands: bytes, at: float = AT) -> Capture2GoCodec:
    """A codec that has gone through these steps."""
    codec = Capture2GoCodec()
    for command in commands:
        assert asked(codec, at) == [command]
        hear(codec, ANSWERS[command], at)
    return codec


def streaming() -> Capture2GoCodec:
    return begun(CLEAR, SET, START)


def stopped(reason: str, at: float = AT) -> StreamChanged:
    return StreamChanged(at, "motion", running=False, reason=reason)


def test_a_link_begins_with_forgetting_what_was_before_then_the_mode_then_the_start() -> None:
    codec = begun(CLEAR, SET)
    assert asked(codec) == [START]
    assert hear(codec, STARTED) == [RUNNING]
    assert asked(codec) == []


def test_each_step_waits_for_its_answer() -> None:
    codec = Capture2GoCodec()
    asked(codec)
    for other in (MODE, STARTED, IDLE):
        hear(codec, other)
        assert asked(codec, AT + 2.9) == []


def test_the_answer_to_another_step_is_not_its_answer() -> None:
    codec = begun(CLEAR)
    asked(codec)
    for other in (STARTED, CLEARED):
        assert hear(codec, other) == []
        assert asked(codec, AT + 2.9) == []


@pytest.mark.parametrize("steps", [(), (CLEAR,), (CLEAR, SET)])
def test_without_an_answer_it_begins_anew_after_3_s(steps: tuple[bytes, ...]) -> None:
    codec = begun(*steps)
    asked(codec)
    assert asked(codec, AT + 2.9) == []
    assert asked(codec, AT + 3.0) == [CLEAR]


def test_an_answer_that_nobody_asked_for_moves_nothing() -> None:
    codec = Capture2GoCodec()
    assert hear(codec, CLEARED) == []
    assert asked(codec) == [CLEAR]


def test_a_unit_that_took_another_mode_is_given_a_pause() -> None:
    codec = begun(CLEAR)
    asked(codec)
    other = hear(codec, sent("the mode is orientation at 50 Hz"))
    assert other == [stopped("the unit measures something else than it was told")]
    assert asked(codec, AT + 4.9) == []
    assert asked(codec, AT + 5.0) == [CLEAR]


def test_the_time_from_which_the_mode_holds_may_be_told() -> None:
    codec = begun(CLEAR)
    asked(codec)
    checked = b"\x22\x01" + (1_700_000_000_000_000_000).to_bytes(8, "little") + MODE[17:]
    assert hear(codec, b"\xff\x02" + zlib.crc32(checked).to_bytes(4, "little") + b"\x1e" + checked) == []
    assert asked(codec) == [START]


MAY_RECORD = "the unit is in a state that does not allow it; it may be recording"


@pytest.mark.parametrize(
    ("steps", "refusal", "words"),
    [
        ((), "refused: the wrong state to stop", MAY_RECORD),
        (
            (CLEAR, SET),
            "refused: the wrong state for a start",
            MAY_RECORD,
        ),
        ((CLEAR, SET), "refused: the buffer is full", "the unit's send buffer is full"),
    ],
)
def test_a_refusal_is_told_in_words_and_tried_again_after_a_pause(
    steps: tuple[bytes, ...], refusal: str, words: str
) -> None:
    codec = begun(*steps)
    asked(codec)
    assert hear(codec, sent(refusal)) == [stopped(words)]
    assert asked(codec, AT + 4.9) == []
    assert asked(codec, AT + 5.0) == [CLEAR]


def test_a_refusal_of_what_was_not_asked_is_not_ours() -> None:
    codec = begun(CLEAR)
    asked(codec)
    assert hear(codec, sent("refused: the wrong state for a start")) == []
    assert hear(codec, MODE) == []
    assert asked(codec) == [START]


def test_the_pauses_grow_to_a_minute() -> None:
    codec, now, pauses = Capture2GoCodec(), AT, []
    asked(codec, now)
    for _ in range(6):
        hear(codec, sent("refused: the wrong state to stop"), now)
        wait = next(seconds for seconds in range(100) if asked(codec, now + seconds))
        pauses.append(wait)
        now += wait
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_samples_make_up_for_earlier_refusals() -> None:
    codec = Capture2GoCodec()
    asked(codec)
    hear(codec, sent("refused: the wrong state to stop"))
    for command in (CLEAR, SET, START):
        assert asked(codec, AT + 5.0) == [command]
        hear(codec, ANSWERS[command], AT + 5.0)
    hear(codec, SAMPLES, AT + 5.0)
    hear(codec, IDLE, AT + 6.0)
    assert asked(codec, AT + 10.9) == []
    assert asked(codec, AT + 11.0) == [CLEAR]


def test_a_stream_that_falls_silent_is_begun_anew() -> None:
    codec = streaming()
    hear(codec, SAMPLES, AT + 1.0)
    assert asked(codec, AT + 5.9) == []
    assert asked(codec, AT + 6.0) == [CLEAR]


def test_a_unit_that_says_it_is_idle_has_stopped() -> None:
    codec = streaming()
    assert hear(codec, STREAMING) == [Battery(AT, 55)]
    assert hear(codec, IDLE) == [Battery(AT, 80), stopped("the unit stopped it")]


def test_the_times_are_the_unit_s_own_from_the_first_sample_on() -> None:
    (event,) = hear(streaming(), SAMPLES, AT + 0.5)
    assert isinstance(event, MotionSamples)
    assert event.at == AT + 0.5
    assert event.device_ns == tuple(1_700_000_000_000_000_000 + 20_000_000 * i for i in range(8))


def test_octets_that_belong_to_no_package_are_told_once_and_what_was_good_is_kept() -> None:
    codec = streaming()
    events = codec.decode(Packet(AT, "data", b"\xff\1\1\1\1" + SAMPLES[1:]))
    assert isinstance(next(events), MotionSamples)
    with pytest.raises(WireError, match="4 octets that belong to no package") as caught:
        next(events)
    assert caught.value.port == "data"
    assert len(hear(codec, SAMPLES)) == 1


def test_packages_of_a_wrong_length_with_right_checksums_hold_nothing_up() -> None:
    codec = streaming()
    empty = package(0x0201)  # a status without a word
    with pytest.raises(WireError, match="wrong length"):
        hear(codec, b"\xff" + empty * 26)
    assert len(hear(codec, SAMPLES)) == 1
    with pytest.raises(WireError, match="wrong length"):
        hear(codec, b"\xfe" + empty + SAMPLES[1:])
    assert len(hear(codec, SAMPLES)) == 1


def test_another_port_is_nonsense() -> None:
    with pytest.raises(WireError, match="unexpected data"):
        list(Capture2GoCodec().decode(Packet(AT, "command", SAMPLES)))


packets = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from([each.data for each in VECTORS]),
            st.sampled_from([each.data for each in VECTORS]).flatmap(
                lambda data: st.integers(0, len(data)).map(lambda cut: data[:cut])
            ),
            st.binary(max_size=60).map(lambda data: b"\xff" + data),
        ),
        st.sampled_from([0.0, 0.5, 5.0, 70.0]),
    ),
    max_size=12,
)


@given(packets)
def test_no_octets_in_any_order_raise_anything_but_a_wire_error_and_the_stream_gets_going(
    story: list[tuple[bytes, float]],
) -> None:
    codec, now = Capture2GoCodec(), AT
    for data, wait in story:
        now += wait
        assert set(asked(codec, now)) <= {CLEAR, SET, START}
        with contextlib.suppress(WireError):
            for event in hear(codec, data, now):
                if isinstance(event, MotionSamples):
                    assert len(event.device_ns) == len(event.acceleration) == len(event.angular_rate) > 0
                    assert all(math.isfinite(value) for sample in event.acceleration for value in sample)
    heard: list[Event] = []
    for second in range(140):
        for command in asked(codec, now + second):
            with contextlib.suppress(WireError):
                heard += hear(codec, ANSWERS[command], now + second)
        with contextlib.suppress(WireError):
            heard += hear(codec, b"\xff" + bytes(50), now + second)  # pushes what is incomplete out of the way
        if any(isinstance(event, StreamChanged) and event.running for event in heard):
            return
    pytest.fail(f"no stream after {heard}")


def test_units_are_known_by_their_service_and_not_by_their_name() -> None:
    service = "80030001-e629-4c98-9324-aa7fc0c66de7"
    assert PROFILE.matches(Advertisement("IMU_1a2b3c", frozenset({service})))
    assert PROFILE.matches(Advertisement(None, frozenset({service})))
    assert not PROFILE.matches(Advertisement("IMU_1a2b3c"))
