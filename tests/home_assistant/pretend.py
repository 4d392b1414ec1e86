"""Home Assistant as far as its documentation goes: what it would show, given the messages that it is sent.

Templates are rendered by Jinja in a sandbox, as it does; `scripts/check-home-assistant` plays the same evening to the real one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from tests.home_assistant.documented import (
    TOPIC,
    Availability,
    BinarySensor,
    Button,
    Component,
    Payload,
    Removed,
    Sensor,
)

if TYPE_CHECKING:
    from ptdevice.mqtt.topics import Message

UNKNOWN, UNAVAILABLE = "unknown", "unavailable"


def _as_timestamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@dataclass
class Shown:
    """An entity and its state, where it has one."""

    device: str
    config: Component
    state: str | None = None
    said_at: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class Pretend:
    """`now` is in seconds, and moves by hand."""

    def __init__(self, prefix: str = "homeassistant") -> None:
        self.now = 0.0
        self.warnings: list[str] = []
        self._prefix = prefix
        self._payloads: dict[str, Payload] = {}
        self._shown: dict[tuple[str, str], Shown] = {}  # by topic of the device and component
        self._retained: dict[str, bytes] = {}
        self._jinja = ImmutableSandboxedEnvironment()
        self._jinja.globals["as_timestamp"] = _as_timestamp
        self._jinja.globals["now"] = lambda: datetime.fromtimestamp(1_795_451_760 + self.now, UTC)

    # --- what arrives ---

    def take(self, message: Message) -> None:
        if message.topic.startswith(f"{self._prefix}/device/"):
            self._discover(message)
        if message.retain:
            self._retained[message.topic] = message.payload
        self._deliver(message.topic, message.payload, None)

    def _discover(self, message: Message) -> None:
        assert TOPIC.fullmatch(message.topic.removeprefix(f"{self._prefix}/")), message.topic
        if not message.payload:
            self._payloads.pop(message.topic, None)
            self._shown = {key: shown for key, shown in self._shown.items() if key[0] != message.topic}
            return
        payload = Payload.model_validate_json(message.payload)
        self._payloads[message.topic] = payload
        for name, config in payload.components.items():
            if isinstance(config, Removed):
                self._shown.pop((message.topic, name), None)
            elif (message.topic, name) not in self._shown:
                self._shown[message.topic, name] = Shown(payload.device.name, config)
                for topic, retained in self._retained.items():
                    self._deliver(topic, retained, (message.topic, name))

    def _deliver(self, topic: str, payload: bytes, only: tuple[str, str] | None) -> None:
        for key, shown in self._shown.items():
            if only in {None, key} and isinstance(shown.config, Sensor | BinarySensor):
                if shown.config.state_topic == topic:
                    self._value(shown, shown.config, payload)
                if shown.config.json_attributes_topic == topic and shown.config.json_attributes_template is not None:
                    shown.attributes = json.loads(self._render(shown.config.json_attributes_template, payload))
                elif shown.config.json_attributes_topic == topic:
                    shown.attributes = json.loads(payload)

    def _value(self, shown: Shown, config: Sensor | BinarySensor, payload: bytes) -> None:
        shown.said_at = self.now
        text = self._render(config.value_template, payload)
        if isinstance(config, BinarySensor):
            known = {config.payload_on: "on", config.payload_off: "off", "None": None}
            if text in known:
                shown.state = known[text]
            elif text.strip():
                self.warnings.append(f"no matching payload: {text!r}")
        elif text == "None":
            shown.state = None
        elif config.numeric and text == "":
            pass
        elif config.numeric:
            float(text)
            shown.state = text
        elif config.options is not None and text not in config.options:
            self.warnings.append(f"invalid option {text!r}")
        else:
            shown.state = text

    def _render(self, template: str, payload: bytes) -> str:
        text = payload.decode()
        return self._jinja.from_string(template).render(value=text, value_json=json.loads(text)).strip()

    # --- what is seen and done ---

    @property
    def devices(self) -> dict[str, str]:
        """Model by name."""
        return {payload.device.name: payload.device.model for payload in self._payloads.values()}

    def entities(self, device: str) -> set[str]:
        return {name for (_, name), shown in self._shown.items() if shown.device == device}

    def find(self, device: str, name: str) -> Shown:
        (found,) = [shown for (_, key), shown in self._shown.items() if (shown.device, key) == (device, name)]
        return found

    def state(self, device: str, name: str) -> str:
        shown = self.find(device, name)
        if not self._available(device, shown):
            return UNAVAILABLE
        return UNKNOWN if shown.state is None else shown.state

    def press(self, device: str, name: str) -> tuple[str, bytes]:
        """What is published when a button is pressed, which can be done where it is available only."""
        button = self.find(device, name).config
        assert isinstance(button, Button)
        assert self.state(device, name) != UNAVAILABLE
        return button.command_topic, self._jinja.from_string(button.command_template).render(value="PRESS").encode()

    def _available(self, device: str, shown: Shown) -> bool:
        (payload,) = [each for each in self._payloads.values() if each.device.name == device]
        of = shown.config if shown.config.availability is not None else payload
        topics = of.availability or []
        said = [self._said(each) for each in topics]
        # "latest" of one topic is that topic's; with several it would depend on the order, and is not used.
        assert payload.availability_mode == "all" or len(topics) <= 1
        stale = getattr(shown.config, "expire_after", None)
        expired = stale is not None and (shown.said_at is None or self.now - shown.said_at > stale)
        return all(said) and not expired

    def _said(self, each: Availability) -> bool:
        if each.topic not in self._retained:
            return False
        assert each.value_template is not None
        return self._render(each.value_template, self._retained[each.topic]) == each.payload_available
