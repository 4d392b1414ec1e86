"""A consumer that processes each record exactly once: `python -m benchmarks.consumer HOST:PORT DATABASE [NAME]`.

What it keeps of a record and the position past it are one transaction. Without a name it is not the one whose reports count at
the gateway, so it asks for ranges; with one it listens to simulated units. A record that came twice would break the uniqueness
of ids, and end it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys

from ptdevice.client import TransactionCursor, subscribe


async def main(broker: str, path: str, name: str | None = None) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")  # so that whoever looks on holds nobody up
    database.execute("CREATE TABLE IF NOT EXISTS kept (place INTEGER PRIMARY KEY, sequence INTEGER, id TEXT UNIQUE)")
    database.commit()
    cursor = TransactionCursor(database)
    async for record in subscribe(broker, name=name or "accounts", cursor=cursor, simulated=name is not None):
        database.execute("INSERT INTO kept (sequence, id) VALUES (?, ?)", (record.sequence, record.id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
