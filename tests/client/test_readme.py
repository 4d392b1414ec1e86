"""The README's subscriber, as it stands there, between a broker, a gateway and itself that are killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.mqtt.mosquitto import HOST, mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

README = Path(__file__).parents[2] / "README.md"
CHILD = Path(__file__).with_name("gateways.py")
DEADLINE_S = 60.0


def subscriber() -> str:
    (code,) = [
        code for code in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if "subscribe(" in code
    ]
    return str(code)


def test_it_has_ten_lines() -> None:
    assert len([line for line in subscriber().splitlines() if line.strip()]) <= 10


@contextlib.asynccontextmanager
async def running(*arguments: str, folder: Path, output: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with output.open("ab") as out, (folder / "errors").open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=folder, stdout=out, stderr=errors, stdin=asyncio.subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def rows(path: Path) -> list[tuple[int, str]]:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        return list(sql.execute("SELECT sequence, id FROM entry ORDER BY sequence"))


def printed(path: Path) -> list[tuple[int, str]]:
    return [(int(words[1]), words[2]) for line in path.read_text().splitlines() if (words := line.split())]


def delivered(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        (waiting,) = sql.execute("SELECT count(*) FROM entry WHERE state <> 1").fetchone()
    return bool(waiting == 0)


@pytest.mark.timeout(180)
async def test_it_ends_with_the_rows_of_the_journal_whoever_is_killed(tmp_path: Path) -> None:
    (tmp_path / "subscriber.py").write_text(subscriber())
    heard, told, journal = tmp_path / "heard", tmp_path / "told", tmp_path / "journal.db"
    rng = random.Random(4)  # noqa: S311 - a seed, no secret
    async with mosquitto() as broker:
        address = f"{HOST}:{broker.port}"
        daemon = (str(CHILD), str(journal), str(broker.port), "pi-1", "my-app")
        for _ in range(3):
            async with (
                running("subscriber.py", address, folder=tmp_path, output=heard),
                running(*daemon, "0.002", folder=tmp_path, output=told),
            ):
                size = told.stat().st_size
                async with asyncio.timeout(DEADLINE_S):
                    while told.stat().st_size <= size:  # noqa: ASYNC110 - another process writes
                        await asyncio.sleep(0.05)
                await asyncio.sleep(rng.uniform(0.2, 0.8))
                await broker.kill()
                await broker.start()
                await asyncio.sleep(rng.uniform(0.0, 0.5))
        # A gateway that records nothing more, until everything is delivered.
        async with (
            running("subscriber.py", address, folder=tmp_path, output=heard),
            running(*daemon, "1000", folder=tmp_path, output=told),
            asyncio.timeout(DEADLINE_S),
        ):
            while not delivered(journal):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.2)
        assert len(rows(journal)) > 100
    # Killed between printing and remembering, it prints a line again: its own id tells.
    assert list(dict.fromkeys(printed(heard))) == rows(journal)
    assert {(int(line.split()[1]), line.split()[0]) for line in told.read_text().splitlines()} <= set(rows(journal))
