"""From a broker's name to an open session, or to an error that says what to do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from ptdevice.errors import BrokerError, BrokerLostError, BrokerRefusedError
from ptdevice.mqtt.client.explaining import closed_early, tls_trouble
from ptdevice.mqtt.client.library import Client, ClosedEarlyError, code
from ptdevice.mqtt.client.properties import connect_properties, will_properties
from ptdevice.mqtt.client.session import Session
from ptdevice.mqtt.client.sockets import BufferedSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.mqtt.client.broker import Broker
    from ptdevice.mqtt.topics import Message

CLOSE_S = 0.5  # how long a DISCONNECT may take to leave; the will says goodbye otherwise
LARGEST_INCOMING = 65_536  # told to the broker (MQTT 5), so that nobody fills our memory
UNSUPPORTED_PROTOCOL = 132  # MQTT 5.0, section 2.4
NEEDED = {"MaximumQoS": "QoS 1", "RetainAvailable": "retained messages"}  # what CONNACK may deny, MQTT 5.0, 3.2.2.3


@contextlib.asynccontextmanager
async def connect(broker: Broker, will: Message | None = None) -> AsyncIterator[Session]:
    """Connect once. Raises BrokerLostError (cannot reach it) or BrokerRefusedError (it, or TLS, said no)."""
    try:
        session = await _open(broker, will, broker.protocol)
    except _UnsupportedProtocolError:
        session = await _open(broker, will, 4)
    try:
        yield session
    finally:
        await session.close()


class _UnsupportedProtocolError(BrokerError):
    """The broker does not speak this version of MQTT."""


async def _open(broker: Broker, will: Message | None, protocol: int) -> Session:
    try:
        tls = await asyncio.to_thread(broker.tls.context) if broker.tls else None
    except OSError as error:
        raise BrokerRefusedError(f"The TLS files for the broker {broker} cannot be used: {error}.") from error
    sock = await _tcp(broker)
    client: Client | None = None
    try:
        client = _make_client(broker, will, protocol, sock, tls)
        async with asyncio.timeout(2 * broker.connect_s):
            await client.__aenter__()
    except BaseException as error:
        sock.close() if client is None else client.drop()
        if isinstance(error, aiomqtt.MqttError | TimeoutError | ssl.SSLError):
            raise _explain(error, broker, protocol, client) from error
        raise
    client.timeout = CLOSE_S
    session = Session(broker, client, protocol)
    if lacking := [what for name, what in NEEDED.items() if client.told.get(name) == 0]:
        await session.close()
        raise BrokerRefusedError(f"The broker {broker} has no {' and no '.join(lacking)}, and nothing works without.")
    return session


async def _tcp(broker: Broker) -> socket.socket:
    loop = asyncio.get_running_loop()
    reason: object = "it has no address"
    try:
        async with asyncio.timeout(broker.connect_s):
            addresses = await loop.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
            for family, kind, number, _, address in addresses:
                sock = BufferedSocket(family, kind, number)
                try:
                    sock.setblocking(False)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    await loop.sock_connect(sock, address)
                except OSError as error:
                    sock.close()
                    reason = error.strerror or error
                except BaseException:
                    sock.close()
                    raise
                else:
                    return sock
    except TimeoutError:
        reason = f"no answer within {broker.connect_s:g} s"
    except OSError as error:  # the name does not resolve
        reason = error.strerror or error
    raise BrokerLostError(
        f"The broker {broker} cannot be reached: {reason}. Does it run there? Records are kept until it does."
    )


def _make_client(
    broker: Broker, will: Message | None, protocol: int, sock: socket.socket, tls: ssl.SSLContext | None
) -> Client:
    return Client(
        broker.host,
        broker.port,
        sock=sock,
        tls=tls,
        username=broker.username,
        password=broker.password,
        identifier=broker.client_id,
        protocol=aiomqtt.ProtocolVersion(protocol),
        will=_will(will, protocol) if will else None,
        # Clean: a command that arrives late is worse than one that has to be repeated.
        clean_session=None if protocol >= 5 else True,
        clean_start=True if protocol >= 5 else _CLEAN_START_UNUSED,
        keepalive=broker.keepalive_s,
        timeout=broker.connect_s,
        properties=connect_properties(LARGEST_INCOMING) if protocol >= 5 else None,
    )


def _will(will: Message, protocol: int) -> aiomqtt.Will:
    properties = will_properties(will) if protocol >= 5 else None
    return aiomqtt.Will(will.topic, will.payload, will.qos, will.retain, properties)


_CLEAN_START_UNUSED = 3  # paho's MQTT_CLEAN_START_FIRST_ONLY, its default, which it insists on below MQTT 5


def _explain(error: BaseException, broker: Broker, protocol: int, client: Client | None) -> BrokerError:
    cause = error.__context__ if isinstance(error.__context__, ssl.SSLError) else error
    if not isinstance(cause, ssl.SSLError) and client is not None and client.tls_trouble is not None:
        cause = client.tls_trouble
    if isinstance(cause, ssl.SSLError):
        return BrokerRefusedError(tls_trouble(cause, broker))
    if isinstance(error, MqttConnectError):
        reason = code(error.rc)
        if protocol >= 5 and reason == UNSUPPORTED_PROTOCOL:
            return _UnsupportedProtocolError("MQTT 5 is not supported")
        words = f": {client.reason_string}" if client is not None and client.reason_string else ""
        return BrokerRefusedError(
            f"The broker {broker} refused the connection: {error.rc} (reason {reason}){words}. "
            "Check user name, password, client id and its access rules."
        )
    if protocol >= 5:
        # Some older brokers hang up on what they do not know, others wait for more of it: neither is an answer.
        return _UnsupportedProtocolError("perhaps MQTT 5 is not supported")
    if isinstance(error, ClosedEarlyError):
        return BrokerLostError(f"The broker {broker} cannot be reached: {error}. {closed_early(broker)}")
    return BrokerLostError(
        f"The broker {broker} cannot be reached: it did not answer within {broker.connect_s:g} s. "
        "Is that port MQTT's (1883, with TLS 8883)?"
    )
