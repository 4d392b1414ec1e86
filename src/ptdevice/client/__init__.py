"""For programs that build on the topics: every record of every gateway, in order, processed once. See docs/client.md.

async for record in subscribe("localhost", name="clinic-db", cursor="clinic-db.cursor"):
    print(record.gateway, record.sequence, record.kind, record.data)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from ptdevice.client.cursor import Cursor, FileCursor, TransactionCursor
from ptdevice.client.record import Record
from ptdevice.client.subscription import INCOMING, Subscription
from ptdevice.mqtt import topics
from ptdevice.mqtt.client import Broker, Tls

__all__ = ["Broker", "Cursor", "FileCursor", "Record", "Subscription", "Tls", "TransactionCursor", "subscribe"]

PATIENCE_S = 300.0


def subscribe(
    broker: str | Broker,
    *,
    name: str,
    cursor: Path | str | Cursor,
    site: str = "+",
    gateway: str = "+",
    simulated: bool = False,
    start: Literal["oldest", "now"] = "oldest",
    patience_s: float | None = PATIENCE_S,
) -> Subscription:
    """Records as they come, for `async for`. Asking for the next one says that the one before is processed.

    `broker`: a host, `host:port`, or a `Broker` with user, password and TLS. `name` (1 to 32 of a-z, 0-9, _ and -) is this
    consumer's, in `mqtt.consumer` of gateways that deliver end to end to it; two of one name throw each other out. `cursor`
    remembers how far it has come: a file, a `TransactionCursor` for processing exactly once, or one of your own.

    `site` and `gateway` name one, or `+` for all. `simulated`: those with simulated units instead. `start`: where to begin with
    a gateway that this cursor never met. After `patience_s` seconds, a record that does not come no longer holds up those after
    it, and comes out late; None: never. Raises ValueError for a name that is none; iterating raises CursorError.
    """
    for level in (name, *(each for each in (site, gateway) if each != "+")):
        if not topics.is_level(level):
            raise ValueError(f"{level!r} is no name: 1 to 32 of a-z, 0-9, _ and -")
    return Subscription(
        _broker(broker, name),
        name=name,
        cursor=FileCursor(cursor) if isinstance(cursor, str | Path) else cursor,
        gateways=f"{topics.SIMULATED_ROOT if simulated else topics.REAL_ROOT}/{site}/{gateway}",
        start=start,
        patience_s=patience_s,
    )


def _broker(broker: str | Broker, name: str) -> Broker:
    if isinstance(broker, Broker):
        return replace(broker, incoming=max(broker.incoming, INCOMING))
    host, _, port = broker.rpartition(":") if broker.rpartition(":")[2].isdigit() else (broker, "", "1883")
    return Broker(host.strip("[]"), f"consumer-{name}", int(port), incoming=INCOMING)
