"""The MQTT library with its callbacks heard. Every name of the library's own that we touch is touched in this file."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode

from ptdevice.mqtt.client.acks import Acks
from ptdevice.mqtt.client.properties import TRACE, publish_properties
from ptdevice.mqtt.client.sockets import BufferedSocket
from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from ptdevice.mqtt.topics import Message

TAKEN_OVER = 142  # MQTT 5.0, section 2.4: the session was taken over
TLS_S = 5.0  # a TLS handshake; it runs in a thread of the library's, which closing the socket ends


class RememberingSocket(ssl.SSLSocket):
    """Remembers what TLS objected to.

    A broker says only after the handshake that it wants another certificate (TLS 1.3); the library calls that a lost link.
    """

    trouble: ssl.SSLError | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, as a socket does."""
        try:
            return super().recv(buflen, flags)
        except ssl.SSLError as error:
            if not isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError):
                self.trouble = error
            raise


class Client(aiomqtt.Client):
    """aiomqtt's client with its callbacks heard. Names with an underscore are the library's own, of the pinned version."""

    told: dict[str, int]
    session_present = False
    reason_string: str | None = None  # the broker's own words, where it refuses the connection

    def __init__(self, host: str, port: int, *, sock: socket.socket, tls: ssl.SSLContext | None, **kwargs: Any) -> None:
        super().__init__(host, port, **kwargs)
        self.acks = Acks()
        self.told = {}
        self.arrived: Callable[[Arrival], None] = lambda _: None
        self._own_socket = sock
        # A second handle of the same connection. TLS takes the first one with it into a thread; this one can still hang up.
        self._cord = sock.dup()
        self._loss: str | None = None
        self._tell_loss: Callable[[str], None] = lambda _: None
        self._dropped = False
        self._speaks_5 = kwargs["protocol"] == aiomqtt.ProtocolVersion.V5
        self._tls = tls
        self._secure: ssl.SSLSocket | None = None
        # paho would open the socket itself, blocking, in a thread; it is given one that is open already.
        self._client._create_socket = self._secured  # type: ignore[method-assign]  # noqa: SLF001

    def hand_over(self, message: Message, qos: int) -> int | None:
        """Give a publish to the library; its packet id, or None when the link is gone."""
        extras: Any = publish_properties(message) if self._speaks_5 else None
        info = self._client.publish(message.topic, message.payload, qos, message.retain, extras)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    @property
    def tls_trouble(self) -> ssl.SSLError | None:
        """What TLS objected to on the open connection, if it did."""
        return getattr(self._secure, "trouble", None)

    def backlog(self) -> int:
        """Packets that wait for the socket."""
        return len(self._client._out_packet)  # noqa: SLF001 - paho has no public count of them

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._cord.close()
        return self

    def _secured(self) -> socket.socket:
        """The open socket, with TLS around it where that is wanted. Called in the library's thread; blocks."""
        if self._tls is None:
            return self._own_socket
        self._tls.sslsocket_class = RememberingSocket
        wrapped = self._tls.wrap_socket(self._own_socket, server_hostname=self._hostname, do_handshake_on_connect=False)
        self._secure = wrapped
        try:
            wrapped.settimeout(TLS_S)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def watch(self, lost: Callable[[str], None]) -> None:
        """Call `lost(why)` when the link goes away for whatever reason, at once if it has gone already."""
        self._tell_loss = lost
        if self._loss is not None:
            lost(self._loss)

    def _lose(self, why: str) -> None:
        # aiomqtt's own future for this is no use here: it forgets a loss that comes in the same breath as CONNACK.
        if self._loss is None:
            self._loss = why
            self._tell_loss(why)

    def drop(self) -> None:
        """Let go of the socket, however the connection ended: the library leaves it open after some errors."""
        self._dropped = True
        self._client._sock_close()  # noqa: SLF001 - no public way closes without saying goodbye first
        self._own_socket.close()
        with contextlib.suppress(OSError):
            self._cord.shutdown(socket.SHUT_RDWR)  # ends a TLS handshake that still runs in the library's thread
        self._cord.close()
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()  # looked at, so that asyncio does not complain that nobody did
        if self._misc_task is not None:
            self._misc_task.cancel()

    # The library asks the event loop to watch the socket by number, a turn later and sometimes from a thread. By then the
    # socket may be closed and its number somebody else's. So what is asked for is looked at again when its turn comes.

    def _on_socket_open(self, _client: Any, _userdata: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._watch_reading, sock)

    def _on_socket_register_write(self, _client: Any, _userdata: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._watch_writing, sock)

    def _watch_reading(self, sock: Any) -> None:
        if self._dropped:  # the thread finished a TLS handshake that nobody waits for any more
            sock.close()
        elif sock.fileno() >= 0:
            self._loop.add_reader(sock.fileno(), self._attend, self._read, sock)
            self._misc_task = self._loop.create_task(self._misc_loop(), name="mqtt-keepalive")

    def _watch_writing(self, sock: Any) -> None:
        if not self._dropped and sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._attend, self._write, sock)

    def _read(self, sock: Any) -> None:
        self._client.loop_read()
        # A TLS socket may hold bytes that are decrypted already, and ours what it read ahead: the event loop cannot know.
        while sock.fileno() >= 0 and _held(sock) > 0:
            self._client.loop_read()

    def _write(self, _sock: Any) -> None:
        self._client.loop_write()

    def _attend(self, what: Callable[[Any], None], sock: Any) -> None:
        try:
            what(sock)
        except Exception as error:  # noqa: BLE001 - whatever the library raises at nonsense on the wire, the link is no good
            self._lose(str(error))
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.session_present = bool(flags.session_present)
        self.reason_string = getattr(properties, "ReasonString", None)
        self.told = {
            name: getattr(properties, name)
            for name in ("ReceiveMaximum", "MaximumPacketSize", "MaximumQoS", "RetainAvailable")
            if hasattr(properties, name)
        }
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        if not self._connected.done():
            # aiomqtt would wait out its timeout for a CONNACK that cannot come any more.
            self._connected.set_exception(ClosedEarlyError("it closed the connection before answering"))
            return
        why = str(reason_code) if flags.is_disconnect_packet_from_server else "it closed the connection"
        if code(reason_code) == TAKEN_OVER:
            why += "; somebody else connected with this client id, and gateway.name must be unique at a broker"
        self._lose(why)
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
                trace=dict(getattr(message.properties, "UserProperty", ())).get(TRACE),
            )
        )


class ClosedEarlyError(aiomqtt.MqttError):
    """The broker closed the connection instead of answering CONNECT."""


def _held(sock: Any) -> int:
    if isinstance(sock, ssl.SSLSocket):
        return sock.pending()
    return sock.held if isinstance(sock, BufferedSocket) else 0


def code(reason: Any) -> int:
    """A reason code as a number, from whichever form the library has for it."""
    return int(getattr(reason, "value", reason))
