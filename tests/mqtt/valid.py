"""Whether a message is as the published schema says: its topic is known, its QoS and retain flag right, its body valid."""

from __future__ import annotations

import functools
import re
from typing import Any

from jsonschema_rs import Draft202012Validator

from ptdevice.mqtt.messages import MESSAGES, MessageKind
from ptdevice.mqtt.schema import LATER_WORD, bundle


@functools.cache
def _topics() -> list[tuple[re.Pattern[str], MessageKind]]:
    return [(re.compile(re.sub(r"\{\w+\}", "[a-z0-9_-]{1,32}", kind.topic) + r"\Z"), kind) for kind in MESSAGES]


def kind_of(topic: str) -> MessageKind:
    (found,) = [kind for pattern, kind in _topics() if pattern.match(topic)]
    return found


def closed(schema: Any) -> Any:
    """The schema as whoever speaks must keep it: no field and no word that is not in it."""
    if isinstance(schema, list):
        return [closed(each) for each in schema if each != LATER_WORD] + (
            # "other" is a word by which this version may speak, too.
            [{"const": "other"}] if LATER_WORD in schema else []
        )
    if isinstance(schema, dict):
        made = {key: closed(value) for key, value in schema.items()}
        return {"additionalProperties": False} | made if "required" in made and "properties" in made else made
    return schema


@functools.cache
def _definitions(*, strict: bool) -> Any:
    definitions = bundle()["$defs"]
    return closed(definitions) if strict else definitions


@functools.cache
def validator(definition: str, *, strict: bool) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": _definitions(strict=strict)})


def objections(topic: str, body: Any, *, qos: int | None = None, retain: bool | None = None) -> list[str]:
    """What is wrong with a message that was said; nothing where all is right. Without `qos` and `retain` they are not asked."""
    kind = kind_of(topic)
    # What is valid for whoever speaks is valid for whoever reads: `closed` only takes away.
    found = [
        f"{topic}: {'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator(kind.definition, strict=True).iter_errors(body)
    ]
    if qos not in {None, kind.qos}:
        found.append(f"{topic}: QoS {qos}, not {kind.qos}")
    if retain not in {None, kind.retained}:
        found.append(f"{topic}: retain is {retain}, not {kind.retained}")
    return found
