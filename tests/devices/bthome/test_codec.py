from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.bthome.codec import ENCRYPTED, BthomeCodec
from ptdevice.devices.device import Advertisement
from ptdevice.errors import WireError
from ptdevice.link import Packet
from ptdevice.model import Battery, ButtonPressed, Event, Press, StreamChanged

PROFILE = CATALOGUE["bthome"]
PRESSED = bytes.fromhex("44 00 05 3a 01")
UNNUMBERED = bytes.fromhex("44 3a 01")


def hear(codec: BthomeCodec, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, "advertisement", data)))


def test_an_advertisement_says_several_things() -> None:
    assert hear(BthomeCodec(), bytes.fromhex("44 00 01 01 5a 3a 02 3a 80")) == [
        Battery(AT, 90),
        ButtonPressed(AT, 1, Press.DOUBLE_PRESS),
        ButtonPressed(AT, 2, Press.HOLD),
    ]


@pytest.mark.parametrize("later", [0.1, 3.9, 60.0, 86_400.0])
def test_a_press_is_told_once_however_often_and_late_it_is_repeated(later: float) -> None:
    codec = BthomeCodec()
    assert len(hear(codec, PRESSED)) == 1
    assert hear(codec, PRESSED, AT + 0.05) == []
    assert hear(codec, PRESSED, AT + later) == []


def test_a_number_from_behind_is_late_on_its_way_only_for_four_seconds() -> None:
    codec = BthomeCodec()
    hear(codec, bytes.fromhex("44 00 05 3a 01"))
    assert hear(codec, bytes.fromhex("44 00 04 3a 01"), AT + 3.9) == []
    assert (
        len(hear(codec, bytes.fromhex("44 00 03 3a 01"), AT + 7.9)) == 1
    )  # its battery was changed, it counts from 0 again


@pytest.mark.parametrize(("number", "events"), [(0xC6, 0), (0xC5, 1), (0xC4, 1)])
def test_sixty_three_numbers_are_behind_and_all_others_ahead(number: int, events: int) -> None:
    codec = BthomeCodec()
    hear(codec, bytes.fromhex("44 00 05 3a 01"))
    assert len(hear(codec, bytes((0x44, 0x00, number, 0x3A, 0x01)), AT + 1.0)) == events


def test_without_a_number_the_same_octets_mean_something_new_after_four_quiet_seconds() -> None:
    codec = BthomeCodec()
    assert len(hear(codec, UNNUMBERED)) == 1
    assert hear(codec, UNNUMBERED, AT + 3.0) == []
    assert hear(codec, UNNUMBERED, AT + 6.0) == []
    assert len(hear(codec, UNNUMBERED, AT + 10.0)) == 1


def test_other_octets_are_something_new_at_once() -> None:
    codec = BthomeCodec()
    hear(codec, UNNUMBERED)
    assert len(hear(codec, bytes.fromhex("44 3a 04"), AT + 0.1)) == 1


def test_encryption_is_told_once_and_refused_each_time() -> None:
    codec = BthomeCodec()
    secret = named(load("bthome"), "encrypted temperature and humidity").data
    events = codec.decode(Packet(AT, "advertisement", secret))
    assert next(events) == StreamChanged(AT, "advertisements", running=False, reason=ENCRYPTED)
    with pytest.raises(WireError, match="set the unit up without encryption"):
        next(events)
    with pytest.raises(WireError, match="encrypted"):
        hear(codec, secret, AT + 60.0)


def test_what_is_understood_after_encryption_is_told_of_once() -> None:
    codec = BthomeCodec()
    with pytest.raises(WireError):
        hear(codec, named(load("bthome"), "encrypted temperature and humidity").data)
    running, pressed = hear(codec, PRESSED, AT + 1.0)
    assert running == StreamChanged(AT + 1.0, "advertisements", running=True, reason="no longer encrypted")
    assert isinstance(pressed, ButtonPressed)
    assert hear(codec, PRESSED, AT + 2.0) == []


def test_it_is_told_nothing() -> None:
    assert BthomeCodec().due(AT) == []


@given(st.lists(st.one_of(st.binary(max_size=30), st.binary(max_size=25).map(lambda data: b"\x44" + data)), max_size=5))
def test_no_octets_raise_anything_but_a_wire_error(story: list[bytes]) -> None:
    codec = BthomeCodec()
    for data in story:
        with contextlib.suppress(WireError):
            hear(codec, data)
    assert hear(codec, bytes.fromhex("44 01 2a"), AT + 10.0)[-1] == Battery(AT + 10.0, 42)


def test_it_is_known_by_its_service_data() -> None:
    data = {"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x40"}
    assert PROFILE.matches(Advertisement(None, service_data=data))
    assert not PROFILE.matches(Advertisement("Button", frozenset({"0000fcd2-0000-1000-8000-00805f9b34fb"})))
    assert PROFILE.broadcast
