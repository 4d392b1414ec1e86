"""A tape that is not as it should be is refused by file and line; one that breaks off is not."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptdevice.errors import TapeError
from ptdevice.tape.reading import HEADER_LIMIT, LINE_LIMIT, Tape
from ptdevice.tape.words import Direction, Entry

BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
HEADER: dict[str, Any] = {
    "ptdevice_tape": 1,
    "device": "polar",
    "simulated": True,
    "name": "Polar H10 [hidden]",
    "source": "radio",
    "software": "ptdevice 0.1.0",
    "start_s": 12,
    "started": None,
    "ports": {"battery": BATTERY},
    "gatt": [{"uuid": BATTERY, "characteristics": [{"uuid": BATTERY, "properties": ["read"]}]}],
}
FIRST = json.dumps(HEADER)
GOOD = '{"t":0.5,"dir":"read","port":"battery","hex":"5a"}'


def opened(*lines: str, end: str = "\n") -> Tape:
    return Tape(io.BytesIO(("\n".join(lines) + end).encode()), "some.tape")


def refused(*lines: str, end: str = "\n") -> str:
    with pytest.raises(TapeError) as caught:
        list(opened(*lines, end=end))
    return str(caught.value)


def test_a_line_of_the_documented_form_is_understood() -> None:
    assert list(opened(FIRST, GOOD)) == [Entry(500_000, Direction.READ, BATTERY, b"\x5a")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "not a line of JSON"),
        ("x", "not a line of JSON"),
        ("[]", "not an object"),
        ("[" * 4000, "not a line of JSON"),
        ('{"t":NaN,"dir":"connected"}', "NaN is not JSON"),
        ('{"t":1,"t":2,"dir":"connected"}', "a key is there twice"),
        ('{"t":1e400,"dir":"connected"}', "t is not a time"),
        ('{"t":-1,"dir":"connected"}', "t is not a time"),
        ('{"t":true,"dir":"connected"}', "t is not a time"),
        ('{"dir":"connected"}', "t is not a time in seconds: None"),
        ('{"t":0.4,"dir":"connected"}', "t goes back, from 0.500000 to 0.400000"),
        ('{"t":1,"dir":"shout"}', "dir is none of connected, disconnected"),
        ('{"t":1,"dir":["read"]}', "dir is none of"),
        ('{"t":1,"dir":"connected","mood":1}', "unknown keys: mood"),
        ('{"t":1,"dir":"connected","port":"battery"}', "connected has a characteristic"),
        ('{"t":1,"dir":"read","hex":""}', "neither or both"),
        (f'{{"t":1,"dir":"read","port":"battery","uuid":"{BATTERY}","hex":""}}', "neither or both"),
        ('{"t":1,"dir":"read","port":"rate","hex":""}', "a port that the header does not name: 'rate'"),
        ('{"t":1,"dir":"read","port":{},"hex":""}', "a port that the header does not name"),
        ('{"t":1,"dir":"read","uuid":"2a19","hex":""}', "uuid is not 32 small hex digits"),
        (f'{{"t":1,"dir":"read","uuid":"{BATTERY.upper()}","hex":""}}', "uuid is not 32 small hex digits"),
        ('{"t":1,"dir":"read","port":"battery"}', "hex is not small hex digits in pairs: None"),
        ('{"t":1,"dir":"read","port":"battery","hex":"5"}', "hex is not small hex digits in pairs"),
        ('{"t":1,"dir":"read","port":"battery","hex":"5 5"}', "hex is not small hex digits in pairs"),
        (f'{{"t":1,"dir":"read","port":"battery","hex":"{"00" * 513}"}}', "513 octets in read"),
        ('{"t":1,"dir":"error","port":"battery","hex":""}', "0 octets in error"),
        ('{"t":1,"dir":"subscribe","port":"battery","hex":""}', "subscribe has a value"),
        ('{"t":1,"dir":"notify","port":"battery","hex":"","missing":-1}', "missing is not a number of octets"),
        (f'{{"t":1{" " * LINE_LIMIT}}}', f"longer than {LINE_LIMIT} octets"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_the_reason(line: str, why: str) -> None:
    told = refused(FIRST, GOOD, line, GOOD)
    assert told.startswith("some.tape:3: ")
    assert why in told


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ptdevice_tape": None}, "not a tape"),
        ({"ptdevice_tape": True}, "not a tape"),
        ({"ptdevice_tape": 2}, "version 2; this program reads up to 1"),
        ({"mood": 1}, "header's mood"),
        ({"device": "Polar H10"}, "header's device"),
        ({"simulated": "yes"}, "header's simulated"),
        ({"source": "memory"}, "header's source"),
        ({"start_s": -1}, "header's start_s"),
        ({"started": "yesterday"}, "header's started"),
        ({"ports": {"battery": "2a19"}}, "header's ports.battery"),
        ({"ports": {"Battery!": BATTERY}}, "header's ports.Battery!"),
        ({"gatt": [{"uuid": BATTERY}]}, "header's gatt.0.characteristics"),
    ],
)
def test_a_bad_header_is_refused_by_its_key(change: dict[str, Any], why: str) -> None:
    told = refused(json.dumps(HEADER | change))
    assert told.startswith("some.tape:1: ")
    assert why in told


@pytest.mark.parametrize("missing", sorted(HEADER))
def test_a_header_says_everything_or_is_refused(missing: str) -> None:
    told = refused(json.dumps({key: value for key, value in HEADER.items() if key != missing}))
    assert missing in told


def test_something_else_is_no_tape() -> None:
    assert refused("", end="") == "some.tape:1: an empty file, not a tape"
    assert "not a line of JSON" in refused("\x7fELF")
    assert f"longer than {HEADER_LIMIT} octets" in refused(" " * (HEADER_LIMIT + 1))


@pytest.mark.parametrize("kept", range(len(GOOD)))
def test_a_last_line_that_breaks_off_is_left_out_and_told(kept: int) -> None:
    tape = opened(FIRST, GOOD, GOOD[:kept], end="")
    assert len(list(tape)) == 1
    assert tape.truncated == (kept > 0)


def test_a_last_line_without_its_newline_counts_when_it_is_whole() -> None:
    tape = opened(FIRST, GOOD, GOOD, end="")
    assert len(list(tape)) == 2
    assert not tape.truncated


def test_only_the_last_line_may_break_off() -> None:
    assert refused(FIRST, GOOD[:20], GOOD).startswith("some.tape:2: ")


@given(st.binary(max_size=200))
@example(b'{"ptdevice_tape":' + b"9" * 5000 + b"}")
def test_any_bytes_are_a_tape_or_a_tape_error(noise: bytes) -> None:
    for start in (b"", FIRST.encode() + b"\n"):
        try:
            list(Tape(io.BytesIO(start + noise), "noise"))
        except TapeError as error:
            assert str(error).startswith("noise:")  # noqa: PT017 - either outcome is right


class Endless(io.RawIOBase):
    """A tape of many lines that nobody holds in memory."""

    def __init__(self) -> None:
        self.lines = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.lines += 1
        if self.lines == 1:
            return FIRST.encode() + b"\n"
        return GOOD.encode() + b"\n" if self.lines <= 10_000 else b""


def test_a_long_tape_takes_the_memory_of_a_line() -> None:
    tape = Tape(Endless(), "endless")  # type: ignore[arg-type] # of a file it needs only this
    tracemalloc.start()
    count = sum(1 for _ in tape)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 9_999
    assert peak < 200_000
