"""The records of btsnoop files, written by other programs and by hand."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.simulators.tapes import snooping
from tests.simulators.tapes.snooping import Raw, Script

from ptdevice.errors import TapeError
from ptdevice_sim.tapes.btsnoop import EPOCH_US, Capture, Kind, Record

CAPTURES = Path(__file__).parent / "captures"


def records(octets: bytes) -> list[Record]:
    return list(Capture(io.BytesIO(octets), "c"))


def file_of(*raws: Raw, datalink: int = 1002) -> bytes:
    parts = [b"btsnoop\0", struct.pack(">II", 1, datalink)]
    for raw in raws:
        parts += [struct.pack(">IIIIQ", raw.original, len(raw.data), raw.flags, raw.drops, raw.t_us), raw.data]
    return b"".join(parts)


@pytest.mark.parametrize(("datalink", "turned"), [(1001, snooping.as_h1), (2001, snooping.as_monitor(0))])
def test_all_three_datalinks_tell_the_same(tmp_path: Path, datalink: int, turned: object) -> None:
    script = Script().connected().knows().disconnected()
    script.add(snooping.COMMAND, b"\x03\x0c\0", sent=True)
    expected = records(script.to(tmp_path / "h4").read_bytes())
    assert {record.kind for record in expected} == {Kind.COMMAND, Kind.EVENT, Kind.ACL}
    assert callable(turned)
    raws = [turned(raw) for raw in script.records]
    assert records(file_of(*raws, datalink=datalink)) == expected


def test_btmon_s_own_file_is_read_to_its_end_with_the_adapter_s_notes_left_aside() -> None:
    found = records((CAPTURES / "btmon.btsnoop").read_bytes())
    kinds = [record.kind for record in found]
    assert kinds[:2] == [Kind.OTHER, Kind.OTHER]  # a new adapter, and that it was opened
    assert set(kinds[2:]) == {Kind.COMMAND, Kind.EVENT, Kind.ACL}
    assert found[0].t_us == EPOCH_US
    assert all(record.missing == 0 for record in found)


def test_the_adapter_s_number_is_kept() -> None:
    raw = snooping.as_monitor(3)(Script().connected().records[0])
    assert records(file_of(raw, datalink=2001))[0].adapter == 3


def test_what_was_not_kept_of_a_record_is_counted() -> None:
    found = records((CAPTURES / "editcap.btsnoop").read_bytes())
    cut = [record for record in found if record.missing]
    assert len(cut) == 15
    assert all(len(record.data) == 39 for record in cut)  # forty with H4's type


@pytest.mark.parametrize("kept", range(1, 30))
def test_a_file_that_breaks_off_is_read_up_to_there(kept: int) -> None:
    first, second = Script().connected().disconnected().records
    whole = file_of(first)
    capture = Capture(io.BytesIO(whole + file_of(second)[16:][:kept]), "c")
    assert len(list(capture)) == 1
    assert capture.truncated


def test_what_the_capturing_program_lost_is_told() -> None:
    capture = Capture(io.BytesIO(file_of(Raw(0, b"\1\3\x0c\0", 4, 0), Raw(0, b"\1\3\x0c\0", 4, 0, drops=7))), "c")
    list(capture)
    assert capture.drops == 7


@pytest.mark.parametrize("data", [b"", b"\x03abc", b"\x05abc", b"\x99"])
def test_what_is_neither_command_event_nor_data_is_left_aside(data: bytes) -> None:
    assert [record.kind for record in records(file_of(Raw(0, data, len(data), 0)))] == [Kind.OTHER]


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "not a btsnoop file"),
        (b"btsnoop\0\0\0\0\1", "not a btsnoop file"),
        (b"\xd4\xc3\xb2\xa1" + bytes(20), "not a btsnoop file"),
        (b"btsnoop\0" + struct.pack(">II", 2, 1002), "btsnoop version 2"),
        (b"btsnoop\0" + struct.pack(">II", 1, 1004), r"datalink 1004 \(H5\); it must be 1001"),
        (b"btsnoop\0" + struct.pack(">II", 1, 7), r"datalink 7 \(unknown\)"),
        (file_of(Raw(0, b"ab", 1, 0)), "a record of 2 octets out of 1"),
        (file_of(Raw(0, b"", 1 << 30, 0)), "a record of 0 octets out of 1073741824"),
    ],
)
def test_what_is_no_btsnoop_file_is_refused_with_the_place(octets: bytes, why: str) -> None:
    with pytest.raises(TapeError, match=rf"^c: {why}.*\(octet \d+\)$"):
        records(octets)


class Broken(io.RawIOBase):
    """A disk that fails."""

    def read(self, size: int = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_is_told() -> None:
    with pytest.raises(TapeError, match=r"cannot be read: .*Input/output error"):
        Capture(Broken(), "c")  # type: ignore[arg-type] # a file all the same


HEADS = st.sampled_from([b"", *(b"btsnoop\0" + struct.pack(">II", 1, link) for link in (1001, 1002, 2001))])


@given(HEADS, st.binary(max_size=300))
@example(b"btsnoop\0" + struct.pack(">II", 1, 1002), b"\xff" * 24)
def test_any_octets_are_records_or_a_tape_error(head: bytes, rest: bytes) -> None:
    try:
        records(head + rest)
    except TapeError as error:
        assert str(error).startswith("c: ")  # noqa: PT017 - either outcome is right
