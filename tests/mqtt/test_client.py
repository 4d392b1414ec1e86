from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt
import pytest
from tests.mqtt.mosquitto import HOST, free_port, mosquitto

from ptdevice.errors import BrokerLostError, BrokerRefusedError, PublishRefusedError
from ptdevice.mqtt.client import Broker, Tls, connect
from ptdevice.mqtt.topics import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

DEADLINE_S = 5.0


def broker(port: int, **changes: object) -> Broker:
    return Broker(**{"host": HOST, "port": port, "client_id": "pi-1"} | changes)  # type: ignore[arg-type]  # a factory


def message(topic: str = "t/x", payload: bytes = b"hello", **changes: object) -> Message:
    return Message(**{"topic": topic, "payload": payload, "qos": 1} | changes)  # type: ignore[arg-type]  # a factory


@contextlib.asynccontextmanager
async def listener(port: int, topic: str) -> AsyncIterator[asyncio.Queue[aiomqtt.Message]]:
    heard: asyncio.Queue[aiomqtt.Message] = asyncio.Queue()
    async with aiomqtt.Client(HOST, port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(topic, qos=1)

        async def listen() -> None:
            async for arrived in client.messages:
                heard.put_nowait(arrived)

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.wait([task])


@contextlib.asynccontextmanager
async def peer(says: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """Something on a port that is not quite a broker."""
    calls: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        calls.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await says(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            calls.discard(task)

    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for call in calls:
                call.cancel()
            if calls:
                await asyncio.wait(calls)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("protocol", [4, 5])
async def test_a_publish_returns_when_the_message_has_arrived(protocol: int) -> None:
    async with mosquitto() as server, listener(server.port, "t/#") as heard:
        async with connect(broker(server.port, protocol=protocol)) as session:
            await session.publish(message(expiry_s=30, correlation=b"c"))
        async with asyncio.timeout(DEADLINE_S):
            arrived = await heard.get()
        assert (str(arrived.topic), arrived.payload, arrived.qos) == ("t/x", b"hello", 1)


@pytest.mark.parametrize("protocol", [4, 5])
async def test_what_was_published_to_a_subscription_comes_in(protocol: int) -> None:
    async with mosquitto() as server, connect(broker(server.port, protocol=protocol)) as session:
        await session.subscribe("t/+")
        await session.publish(message())
        async with asyncio.timeout(DEADLINE_S):
            arrival = await anext(session.messages())
        assert (arrival.topic, arrival.payload, arrival.retain) == ("t/x", b"hello", False)


async def test_a_message_at_qos_0_is_sent_without_waiting() -> None:
    async with mosquitto() as server, listener(server.port, "t/#") as heard, connect(broker(server.port)) as session:
        assert session.send(message(qos=0))
        async with asyncio.timeout(DEADLINE_S):
            assert (await heard.get()).payload == b"hello"


async def test_a_publish_that_the_broker_refuses_raises_with_its_reason() -> None:
    async with (
        mosquitto(users={"pi": "secret"}, acl="user pi\ntopic write allowed/#\n") as server,
        connect(broker(server.port, username="pi", password="secret")) as session,
    ):
        with pytest.raises(PublishRefusedError, match="denied/x") as refusal:
            await session.publish(message("denied/x"))
        assert (refusal.value.reason_code, refusal.value.permanent) == (135, True)  # MQTT 5: not authorized


async def test_wrong_credentials_are_refused_and_the_password_is_not_told() -> None:
    async with mosquitto(users={"pi": "secret"}) as server:
        with pytest.raises(BrokerRefusedError, match="user name, password") as refusal:
            async with connect(broker(server.port, username="pi", password="hunter2")):
                pass
        assert "hunter2" not in str(refusal.value)
        assert "hunter2" not in repr(broker(server.port, password="hunter2"))


async def test_an_absent_broker_is_reported_with_host_and_port() -> None:
    port = free_port()
    with pytest.raises(BrokerLostError, match=f"{HOST}:{port} cannot be reached"):
        async with connect(broker(port)):
            pass


async def test_a_name_that_does_not_resolve_is_reported() -> None:
    with pytest.raises(BrokerLostError, match=r"broker\.invalid:1883 cannot be reached"):
        async with connect(Broker("broker.invalid", "pi-1")):
            pass


async def test_publishers_learn_of_a_lost_link_at_once() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        server.freeze()
        publishers = [asyncio.create_task(session.publish(message())) for _ in range(5)]
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await server.kill()
        done = await asyncio.gather(*publishers, return_exceptions=True)
        assert [type(outcome) for outcome in done] == [BrokerLostError] * 5
        assert asyncio.get_running_loop().time() - began < 5.0  # and not when an acknowledgement is overdue


async def test_whoever_waits_for_messages_learns_of_a_lost_link() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        await server.kill()
        with pytest.raises(BrokerLostError):
            async with asyncio.timeout(DEADLINE_S):
                await anext(session.messages())


async def test_a_lost_session_refuses_to_publish_and_drops_live_messages() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        await server.kill()
        with pytest.raises(BrokerLostError):
            await session.publish(message())
        assert not session.send(message(qos=0))


async def test_a_peer_that_stops_reading_does_not_fill_our_memory() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        server.freeze()
        big = message(payload=bytes(100_000), qos=0)
        taken = sum(session.send(big) for _ in range(1000))
        assert taken < 1000
        server.thaw()


async def test_the_broker_s_limits_are_known() -> None:
    async with (
        mosquitto(extra="max_packet_size 4000\n", listener="max_inflight_messages 7") as server,
        connect(broker(server.port)) as session,
    ):
        assert session.largest_packet == 4000
        assert 1 <= session.window <= 20


async def test_a_message_above_the_broker_s_limit_costs_the_link_and_nothing_hangs() -> None:
    async with mosquitto(extra="max_packet_size 4000\n") as server, connect(broker(server.port)) as session:
        with pytest.raises(BrokerLostError):
            async with asyncio.timeout(DEADLINE_S):
                await session.publish(message(payload=bytes(5000)))


async def test_the_will_is_said_when_we_vanish() -> None:
    async with (
        mosquitto() as server,
        listener(server.port, "t/will") as heard,
        connect(broker(server.port), message("t/will", b"gone", retain=True)) as session,
    ):
        session._client._client._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # the cable is cut
        async with asyncio.timeout(DEADLINE_S):
            assert (await heard.get()).payload == b"gone"


async def test_nagle_is_off() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        sock = session._client._own_socket
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_a_broker_that_knows_only_3_1_1_is_spoken_to_in_it() -> None:
    versions: list[int] = []

    async def old_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = await reader.read(1000)
        versions.append(packet[8])  # fixed header 2, "MQTT" with its length 6, then the version
        # MQTT 3.1.1, 3.2.2.3: return code 1 is "unacceptable protocol version", 0 is accepted
        writer.write(b"\x20\x02\x00" + (b"\x00" if packet[8] == 4 else b"\x01"))
        await reader.read(1000)

    async with peer(old_broker) as port:
        async with connect(broker(port)) as session:
            assert session.protocol == 4
        assert versions == [5, 4]


async def test_a_port_that_accepts_and_says_nothing_is_given_up() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)

    async with peer(mute) as port:
        with pytest.raises(BrokerLostError, match="closed the connection before answering"):
            async with connect(broker(port)):
                pass


async def test_a_refused_subscription_is_told() -> None:
    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        packet = await reader.read(1000)
        writer.write(b"\x90\x03" + packet[2:4] + b"\x80")  # SUBACK, failure (MQTT 3.1.1, 3.9.3)
        await reader.read(1000)

    async with peer(refusing) as port, connect(broker(port, protocol=4)) as session:
        with pytest.raises(BrokerRefusedError, match="subscription"):
            await session.subscribe("t/#")


async def test_a_peer_that_never_acknowledges_is_taken_for_lost() -> None:
    async with mosquitto() as server, connect(broker(server.port, ack_s=0.2)) as session:
        server.freeze()
        with pytest.raises(BrokerLostError, match="not acknowledged"):
            await session.publish(message())
        with pytest.raises(BrokerLostError):
            await anext(session.messages())
        server.thaw()


async def test_twenty_lost_links_leak_no_file() -> None:
    async with mosquitto() as server:
        async with connect(broker(server.port)) as session:
            await session.publish(message())
        before = open_files()
        for _ in range(20):
            async with connect(broker(server.port)) as session:
                await server.kill()
                with contextlib.suppress(BrokerLostError):
                    await session.publish(message())
            await server.start()
        assert open_files() <= before + 1


async def test_a_broker_that_waits_for_ever_at_mqtt_5_is_spoken_to_in_3_1_1() -> None:
    async def old_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = await reader.read(1000)
        if packet[8] == 4:
            writer.write(b"\x20\x02\x00\x00")
        await reader.read(1000)

    async with peer(old_broker) as port, connect(broker(port, connect_s=0.2)) as session:
        assert session.protocol == 4


async def test_a_port_that_never_answers_is_given_up() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with peer(mute) as port:
        with pytest.raises(BrokerLostError, match="did not answer"):
            async with connect(broker(port, connect_s=0.2)):
                pass


@pytest.mark.parametrize("tls", [None, Tls()], ids=["plain", "TLS"])
async def test_being_cancelled_while_connecting_leaks_no_file(tls: Tls | None) -> None:
    called = asyncio.Semaphore(0)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        called.release()
        with contextlib.suppress(OSError):
            await reader.read()

    async def try_it(port: int) -> None:
        async with connect(broker(port, tls=tls)):
            pass

    async with peer(mute) as port:
        before = open_files()
        for _ in range(10):
            task = asyncio.create_task(try_it(port))
            async with asyncio.timeout(DEADLINE_S):
                await called.acquire()  # the handshake or CONNECT is under way
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        async with asyncio.timeout(3.0):  # less than a handshake may take
            while open_files() > before + 2:  # noqa: ASYNC110 - a thread is waited for
                await asyncio.sleep(0.01)


async def test_a_session_that_ends_beside_a_dead_peer_leaks_no_file() -> None:
    async with mosquitto() as server:
        before = open_files()
        for _ in range(3):
            async with connect(broker(server.port, ack_s=0.1)) as session:
                server.freeze()
                with pytest.raises(BrokerLostError):
                    await session.publish(message())
            server.thaw()
        assert open_files() <= before + 1


async def test_nonsense_on_the_wire_ends_the_session() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(
            b"\x20\x02\x00\x00" + b"\xff" * 50
        )  # CONNACK, and then nothing that MQTT knows, in the same breath
        with contextlib.suppress(OSError):
            await reader.read(1000)

    async with peer(babble) as port, connect(broker(port, protocol=4)) as session:
        with pytest.raises(BrokerLostError):
            async with asyncio.timeout(DEADLINE_S):
                await anext(session.messages())


CERTIFICATES = Path(__file__).with_name("certificates")


def tls_listener(name: str) -> str:
    return f"certfile {CERTIFICATES / name}.pem\nkeyfile {CERTIFICATES / name}.key\ntls_version tlsv1.2"


async def test_tls_with_the_right_authority_carries_messages() -> None:
    ours = Tls(ca_file=CERTIFICATES / "ca.pem")
    async with mosquitto(listener=tls_listener("good")) as server, connect(broker(server.port, tls=ours)) as session:
        await session.subscribe("t/+")
        await session.publish(message(payload=bytes(50_000)))
        async with asyncio.timeout(DEADLINE_S):
            assert len((await anext(session.messages())).payload) == 50_000


@pytest.mark.parametrize(
    ("certificate", "ours"),
    [("good", Tls()), ("other", Tls(ca_file=CERTIFICATES / "ca.pem"))],
    ids=["unknown authority", "another host's name"],
)
async def test_a_broker_that_cannot_prove_itself_is_refused(certificate: str, ours: Tls) -> None:
    async with mosquitto(listener=tls_listener(certificate)) as server:
        with pytest.raises(BrokerRefusedError, match=r"TLS .*certificate.*ca_file"):
            async with connect(broker(server.port, tls=ours)):
                pass


async def test_tls_files_that_are_missing_are_named() -> None:
    async with mosquitto() as server:
        with pytest.raises(BrokerRefusedError, match="TLS files"):
            async with connect(broker(server.port, tls=Tls(ca_file=CERTIFICATES / "absent.pem"))):
                pass
