"""What is written is what is read."""

from __future__ import annotations

import io
import json
import string

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.tape.reading import Tape
from ptdevice.tape.words import (
    OF_THE_LINK,
    VALUE_MAX,
    WITHOUT_VALUE,
    Characteristic,
    Direction,
    Entry,
    Header,
    Service,
    Source,
)
from ptdevice.tape.writing import entry_line, header_line

UUIDS = st.uuids().map(str)
WORDS = st.text(string.ascii_lowercase + string.digits + "_", max_size=20).map(lambda word: f"p{word}")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)
OCTET = st.binary(min_size=1, max_size=1)
VALUES = st.binary(max_size=20) | st.just(bytes(range(256)) * 2)
SERVICES = st.builds(
    Service,
    UUIDS,
    st.lists(
        st.builds(Characteristic, UUIDS, st.frozensets(st.sampled_from(["read", "notify", "write"]))), max_size=3
    ).map(tuple),
)
HEADERS = st.builds(
    Header,
    device=st.none() | WORDS,
    simulated=st.none() | st.booleans(),
    name=st.none() | TEXTS,
    services=st.lists(SERVICES, max_size=3).map(tuple),
    source=st.sampled_from(Source),
    software=TEXTS,
    ports=st.dictionaries(WORDS, UUIDS, max_size=4),
    start_s=st.none() | st.floats(0, 1e9),
    started=st.none() | st.just("2026-11-24T19:00:00Z"),
)


@st.composite
def entries(draw: st.DrawFn, header: Header) -> list[Entry]:
    """In the order of time, some on ports that the header names."""
    times = sorted(draw(st.lists(st.integers(0, 10**14), max_size=5)))
    made = []
    for t_us in times:
        direction = draw(st.sampled_from(Direction))
        known = st.sampled_from([*header.ports.values()]) if header.ports else UUIDS
        uuid = "" if direction in OF_THE_LINK else draw(UUIDS | known)
        values = OCTET if direction is Direction.ERROR else VALUES
        data = b"" if direction in WITHOUT_VALUE else draw(values)
        made.append(Entry(t_us, direction, uuid, data, draw(st.integers(0, VALUE_MAX))))
    return made


def written(header: Header, passed: list[Entry]) -> bytes:
    names = {uuid: name for name, uuid in header.ports.items()}
    return header_line(header) + b"".join(entry_line(entry, names) for entry in passed)


@given(st.data())
def test_a_tape_reads_back_as_it_was_written(data: st.DataObject) -> None:
    header = data.draw(HEADERS)
    passed = data.draw(entries(header))
    tape = Tape(io.BytesIO(written(header, passed)), "t")
    assert tape.header == header
    assert list(tape) == passed
    assert not tape.truncated


@given(st.data())
def test_a_tape_is_ascii_and_every_line_is_plain_json(data: st.DataObject) -> None:
    header = data.draw(HEADERS)
    passed = data.draw(entries(header))
    _, *lines = written(header, passed).decode("ascii").splitlines()
    assert [round(json.loads(line)["t"] * 1e6) for line in lines] == [entry.t_us for entry in passed]
