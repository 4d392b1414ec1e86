"""The layout that driver and simulated unit share, held against octets of the vendor's SDK."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import load, named

from ptdevice.devices.capture2go import wire

VECTORS = load("capture2go")
# Made by the SDK 1.0.1, utils.encodeQuat, and read back by it.
ORIENTATIONS = {
    "00 00 08 00 80 00 00 08": ((1.0, 0.0, 0.0, 0.0), False, False),
    "00 00 08 00 80 00 00 48": ((1.0, 0.0, 0.0, 0.0), True, False),
    "00 00 e8 45 c5 00 00 08": ((math.cos(math.pi / 8), 0.0, math.sin(math.pi / 8), 0.0), False, False),
    "00 00 08 00 80 00 00 f8": ((0.0, 0.0, 0.0, 1.0), True, True),
    "00 00 08 00 80 b5 45 0f": ((math.cos(math.radians(40)), math.sin(math.radians(40)), 0.0, 0.0), False, False),
}


def said(name: str) -> bytes:
    """The package of a vector, without the octet of its notification."""
    vector = named(VECTORS, name)
    return vector.data[1:] if vector.port == "data" else vector.data


@pytest.mark.parametrize("name", [vector.name for vector in VECTORS if vector.source == "vendor" and not vector.before])
def test_a_package_is_read_and_written_as_the_sdk_writes_it(name: str) -> None:
    data = said(name)
    told = wire.parse_package(data)
    octets = wire.package(told.header, told.payload)
    assert data.startswith(octets)


def test_the_mode_is_the_sdk_s() -> None:
    told = wire.parse_package(said("measure at 50 Hz, packed, without magnetometer; a status every 10 s"))
    assert told.payload == wire.mode(packed=3, status_s=10)
    assert (told.payload[wire.PACKED_AT], told.payload[wire.STATUS_AT], told.payload[wire.WITHOUT_MAG_AT]) == (3, 10, 1)


def test_a_status_is_read_as_the_sdk_writes_it() -> None:
    told = wire.parse_package(said("streaming, 55 % and charging"))
    assert wire.parse_status(told.payload) == wire.Status(1_700_000_000_000_000_000, wire.State.STREAMING, 55 + 128)


def test_a_status_is_written_so_that_it_is_read_again() -> None:
    told = wire.Status(5, wire.State.IDLE, 42)
    assert wire.parse_status(wire.status(told)) == told


def test_an_error_is_read_as_the_sdk_writes_it() -> None:
    told = wire.parse_package(said("refused: the wrong state for a start"))
    assert wire.parse_error(told.payload) == (wire.Refusal.WRONG_STATE, wire.Header.START)


def test_packed_samples_are_written_as_the_sdk_writes_them() -> None:
    data = said("eight samples at 50 Hz without magnetometer")
    told = wire.parse_package(data)
    samples = wire.samples_of(told)
    assert samples is not None
    assert samples.gyr[1] == (164, -328, 16384)
    assert samples.acc[1] == (8, -8, 2056)
    # The SDK's package has a heading offset of 45 degrees, which the simulated unit never has.
    assert wire.packed(samples, 0x0800008000080000)[8:-3] == data[8:-3]


@pytest.mark.parametrize("octets", ORIENTATIONS)
def test_an_orientation_is_written_as_the_sdk_writes_it(octets: str) -> None:
    quaternion, at_rest, disturbed = ORIENTATIONS[octets]
    bits = wire.orientation(quaternion, at_rest=at_rest, disturbed=disturbed)
    assert bits.to_bytes(8, "little").hex(" ") == octets
    turned = tuple(-part for part in quaternion)  # the same orientation
    assert wire.orientation(turned, at_rest=at_rest, disturbed=disturbed) == bits


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("02 7c 4e 7e 95 00 51", "cut short"),
        ("03 7c 4e 7e 95 00 51 01", "no package begins here"),
        ("02 7c 4e 7e 95 00 52 01", "a wrong checksum"),
        ("02 7c 4e 7e 95 01 51 01", "cut short"),
        ("02 7c 4e 7e 95 ed 51 01" + " 00" * 237, "no package begins here"),
    ],
)
def test_what_is_no_package_is_refused(data: str, why: str) -> None:
    with pytest.raises(wire.C2gError, match=why):
        wire.parse_package(bytes.fromhex(data))


@pytest.mark.parametrize("header", [0x0233, 0x0223, 0x0243, 0x0253])
def test_samples_of_a_wrong_length_are_refused(header: int) -> None:
    with pytest.raises(wire.C2gError, match="wrong length"):
        wire.samples_of(wire.Package(header, bytes(30)))


@pytest.mark.parametrize("header", [0x0237, 0x0230, 0x0283, 0x0247, 0x0003])
def test_other_packages_have_no_samples(header: int) -> None:
    assert wire.samples_of(wire.Package(header, bytes(115))) is None


@given(st.integers(0, 0xFFFF), st.binary(max_size=60))
def test_parsing_raises_nothing_but_its_own_error(header: int, data: bytes) -> None:
    for parse in (wire.parse_package, wire.parse_status, wire.parse_error):
        with contextlib.suppress(wire.C2gError):
            parse(data)
    with contextlib.suppress(wire.C2gError):
        wire.samples_of(wire.Package(header, data))
