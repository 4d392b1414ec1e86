"""What Home Assistant takes as a device, closed: a key or a word that is not here is a mistake of ours.

Home Assistant drops keys of a component that it does not know without a word, so an open schema would prove nothing. Written
down from its source, homeassistant/components/mqtt (schemas.py, sensor.py, binary_sensor.py, button.py, discovery.py) and
homeassistant/components/sensor/const.py (DEVICE_CLASS_UNITS, DEVICE_CLASS_STATE_CLASSES), versions 2025.4.4 and 2026.11.0, and
the documentation of the MQTT integration, "Device discovery payload". Only what is used is written down.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import jinja2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

# discovery.py, TOPIC_MATCHER
TOPIC = re.compile(r"(?P<component>\w+)/(?:(?P<node_id>[a-zA-Z0-9_-]+)/)?(?P<object_id>[a-zA-Z0-9_-]+)/config")

DEVICE_CLASS_UNITS: dict[str, set[str]] = {
    "battery": {"%"},
    "voltage": {"V", "mV", "μV"},
    "temperature": {"°C", "°F", "K"},
    "duration": {"d", "h", "min", "s", "ms"},
}
DEVICE_CLASS_STATE_CLASSES: dict[str, set[str]] = {
    "battery": {"measurement"},
    "voltage": {"measurement"},
    "temperature": {"measurement"},
    "duration": {"measurement", "total", "total_increasing"},
    "enum": set(),
}


def _template(text: str) -> str:
    jinja2.Environment(autoescape=True).parse(
        text
    )  # raises TemplateSyntaxError, which is no ValueError: it would end the test
    return text


def _subscribed(topic: str) -> str:
    """mqtt/util.py, valid_subscribe_topic; none of ours has a wildcard."""
    assert 0 < len(topic.encode()) <= 65535
    assert not set(topic) & set("+#\0")
    return topic


Template = Annotated[str, AfterValidator(_template)]
Topic = Annotated[str, AfterValidator(_subscribed)]
Icon = Annotated[str, StringConstraints(pattern=r"^mdi:[a-z0-9-]+$")]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Availability(Closed):
    topic: Topic
    payload_available: str = "online"
    payload_not_available: str = "offline"
    value_template: Template | None = None


class Available(Closed):
    """Shared by a device and its components; a component's own replaces the device's."""

    availability: list[Availability] | None = None
    availability_mode: Literal["all", "any", "latest"] = "latest"


class Component(Available):
    unique_id: Annotated[str, StringConstraints(min_length=1)]
    name: Annotated[str, StringConstraints(min_length=1)]
    icon: Icon | None = None
    enabled_by_default: bool = True
    qos: Literal[0, 1, 2] = 0


class ReadOnly(Component):
    state_topic: Topic
    value_template: Template
    expire_after: Annotated[int, Field(ge=1)] | None = None
    # A sensor cannot be of the category "config" (entity_category_without_config).
    entity_category: Literal["diagnostic"] | None = None
    json_attributes_topic: Topic | None = None
    json_attributes_template: Template | None = None


class Sensor(ReadOnly):
    platform: Literal["sensor"]
    device_class: Literal["battery", "voltage", "temperature", "duration", "enum"] | None = None
    unit_of_measurement: str | None = None
    state_class: Literal["measurement", "total", "total_increasing"] | None = None
    options: list[str] | None = None
    suggested_display_precision: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def agrees(self) -> Sensor:
        """validate_sensor_state_and_device_class_config, and the warnings of SensorEntity.state."""
        if self.options is not None:
            assert self.options
            assert self.state_class is None
            assert self.unit_of_measurement is None
            assert self.device_class == "enum"
        if self.device_class in DEVICE_CLASS_UNITS:
            assert self.unit_of_measurement in DEVICE_CLASS_UNITS[self.device_class]
        if self.device_class is not None and self.state_class is not None:
            assert self.state_class in DEVICE_CLASS_STATE_CLASSES[self.device_class]
        return self

    @property
    def numeric(self) -> bool:
        """SensorEntity._numeric_state_expected"""
        if self.device_class == "enum":
            return False
        return self.device_class is not None or self.state_class is not None or self.unit_of_measurement is not None


class BinarySensor(ReadOnly):
    platform: Literal["binary_sensor"]
    device_class: Literal["running", "problem"] | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"


class Button(Component):
    platform: Literal["button"]
    command_topic: Topic
    command_template: Template
    retain: bool = False
    entity_category: Literal["config", "diagnostic"] | None = None


class Removed(Closed):
    """A component of which nothing but its platform is left is taken away."""

    platform: Literal["sensor", "binary_sensor", "button"]


class Device(Closed):
    identifiers: Annotated[list[str], Field(min_length=1)]
    name: str
    model: str
    sw_version: str | None = None
    via_device: str | None = None


class Origin(Closed):
    name: str
    sw_version: str | None = None


class Payload(Available):
    device: Device
    origin: Origin
    components: dict[
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$")],
        Annotated[Sensor | BinarySensor | Button, Field(discriminator="platform")] | Removed,
    ]
