"""The AsyncAPI 3.0 document: channels, operations and messages, around the schemas of `ptdevice.mqtt.schema`. Pure.

    ptdevice schema --asyncapi > docs/asyncapi.json

It is written as the gateway: it sends what it says, and receives requests.
"""

from __future__ import annotations

import re
from typing import Any

from ptdevice.mqtt import contract
from ptdevice.mqtt.messages import MESSAGES, MessageKind
from ptdevice.mqtt.schema import bundle
from ptdevice.mqtt.topics import CLOUDEVENT, JSON

BINDING = "0.2.0"  # of MQTT's binding to AsyncAPI

_PARAMETERS: dict[str, dict[str, Any]] = {
    "root": {
        "enum": ["ptdevice", "ptdevice-sim"],
        "default": "ptdevice",
        "description": "`ptdevice-sim` where units are simulated: invented data never shares a topic with real data.",
    },
    "site": {"description": "The site, as configured.", "examples": ["clinic-a"]},
    "gateway": {"description": "The gateway, as configured.", "examples": ["pi-1"]},
    "unit": {"description": "The alias of a unit, or of a pair of units, as configured.", "examples": ["chest"]},
    "requester": {
        "description": "Who asked: `requester` of the request.",
        "location": "$message.payload#/requester",
        "examples": ["tablet-2"],
    },
}

_SECURITY: dict[str, dict[str, Any]] = {
    "password": {"type": "userPassword", "description": "`mqtt.username` and `mqtt.password_file`"},
    "certificate": {"type": "X509", "description": "`mqtt.cert_file` and `mqtt.key_file`, over TLS 1.2 or newer"},
}
# How the gateway connects. The will says `offline`; its message is what `status` is in the schema.
_CONNECTION: dict[str, Any] = {
    "clientId": "{gateway}",
    "cleanSession": True,
    "sessionExpiryInterval": 0,
    "keepAlive": 15,
    "maximumPacketSize": 65_536,
    "lastWill": {"topic": next(kind.topic for kind in MESSAGES if kind.name == "status"), "qos": 1, "retain": True},
    "bindingVersion": BINDING,
}

# What a field says in an example, by its name; one that is not here, something of its type.
_SPOKEN: dict[str, Any] = {
    "acceleration_mps2": [[0.12, 9.71, 0.6]],
    "alias": "chest",
    "angular_rate_dps": [[12.5, -0.4, 1.1]],
    "boot_id": "5f0c9f0a-0d4e-4f0b-9a53-3c1c2b9f1a10",
    "bootid": "5f0c9f0a-0d4e-4f0b-9a53-3c1c2b9f1a10",
    "command": "chest/begin_set",
    "commands": ["gateway/ping", "unit/begin_set"],
    "confidence": 0.94,
    "contract": contract.MAJOR,
    "counters": {"unit.chest.packets": 4711, "journal.queued": 0},
    "device": "polar",
    "entered_by": "therapist-4",
    "epoch": "0193a0c4-5b1e-7c0e-9f53-0e5d3a3a1b2c",
    "events": ["dev.ptdevice.exercise.repetition.v1"],
    "first_day": "2026-11-24",
    "gap": False,
    "gateway": "pi-1",
    "id": "0193a0c4-5b20-7d11-8a3e-5a6b7c8d9e0f",
    "kinds": ["sensor"],
    "last_day": "2026-11-24",
    "level": 4,
    "level_max": 15,
    "minutes": 15,
    "monous": 731_000_123,
    "offset_us": [0],
    "origin": "observed",
    "phase": "moving",
    "rate_hz": 100.0,
    "red_flags": [],
    "requester": "tablet-2",
    "rr_ms": [812.0],
    "sequence": "1234",
    "session_id": "0193a0c4-3a10-7b42-9c1d-2e3f4a5b6c7d",
    "set_id": "0193a0c4-4a10-7b42-9c1d-2e3f4a5b6c7d",
    "simulated": False,
    "site": "clinic-a",
    "source": "/clinic-a/pi-1/chest",
    "start": "2026-11-24T16:35:57.223456Z",
    "stream": "acceleration",
    "tempo_s": [1.4, 0.3, 1.2],
    "timezone": "Europe/Berlin",
    "title": "Polar H10",
    "turn": "2026-11-24T16:35:58.623456Z",
    "values": {"battery_pct": {"value": 83, "time": "2026-11-24T16:35:00.000000Z"}},
    "version": "0.1.0",
}
# And of what may be unknown, this is known in an example; the rest is null.
_KNOWN: dict[str, Any] = {
    "issued_at": "2026-11-23T16:36:00Z",
    "angle_deg": 31.5,
    "day": "2026-11-24",
    "exercise": "sit_up",
    "programme": "back_1",
    "range_deg": 62,
    "time": "2026-11-24T16:36:00.123456Z",
    "week_first_day": "2026-11-23",
}
_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "string": "text", "null": None}


def document() -> dict[str, Any]:
    """The whole document."""
    schemas = bundle()["$defs"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ptdevice",
            "version": f"v{contract.MAJOR}",
            "description": (
                "Stimulators and motion sensors of physical therapy, observed, on MQTT. Not a medical device. Commanding a "
                "stimulator is off unless it was switched on, and requests start nothing: an act at the unit does. Unknown "
                'fields are to be ignored, and an unknown word of an enumeration that may grow reads as "other".'
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": {
            "broker": {
                "host": "{host}:{port}",
                "protocol": "mqtt",
                "description": "The broker that a gateway is configured for; MQTT 5 or 3.1.1, with TLS where it is set up.",
                "variables": {"host": {"default": "localhost"}, "port": {"default": "1883"}},
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
                "bindings": {"mqtt": _CONNECTION},
            }
        },
        "channels": {kind.name: _channel(kind) for kind in MESSAGES},
        "operations": {_operation_name(kind): _operation(kind) for kind in MESSAGES},
        "components": {
            "parameters": _PARAMETERS,
            "securitySchemes": _SECURITY,
            "messages": {kind.name: _message(kind, schemas) for kind in MESSAGES},
            "schemas": {name: _draft7(schema) for name, schema in schemas.items()},
        },
    }


def example(kind: MessageKind, schemas: dict[str, Any]) -> Any:
    """A body of this kind, as it might be."""
    return _example(schemas[kind.definition], schemas, "")


def _channel(kind: MessageKind) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", kind.topic)
    return {
        "address": kind.topic,
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in names},
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"}},
    }


def _operation_name(kind: MessageKind) -> str:
    return f"{_action(kind)}.{kind.name}"


def _action(kind: MessageKind) -> str:
    return "receive" if kind.request or kind.report else "send"


def _operation(kind: MessageKind) -> dict[str, Any]:
    binding: dict[str, Any] = {"qos": kind.qos, "retain": kind.retained, "bindingVersion": BINDING}
    if kind.expiry_s is not None:
        binding["messageExpiryInterval"] = kind.expiry_s
    operation: dict[str, Any] = {
        "action": _action(kind),
        "channel": {"$ref": f"#/channels/{kind.name}"},
        "messages": [{"$ref": f"#/channels/{kind.name}/messages/{kind.name}"}],
        "bindings": {"mqtt": binding},
    }
    if kind.request:
        operation["reply"] = {
            "channel": {"$ref": "#/channels/res"},
            "messages": [{"$ref": "#/channels/res/messages/res"}],
        }
    return operation


def _message(kind: MessageKind, schemas: dict[str, Any]) -> dict[str, Any]:
    content_type = CLOUDEVENT if kind.record else JSON
    return {
        "name": kind.name,
        "title": kind.definition,
        "description": kind.about,
        "contentType": content_type,
        "bindings": {"mqtt": {"payloadFormatIndicator": 1, "contentType": content_type, "bindingVersion": BINDING}},
        "payload": {"$ref": f"#/components/schemas/{kind.definition}"},
        "examples": [{"name": "made_up", "payload": example(kind, schemas)}],
    }


def _draft7(schema: Any) -> Any:
    """AsyncAPI's own schemas are those of draft 7: a tuple is an array of `items`, and definitions are components."""
    if isinstance(schema, dict):
        return {
            "items" if key == "prefixItems" else key: (
                value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _draft7(value)
            )
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_draft7(each) for each in schema]
    return schema


def _example(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if "anyOf" in schema:
        kinds = {choice.get("type") for choice in schema["anyOf"]}
        if "null" in kinds and not _fits(_KNOWN.get(name), kinds):
            return None
        return _example(schema["anyOf"][0], schemas, name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    spoken = _KNOWN.get(name, _SPOKEN.get(name))
    return spoken if _fits(spoken, {schema["type"]}) else _by_type(schema, schemas)


def _by_type(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    match schema["type"]:
        case "object":
            return {
                name: _example(field, schemas, name)
                for name, field in schema.get("properties", {}).items()
                if name in schema.get("required", ()) or name in _KNOWN
            }
        case "array" if "prefixItems" in schema:
            return [_example(each, schemas, "") for each in schema["prefixItems"]]
        case "array":
            return [_example(schema["items"], schemas, "")]
        case "string" if schema.get("format") == "date-time":
            return _KNOWN["time"]
        case "number" if "maximum" in schema:
            return schema["maximum"]
        case kind:
            return _BY_TYPE[kind]


def _fits(value: Any, kinds: set[Any]) -> bool:
    """Whether a spoken example is of one of these types: a name may be a word here and a number there."""
    match value:
        case None:
            return False
        case bool():
            return "boolean" in kinds
        case int():
            return bool({"integer", "number"} & kinds)
        case float():
            return "number" in kinds
        case str():
            return "string" in kinds
        case list():
            return "array" in kinds
        case _:
            return "object" in kinds
