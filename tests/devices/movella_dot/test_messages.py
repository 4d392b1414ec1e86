"""Frames with a sum that comes to nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import Vector, load, named

from ptdevice.devices.movella_dot import messages
from ptdevice.devices.movella_dot.wire import DotError

VECTORS = load("movella_dot")
RIGHT = [
    vector
    for vector in VECTORS
    if vector.port in {"message", "answer", "acknowledgement"} and "error" not in vector.means
]
ROOTS = [vector for vector in VECTORS if "root" in vector.unit]


@pytest.mark.parametrize("vector", RIGHT, ids=[vector.name for vector in RIGHT])
def test_a_message_goes_both_ways(vector: Vector) -> None:
    taken = messages.parse_message(vector.data)
    assert taken is not None
    assert messages.message(*taken) == vector.data


@pytest.mark.parametrize("vector", RIGHT, ids=[vector.name for vector in RIGHT])
def test_a_message_may_be_padded_to_its_characteristic(vector: Vector) -> None:
    padded = vector.data.ljust(messages.LENGTH, b"\0")
    assert messages.parse_message(padded) == messages.parse_message(vector.data)


@pytest.mark.parametrize("vector", ROOTS, ids=[vector.name for vector in ROOTS])
def test_start_sync_names_the_root(vector: Vector) -> None:
    assert messages.start_sync(vector.unit["root"]) == vector.data


def test_nothing_but_zeros_is_no_message_yet() -> None:
    assert messages.parse_message(b"") is None
    assert messages.parse_message(bytes(160)) is None


@pytest.mark.parametrize("octet", range(4))
def test_a_wrong_octet_is_noticed(octet: int) -> None:
    data = bytearray(named(VECTORS, "is it synchronised?").data)
    data[octet] ^= 0x40
    with pytest.raises(DotError):
        messages.parse_message(bytes(data))


def test_what_follows_a_message_can_only_be_padding() -> None:
    data = named(VECTORS, "it is synchronised").data
    with pytest.raises(DotError):
        messages.parse_message(data + b"\0\1")


def test_half_a_message_is_refused() -> None:
    data = named(VECTORS, "it is synchronised").data
    for length in range(1, len(data)):
        with pytest.raises(DotError):
            messages.parse_message(data[:length])


@given(st.binary(max_size=170))
def test_whatever_the_octets_only_dot_errors_come_out(data: bytes) -> None:
    try:
        taken = messages.parse_message(data)
    except DotError as error:
        assert str(error)  # noqa: PT017 - that it has something to say is the point
    else:
        assert taken is None or messages.message(*taken) == data[: 3 + data[1]]


@given(st.integers(1, 3), st.binary(max_size=157))
def test_what_was_made_is_read(group: int, data: bytes) -> None:
    assert messages.parse_message(messages.message(group, data)) == (group, data)
