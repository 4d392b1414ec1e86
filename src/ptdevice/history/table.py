"""Records as tables: a table for each kind of record, whose columns are those of the published model. Pure.

What every record has comes first, and every row says itself whether it is simulated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt import contract
from ptdevice.mqtt.rows import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.mqtt.topics import Entry, Names

_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `type` is boolean, integer, number, string, time or array (then of `items`), `unit` a UCUM code."""

    name: str
    type: str
    items: Column | None = None
    unit: str | None = None


# Of the envelope; the names differ from those of all data, so that a table has no name twice.
ENVELOPE = (
    Column("simulated", "boolean"),
    Column("event_id", "string"),
    Column("sequence", "integer"),
    Column("epoch", "string"),
    Column("event_time", "time"),
    Column("clock", "string"),
    Column("bootid", "string"),
    Column("monous", "integer", unit="us"),
    Column("gateway", "string"),
    Column("unit", "string"),
    Column("subject", "string"),
)


def columns(kind: str) -> list[Column]:
    """The columns of a kind, in the order of the model and as its JSON Schema types them."""
    schema = contract.EVENTS[kind].model_json_schema()
    return [*ENVELOPE, *(_column(name, said, schema.get("$defs", {})) for name, said in schema["properties"].items())]


def _column(name: str, schema: dict[str, Any], definitions: dict[str, Any]) -> Column:
    parts = list(_parts(schema, definitions))
    types = {part["type"] for part in parts if "type" in part} - {"null"}
    unit = next((part["x-ucum"] for part in parts if "x-ucum" in part), None)
    if any(part.get("format") == "date-time" for part in parts):
        return Column(name, "time", unit=unit)
    if "array" in types:
        (listed,) = (part for part in parts if part.get("type") == "array")
        inside = [_column(name, each, definitions) for each in listed.get("prefixItems") or [listed["items"]]]
        # A pair of a level and its seconds is a list of numbers here.
        same = len({each.type for each in inside}) == 1
        return Column(name, "array", inside[0] if same else Column(name, "number"), unit)
    for wider in ("string", "number", "integer", "boolean"):
        if wider in types:
            return Column(name, wider, unit=unit)
    raise ValueError(f"{name} has no type that a table could have: {schema}")


def _parts(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema, and what it may be instead."""
    if "$ref" in schema:
        yield from _parts(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    yield schema
    for part in schema.get("anyOf", ()):
        yield from _parts(part, definitions)


def row(entry: Entry, names: Names) -> dict[str, Any]:
    """A record by column. What was not recorded is absent."""
    draft = entry.draft
    data: dict[str, Any] = json.loads(draft.data)
    return {
        "simulated": names.simulated,
        "event_id": entry.id,
        "sequence": entry.sequence,
        "epoch": entry.epoch,
        "event_time": rfc3339(draft.time_ns),
        "clock": draft.clock,
        "bootid": draft.boot_id,
        "monous": draft.mono_us,
        "gateway": f"{names.site}/{names.gateway}",
        "unit": draft.unit,
        "subject": draft.subject,
        **data,
    }


def cell(value: Any) -> str:
    """A value for CSV: nothing for null, `true` and `false`, lists as JSON.

    A text that a spreadsheet would take for a formula gets an apostrophe in front; JSON lines and Parquet have it as it was.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(_RISKY) else value
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
