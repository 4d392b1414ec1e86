"""MQTT 5 properties, in the library's form (MQTT 5.0, 2.2.2). On 3.1.1 none of this is sent.

What we say: how long a message is of use, what it is (JSON, UTF-8), whose question it answers, and the trace it belongs to.
Nobody needs any of it: the bodies say the same, because engines in between lose properties.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

if TYPE_CHECKING:
    from ptdevice.mqtt.topics import Message

TRACE = "traceparent"  # the user property (W3C Trace Context)
UTF_8 = 1  # MQTT 5.0, 3.3.2.3.2: the payload is UTF-8 text
NOT_STORED = 2  # MQTT 5.0, 3.8.3.1: no retained messages at the subscription


class Packed:
    """Properties as bytes. Making and packing them costs more than the rest of a publish, and most messages have the same."""

    def __init__(self, properties: Any) -> None:
        self._octets: bytes = properties.pack()

    def pack(self) -> bytes:
        """What the library asks for."""
        return self._octets


def publish_properties(message: Message) -> Packed:
    """What is told with a message."""
    if message.correlation is None and message.trace is None:
        return _usual(message.content_type, message.expiry_s)
    properties = _made(message.content_type, message.expiry_s)
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    if message.trace is not None:
        properties.UserProperty = TRACE, message.trace
    return Packed(properties)


def connect_properties(largest_packet: int) -> Properties:
    """What the broker is told about us: our largest packet, and that nothing waits for us when we are gone.

    A request that waited for an hour is worse than one that has to be repeated, so the session ends with the connection. The
    will is then published at once, whatever its delay (3.1.3.2.2): who looks on must not see a dead gateway as alive.
    """
    properties = _properties(PacketTypes.CONNECT)
    properties.MaximumPacketSize = largest_packet
    properties.SessionExpiryInterval = 0
    return properties


def will_properties(message: Message) -> Properties:
    """What is told with the will."""
    return _made(message.content_type, message.expiry_s, PacketTypes.WILLMESSAGE)


def subscribe_options(*, retained: bool) -> SubscribeOptions:
    """Requests that somebody retained are no requests: without `retained` they do not come at the subscription."""
    return SubscribeOptions(qos=1, retainHandling=0 if retained else NOT_STORED)


@functools.lru_cache(maxsize=16)
def _usual(content_type: str, expiry_s: int | None) -> Packed:
    return Packed(_made(content_type, expiry_s))


def _made(content_type: str, expiry_s: int | None, packet: int = PacketTypes.PUBLISH) -> Properties:
    properties = _properties(packet)
    properties.PayloadFormatIndicator = UTF_8
    properties.ContentType = content_type
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    return properties


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho has half its types
