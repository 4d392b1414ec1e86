from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import load, named

from ptdevice.devices.bthome import wire

VECTORS = load("bthome")


def test_objects_are_read_in_their_order() -> None:
    said = wire.parse(
        bytes.fromhex("40 00 09 01 5d 02 5d 09 03 b7 18")
    )  # bthome-ble: packet 9, 93 %, 23.97 degrees, 63.27 %
    assert said.objects == ((0, b"\x09"), (1, b"\x5d"), (2, b"\x5d\x09"), (3, b"\xb7\x18"))


def test_three_buttons_are_three_values() -> None:
    said = wire.parse(bytes.fromhex("40 3a 00 3a 01 3a 03"))  # bthome-ble: none, press, triple press
    assert said.values(wire.BUTTON) == [b"\x00", b"\x01", b"\x03"]


def test_what_is_written_begins_as_bthome_ble_has_it() -> None:
    assert wire.data((wire.BUTTON, b"\x04"), by_event=False) == named(VECTORS, "a long press").data
    assert wire.data((0x51, bytes.fromhex("8756"))) == named(VECTORS, "acceleration of 22.151 m/s2").data


def test_what_is_encrypted_has_no_objects() -> None:
    assert wire.parse(named(VECTORS, "encrypted temperature and humidity").data).objects is None


def test_no_object_has_two_sizes() -> None:
    assert sum(len(numbers) for numbers in wire.SIZES.values()) == len(wire.SIZE_OF)


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda data: b"\x40" + data)))
def test_parsing_raises_nothing_but_its_own_error(data: bytes) -> None:
    with contextlib.suppress(wire.BthomeError):
        wire.parse(data)
