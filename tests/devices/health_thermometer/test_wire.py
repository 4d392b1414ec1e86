from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import load

from ptdevice.devices.health_thermometer import wire


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("a0 0a 00 fe", 27.2),  # Polar
        ("b0 0e 00 fe", 37.6),  # Nordic
        ("6c 01 00 ff", 36.4),  # blessed
        ("10 01 00 ff", 27.2),  # in tenths, to the last bit the same number
        ("ff ff ff 00", -1.0),
        ("01 00 00 02", 100.0),
    ],
)
def test_a_float_is_the_decimal_that_was_meant(octets: str, value: float) -> None:
    assert wire.parse_float(bytes.fromhex(octets)) == value


@pytest.mark.parametrize("data", [b"", bytes(3), bytes(5)])
def test_a_float_has_four_octets(data: bytes) -> None:
    with pytest.raises(wire.HtsError, match="wrong length"):
        wire.parse_float(data)


def test_a_measurement_is_written_as_polar_s_test_has_it() -> None:
    assert wire.measurement(27.21) == bytes.fromhex("00 a1 0a 00 fe")
    assert wire.measurement(None) == bytes.fromhex("00 ff ff 7f 00")


@given(st.floats(-50, 120), st.none() | st.integers(0, 255))
def test_what_is_written_is_read_again(celsius: float, place: int | None) -> None:
    told = wire.parse_measurement(wire.measurement(celsius, place=place))
    assert told.celsius == pytest.approx(celsius, abs=0.0051)
    assert told.place == place


@given(st.one_of(st.binary(max_size=20), st.sampled_from([each.data for each in load("health_thermometer")])))
def test_parsing_raises_nothing_but_its_own_error(data: bytes) -> None:
    for parse in (wire.parse_measurement, wire.parse_float, wire.parse_place):
        with contextlib.suppress(wire.HtsError):
            parse(data)
