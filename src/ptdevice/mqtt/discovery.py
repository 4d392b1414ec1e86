"""Home Assistant's MQTT discovery, by device: one retained message for each unit, and one for the gateway. Pure.

Source: Home Assistant's documentation of the MQTT integration, "Device discovery payload" (2024.11 and newer), and its schema
DEVICE_DISCOVERY_SCHEMA. An empty message takes a device away. A component is taken away by a later message that has nothing of
it but its platform; one that is merely left out stays for ever.

A device is known by the gateway's topics and its alias, and named by its alias: no address, no serial number, no person. What
is simulated says so in its name and model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt import entities
from ptdevice.mqtt.roles import node
from ptdevice.mqtt.topics import Message, Names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ptdevice.devices.device import Profile
    from ptdevice.mqtt.entities import Entity

GATEWAY = "gateway"  # reserved: no unit has this alias


@dataclass(frozen=True, slots=True)
class Announcement:
    """A device as it is announced on its topic."""

    topic: str
    body: dict[str, Any]

    @property
    def platforms(self) -> dict[str, str]:
        """What kind of entity each component is, by its id."""
        return {key: config["platform"] for key, config in self.body["components"].items()}

    def message(self, once: Mapping[str, str] = MappingProxyType({})) -> Message:
        """To be published. Of the components that there were `once`, those that are no more are taken away."""
        gone = {key: {"platform": platform} for key, platform in once.items() if key not in self.body["components"]}
        body = {**self.body, "components": {**self.body["components"], **gone}}
        return Message(self.topic, json.dumps(body, ensure_ascii=False).encode(), qos=1, retain=True)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who announces what: a gateway, at Home Assistant's `prefix`; answers to its buttons go to `requester`."""

    names: Names
    prefix: str
    requester: str
    version: str

    def topic(self, alias: str) -> str:
        """Where a device is announced."""
        return f"{self.prefix}/device/{node(self.names.gateway, simulated=self.names.simulated)}/{alias}/config"

    def gateway(self, *, stops: bool) -> Announcement:
        """The gateway as a device; `stops`: whether there is a unit that a request can stop."""
        device = {"name": f"ptdevice {self.names.gateway}", "model": "ptdevice", "sw_version": self.version}
        return self._device(GATEWAY, device, {}, entities.of_all(self.names, self.requester, stops=stops))

    def unit(self, alias: str, profile: Profile, told: Collection[str], *, stops: bool) -> Announcement:
        """A unit as a device."""
        found = entities.of_unit(self.names, alias, profile, told, self.requester, stops=stops)
        return self._device(alias, self._below(alias, profile.title), entities.availability(self.names, alias), found)

    def pair(self, alias: str, trunk: str, pelvis: str) -> Announcement:
        """Two sensors on one back as a device."""
        device = self._below(alias, f"Pair of {trunk} and {pelvis}")
        shared = entities.availability(self.names, trunk, pelvis)
        return self._device(alias, device, shared, entities.of_pair(self.names, alias))

    def _below(self, alias: str, model: str) -> dict[str, Any]:
        return {"name": alias, "model": model, "via_device": self._identifier(GATEWAY)}

    def _identifier(self, alias: str) -> str:
        return f"{self.names.prefix}/{alias}"

    def _device(
        self, alias: str, device: dict[str, Any], shared: dict[str, Any], found: Iterator[Entity]
    ) -> Announcement:
        mark = " (simulated)" if self.names.simulated else ""
        body = {
            "device": {
                **device,
                "identifiers": [self._identifier(alias)],
                "name": device["name"] + mark,
                "model": device["model"] + mark,
            },
            "origin": {"name": "ptdevice", "sw_version": self.version},
            **shared,
            "components": {key: {**config, "unique_id": f"{self._identifier(alias)}/{key}"} for key, config in found},
        }
        return Announcement(self.topic(alias), body)


def gone(topic: str) -> Message:
    """Takes away what was announced on this topic."""
    return Message(topic, b"", qos=1, retain=True)
