"""The evening, played to Home Assistant's own code, by `scripts/check-home-assistant`.

It is not one of this project's tests: it needs an environment of its own, and a Python that Home Assistant takes.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from homeassistant.helpers import device_registry, entity_registry
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

pytestmark = pytest.mark.usefixtures("mock_hass_config")
SAID: dict[str, Any] = json.loads(Path(os.environ["PTDEVICE_STEPS"]).read_text(encoding="utf-8"))


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant's own MQTT client leaves one."""
    return True


def identifier(hass: Any, device: str, name: str) -> tuple[str, str | None]:
    """The entity of this device whose unique id ends like this, and why it is disabled, if it is."""
    (known,) = [each for each in device_registry.async_get(hass).devices.values() if each.name == device]
    entities = entity_registry.async_entries_for_device(
        entity_registry.async_get(hass), known.id, include_disabled_entities=True
    )
    (entity,) = [each for each in entities if each.unique_id.endswith(f"/{name}")]
    return entity.entity_id, entity.disabled_by


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith("homeassistant.components")
    ]


async def test_home_assistant_shows_what_was_so(hass: Any, mqtt_mock_entry: Any, caplog: Any) -> None:
    await mqtt_mock_entry()
    for step in SAID["steps"]:
        for topic, payload in step["messages"]:
            async_fire_mqtt_message(hass, topic, payload, retain=False)
            await hass.async_block_till_done()
        shown = {}
        for device, name, _ in step["shown"]:
            entity_id, _ = identifier(hass, device, name)
            shown[device, name] = hass.states.get(entity_id).state
        assert shown == {(device, name): state for device, name, state in step["shown"]}, step["what"]
    assert not complaints(caplog)
    assert not [each for each in device_registry.async_get(hass).devices.values() if each.name == "tens"]


async def test_home_assistant_presses_stop(hass: Any, mqtt_mock_entry: Any) -> None:
    mock = await mqtt_mock_entry()
    for step in SAID["steps"][:3]:
        for topic, payload in step["messages"]:
            async_fire_mqtt_message(hass, topic, payload, retain=False)
            await hass.async_block_till_done()
    entity_id, _ = identifier(hass, "back", "stop")
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)
    topic, payload, qos, retain = mock.async_publish.call_args.args[:4]
    assert (topic, qos, retain) == ("ptdevice/v1/home/pi-1/cmd/back/stop", 1, False)
    body = json.loads(payload)
    assert body["requester"] == "home-assistant"
    assert body["id"].removeprefix("ha-").isdigit()


async def test_home_assistant_takes_every_device_without_a_complaint(
    hass: Any, mqtt_mock_entry: Any, caplog: Any
) -> None:
    await mqtt_mock_entry()
    for topic, payload in SAID["every"]:
        async_fire_mqtt_message(hass, topic, payload, retain=False)
        await hass.async_block_till_done()
    assert not complaints(caplog)
    announced = sum(len(json.loads(payload)["components"]) for _, payload in SAID["every"])
    known = [each for each in entity_registry.async_get(hass).entities.values() if each.platform == "mqtt"]
    assert len(known) == announced


async def test_home_assistant_takes_a_component_away(hass: Any, mqtt_mock_entry: Any, caplog: Any) -> None:
    await mqtt_mock_entry()
    topic, payload = next(each for each in SAID["every"] if each[0] == SAID["gone"][0])
    stop = json.loads(payload)["components"]["stop"]["unique_id"]
    registry = entity_registry.async_get(hass)
    for said, there in ((payload, True), (SAID["gone"][1], False), (SAID["gone"][1], False), (payload, True)):
        async_fire_mqtt_message(hass, topic, said, retain=False)
        await hass.async_block_till_done()
        assert (registry.async_get_entity_id("button", "mqtt", stop) is not None) == there
    assert not complaints(caplog)
