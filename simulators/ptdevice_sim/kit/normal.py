"""A message with everything taken out of it that may differ between two runs which a person would call the same.

Masked, as `"<name>"`, with the key left in its place: the program's version; the ids, the boot and the store, which are drawn
at random; the place in the journal, which shifts by one in every record behind an additional one; and `monous`, which says on
another clock what `time` says. Ids that records refer to each other by become `<id 1>`, `<id 2>`, ... in order of appearance,
so that it stays visible which repetition belongs to which set.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptdevice_sim.kit.selection import DEFAULT, selects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.clinic.log import Said

MASKED = frozenset({"version", "id", "epoch", "boot_id", "bootid", "sequence", "monous"})
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a golden file. `t_s` to the millisecond; a payload that is no JSON is `{"payload_hex": ...}`."""

    t_s: float
    topic: str
    qos: int
    retain: bool
    payload: Any

    def text(self) -> str:
        """As it stands in the file, without the newline."""
        row = {"t": self.t_s, "topic": self.topic, "qos": self.qos, "retain": self.retain, "payload": self.payload}
        return json.dumps(row, ensure_ascii=False)


def normalise(log: Iterable[Said], *, topics: tuple[str, ...] = DEFAULT, ignore: tuple[str, ...] = ()) -> list[Line]:
    """The messages on these topics, in order of saying. `ignore`: dotted paths to leave out, e.g. `data.confidence`, `t`."""
    labels: dict[str, str] = {}
    lines = []
    for said in log:
        if selects(topics, said.topic):
            payload = _masked(_parsed(said.payload), labels)
            for path in ignore:
                _drop(payload, path.split("."))
            t_s = 0.0 if "t" in ignore else round(said.t_s, 3)
            lines.append(Line(t_s, said.topic, said.qos, said.retain, payload))
    return lines


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return {"payload_hex": payload.hex()}


def _masked(body: Any, labels: dict[str, str]) -> Any:
    if not isinstance(body, dict):
        return _labelled(body, labels)
    return {
        key: f"<{key}>" if key in MASKED and value is not None else _labelled(value, labels)
        for key, value in body.items()
    }


def _labelled(value: Any, labels: dict[str, str]) -> Any:
    match value:
        case dict():
            return {key: _labelled(item, labels) for key, item in value.items()}
        case list():
            return [_labelled(item, labels) for item in value]
        case str() if _UUID.fullmatch(value):
            return labels.setdefault(value, f"<id {len(labels) + 1}>")
    return value


def _drop(body: Any, path: list[str]) -> None:
    for key in path[:-1]:
        body = body.get(key) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body.pop(path[-1], None)
