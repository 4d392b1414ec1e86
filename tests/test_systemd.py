"""A service manager is told in datagrams, on a real socket; and one that does not listen harms nobody."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import pytest

from ptdevice.systemd import Systemd, status, watchdog_s

if TYPE_CHECKING:
    from pathlib import Path


def test_words_arrive_as_one_datagram_at_a_path(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(str(tmp_path / "notify"))
        Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify")}, 1).tell("READY=1", "STATUS=well")
        assert ears.recv(1000) == b"READY=1\nSTATUS=well"


def test_words_arrive_at_an_abstract_name(tmp_path: Path) -> None:
    name = f"ptdevice-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind("\0" + name)
        Systemd({"NOTIFY_SOCKET": "@" + name}, 1).tell("STOPPING=1")
        assert ears.recv(1000) == b"STOPPING=1"


def test_without_a_service_manager_nothing_is_said_and_nothing_complained_of(caplog: pytest.LogCaptureFixture) -> None:
    Systemd({}, 1).tell("READY=1")
    assert caplog.records == []


@pytest.mark.parametrize("name", ["relative", "vsock:2:1234"])
def test_a_name_of_another_kind_is_told(name: str, caplog: pytest.LogCaptureFixture) -> None:
    Systemd({"NOTIFY_SOCKET": name}, 1).tell("READY=1")
    assert "is told nothing" in caplog.text


def test_one_that_is_gone_is_complained_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    manager = Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}, 1)
    manager.tell("READY=1")
    manager.tell("WATCHDOG=1")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_one_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(str(tmp_path / "notify"))
        manager = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify")}, 1)
        for _ in range(2000):  # more than any queue holds
            manager.tell("WATCHDOG=1")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "7"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "\u0663"}, None),
        ({}, None),
    ],
)
def test_its_patience_is_read_where_this_process_is_meant(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_s(environ, 7) == seconds


def test_a_status_is_one_line() -> None:
    assert status("degraded;\nREADY=1") == "STATUS=degraded; READY=1"
