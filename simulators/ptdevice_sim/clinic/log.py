"""What a run leaves behind: everything that was said on MQTT, and everything that really happened, side by side.

As JSON lines, one message a line, `t` in seconds since the scenario began, the payload as it was on the wire (its keys keep
their order):

    {"t": 12.345, "topic": "...", "qos": 1, "retain": false, "payload": {...}}
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Detail = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the broker took it, at scenario second `t_s`."""

    t_s: float
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One true thing, at scenario second `t_s`. `who` is a unit's alias, or `broker`, `gateway`, `disk`, `clock`.

    `docs/scenarios.md` lists every `what` with the names in its `detail`.
    """

    t_s: float
    who: str
    what: str
    detail: Mapping[str, Detail]


@dataclass(frozen=True, slots=True)
class Run:
    """One scenario, played. `start_ns` is the true wall time (ns since 1970) at second 0; `said` and `truth` are in order."""

    title: str
    seed: int
    start_ns: int
    duration_s: float
    said: Sequence[Said]
    truth: Sequence[Happened]


class LogError(ValueError):
    """A line is no log line; says which and why."""


def line(said: Said) -> str:
    """One message as a line, without the newline. The payload's own text is kept, byte for byte."""
    head = f'{{"t": {said.t_s:.3f}, "topic": {json.dumps(said.topic)}, "qos": {said.qos}, "retain": {str(said.retain).lower()}'
    text = said.payload.decode("utf-8", "replace")
    try:
        json.loads(text)
    except ValueError:
        return f'{head}, "payload_hex": "{said.payload.hex()}"}}'
    return f'{head}, "payload": {" ".join(text.splitlines())}}}'


def lines(messages: Iterable[Said]) -> Iterator[str]:
    """Every message as a line."""
    return map(line, messages)


def digest(messages: Iterable[Said]) -> str:
    """SHA-256 of the lines: two runs that said the same bytes at the same moments have the same."""
    found = hashlib.sha256()
    for row in lines(messages):
        found.update(row.encode() + b"\n")
    return found.hexdigest()


def parse(text: str) -> Said:
    """The inverse of `line`, but for white space inside the payload. Raises LogError."""
    try:
        row = json.loads(text)
        payload = (
            bytes.fromhex(row["payload_hex"])
            if "payload_hex" in row
            else json.dumps(row["payload"], separators=(",", ":"), ensure_ascii=False).encode()
        )
        return Said(float(row["t"]), str(row["topic"]), payload, int(row["qos"]), bool(row["retain"]))
    except (ValueError, TypeError, KeyError) as error:
        raise LogError(f"not a log line ({type(error).__name__}: {error}): {text[:80]}") from error
