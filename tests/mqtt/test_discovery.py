"""What is announced, against Home Assistant's schema written down from its source, and what it shows of an evening."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.home_assistant.documented import TOPIC, BinarySensor, Button, Component, Payload
from tests.home_assistant.evening import EM70, NAMES, OFF, ON, POLAR, SPEAKER, STEPS, announcements, heard, says, status
from tests.home_assistant.pretend import Pretend

from ptdevice.devices import CATALOGUE
from ptdevice.model import Output
from ptdevice.mqtt.commands import Command, Door
from ptdevice.mqtt.discovery import GATEWAY, Announcement, gone
from ptdevice.mqtt.entities import OCCASIONAL
from ptdevice.mqtt.roles import Role, User, rights
from ptdevice.mqtt.topics import Arrival, Message, Names, Stamp

STAMP = Stamp("boot-1", 1_795_451_760_000_000_000, 1000.0, synced=True)
ADDRESS = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}", re.IGNORECASE)


def payload(message: Message | Announcement) -> Payload:
    return Payload.model_validate_json((message if isinstance(message, Message) else message.message()).payload)


def components(message: Message) -> dict[str, Component]:
    """Those that are there, and not merely taken away."""
    return {name: each for name, each in payload(message).components.items() if isinstance(each, Component)}


def every(**changes: object) -> list[Message]:
    """A message of every kind of device, each with all that it may have."""
    speaker = replace(SPEAKER, **changes)  # type: ignore[arg-type]
    units = [speaker.unit(f"{name}-1", profile, [*OCCASIONAL], stops=True) for name, profile in CATALOGUE.items()]
    found = [speaker.gateway(stops=True), *units, speaker.pair("lumbar", "upper", "lower")]
    return [each.message() for each in found]


@pytest.mark.parametrize("message", every(), ids=lambda message: message.topic.split("/")[-2])
def test_a_device_is_announced_as_home_assistant_documents_it(message: Message) -> None:
    assert payload(message).components
    assert (message.qos, message.retain) == (1, True)
    match = TOPIC.fullmatch(message.topic.removeprefix("homeassistant/"))
    assert match is not None
    assert match["component"] == "device"


def test_what_home_assistant_shows_of_an_evening_is_what_was_so() -> None:
    home = Pretend()
    for step in STEPS:
        for message in step.messages:
            home.take(message)
        shown = {key: home.state(*key) for key in step.shown}
        assert shown == step.shown, step.what
    assert home.warnings == []
    assert home.find("chest", "reachability").attributes["text"] == "as the log has it"
    assert home.find("ptdevice pi-1", "answer").attributes["command"] == "back/stop"


def test_an_output_that_was_not_said_again_in_time_is_not_known_any_more() -> None:
    home = Pretend()
    for message in (*announcements(), status("online"), heard("back", "online"), says("back", **ON)):
        home.take(message)
    home.now = 34.0
    assert home.state("back", "output") == "on"
    home.now = 36.0
    assert home.state("back", "output") == "unavailable"


def test_a_unit_that_may_be_silent_for_long_is_not_doubted_before_the_gateway_doubts_it() -> None:
    for name, profile in CATALOGUE.items():
        for key, component in components(
            SPEAKER.unit(name.replace("_", "-"), profile, (), stops=False).message()
        ).items():
            if key.endswith("output"):
                assert isinstance(component, BinarySensor)
                assert component.expire_after is not None
                assert profile.quiet_s + 10 < component.expire_after <= profile.quiet_s + 60


@pytest.mark.parametrize("word", ["ramping", "other", "unknown", "OFF", "", None, 0, False])
def test_a_word_of_an_output_that_is_yet_to_come_is_unknown_and_never_off(word: object) -> None:
    home = Pretend()
    for message in (*announcements(), status("online"), heard("back", "online"), says("back", **OFF)):
        home.take(message)
    home.take(says("back", output=word, contact=word))
    assert (home.state("back", "output"), home.state("back", "contact")) == ("unknown", "unknown")
    assert home.warnings == []


def test_a_unit_that_is_away_without_a_reason_is_shown_as_away() -> None:
    home = Pretend()
    for message in (*announcements(), status("online"), heard("back", "offline")):
        home.take(message)
    assert home.state("back", "reachability") == "offline"


def test_a_value_that_is_not_said_at_all_is_unknown() -> None:
    home = Pretend()
    for message in (*announcements(), status("online"), heard("back", "online"), heard("chest", "online")):
        home.take(message)
    for message in (says("back", output=Output.OFF), says("chest", battery_pct=80), says("back"), says("chest")):
        home.take(message)
    for device, name in (("back", "output"), ("back", "level"), ("chest", "battery_pct"), ("chest", "heart_rate_bpm")):
        assert home.state(device, name) == "unknown"


def test_a_stop_is_offered_where_a_request_can_stop_and_nowhere_else() -> None:
    assert "stop" in payload(SPEAKER.unit("back", EM70, (), stops=True)).components
    assert "stop" not in payload(SPEAKER.unit("back", EM70, (), stops=False)).components
    assert {"stop_all", "answer"} <= payload(SPEAKER.gateway(stops=True)).components.keys()
    assert not {"stop_all", "answer"} & payload(SPEAKER.gateway(stops=False)).components.keys()


@pytest.mark.parametrize("message", every(), ids=lambda message: message.topic.split("/")[-2])
def test_nothing_can_be_started_or_raised_from_home_assistant(message: Message) -> None:
    asked = [
        each.command_topic.rpartition("/")[2]
        for each in payload(message).components.values()
        if isinstance(each, Button)
    ]
    assert set(asked) <= {"stop", "stop_all"}
    assert not [topic for topic in re.findall(r'"([^"]*/cmd/[^"]*)"', message.payload.decode()) if "/stop" not in topic]


def test_a_stop_can_be_pressed_while_the_unit_is_not_heard() -> None:
    home = Pretend()
    for message in (*announcements(), status("online"), heard("back", "unknown", "link_lost")):
        home.take(message)
    topic, _ = home.press("back", "stop")
    assert topic == f"{NAMES.prefix}/cmd/back/stop"


@pytest.mark.parametrize(("device", "name"), [("back", "stop"), ("ptdevice pi-1", "stop_all")])
def test_each_press_is_a_right_request_of_its_own(device: str, name: str) -> None:
    home = Pretend()
    for message in (*announcements(), status("online")):
        home.take(message)
    presses = []
    for now in (0.0, 0.001, 5.0):
        home.now = now
        presses.append(home.press(device, name))
    bodies = [json.loads(body) for _, body in presses]
    assert len({body["id"] for body in bodies}) == 3
    assert {body["requester"] for body in bodies} == {"home-assistant"}
    door = Door(NAMES, ["back"])
    for topic, body in presses:
        admitted = door.admit(Arrival(topic, body), STAMP)
        assert isinstance(admitted, Command)
        assert admitted.name == name


def test_no_address_and_no_person_is_in_what_is_announced() -> None:
    for message in every():
        assert not ADDRESS.search(message.payload.decode())
        assert "k3f7q" not in message.payload.decode()


def test_what_is_simulated_says_so_in_name_and_model_and_has_topics_of_its_own() -> None:
    simulated = every(names=Names("home", "pi-1", simulated=True))
    for message in simulated:
        device = payload(message).device
        assert device.name.endswith(" (simulated)")
        assert device.model.endswith(" (simulated)")
        assert b'"ptdevice/' not in message.payload
    assert not {message.topic for message in simulated} & {message.topic for message in every()}


def test_no_two_gateways_of_a_broker_share_a_topic_an_identifier_or_an_entity() -> None:
    one, other = every(), every(names=Names("home", "pi-2", simulated=False))
    both = [*one, *other]
    assert len({message.topic for message in both}) == len(both)
    ids = [component.unique_id for message in both for component in components(message).values()]
    assert len(set(ids)) == len(ids)
    identifiers = [each for message in both for each in payload(message).device.identifiers]
    assert len(set(identifiers)) == len(identifiers)


def test_every_device_is_reached_by_way_of_its_gateway() -> None:
    (gateway,) = payload(SPEAKER.gateway(stops=False)).device.identifiers
    for message in every()[1:]:
        assert payload(message).device.via_device == gateway


def test_a_unit_s_occasional_values_are_shown_when_it_has_told_them() -> None:
    before = payload(SPEAKER.unit("chest", POLAR, (), stops=False)).components.keys()
    after = payload(SPEAKER.unit("chest", POLAR, ("heart_rate_bpm",), stops=False)).components.keys()
    assert after - before == {"heart_rate_bpm", "contact"}
    assert before <= after


def test_what_comes_several_times_a_second_is_off_until_somebody_wants_it() -> None:
    for message in every():
        for name, component in components(message).items():
            assert component.enabled_by_default == (name not in {"angle", "lumbar_angle"})


def test_a_component_that_is_no_more_is_taken_away_and_not_merely_left_out() -> None:
    home = Pretend()
    before, after = (SPEAKER.unit("back", EM70, (), stops=stops) for stops in (True, False))
    home.take(before.message())
    home.take(after.message())
    assert "stop" in home.entities("back")  # as Home Assistant has it
    home.take(after.message(before.platforms))
    assert home.entities("back") == set(after.platforms)
    home.take(before.message(before.platforms))
    assert home.entities("back") == set(before.platforms)


def test_what_is_gone_is_emptied() -> None:
    assert gone("homeassistant/device/x/y/config") == Message(
        "homeassistant/device/x/y/config", b"", qos=1, retain=True
    )


def test_a_broker_with_roles_lets_the_gateway_announce_and_home_assistant_see_and_ask() -> None:
    gateway = {right.topic for right in rights(User("pi-1", Role.GATEWAY), "home", ("pi-1",), simulated=False)}
    home = {
        access: [
            right.topic
            for right in rights(User("home-assistant", Role.HOME_ASSISTANT), "home", ("pi-1",), simulated=False)
            if right.access == access
        ]
        for access in ("read", "write")
    }

    def fits(topic: str, filters: object) -> bool:
        made = [re.escape(each).replace(r"\+", "[^/]+").replace(r"\#", ".*") for each in filters]  # type: ignore[attr-defined]
        return any(re.fullmatch(each, topic) for each in made)

    for message in every():
        assert fits(message.topic, gateway)
        body = message.payload.decode()
        for key in ("state_topic", "topic", "json_attributes_topic"):
            for topic in re.findall(rf'"{key}": "([^"]*)"', body):
                assert fits(topic, home["read"]), topic
        for topic in re.findall(r'"command_topic": "([^"]*)"', body):
            assert fits(topic, home["write"]), topic


def test_the_gateway_s_own_device_has_the_alias_that_no_unit_can_have() -> None:
    assert SPEAKER.gateway(stops=False).topic.endswith(f"/{GATEWAY}/config")
