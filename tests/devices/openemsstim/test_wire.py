from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import Vector, load

from ptdevice.devices.openemsstim.wire import Command, CommandError, command, parse

WHOLE = [vector for vector in load("openemsstim") if vector.means["do"] != "go" and vector.unit.get("ms") != 5000]


@pytest.mark.parametrize("vector", WHOLE, ids=[vector.name for vector in WHOLE])
def test_a_published_command_is_read_and_written_as_it_is(vector: Vector) -> None:
    assert command(parse(vector.data)) == vector.data


@pytest.mark.parametrize(
    "it",
    [
        Command(2, 1, 100),
        Command(-1, 1, 100),
        Command(7, 10, 100),
        Command(0, 101, 100),
        Command(0, -1, 100),
        Command(0, 1, 5001),
        Command(0, 1, -1),
    ],
)
def test_what_no_unit_should_hear_cannot_be_written(it: Command) -> None:
    with pytest.raises(CommandError):
        command(it)


@pytest.mark.parametrize(
    "text", ["", "G", "I40T2000G", "C2I1T1G", "C0T1G", "C0I1G", "C0I1T1", "C0I101T1G", "C0I1T7000G", "C0I1T1GG"]
)
def test_what_is_not_a_whole_command_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        parse(text.encode("ascii"))


@given(st.integers(0, 1), st.integers(0, 100), st.integers(0, 5000))
def test_every_command_names_its_channel_and_fits_a_write(channel: int, intensity: int, ms: int) -> None:
    data = command(Command(channel, intensity, ms))
    assert data.startswith((b"C0I", b"C1I"))
    assert len(data) <= 12
    assert parse(data) == Command(channel, intensity, ms)
