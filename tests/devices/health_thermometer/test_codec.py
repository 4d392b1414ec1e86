from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import AT, load

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement, Kind
from ptdevice.devices.health_thermometer.codec import ThermometerCodec
from ptdevice.errors import WireError
from ptdevice.link import Packet
from ptdevice.model import Battery, Event, Temperature

PROFILE = CATALOGUE["health_thermometer"]
MEASURED = bytes.fromhex("00 74 01 00 ff")  # 37.2


def hear(codec: ThermometerCodec, port: str, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, port, data)))


def test_a_measurement_that_does_not_say_where_was_taken_where_the_unit_always_measures() -> None:
    codec = ThermometerCodec()
    assert hear(codec, "temperature", MEASURED) == [Temperature(AT, 37.2, None)]
    hear(codec, "temperature_type", b"\x03")
    assert hear(codec, "temperature", MEASURED) == [Temperature(AT, 37.2, "ear")]


def test_a_measurement_that_says_where_is_believed() -> None:
    codec = ThermometerCodec()
    hear(codec, "temperature_type", b"\x03")
    assert hear(codec, "temperature", b"\x04" + MEASURED[1:] + b"\x08") == [Temperature(AT, 37.2, "toe")]


def test_a_place_of_two_octets_is_nonsense() -> None:
    with pytest.raises(WireError, match="a place is one octet"):
        hear(ThermometerCodec(), "temperature_type", b"\x03\x00")


@pytest.mark.parametrize("number", ["00 e1 94 ff fe", "00 11 27 00 ff"])  # -274.23, 1000.1
def test_what_nothing_can_be_is_nonsense(number: str) -> None:
    with pytest.raises(WireError, match="a temperature of"):
        hear(ThermometerCodec(), "temperature", bytes.fromhex(number))


def test_it_is_told_nothing() -> None:
    assert ThermometerCodec().due(AT) == []


def test_its_battery_is_heard() -> None:
    assert hear(ThermometerCodec(), "battery", b"\x2a") == [Battery(AT, 42)]


@given(st.sampled_from(["temperature", "temperature_type", "battery", "nowhere"]), st.binary(max_size=20))
def test_no_octets_raise_anything_but_a_wire_error(port: str, data: bytes) -> None:
    codec = ThermometerCodec()
    with contextlib.suppress(WireError):
        for event in hear(codec, port, data):
            if isinstance(event, Temperature) and event.celsius is not None:
                assert math.isfinite(event.celsius)
    assert hear(codec, "temperature", load("health_thermometer")[0].data)


def test_a_thermometer_is_known_by_its_service_and_is_no_motion_sensor() -> None:
    assert PROFILE.matches(Advertisement("whatever", frozenset({"00001809-0000-1000-8000-00805f9b34fb"})))
    assert not PROFILE.matches(Advertisement("Thermometer"))
    assert PROFILE.kinds == {Kind.THERMOMETER}
