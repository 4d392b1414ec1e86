"""The layout that driver and simulated unit share, held against bytes from outside."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import Vector, load

from ptdevice.devices.beurer_em70 import wire

VECTORS = load("beurer_em70")
STATES = [vector for vector in VECTORS if vector.data[2] == 0x07 and vector.kind == "event"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_a_frame_is_put_together_as_it_was_heard(vector: Vector) -> None:
    assert wire.frame(vector.data[2], vector.data[3:-2]) == vector.data


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_a_frame_is_taken_apart_into_its_command_and_info(vector: Vector) -> None:
    assert wire.parse(vector.data) == (vector.data[2], vector.data[3:-2])
    assert wire.frame_length(vector.data + b"\x5a") == len(vector.data)


@pytest.mark.parametrize("vector", STATES, ids=[vector.name for vector in STATES])
def test_a_state_is_put_together_as_it_was_heard(vector: Vector) -> None:
    info = vector.data[3:-2]
    assert wire.state_info(wire.parse_state(info)) == info


def test_the_fields_of_the_captured_layout_are_where_they_were_heard() -> None:
    info = bytes.fromhex("01 13 02 05 16 31 35 00")
    assert wire.parse_state(info) == wire.State(
        used=1, programme=19, mode=2, level=5, minutes=22, battery=0x31, seconds=53
    )


def test_the_fields_of_the_app_s_layout_are_where_it_reads_them() -> None:
    info = bytes.fromhex("01 13 02 05 16 31 01 07 00")
    assert wire.parse_state(info) == wire.State(
        used=1, programme=19, mode=2, level=5, minutes=22, battery=0x31, seconds=53, treatment=1, lock=0
    )


@given(st.binary(min_size=1, max_size=40))
def test_parsing_raises_nothing_but_a_frame_error(data: bytes) -> None:
    for parse in (wire.parse, wire.frame_length, wire.parse_state):
        with contextlib.suppress(wire.FrameError):
            parse(data)
