"""The broker of the configuration, for whoever connects to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.mqtt.client import Broker, Tls

if TYPE_CHECKING:
    from ptdevice.config import Mqtt

MQTT_5, MQTT_3_1_1 = 5, 4  # the protocol's own numbers


def broker_of(client_id: str, mqtt: Mqtt) -> Broker:
    """The broker that the configuration names."""
    return Broker(
        mqtt.host,
        client_id,
        mqtt.port,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        tls=Tls(mqtt.ca_file, mqtt.cert_file, mqtt.key_file) if mqtt.tls else None,
        keepalive_s=mqtt.keepalive_s,
        protocol=MQTT_3_1_1 if mqtt.protocol == "3.1.1" else MQTT_5,
    )
