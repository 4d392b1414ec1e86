"""The published schemas are those of the models, all of them, and say the same as the door and the encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import meta
from pydantic import ValidationError
from tests.mqtt.valid import kind_of, objections, validator

from ptdevice.config.settings import Mqtt
from ptdevice.mqtt import contract
from ptdevice.mqtt.asyncapi import document, example
from ptdevice.mqtt.client.opening import LARGEST_INCOMING
from ptdevice.mqtt.client.properties import connect_properties
from ptdevice.mqtt.commands import Command, Door
from ptdevice.mqtt.compatibility import breaking
from ptdevice.mqtt.kinds import COMMANDS, KINDS
from ptdevice.mqtt.messages import MESSAGES, MessageKind
from ptdevice.mqtt.schema import bundle, text
from ptdevice.mqtt.topics import Arrival, Names, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = bundle()["$defs"]
STAMP = Stamp("boot-1", 1_795_451_760_000_000_000, 1000.0, synced=True)

every_kind = pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.name)
every_request = pytest.mark.parametrize("kind", [kind for kind in MESSAGES if kind.request], ids=lambda kind: kind.name)


def published(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def addressed(kind: MessageKind) -> str:
    levels = {"root": "ptdevice", "site": "clinic-a", "gateway": "pi-1", "unit": "chest", "requester": "tablet-2"}
    return kind.topic.format_map(levels)


def test_the_published_schema_is_current() -> None:
    assert published("messages.schema.json") == text(bundle()), "run: ptdevice schema > docs/messages.schema.json"


def test_the_published_asyncapi_document_is_current() -> None:
    assert published("asyncapi.json") == text(document()), "run: ptdevice schema --asyncapi > docs/asyncapi.json"


def test_the_document_has_the_content_types_that_are_sent() -> None:
    for name, message in document()["components"]["messages"].items():
        assert message["bindings"]["mqtt"]["contentType"] == message["contentType"]
        # CloudEvents 1.0.2, MQTT binding 3.2: structured mode
        assert ("cloudevents" in message["contentType"]) == name.startswith("evt.")


def test_the_document_says_how_the_gateway_connects() -> None:
    said = document()["servers"]["broker"]["bindings"]["mqtt"]
    ours = connect_properties(LARGEST_INCOMING).json()  # type: ignore[no-untyped-call]  # paho has half its types
    assert said["sessionExpiryInterval"] == ours["SessionExpiryInterval"]
    assert said["maximumPacketSize"] == ours["MaximumPacketSize"]
    assert said["keepAlive"] == Mqtt().keepalive_s


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from references(inner)


def test_nothing_breaks_those_who_build_on_the_released_schema() -> None:
    breaks = breaking(json.loads(published("released/messages.schema.json")), bundle())
    assert not breaks, (
        "This breaks people who build on the released messages:\n  "
        + "\n  ".join(breaks)
        + '\nTake it back, or see "A release" in CONTRIBUTING.md.'
    )


def test_every_record_stream_and_command_is_in_it() -> None:
    names = {kind.name for kind in MESSAGES}
    assert {f"evt.{kind}" for kind in (*KINDS.values(), *contract.EVENTS)} <= names
    assert {f"telemetry.{stream}" for stream in contract.STREAMS} <= names
    assert {f"cmd.{command.replace('/', '.')}" for command in COMMANDS} <= names
    others = {
        "status",
        "info",
        "diag.health",
        "alarms",
        "unit.availability",
        "unit.state",
        "unit.dose",
        "unit.session",
        "res",
        "delivery",
        "ack",
    }
    assert others <= names
    assert len(MESSAGES) == len(names) == len(contract.EVENTS) + len(contract.STREAMS) + len(COMMANDS) + len(others)


def test_every_live_model_has_its_stream() -> None:
    assert set(contract.Telemetry.__subclasses__()) == set(contract.STREAMS.values())


def test_every_body_of_the_contract_is_in_it() -> None:
    bodies = {
        name
        for name in contract.__all__
        if isinstance(model := getattr(contract, name), type) and issubclass(model, contract.Body | contract.Request)
    }
    # What all bodies, live values and requests share, and the envelope, which is in every event.
    assert bodies - set(SCHEMAS) == {"Body", "Request", "MoreRequest", "Telemetry", "Envelope", "Event"}


@every_kind
def test_a_topic_is_that_of_one_kind_of_message(kind: MessageKind) -> None:
    assert kind_of(addressed(kind).replace("chest", "gateway")) is kind


@every_kind
def test_an_example_is_valid_and_the_model_reads_it(kind: MessageKind) -> None:
    body = example(kind, SCHEMAS)
    assert objections(addressed(kind), body) == []
    if kind.record:
        assert contract.Event.model_validate_json(json.dumps(body)).type == body["type"]
        body = body["data"]
    kind.model.model_validate_json(json.dumps(body))


@every_request
def test_an_example_of_a_request_passes_the_door(kind: MessageKind) -> None:
    names = Names("clinic-a", "pi-1", simulated=False)
    alias = "spine" if kind.name.startswith("cmd.pair") else "chest"
    arrival = Arrival(addressed(kind).replace("chest", alias), json.dumps(example(kind, SCHEMAS)).encode())
    assert isinstance(Door(names, ["chest"], ["spine"]).admit(arrival, STAMP), Command)


@every_kind
def test_a_field_nobody_knows_is_for_readers_to_ignore_and_for_the_gateway_to_refuse(kind: MessageKind) -> None:
    body = example(kind, SCHEMAS) | {"quite_new": 1}
    assert validator(kind.definition, strict=False).is_valid(body) is not (kind.request or kind.report)


@every_kind
def test_without_a_required_field_it_is_valid_neither_here_nor_for_the_model(kind: MessageKind) -> None:
    whole = example(kind, SCHEMAS)
    schema = SCHEMAS[kind.model.__name__ if kind.record else kind.definition]
    for name in schema["required"]:
        lacking: dict[str, Any] = json.loads(json.dumps(whole))
        part = lacking["data"] if kind.record else lacking
        del part[name]
        assert not validator(kind.definition, strict=False).is_valid(lacking)
        with pytest.raises(ValidationError):
            kind.model.model_validate_json(json.dumps(part))


def test_a_word_of_a_later_version_is_valid_for_readers_and_never_said_by_this_one() -> None:
    kind = next(kind for kind in MESSAGES if kind.name == "status")
    body = example(kind, SCHEMAS) | {"state": "hibernating"}
    assert validator("Status", strict=False).is_valid(body)
    assert not validator("Status", strict=True).is_valid(body)


@pytest.mark.parametrize(
    ("topic", "change"),
    [
        ("status", {"state": 1}),
        ("status", {"time": "2026-11-24 16:36"}),
        ("unit/chest/telemetry/motion", {"acceleration_mps2": [[0.1, 9.7]]}),
        ("evt/pain", {"type": "dev.ptdevice.gap.v1"}),
        ("evt/pain", {"data": {"rating": 3}}),
        ("cmd/chest/rate_pain", {"rating": 11}),
    ],
)
def test_what_is_wrong_is_objected_to(topic: str, change: dict[str, Any]) -> None:
    topic = f"ptdevice/v1/clinic-a/pi-1/{topic}"
    assert objections(topic, example(kind_of(topic), SCHEMAS) | change)


def test_units_are_told_in_ucum() -> None:
    assert SCHEMAS["StimulationTelemetry"]["properties"]["current_ma"]["anyOf"][0]["x-ucum"] == "mA"


def test_both_documents_are_whole() -> None:
    meta.validate(bundle())
    for of in (bundle(), document()):
        for reference in references(of):
            place: Any = of
            for step in reference.removeprefix("#/").split("/"):
                place = place[step]


def test_the_asyncapi_document_says_how_each_message_is_sent_and_where_it_is_answered() -> None:
    made = document()
    assert made["channels"]["unit.state"]["address"] == "{root}/v1/{site}/{gateway}/unit/{unit}/state"
    state, motion, ping = (
        made["operations"][name] for name in ("send.unit.state", "send.telemetry.motion", "receive.cmd.gateway.ping")
    )
    assert (state["action"], state["bindings"]["mqtt"]["qos"], state["bindings"]["mqtt"]["retain"]) == ("send", 1, True)
    assert (motion["bindings"]["mqtt"]["qos"], motion["bindings"]["mqtt"]["messageExpiryInterval"]) == (0, 5)
    assert (ping["action"], ping["reply"]["channel"]["$ref"]) == ("receive", "#/channels/res")
