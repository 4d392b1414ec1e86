from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.dglab_coyote3.codec import Coyote3Codec
from ptdevice.errors import WireError
from ptdevice.link import Packet, Read
from ptdevice.model import Event, Output, StimulationStatus

PROFILE = CATALOGUE["dglab_coyote3"]
VECTORS = load("dglab_coyote3")


def hear(data: bytes, port: str = "notify") -> list[Event]:
    return list(Coyote3Codec().decode(Packet(AT, port, data)))


def test_nothing_is_ever_written() -> None:
    assert PROFILE.queries == frozenset()


def test_the_battery_is_read_again_and_again() -> None:
    codec = Coyote3Codec()
    assert [(now, wish) for now in range(100, 200) for wish in codec.due(float(now))] == [
        (130, Read("battery")),
        (160, Read("battery")),
        (190, Read("battery")),
    ]


def test_a_stall_is_not_made_up_for() -> None:
    codec = Coyote3Codec()
    codec.due(100.0)
    assert codec.due(199.0) == [Read("battery")]
    assert codec.due(219.9) == []
    assert codec.due(220.0) == [Read("battery")]


def test_a_strength_is_not_a_current() -> None:
    a, b = hear(bytes.fromhex("b1 00 0b 00"))
    assert isinstance(a, StimulationStatus)
    assert isinstance(b, StimulationStatus)
    assert (a.channel, a.level, a.output, a.current_ma) == ("a", 11, Output.UNKNOWN, None)
    assert (b.channel, b.level, b.output, b.contact) == ("b", 0, Output.OFF, "unknown")


@pytest.mark.parametrize("data", ["b1 00 c9 00", "b1 10 0b 00", "b1 00 0b", "7f"])
def test_after_strengths_that_cannot_be_read_nothing_is_off_any_more(data: str) -> None:
    codec, events = Coyote3Codec(), list[Event]()
    list(codec.decode(Packet(AT, "notify", bytes.fromhex("b1 00 00 0b"))))
    with pytest.raises(WireError):
        events.extend(codec.decode(Packet(AT + 1, "notify", bytes.fromhex(data))))
    assert [(e.channel, e.output, e.level) for e in events if isinstance(e, StimulationStatus)] == [
        ("a", Output.UNKNOWN, 0),
        ("b", Output.UNKNOWN, 11),
    ]
    (a, _) = codec.decode(Packet(AT + 2, "notify", bytes.fromhex("b1 00 00 0b")))
    assert isinstance(a, StimulationStatus)
    assert a.output is Output.OFF


@pytest.mark.parametrize(
    ("port", "data", "why"),
    [
        ("notify", "", "strengths are four octets"),
        ("notify", "b1 00 0b 00 00", "strengths are four octets"),
        ("notify", "b0 00 0b 00", "strengths are four octets"),
        ("notify", "be 96 1e", "limits are seven octets"),
        ("battery", "", "a battery of not one octet up to 100"),
        ("battery", "50 50", "a battery of not one octet up to 100"),
        ("elsewhere", "50", "unexpected data"),
    ],
)
def test_what_the_protocol_cannot_mean_is_refused_with_its_reason(port: str, data: str, why: str) -> None:
    with pytest.raises(WireError) as caught:
        hear(bytes.fromhex(data), port)
    assert caught.value.why == why


@given(st.sampled_from(["notify", "battery", "write", "nowhere"]), st.binary(max_size=24))
def test_no_bytes_raise_anything_but_a_wire_error(port: str, data: bytes) -> None:
    with contextlib.suppress(WireError):
        for event in hear(data, port):
            if isinstance(event, StimulationStatus):
                assert 0 <= event.level <= 200
                assert event.output is not Output.ON


@pytest.mark.parametrize(
    ("name", "known"), [("47L121000", True), ("47L120100", False), ("D-LAB ESTIM01", False), ("", False), (None, False)]
)
def test_the_unit_is_known_by_its_name_and_its_sensor_and_its_predecessor_are_not(
    name: str | None,
    known: bool,  # noqa: FBT001 - a table
) -> None:
    assert PROFILE.matches(Advertisement(name)) is known
