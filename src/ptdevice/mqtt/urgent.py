"""Wishes for less, understood as far as they can be: `stop`, `pause`, `lower`, `stop_all`. Pure.

A stop is a stop. It is taken with fields that nobody knows, with none, with an old stamp, twice, retained, and as a body that
is no JSON at all, because the topic says what is meant. Only a `lower` without a level that is one cannot be understood.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt import contract
from ptdevice.mqtt.topics import is_level

if TYPE_CHECKING:
    from ptdevice.mqtt.topics import Arrival

UNIT_NAMES: dict[str, type[contract.Request]] = {
    "stop": contract.Stop,
    "pause": contract.Pause,
    "lower": contract.Lower,
}
GATEWAY_NAMES: dict[str, type[contract.Request]] = {"stop_all": contract.StopAll}
LARGEST = 4096  # bytes of a body that is looked into; a larger stop is a stop without a body
NOBODY = "unknown"  # the id and the requester of who names none
HIGHEST = 1000

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def understood(arrival: Arrival, name: str, *, gateway: bool) -> contract.Request | None:
    """The wish, as well written as it should have been; None: it is none of these, or has no meaning."""
    model = (GATEWAY_NAMES if gateway else UNIT_NAMES).get(name)
    if model is None:
        return None
    body = _body(arrival.payload)
    said: dict[str, Any] = {
        "id": body["id"] if isinstance(body.get("id"), str) and _ID.fullmatch(body["id"]) else NOBODY,
        "requester": _level(body.get("requester")) or NOBODY,
        "actor": _level(body.get("actor")),
    }
    if model is contract.Lower:
        level = body.get("level")
        if isinstance(level, bool) or not isinstance(level, int | float) or not level >= 0:
            return None
        # Down, where it is not whole; and a level above the highest is no reason to ignore what may be below the present one.
        said |= {"level": int(min(level, HIGHEST)), "channel": _level(body.get("channel"))}
    return model.model_validate(said)


def _body(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        return {}
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _level(value: object) -> str | None:
    return value if isinstance(value, str) and is_level(value) else None
