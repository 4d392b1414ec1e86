"""The MQTT library with its callbacks heard. Every name of the library's own that we touch is touched in this file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ptdevice.mqtt.topics import Message

TLS_S = 5.0  # a TLS handshake; it runs in a thread of the library's, which closing the socket ends


class Acks:
    """Who waits for which acknowledgement. The result is the broker's reason code, or None when the link was lost."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[int | None]] = {}

    def expect(self, packet_id: int) -> asyncio.Future[int | None]:
        """Done when this packet is acknowledged or the link is lost."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[packet_id] = future
        return future

    def settle(self, packet_id: int, reason: int) -> None:
        """The broker has answered."""
        future = self._waiting.pop(packet_id, None)
        if future is not None and not future.done():
            future.set_result(reason)

    def give_up(self) -> None:
        """The link is lost."""
        for future in self._waiting.values():
            if not future.done():
                future.set_result(None)
        self._waiting.clear()


class Client(aiomqtt.Client):
    """aiomqtt's client with its callbacks heard. Names with an underscore are the library's own, of the pinned version."""

    told: dict[str, int]
    session_present = False

    def __init__(self, *args: Any, sock: socket.socket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acks = Acks()
        self.told = {}
        self.arrived: Callable[[Arrival], None] = lambda _: None
        self._own_socket = sock
        self._speaks_5 = kwargs["protocol"] == aiomqtt.ProtocolVersion.V5
        # paho would open the socket itself, blocking, in a thread; it is given one that is open already.
        self._client._create_socket_connection = lambda: sock  # type: ignore[method-assign]  # noqa: SLF001
        self._client.connect_timeout = TLS_S

    def hand_over(self, message: Message, qos: int) -> int | None:
        """Give a publish to the library; its packet id, or None when the link is gone."""
        info = self._client.publish(message.topic, message.payload, qos, message.retain, self._extras(message))
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def _extras(self, message: Message) -> Properties | None:
        if not self._speaks_5 or (message.expiry_s is None and message.correlation is None):
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has half its types
        if message.expiry_s is not None:
            properties.MessageExpiryInterval = message.expiry_s
        if message.correlation is not None:
            properties.CorrelationData = message.correlation
        return properties

    def backlog(self) -> int:
        """Packets that wait for the socket."""
        return len(self._client._out_packet)  # noqa: SLF001 - paho has no public count of them

    def watch(self, lost: Callable[[str], None]) -> None:
        """Call `lost(why)` when the link goes away for whatever reason."""
        self._disconnected.add_done_callback(lambda done: lost(str(done.exception() or "the broker ended it")))

    def drop(self) -> None:
        """Let go of the socket, however the connection ended: the library leaves it open after some errors."""
        self._client._sock_close()  # noqa: SLF001 - no public way closes without saying goodbye first
        self._own_socket.close()
        if self._misc_task is not None:
            self._misc_task.cancel()

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.session_present = bool(flags.session_present)
        self.told = {
            name: getattr(properties, name)
            for name in ("ReceiveMaximum", "MaximumPacketSize")
            if hasattr(properties, name)
        }
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        if not self._connected.done():
            # aiomqtt would wait out its timeout for a CONNACK that cannot come any more.
            self._connected.set_exception(ClosedEarlyError("it closed the connection before answering"))
            return
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, reason_code: Any, _properties: Any) -> None:
        self.acks.settle(mid, code(reason_code))

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # MQTT demands UTF-8; there is nobody to tell
        self.arrived(
            Arrival(
                topic,
                bytes(message.payload),
                retain=bool(message.retain),
                response_topic=getattr(message.properties, "ResponseTopic", None),
                correlation=getattr(message.properties, "CorrelationData", None),
            )
        )


class ClosedEarlyError(aiomqtt.MqttError):
    """The broker closed the connection instead of answering CONNECT."""


def code(reason: Any) -> int:
    """A reason code as a number, from whichever form the library has for it."""
    return int(getattr(reason, "value", reason))


def connect_properties(largest_packet: int) -> Properties:
    """What the broker is told about us (MQTT 5)."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has half its types
    properties.MaximumPacketSize = largest_packet
    return properties
