"""From what a DOT says of itself when the link opens to samples that keep coming, and to a clock that is shared."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.movella_dot.codec import DotCodec
from ptdevice.devices.movella_dot.meeting import Meeting, Standing
from ptdevice.errors import AwayError, WireError
from ptdevice.link import Packet, Read, Write
from ptdevice.model import Battery, DeviceInformation, Event, MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

PROFILE = CATALOGUE["movella_dot"]
VECTORS = load("movella_dot")
ROOT = "D4:22:CD:AA:BB:CC"


def said(name: str) -> bytes:
    return named(VECTORS, name).data


START, STOP = said("start acceleration and angular rate"), said("stop acceleration and angular rate")
ASK, SYNCED, NOT_SYNCED = said("is it synchronised?"), said("it is synchronised"), said("it is not synchronised")
STOPPED = said("stopped, the last mode was Euler angles")
MEASURING = b"\x01\x01\x05"
SET_20 = said("set the output rate to 20 Hz and nothing else")
HAS_60 = said("blink")
HAS_20 = bytes(2) + SET_20[2:]
SET_60 = b"\x10" + bytes(1) + HAS_60[2:]
SAMPLE = said("lying flat and turning, in mode 21")
START_SYNC = said("synchronise with the root D4:22:CD:AA:BB:CC")
WELL, FEW = said("synchronised well"), said("not synchronised: too few samples")
RUNNING = StreamChanged(AT, "motion", running=True, reason="60 Hz")


def hear(codec: DotCodec, port: str, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, port, data)))


def data_of(wishes: Sequence[Write | Read]) -> list[bytes]:
    return [wish.data for wish in wishes if isinstance(wish, Write)]


def asked(codec: DotCodec, at: float = AT) -> list[tuple[str, bytes]]:
    writes = codec.due(at)
    assert all(write.acked for write in writes)
    return [(write.port, write.data) for write in writes]


def alone(root: str | None) -> Meeting | None:
    """Of one unit, which is called at once."""
    return Meeting(root, [root]) if root else None


def opened(root: str | None = None, *, state: bytes = STOPPED, device: bytes = HAS_60, ack: bytes = b"") -> DotCodec:
    """A codec that has just heard what is read when the link opens."""
    codec = DotCodec(alone(root), root or "")
    assert asked(codec) == []
    assert hear(codec, "acknowledgement", ack) == hear(codec, "device", device) == hear(codec, "control", state) == []
    return codec


def streaming() -> DotCodec:
    codec = opened()
    asked(codec)
    hear(codec, "answer", NOT_SYNCED)
    assert asked(codec) == [("control", START)]
    return codec


def sample(time_us: int) -> bytes:
    return time_us.to_bytes(4, "little") + SAMPLE[4:]


def device_ns(codec: DotCodec, time_us: int) -> int:
    event = hear(codec, "payload", sample(time_us))[-1]
    assert isinstance(event, MotionSamples)
    (ns,) = event.device_ns
    return ns


# --- the handshake ---


def test_nothing_is_written_before_state_and_settings_are_known() -> None:
    codec = DotCodec()
    assert asked(codec) == []
    hear(codec, "control", STOPPED)
    assert asked(codec) == []
    hear(codec, "device", HAS_60)
    assert asked(codec) == [("message", ASK)]


def test_a_unit_that_is_not_synchronised_is_started() -> None:
    codec = opened()
    assert asked(codec) == [("message", ASK)]
    assert asked(codec) == []
    assert hear(codec, "answer", NOT_SYNCED) == []
    assert asked(codec) == [("control", START)]
    assert asked(codec) == []


def test_a_unit_that_was_left_measuring_is_stopped_in_its_own_mode_first() -> None:
    assert asked(opened(state=MEASURING)) == [("control", b"\x01\x00\x05"), ("message", ASK)]


def test_another_rate_is_changed_to_60_hz_before_the_start() -> None:
    codec = opened(device=HAS_20)
    asked(codec)
    hear(codec, "answer", NOT_SYNCED)
    assert asked(codec) == [("device", SET_60), ("control", START)]


def test_a_unit_that_does_not_say_whether_it_is_synchronised_is_started_all_the_same() -> None:
    codec = opened()
    asked(codec)
    assert asked(codec, AT + 2.9) == []
    assert asked(codec, AT + 3.0) == [("control", START)]


def test_the_first_sample_tells_that_it_runs_and_the_others_do_not() -> None:
    codec = streaming()
    first, second = hear(codec, "payload", sample(1)), hear(codec, "payload", sample(16_668))
    assert first[0] == RUNNING
    assert [type(event) for event in (*first, *second)] == [StreamChanged, MotionSamples, MotionSamples]


# --- samples ---


def test_a_sample_has_the_unit_s_own_time_in_ns() -> None:
    codec = streaming()
    assert [device_ns(codec, us) for us in (0, 16_667, 33_334)] == [0, 16_667_000, 33_334_000]


def test_the_time_goes_on_across_wraps() -> None:
    codec = streaming()
    first = device_ns(codec, 2**32 - 16_384)
    assert device_ns(codec, 283) - first == 16_667_000
    for hour in range(2, 7):
        device_ns(codec, 2**31)
        device_ns(codec, 2**32 - 1)
        assert device_ns(codec, 5) == (hour * 2**32 + 5) * 1000


def test_a_sample_that_is_no_number_is_refused_and_the_next_one_taken() -> None:
    codec = streaming()
    with pytest.raises(WireError, match="not a number"):
        hear(codec, "payload", said("a sample that is not a number"))
    assert device_ns(codec, 33_334) == 33_334_000


# --- keeping it going ---


def test_a_stream_that_stops_is_stopped_and_started_with_growing_pauses() -> None:
    codec, times = streaming(), []
    hear(codec, "payload", SAMPLE, AT + 2.0)
    for tenth in range(20, 2500):
        now = AT + tenth / 10
        if writes := asked(codec, now):
            assert writes == [("control", STOP), ("control", START)]
            times.append(round(now - AT, 1))
    assert times == [7.0, 12.0, 22.0, 42.0, 82.0, 142.0, 202.0]


def test_samples_that_come_again_are_told_and_end_the_pauses() -> None:
    codec = streaming()
    hear(codec, "payload", SAMPLE)
    asked(codec, AT + 5.0)
    asked(codec, AT + 10.0)
    changed, _ = hear(codec, "payload", SAMPLE, AT + 11.0)
    assert changed == StreamChanged(AT + 11.0, "motion", running=True, reason="60 Hz")
    assert asked(codec, AT + 15.9) == []
    assert len(asked(codec, AT + 16.0)) == 2


def test_a_unit_that_says_that_it_sleeps_is_believed() -> None:
    codec = streaming()
    hear(codec, "payload", SAMPLE)
    (changed,) = hear(codec, "report", said("it falls asleep"))
    assert isinstance(changed, StreamChanged)
    assert not changed.running
    assert hear(codec, "payload", SAMPLE)[0] == RUNNING


# --- synchronising ---


def test_a_unit_that_shall_share_a_clock_and_does_not_yet_is_told_and_left_alone() -> None:
    codec = opened(ROOT, device=HAS_20)
    assert asked(codec) == [("message", ASK)]
    assert hear(codec, "answer", NOT_SYNCED) == []
    assert asked(codec) == [("device", SET_60), ("message", START_SYNC)]
    assert asked(codec, AT + 0.9) == []
    with pytest.raises(AwayError) as caught:
        codec.due(AT + 1.0)
    assert caught.value.pause_s == 14.0


def test_afterwards_it_is_told_that_there_is_one_clock_and_started() -> None:
    codec = opened(ROOT, ack=WELL)
    asked(codec)
    assert hear(codec, "answer", SYNCED) == [
        StreamChanged(AT, "synchronisation", running=True, reason="the units have one clock")
    ]
    assert asked(codec) == [("control", START)]


@pytest.mark.parametrize(
    ("ack", "reason"),
    [
        (FEW, "too few samples"),
        (said("not synchronised: the clocks are too far apart"), "the clocks are too far apart"),
        (WELL, "it was ended; switch the unit off and on to try again"),
        (bytes.fromhex("02 02 03 2a cf"), "result 42"),
    ],
)
def test_what_did_not_work_is_told_once_and_the_unit_measures_by_its_own_clock(ack: bytes, reason: str) -> None:
    codec = opened(ROOT, ack=ack.ljust(160, b"\0"))
    asked(codec)
    assert hear(codec, "answer", NOT_SYNCED) == [StreamChanged(AT, "synchronisation", running=False, reason=reason)]
    assert asked(codec) == [("control", START)]


def test_a_unit_that_is_synchronised_keeps_the_rate_that_it_has() -> None:
    codec = opened(ROOT, device=HAS_20)
    asked(codec)
    hear(codec, "answer", SYNCED)
    assert asked(codec) == [("control", START)]
    changed, event = hear(codec, "payload", SAMPLE)
    assert changed == StreamChanged(AT, "motion", running=True, reason="20 Hz")
    assert isinstance(event, MotionSamples)
    assert event.rate_hz == 20.0


def test_a_rate_that_no_unit_has_is_not_believed() -> None:
    codec = opened(device=HAS_20[:24] + bytes(2) + HAS_20[26:])
    asked(codec)
    hear(codec, "answer", SYNCED)
    assert hear(codec, "payload", SAMPLE)[0] == RUNNING


def test_a_unit_that_does_not_say_whether_it_is_synchronised_is_not_synchronised_by_us() -> None:
    codec = opened(ROOT)
    asked(codec)
    assert asked(codec, AT + 3.0) == [("control", START)]


def test_an_answer_that_comes_late_changes_nothing_of_what_runs() -> None:
    codec = streaming()
    assert hear(codec, "answer", NOT_SYNCED) == []
    assert asked(codec) == []


def test_the_end_of_a_synchronisation_is_told() -> None:
    codec = streaming()
    (changed,) = hear(codec, "answer", bytes.fromhex("02 02 50 00 ac"))
    assert changed == StreamChanged(AT, "synchronisation", running=False, reason="it was ended")


def told_to_stay_and_then_called(codec: DotCodec, meeting: Meeting) -> list[tuple[str, bytes]]:
    """It streams while the other is not there; then the other comes."""
    asked(codec)
    hear(codec, "payload", SAMPLE)
    assert asked(codec, AT + 1.0) == []
    assert meeting.called("other", Standing.WILLING, AT + 1.5)
    return asked(codec, AT + 2.0)


def test_until_the_other_unit_has_a_link_too_it_measures_and_then_it_is_stopped_first() -> None:
    meeting = Meeting(ROOT, [ROOT, "other"])
    codec = DotCodec(meeting, ROOT)
    for port, data in (("acknowledgement", b""), ("device", HAS_60), ("control", STOPPED)):
        hear(codec, port, data)
    asked(codec)
    hear(codec, "answer", NOT_SYNCED)
    assert told_to_stay_and_then_called(codec, meeting) == [("control", STOP), ("message", START_SYNC)]
    with pytest.raises(AwayError):
        codec.due(AT + 3.0)


def test_a_unit_that_shares_a_clock_already_gives_it_up_for_one_that_does_not() -> None:
    meeting = Meeting(ROOT, [ROOT, "other"])
    codec = DotCodec(meeting, ROOT)
    for port, data in (("acknowledgement", WELL), ("device", HAS_20), ("control", STOPPED)):
        hear(codec, port, data)
    asked(codec)
    hear(codec, "answer", SYNCED)
    end = ("message", bytes.fromhex("02 01 02 fb"))  # published: XD0506P, StopSync
    leave = [("control", STOP), end, ("device", SET_60), ("message", START_SYNC)]
    assert told_to_stay_and_then_called(codec, meeting) == leave


def test_codecs_that_share_a_clock_meet_and_name_the_first_as_the_root() -> None:
    assert PROFILE.sharing is not None
    one, other = (make() for make in PROFILE.sharing([ROOT, "AA:BB:CC:DD:EE:FF"]))
    for codec in (one, other):
        for port, data in (("device", HAS_60), ("control", STOPPED)):
            list(codec.decode(Packet(AT, port, data)))
        codec.due(AT)
        list(codec.decode(Packet(AT, "answer", NOT_SYNCED)))
    assert data_of(one.due(AT)) == [START]
    assert data_of(other.due(AT)) == [START_SYNC]
    assert data_of(one.due(AT)) == [STOP, START_SYNC]


# --- what it says of itself ---


def test_battery_and_information_are_told_and_nothing_that_identifies_the_unit() -> None:
    codec = DotCodec()
    assert hear(codec, "battery", b"\x5a\x00") == [Battery(AT, 90)]
    information = bytes.fromhex("cc bb aa cd 22 d4 02 04 01 e7 07 07 01 0c 00 00") + bytes(12) + b"XS-T02"
    assert hear(codec, "information", information) == [
        DeviceInformation(AT, "model_number", "XS-T02"),
        DeviceInformation(AT, "firmware_revision", "2.4.1"),
    ]


@pytest.mark.parametrize("port", ["message", "heart_rate", ""])
def test_a_port_that_was_not_asked_for_is_refused(port: str) -> None:
    with pytest.raises(WireError, match="unexpected data"):
        hear(DotCodec(), port, b"\1")


PORTS = [port.name for port in PROFILE.ports]


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 30.0),
            st.sampled_from(PORTS),
            st.binary(max_size=70)
            | st.sampled_from([SAMPLE, HAS_20, HAS_60, STOPPED, MEASURING, SYNCED, NOT_SYNCED, WELL, FEW]),
        ),
        max_size=30,
    ),
    st.sampled_from([None, ROOT]),
)
def test_whatever_comes_only_wire_errors_do(story: list[tuple[float, str, bytes]], root: str | None) -> None:
    codec, now = DotCodec(alone(root), root or ""), AT
    for after, port, data in story:
        now += after
        try:
            assert len(codec.due(now)) <= 4
        except AwayError:
            assert root is not None
            return
        with contextlib.suppress(WireError):
            for event in codec.decode(Packet(now, port, data)):
                if isinstance(event, MotionSamples):
                    numbers = [*event.acceleration[0], *event.angular_rate[0]]
                    assert len(event.device_ns) == 1
                    assert all(map(math.isfinite, numbers))
                    assert event.rate_hz in {1, 4, 10, 12, 15, 20, 30, 60}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Xsens DOT", True), ("Movella DOT", True), ("MOVELLA dot 12", True), ("DOT", False), (None, False)],
)
def test_a_unit_is_known_by_the_beginning_of_its_name(name: str | None, expected: bool) -> None:  # noqa: FBT001 - a table
    assert PROFILE.matches(Advertisement(name)) is expected
