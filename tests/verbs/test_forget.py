"""`ptdevice forget` on the command line: what it deletes, what it clears at the broker, and when it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING

import aiomqtt
from tests.mqtt.mosquitto import HOST, mosquitto

from ptdevice.cli import main
from ptdevice.journal.store import Store
from ptdevice.mqtt.topics import Draft

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ANNA = "annaannaannaanna"
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
[journal]
path = "journal.sqlite"
[mqtt]
host = "{host}"
port = {port}
[units.chest]
device = "polar"
subject = "k3f7q"
"""


def prepared(folder: Path, port: int = 1) -> list[str]:
    """A journal with rows of two people; the arguments that every call needs."""
    (folder / "ptdevice.toml").write_text(CONFIG.format(host=HOST, port=port))
    with contextlib.closing(Store(folder / "journal.sqlite", lambda: "epoch")) as store, store.transaction():
        rows = [
            Draft("dev.ptdevice.pain.v1", "chest", whose, 1, 1, "boot", "synced", "{}")
            for whose in (ANNA, "k3f7q", ANNA)
        ]
        store.append(rows, iter("abc").__next__)
    return ["-c", str(folder / "ptdevice.toml")]


def subjects(folder: Path) -> list[str | None]:
    with contextlib.closing(sqlite3.connect(folder / "journal.sqlite")) as sql:
        return [subject for (subject,) in sql.execute("SELECT subject FROM entry ORDER BY sequence")]


def test_the_rows_are_deleted_and_where_else_to_look_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = prepared(tmp_path)
    (tmp_path / "journal.sqlite.corrupt-20260101T000000Z").write_bytes(b"")
    assert main(["forget", ANNA, "--no-broker", *arguments], environ={}) == 0
    assert subjects(tmp_path) == [None, "k3f7q", None, None]
    said = capsys.readouterr().out
    assert "2 records were deleted from" in said
    assert "(of chest)" in said
    assert "corrupt-20260101T000000Z" in said
    assert "exports" in said
    assert not [path for path in tmp_path.glob("journal.sqlite*") if ANNA.encode() in path.read_bytes()]


def test_a_dry_run_deletes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", ANNA, "--dry-run", *prepared(tmp_path)], environ={}) == 0
    assert subjects(tmp_path) == [ANNA, "k3f7q", ANNA]
    assert "2 records would be deleted" in capsys.readouterr().out


def test_while_the_daemon_runs_it_is_refused_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = prepared(tmp_path)
    with contextlib.closing(Store(tmp_path / "journal.sqlite", lambda: "epoch")):
        assert main(["forget", ANNA, "--no-broker", *arguments], environ={}) == 1
    said = capsys.readouterr().err
    assert "in use by another process" in said
    assert "cmd/gateway/forget" in said
    assert subjects(tmp_path) == [ANNA, "k3f7q", ANNA]


def test_whoever_the_configuration_names_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "k3f7q", *prepared(tmp_path)], environ={}) == 1
    assert "Take it out of [units.*]" in capsys.readouterr().err
    assert subjects(tmp_path) == [ANNA, "k3f7q", ANNA]


def test_without_a_journal_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = prepared(tmp_path)
    (tmp_path / "journal.sqlite").unlink()
    assert main(["forget", ANNA, *arguments], environ={}) == 1
    assert "There is no journal" in capsys.readouterr().err
    assert not (tmp_path / "journal.sqlite").exists()


def test_a_broker_that_is_away_is_told_and_the_rows_are_deleted_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["forget", ANNA, *prepared(tmp_path)], environ={}) == 1
    assert "could not be cleared" in capsys.readouterr().err
    assert ANNA not in subjects(tmp_path)


async def test_retained_values_that_may_be_the_persons_are_cleared_and_nothing_else(tmp_path: Path) -> None:
    prefix = "ptdevice/v1/clinic-a/pi-1"
    kept = [f"{prefix}/info", f"{prefix}/unit/chest/availability"]
    cleared = [f"{prefix}/unit/chest/state", f"{prefix}/unit/chest/dose", f"{prefix}/unit/chest/session"]
    async with mosquitto() as broker:
        async with aiomqtt.Client(HOST, broker.port) as client:
            for topic in (*kept, *cleared):
                await client.publish(topic, "{}", qos=1, retain=True)
        arguments = prepared(tmp_path, broker.port)
        assert await asyncio.to_thread(main, ["forget", ANNA, *arguments], environ={}) == 0
        async with aiomqtt.Client(HOST, broker.port) as client:
            await client.subscribe(f"{prefix}/#", qos=1)
            await client.publish(f"{prefix}/end", "{}", qos=1)
            left: list[str] = []
            async with asyncio.timeout(10):
                async for message in client.messages:
                    if str(message.topic).endswith("/end"):
                        break
                    left.append(str(message.topic))
        assert sorted(left) == sorted(kept)
