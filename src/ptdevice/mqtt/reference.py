"""The tables of docs/mqtt.md, made from the contract's models: `python -m ptdevice.mqtt.reference docs/mqtt.md` renews them."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt import contract
from ptdevice.mqtt.kinds import REQUESTS
from ptdevice.pages import renew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "The gateway": (
        contract.Status,
        contract.Info,
        contract.UnitInfo,
        contract.PairInfo,
        contract.Health,
        contract.Stage,
        contract.Adapter,
        contract.StandingAlarms,
        contract.StandingAlarm,
    ),
    "Delivery": (contract.Delivery, contract.ParkedRecord, contract.Ack),
    "A unit": (
        contract.Availability,
        contract.State,
        contract.Reading,
        contract.Dose,
        contract.PadsDose,
        contract.CommandedSession,
    ),
    "Live values": tuple(contract.STREAMS.values()),
    "Records": (contract.Envelope, *contract.EVENTS.values()),
    "Requests and answers": (*REQUESTS.values(), contract.Result, contract.ArmedAnswer),
}


def tables() -> str:
    """All bodies as Markdown."""
    return "\n".join(line for title, models in SECTIONS.items() for line in _section(title, models))


def _section(title: str, models: tuple[type[BaseModel], ...]) -> Iterator[str]:
    yield f"### {title}\n"
    for model in models:
        schema = model.model_json_schema()
        definitions = schema.get("$defs", {})
        yield f"**{model.__name__}** {inspect.getdoc(model) or ''}\n".replace("\n\n", " ").rstrip() + "\n"
        yield "| field | type | unit |\n|---|---|---|"
        required = set(schema.get("required", []))
        for name, field in schema["properties"].items():
            optional = "" if name in required or "const" in field else ", may be absent"
            yield f"| `{name}` | {_type(field, definitions)}{optional} | {_unit(field)} |"
        yield ""


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        definition = definitions[name]
        return ", ".join(f"`{value}`" for value in definition["enum"]) if "enum" in definition else name
    if "anyOf" in field:
        return " or ".join(_type(choice, definitions) for choice in field["anyOf"])
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if "prefixItems" in field:
        return f"array of {len(field['prefixItems'])} {_type(field['prefixItems'][0], definitions)}s"
    if field.get("type") == "array":
        return f"array of {_type(field['items'], definitions)}"
    if isinstance(values := field.get("additionalProperties"), dict):
        return f"object of {_type(values, definitions)}"
    if field.get("format") == "date-time":
        return "time"
    return str(field.get("type", "any"))


def _unit(field: dict[str, Any]) -> str:
    places = [field, *field.get("anyOf", ()), *field.get("prefixItems", ())[:1], field.get("items", {})]
    codes = [place["x-ucum"] for place in places if isinstance(place.get("x-ucum"), str)]
    return f"`{codes[0]}`" if codes else ""


if __name__ == "__main__":
    renew(sys.argv[1], tables())
