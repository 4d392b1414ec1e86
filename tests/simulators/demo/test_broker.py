from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import aiomqtt
import pytest
from tests.mqtt.mosquitto import free_port
from tests.simulators.carriers.waiting import until

from ptdevice_sim.demo.broker import HOST, BrokerStartError, embedded_broker

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = ("mosquitto", "amqtt")


async def accepts(port: int) -> bool:
    try:
        async with aiomqtt.Client(HOST, port, timeout=3):
            return True
    except aiomqtt.MqttError:
        return False


def is_open(port: int) -> bool:
    """Whether anybody listens. amqtt takes a connection that says nothing ill: ask it with `accepts`."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def fake_mosquitto(folder: Path, script: str) -> str:
    """A folder for the search path, with a program of that name in it."""
    program = folder / "mosquitto"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_published_arrives(engine: str) -> None:
    async with (
        embedded_broker(free_port(), engine=engine) as broker,
        aiomqtt.Client(broker.host, broker.port) as client,
    ):
        await client.subscribe("a/#", qos=1)
        await client.publish("a/b", b"hello", qos=1)
        message = await anext(aiter(client.messages))
        assert (str(message.topic), message.payload) == ("a/b", b"hello")


@pytest.mark.parametrize("engine", ENGINES)
async def test_nothing_listens_when_the_block_is_over(engine: str) -> None:
    async with embedded_broker(free_port(), engine=engine) as broker:
        assert await accepts(broker.port)
    assert not await accepts(broker.port)


@pytest.mark.parametrize("engine", ENGINES)
async def test_only_the_loopback_is_listened_on(engine: str) -> None:
    async with embedded_broker(free_port(), engine=engine) as broker:
        with socket.socket() as other:
            other.bind(("127.0.0.2", broker.port))  # impossible beside somebody on 0.0.0.0


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_port_that_is_taken_is_an_error_that_names_it(engine: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerStartError, match=f"port {port} on 127.0.0.1 cannot be used: Address already in use"):
            async with embedded_broker(port, engine=engine):
                pass


async def test_where_the_usual_port_is_taken_another_is_found() -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # then somebody else has it already
            stack.enter_context(socket.create_server((HOST, 1883)))
        async with embedded_broker(engine="amqtt") as broker:
            assert broker.port != 1883
            assert await accepts(broker.port)


async def test_without_mosquitto_there_is_amqtt(tmp_path: Path) -> None:
    async with embedded_broker(free_port(), path=str(tmp_path)) as broker:
        assert broker.engine == "amqtt (in process)"
        assert broker.protocol == "3.1.1"


async def test_mosquitto_comes_first_where_it_is_installed() -> None:
    async with embedded_broker(free_port()) as broker:
        assert broker.engine == "Mosquitto"


async def test_a_broker_that_nobody_knows_is_an_error_with_those_that_are_known() -> None:
    with pytest.raises(BrokerStartError, match="no broker 'amqt' is known here; there is mosquitto and amqtt"):
        async with embedded_broker(engine="amqt"):
            pass


async def test_mosquitto_that_is_asked_for_and_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokerStartError, match="Mosquitto is not on the PATH; install it"):
        async with embedded_broker(free_port(), engine="mosquitto", path=str(tmp_path)):
            pass


async def test_mosquitto_that_ends_at_once_is_an_error(tmp_path: Path) -> None:
    path = fake_mosquitto(tmp_path, "raise SystemExit(3)")
    with pytest.raises(BrokerStartError, match=r"ended at once \(exit code 3\)"):
        async with embedded_broker(free_port(), path=path):
            pass


async def test_mosquitto_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    port = free_port()
    path = fake_mosquitto(
        tmp_path,
        f"""\
import signal, socket
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with socket.create_server(({HOST!r}, {port})) as server:
    while True:
        server.accept()
""",
    )
    async with embedded_broker(port, path=path):
        assert is_open(port)
    assert not is_open(port)


async def test_mosquitto_does_not_outlive_a_program_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    program = f"""\
import asyncio
from ptdevice_sim.demo.broker import embedded_broker
async def main():
    async with embedded_broker({port}, engine="mosquitto"):
        print("ready", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    assert is_open(port)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await until(lambda: not is_open(port))
