"""At the start an older journal is brought up to date off the loop, while the service manager is told to be patient."""

from __future__ import annotations

import contextlib
import logging
import socket
import sqlite3
from typing import TYPE_CHECKING

from tests.journal.scaffold import damage, journal
from tests.journal.test_migrations import made_by
from tests.journal.test_upgrading import version

from ptdevice.journal.migrations import MIGRATIONS
from ptdevice.systemd import Systemd
from ptdevice.upgrade import upgraded

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOBODY = Systemd({}, 1)


async def test_an_older_one_is_upgraded_and_it_is_told_where_the_copy_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    await upgraded(path, NOBODY)
    assert version(path) == len(MIGRATIONS)
    assert f"{path}.schema-1 is a copy of it as it was" in caplog.text


async def test_what_no_consumer_has_acknowledged_stays_so(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.executescript(
            "UPDATE entry SET state = 3 WHERE sequence = 2; PRAGMA user_version = 2;"
        )  # TOLD is of form 2
    await upgraded(path, NOBODY)
    with contextlib.closing(sqlite3.connect(path)) as sql:
        assert sql.execute("SELECT sequence FROM entry WHERE state = 3").fetchall() == [(2,)]


async def test_the_manager_is_told_to_wait_longer(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(str(tmp_path / "notify"))
        manager = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify")}, 1)
        await upgraded(made_by(1, tmp_path / "journal.sqlite"), manager)
        assert ears.recv(1000).decode().splitlines()[0] == "EXTEND_TIMEOUT_USEC=60000000"


async def test_one_of_this_version_costs_no_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with journal(tmp_path / "journal.sqlite"):
        pass
    caplog.clear()
    await upgraded(tmp_path / "journal.sqlite", NOBODY)
    await upgraded(tmp_path / "not there", NOBODY)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_what_is_wrong_with_the_file_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    spoilt = damage(path, "garbage")
    await upgraded(path, NOBODY)
    assert path.read_bytes() == spoilt
