from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from tests.mqtt.mosquitto import HOST, free_port, mosquitto
from tests.mqtt.peer import peer

from ptdevice.errors import BrokerLostError, BrokerRefusedError, PublishRefusedError
from ptdevice.mqtt.client import Broker, Tls, connect
from ptdevice.mqtt.topics import CLOUDEVENT, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEADLINE_S = 5.0
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of W3C Trace Context, 3.2


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


def told(arrived: aiomqtt.Message) -> dict[str, Any]:
    """The properties of a message by name; octets as hexadecimal digits."""
    assert arrived.properties is not None
    return arrived.properties.json()  # type: ignore[no-untyped-call, no-any-return]  # paho has half its types


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


async def test_a_message_above_the_broker_s_limit_is_refused_here_and_costs_no_link() -> None:
    async with mosquitto(extra="max_packet_size 4000\n") as server, connect(broker(server.port)) as session:
        with pytest.raises(PublishRefusedError, match="takes packets of 4000 at most") as refusal:
            await session.publish(message(payload=bytes(3990)))
        assert refusal.value.permanent
        assert not session.send(message(payload=bytes(3990), qos=0))
        await session.publish(message())


async def test_what_is_said_to_be_a_packet_s_size_is_never_too_little() -> None:
    everything = message(payload=bytes(3700), expiry_s=9, correlation=bytes(128), trace=TRACE, content_type=CLOUDEVENT)
    limit = everything.size
    async with mosquitto(extra=f"max_packet_size {limit}\n") as server, connect(broker(server.port)) as session:
        await session.publish(everything)
        with pytest.raises(PublishRefusedError):
            await session.publish(replace(everything, payload=bytes(3701)))


async def test_the_will_is_said_when_we_vanish() -> None:
    async with (
        mosquitto() as server,
        listener(server.port, "t/will") as heard,
        connect(broker(server.port), message("t/will", b"gone", retain=True)) as session,
    ):
        session._client._client._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # the cable is cut
        async with asyncio.timeout(DEADLINE_S):
            assert (await heard.get()).payload == b"gone"


async def test_a_message_tells_what_it_is_until_when_it_is_of_use_and_whose_question_it_answers() -> None:
    async with mosquitto() as server, listener(server.port, "t/#") as heard, connect(broker(server.port)) as session:
        await session.publish(message(expiry_s=30, correlation=b"c", content_type=CLOUDEVENT, trace=TRACE))
        await session.publish(message())
        async with asyncio.timeout(DEADLINE_S):
            first, second = told(await heard.get()), told(await heard.get())
    assert (first["ContentType"], first["PayloadFormatIndicator"]) == (CLOUDEVENT, 1)
    assert bytes.fromhex(first["CorrelationData"]) == b"c"
    assert first["UserProperty"] == [("traceparent", TRACE)]
    assert 25 <= first["MessageExpiryInterval"] <= 30
    assert second["ContentType"] == "application/json"
    assert "MessageExpiryInterval" not in second


async def test_a_will_tells_what_it_is_too() -> None:
    async with (
        mosquitto() as server,
        listener(server.port, "t/will") as heard,
        connect(broker(server.port), message("t/will", b"gone")) as session,
    ):
        session._client._client._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # the cable is cut
        async with asyncio.timeout(DEADLINE_S):
            assert told(await heard.get())["ContentType"] == "application/json"


async def test_the_trace_of_a_request_comes_in() -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.UserProperty = [("other", "x"), ("traceparent", TRACE)]
    async with mosquitto() as server, connect(broker(server.port)) as session:
        await session.subscribe("t/+")
        async with aiomqtt.Client(HOST, server.port, protocol=aiomqtt.ProtocolVersion.V5) as asking:
            await asking.publish("t/x", b"hello", qos=1, properties=properties)
        async with asyncio.timeout(DEADLINE_S):
            assert (await anext(session.messages())).trace == TRACE


async def test_a_request_that_somebody_retained_does_not_come_at_the_subscription() -> None:
    async with mosquitto() as server, connect(broker(server.port)) as session:
        await session.publish(message("t/retained", retain=True))
        await session.subscribe("t/+")
        await session.publish(message("t/fresh"))
        async with asyncio.timeout(DEADLINE_S):
            assert (await anext(session.messages())).topic == "t/fresh"


async def test_no_request_waits_for_us_while_we_are_away() -> None:
    async with mosquitto() as server:
        async with connect(broker(server.port)) as session:
            await session.subscribe("t/+")
        async with connect(broker(server.port, client_id="other")) as other:
            await other.publish(message("t/late"))
        async with connect(broker(server.port)) as session:
            assert not session.session_present
            await session.subscribe("t/+")
            await session.publish(message("t/fresh"))
            async with asyncio.timeout(DEADLINE_S):
                assert (await anext(session.messages())).topic == "t/fresh"


async def test_what_waits_for_somebody_who_had_our_name_is_not_for_us() -> None:
    lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    lasting.SessionExpiryInterval = 3600
    async with mosquitto() as server:
        version = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client(HOST, server.port, identifier="pi-1", protocol=version, properties=lasting) as before:
            await before.subscribe("t/+", qos=1)
        async with connect(broker(server.port, client_id="other")) as other:
            await other.publish(message("t/late"))
        async with connect(broker(server.port)) as session:
            assert not session.session_present


async def test_a_gateway_that_another_of_its_name_throws_out_is_told_so() -> None:
    async def taking_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x03\x00\x00\x00")  # CONNACK, accepted
        writer.write(b"\xe0\x01\x8e")  # DISCONNECT, reason 142 (session taken over): MQTT 5.0, 3.14
        await reader.read(1000)

    async with peer(taking_over) as port, connect(broker(port)) as session:
        with pytest.raises(BrokerLostError, match=r"gateway\.name must be unique"):
            async with asyncio.timeout(DEADLINE_S):
                await anext(session.messages())


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        (b"\x24\x00", "has no QoS 1, and nothing works"),  # MQTT 5.0, 3.2.2.3.4: Maximum QoS 0
        (b"\x25\x00", "has no retained messages"),  # 3.2.2.3.5: Retain Available 0
    ],
)
async def test_a_broker_that_lacks_what_we_need_is_refused(properties: bytes, told: str) -> None:
    async def poor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20" + bytes([3 + len(properties)]) + b"\x00\x00" + bytes([len(properties)]) + properties)
        await reader.read(1000)

    async with peer(poor) as port:
        with pytest.raises(BrokerRefusedError, match=told):
            async with connect(broker(port)):
                pass


async def test_no_more_is_under_way_than_the_broker_takes() -> None:
    publishes: list[bytes] = []
    enough = asyncio.Event()

    async def narrow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        # CONNACK, accepted, property 33: Receive Maximum 3 (MQTT 5.0, 3.2.2.3.3)
        writer.write(b"\x20\x06\x00\x00\x03\x21\x00\x03")
        while header := await reader.read(2):  # QoS 1 publishes of less than 128 octets, none of which is acknowledged
            publishes.append(await reader.readexactly(header[1]))
            if len(publishes) == 3:
                enough.set()

    async with peer(narrow) as port, connect(broker(port)) as session:
        assert session.window == 3
        tasks = [asyncio.create_task(session.publish(message(payload=b"%d" % each))) for each in range(5)]
        async with asyncio.timeout(DEADLINE_S):
            await enough.wait()
        assert len(session._acks._waiting) == 3  # and the others wait for a place
        assert session._client.backlog() == 0
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_the_broker_s_own_words_are_told_when_it_refuses() -> None:
    async def wordy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        # CONNACK, reason 151 (quota exceeded), property 31 (reason string) "too many": MQTT 5.0, 3.2
        writer.write(b"\x20\x0e\x00\x97\x0b\x1f\x00\x08too many")
        await reader.read(1000)

    async with peer(wordy) as port:
        with pytest.raises(BrokerRefusedError, match=r"\(reason 151\): too many"):
            async with connect(broker(port)):
                pass


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


async def test_a_cancellation_that_meets_the_answer_to_a_subscription_is_not_forgotten() -> None:
    async with mosquitto() as broker, connect(Broker(HOST, "pi", broker.port)) as session:
        for turns in range(300):
            subscribing = asyncio.create_task(session.subscribe("some/topic"))
            for _ in range(turns % 60):
                await asyncio.sleep(0)
            cancelled = subscribing.cancel()
            await asyncio.wait([subscribing])
            assert subscribing.cancelled() is cancelled
