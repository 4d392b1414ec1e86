"""The bodies of all messages as one JSON Schema (2020-12), made from the models that encode and parse them. Pure.

    ptdevice schema > docs/messages.schema.json

`x-messages` has, for every kind of message, its topic and which of `$defs` its body is. What a gateway says is described for
readers: unknown fields are allowed, and an enumeration that may grow is its known words or any other string. Requests are
described as they are admitted: closed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from ptdevice.mqtt import contract
from ptdevice.mqtt.messages import MESSAGES

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ptdevice.mqtt.messages import MessageKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LATER_WORD = {"type": "string", "description": 'A word of a later version: read it as "other".'}


class _Plain(GenerateJsonSchema):
    """Without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def bundle() -> dict[str, Any]:
    """Everything that is said and heard on MQTT."""
    models: list[type[BaseModel]] = [contract.Envelope, *(kind.model for kind in MESSAGES)]
    # As a reader needs it ("validation"): a record of an older version, from the journal, may lack what is optional.
    _, made = models_json_schema([(model, "validation") for model in models], schema_generator=_Plain)
    definitions: dict[str, Any] = _opened(made["$defs"])
    envelope = definitions.pop(contract.Envelope.__name__)
    for kind in MESSAGES:
        if kind.record:
            definitions[kind.definition] = _event(kind, envelope)
    return {
        "$schema": DIALECT,
        "title": f"What ptdevice says and hears on MQTT, version {contract.MAJOR}",
        "description": "Validate a body against the `$ref` that `x-messages` has for its topic.",
        "x-messages": {kind.name: _listed(kind) for kind in MESSAGES},
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def text(document: dict[str, Any]) -> str:
    """A document as it is printed and committed."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _listed(kind: MessageKind) -> dict[str, Any]:
    return {
        "topic": kind.topic,
        "by": "requester" if kind.request else "consumer" if kind.report else "gateway",
        "qos": kind.qos,
        "retained": kind.retained,
        "$ref": f"#/$defs/{kind.definition}",
    }


def _event(kind: MessageKind, envelope: dict[str, Any]) -> dict[str, Any]:
    """A whole CloudEvent of one kind: flat, so that a generator of code makes one class of it."""
    said = contract.TYPE_PREFIX + kind.name.removeprefix("evt.") + contract.TYPE_SUFFIX
    properties = envelope["properties"] | {
        "type": {"const": said, "type": "string"},
        "data": {"$ref": f"#/$defs/{kind.model.__name__}"},
    }
    return {
        "title": kind.definition,
        "description": kind.about,
        "type": "object",
        "properties": properties,
        "required": list(properties),  # all of them: a gateway leaves out no field of an envelope
    }


def _opened(schema: Any) -> Any:
    """The same, where the word "other" alone (`contract.types.Open`) stands for every word of later versions."""
    if isinstance(schema, dict):
        if schema == {"const": "other", "type": "string"}:
            return dict(LATER_WORD)
        return {key: _opened(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_opened(each) for each in schema]
    return schema
