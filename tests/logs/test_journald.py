"""The journal's native protocol, spoken to a socket that takes what systemd-journald takes."""

from __future__ import annotations

import asyncio
import fcntl
import io
import logging
import os
import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.logs.naming import named

from ptdevice.logs import Hiding, JournalHandler, set_up
from ptdevice.logs.journald import SEALS, NoJournalError, serialise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def journal(path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as made:
        made.bind(str(path))
        made.settimeout(10)
        yield made


def read(data: bytes) -> dict[str, str]:
    """The fields of a datagram, as the protocol's page says that a reader takes them."""
    found = {}
    while data:
        line, _, data = data.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name, length = line, int.from_bytes(data[:8], "little")
            value, data = data[8 : 8 + length], data[8 + length :]
            assert data[:1] == b"\n"
            data = data[1:]
        found[name.decode()] = value.decode()
    return found


def speaking(path: Path, stream: io.StringIO | None = None, *, level: str = "info") -> logging.Logger:
    set_up(level, stream or io.StringIO(), {}, ["hunter2"], form="journal", journal=str(path))
    return logging.getLogger("ptdevice.connection")


def test_a_field_with_a_newline_has_its_length_before_it() -> None:
    """By hand, from systemd's page on the protocol: name, newline, 64 bits little-endian, value, newline."""
    assert serialise({"FOO": "a\nb"}) == b"FOO\n\x03\0\0\0\0\0\0\0a\nb\n"
    assert serialise({"PRIORITY": "3", "MESSAGE": "x=y"}) == b"PRIORITY=3\nMESSAGE=x=y\n"


def test_a_record_has_its_fields(tmp_path: Path) -> None:
    with journal(tmp_path / "s") as there:
        log = speaking(tmp_path / "s")

        async def tell() -> None:
            log.warning("nothing for %d s", 5)

        asyncio.run(named("unit chest", tell()))
        found = read(there.recv(65_536))
    assert found.pop("CODE_FILE").endswith("test_journald.py")
    assert found.pop("CODE_LINE").isdigit()
    assert found == {
        "MESSAGE": "nothing for 5 s",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "ptdevice",
        "PTDEVICE_SUBSYSTEM": "devices",
        "PTDEVICE_UNIT": "chest",
        "PTDEVICE_LOGGER": "ptdevice.connection",
        "CODE_FUNC": "tell",
    }


def test_no_field_has_what_is_hidden(tmp_path: Path) -> None:
    with journal(tmp_path / "s") as there:
        log = speaking(tmp_path / "s")

        async def tell() -> None:
            log.error("AA:BB:CC:DD:EE:0F\nhunter2", exc_info=ValueError("hunter2 at dev_AA_BB_CC_DD_EE_0F"))

        asyncio.run(named("unit AA:BB:CC:DD:EE:0F", tell()))
        data = there.recv(65_536)
    for private in (b"hunter2", b"AA:BB", b"AA_BB"):
        assert private not in data.replace(b'"hunter2', b"")
    assert read(data)["MESSAGE"].splitlines()[:2] == ["[hidden]", "[hidden]"]


def test_what_is_too_large_for_a_datagram_goes_into_a_sealed_file(tmp_path: Path) -> None:
    with journal(tmp_path / "s") as there:
        speaking(tmp_path / "s").error("x" * 1_000_000)
        data, descriptors, _, _ = socket.recv_fds(there, 65_536, 1)
        assert data == b""
        (file,) = descriptors
        try:
            assert fcntl.fcntl(file, fcntl.F_GET_SEALS) == SEALS
            found = read(os.pread(file, 2_000_000, 0))
        finally:
            os.close(file)
    assert found["MESSAGE"] == "x" * 1_000_000


def test_a_journal_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with journal(path) as there:
        log = speaking(path)
        log.error("one")
        assert read(there.recv(65_536))["MESSAGE"] == "one"
    path.unlink()
    with journal(path) as there:
        log.error("two")
        assert read(there.recv(65_536))["MESSAGE"] == "two"


def test_where_the_journal_is_gone_lines_go_to_standard_error(tmp_path: Path) -> None:
    stream = io.StringIO()
    with journal(tmp_path / "s"):
        log = speaking(tmp_path / "s", stream)
    (tmp_path / "s").unlink()
    log.error("at AA:BB:CC:DD:EE:0F")
    assert stream.getvalue().endswith("ERROR   ptdevice.connection: at [hidden]\n")


def test_a_journal_that_does_not_take_a_line_is_not_waited_for_and_the_loss_is_told(tmp_path: Path) -> None:
    with journal(tmp_path / "s") as there:
        log = speaking(tmp_path / "s")
        sent = 10_000  # far more than the queue of a socket holds (net.unix.max_dgram_qlen)
        for number in range(sent):
            log.error("%d", number)
        taken = []
        there.setblocking(False)
        try:
            while True:
                taken.append(read(there.recv(65_536))["MESSAGE"])
        except BlockingIOError:
            pass
        log.error("after")
        there.settimeout(10)
        lost = sent - len(taken)
        assert lost > 0
        said = read(there.recv(65_536))["MESSAGE"]
        assert said == f"after ({lost} lines before this one were lost: the journal did not take them)"
        log.error("again")
        assert read(there.recv(65_536))["MESSAGE"] == "again"


def test_without_a_journal_at_the_start_there_is_no_handler(tmp_path: Path) -> None:
    with pytest.raises(NoJournalError):
        JournalHandler(Hiding(), otherwise=logging.NullHandler(), path=str(tmp_path / "none"))
