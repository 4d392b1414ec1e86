"""From a stream that a subscription began to samples with times: the rate first, then the line through the arrivals."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.thingy52.conversation import AT_50, FACTORY, RAW, VECTORS, asked, hear, sent, streaming
from tests.devices.vectors import AT

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.thingy52.codec import ThingyCodec
from ptdevice.errors import WireError
from ptdevice.link import Packet
from ptdevice.model import DeviceInformation, MotionSamples, StreamChanged

PROFILE = CATALOGUE["thingy52"]
RUNNING = StreamChanged(AT, "motion", running=True, reason="50 Hz")


def test_a_unit_with_the_wanted_rate_is_told_nothing_and_its_samples_count_at_once() -> None:
    codec = ThingyCodec()
    assert asked(codec, AT) == []
    assert hear(codec, AT_50, port="config") == []
    assert asked(codec, AT) == []
    changed, event = hear(codec, RAW)
    assert changed == RUNNING
    assert isinstance(event, MotionSamples)
    assert asked(codec, AT + 3600.0) == []


def test_a_unit_with_another_rate_is_told_once() -> None:
    codec = ThingyCodec()
    hear(codec, FACTORY, port="config")
    assert asked(codec, AT) == [AT_50]
    assert asked(codec, AT + 3600.0) == []


def test_what_else_is_configured_stays_as_it_is() -> None:
    codec = ThingyCodec()
    hear(codec, bytes.fromhex("10 27 2c 01 c8 00 c8 00 00"), port="config")
    assert asked(codec, AT) == [bytes.fromhex("10 27 2c 01 c8 00 32 00 00")]


def test_without_a_configuration_the_factory_s_is_told_at_the_wanted_rate() -> None:
    codec = ThingyCodec()
    assert asked(codec, AT) == []
    with pytest.raises(WireError):
        hear(codec, sent("half a configuration"), port="config")
    assert asked(codec, AT + 2.9) == []
    assert asked(codec, AT + 3.0) == [AT_50]
    assert asked(codec, AT + 60.0) == []


def test_samples_before_the_rate_is_known_are_left_out() -> None:
    codec = ThingyCodec()
    asked(codec, AT)
    assert hear(codec, RAW) == []
    hear(codec, AT_50, port="config")
    assert hear(codec, RAW) == []  # until somebody has looked
    asked(codec, AT)
    assert len(hear(codec, RAW)) == 2


def test_so_are_those_of_the_second_after_a_change() -> None:
    codec = ThingyCodec()
    hear(codec, FACTORY, port="config")
    asked(codec, AT)
    assert hear(codec, RAW, AT + 0.9) == []
    assert len(hear(codec, RAW, AT + 1.0)) == 2


def test_that_the_stream_runs_is_told_once() -> None:
    codec = streaming()
    assert [type(event) for event in hear(codec, RAW)] == [MotionSamples]


def test_force_is_the_negative_of_what_is_sent() -> None:
    (event,) = hear(streaming(), bytes.fromhex("00 00 00 00 00 fc") + bytes(12))
    assert isinstance(event, MotionSamples)
    assert event.acceleration[0] == pytest.approx((0.0, 0.0, 9.80665))


def test_angular_rate_is_not() -> None:
    (event,) = hear(streaming(), bytes(6) + bytes.fromhex("20 00 e0 ff 01 00") + bytes(6))
    assert isinstance(event, MotionSamples)
    assert event.angular_rate == ((1.0, -1.0, 0.03125),)


def test_times_are_even_where_arrivals_are_not() -> None:
    codec = streaming()
    found: list[int] = []
    for i in range(500):
        for event in hear(codec, RAW, AT + i * 0.02 + (0.009 if i % 3 else 0.0)):
            assert isinstance(event, MotionSamples)
            found += event.device_ns
    steps = [(b - a) * 1e-9 for a, b in pairwise(found[200:])]
    assert max(abs(step - 0.02) for step in steps) < 0.001


def test_one_that_is_missing_is_a_gap_of_one() -> None:
    codec = streaming()
    found: list[int] = []
    for i in range(200):
        if i != 150:
            for event in hear(codec, RAW, AT + i * 0.02):
                assert isinstance(event, MotionSamples)
                found += event.device_ns
    steps = [(b - a) * 1e-9 for a, b in pairwise(found)]
    assert [round(step / 0.02) for step in steps[149:152]] == [2, 1, 1]


def test_its_firmware_is_told() -> None:
    assert hear(ThingyCodec(), b"\x02\x02\x00", port="firmware") == [
        DeviceInformation(AT, "firmware_revision", "2.2.0")
    ]


def test_what_is_refused_is_told_with_its_port_and_octets() -> None:
    with pytest.raises(WireError) as caught:
        hear(streaming(), RAW[:-1])
    assert (caught.value.port, caught.value.data) == ("raw", RAW[:-1])


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        (Advertisement("Thingy"), True),
        (Advertisement("Left leg", frozenset({"ef680100-9b35-4933-9b10-52ffa9740042"})), True),
        (Advertisement("Left leg"), False),
        (Advertisement("Thingy:53"), False),
        (Advertisement(None), False),
    ],
)
def test_it_is_known_by_its_name_or_by_its_service(said: Advertisement, *, is_one: bool) -> None:
    assert PROFILE.matches(said) is is_one


packets = st.lists(
    st.tuples(
        st.sampled_from(["raw", "raw", "config", "firmware", "battery", "gravity"]),
        st.one_of(st.binary(max_size=20), st.sampled_from([each.data for each in VECTORS])),
        st.floats(0.0, 10.0),
    ),
    max_size=30,
)


@given(packets)
def test_whatever_comes_a_codec_raises_nothing_else_and_goes_on(packets: list[tuple[str, bytes, float]]) -> None:
    codec, now = ThingyCodec(), AT
    for port, data, wait in packets:
        now += wait
        assert len(codec.due(now)) <= 1
        with contextlib.suppress(WireError):
            for event in codec.decode(Packet(now, port, data)):
                assert event.at <= now
    codec.due(now + 60.0)
    codec.due(now + 70.0)
    *_, event = hear(codec, RAW, now + 120.0)
    assert isinstance(event, MotionSamples)
    assert event.acceleration[0][2] == pytest.approx(9.7875, abs=1e-4)
