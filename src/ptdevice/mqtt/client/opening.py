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
from ptdevice.mqtt.client.library import Client, ClosedEarlyError, code, connect_properties
from ptdevice.mqtt.client.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.mqtt.client.broker import Broker
    from ptdevice.mqtt.topics import Message

CLOSE_S = 0.5  # how long a DISCONNECT may take to leave; the will says goodbye otherwise
LARGEST_INCOMING = 65_536  # told to the broker (MQTT 5), so that nobody fills our memory
UNSUPPORTED_PROTOCOL = 132  # MQTT 5.0, section 2.4


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
        raise BrokerRefusedError(f"The TLS files for the broker {broker} cannot be used: {error}") from error
    sock = await _tcp(broker)
    client: Client | None = None
    try:
        client = _make_client(broker, will, protocol, sock, tls)
        async with asyncio.timeout(2 * broker.connect_s):
            await client.__aenter__()
    except BaseException as error:
        sock.close() if client is None else client.drop()
        if isinstance(error, aiomqtt.MqttError | TimeoutError | ssl.SSLError):
            raise _explain(error, broker, protocol) from error
        raise
    client.timeout = CLOSE_S
    return Session(broker, client, protocol)


async def _tcp(broker: Broker) -> socket.socket:
    loop = asyncio.get_running_loop()
    reason: object = "it has no address"
    try:
        async with asyncio.timeout(broker.connect_s):
            addresses = await loop.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
            for family, kind, number, _, address in addresses:
                sock = socket.socket(family, kind, number)
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
        will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
        # Clean: a command that arrives late is worse than one that has to be repeated.
        clean_session=None if protocol >= 5 else True,
        clean_start=True if protocol >= 5 else _CLEAN_START_UNUSED,
        keepalive=broker.keepalive_s,
        timeout=broker.connect_s,
        properties=connect_properties(LARGEST_INCOMING) if protocol >= 5 else None,
    )


_CLEAN_START_UNUSED = 3  # paho's MQTT_CLEAN_START_FIRST_ONLY, its default, which it insists on below MQTT 5


def _explain(error: BaseException, broker: Broker, protocol: int) -> BrokerError:
    cause = error.__context__ if isinstance(error.__context__, ssl.SSLError) else error
    if isinstance(cause, ssl.SSLError):
        return BrokerRefusedError(f"TLS with the broker {broker} failed: {cause}. Check ca_file and the host name.")
    if isinstance(error, MqttConnectError):
        reason = code(error.rc)
        if protocol >= 5 and reason == UNSUPPORTED_PROTOCOL:
            return _UnsupportedProtocolError("MQTT 5 is not supported")
        return BrokerRefusedError(
            f"The broker {broker} refused the connection: {error.rc} (reason {reason}). "
            "Check user name, password, client id and its access rules."
        )
    if protocol >= 5:
        # Some older brokers hang up on what they do not know, others wait for more of it: neither is an answer.
        return _UnsupportedProtocolError("perhaps MQTT 5 is not supported")
    why = str(error) if isinstance(error, ClosedEarlyError) else f"it did not answer within {broker.connect_s:g} s"
    return BrokerLostError(f"The broker {broker} cannot be reached: {why}. Is that port MQTT's (1883, with TLS 8883)?")
