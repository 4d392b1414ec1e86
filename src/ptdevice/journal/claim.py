"""Whose records a file has: which gateway's, and whether they are simulated. Written into the file itself.

Simulated and real records never share a file, as they never share a topic. SQL, inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.errors import JournalError
from ptdevice.mqtt.topics import Names

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.journal.store import Sql

_WORDS = {True: "true", False: "false"}


def claim(sql: Sql, path: Path, names: Names) -> None:
    """Note who writes from now on. Raises JournalError where the file has records of the other kind."""
    known = claimed(sql)
    if known == names:
        return
    if known is not None and known.simulated is not names.simulated:
        (rows,) = sql.execute("SELECT count(*) FROM (SELECT 1 FROM entry LIMIT 1)").fetchone()
        if rows:
            has, is_for = ("simulated", "people") if known.simulated else ("real", "simulated units")
            raise JournalError(
                f"The journal {path} has {has} records, and this gateway is for {is_for}. Name another file in the config."
            )
    for name, value in (("site", names.site), ("gateway", names.gateway), ("simulated", _WORDS[names.simulated])):
        sql.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))


def claimed(sql: Sql) -> Names | None:
    """Who wrote last; None in a file that was made before this was noted."""
    meta = dict(sql.execute("SELECT name, value FROM meta").fetchall())
    if "simulated" not in meta:
        return None
    return Names(meta["site"], meta["gateway"], simulated=meta["simulated"] != _WORDS[False])
