"""A broker for the demo: Mosquitto where this machine has it, else amqtt inside this process. Loopback only, nothing kept.

Neither is trusted with anything: the journal keeps the records, a broker merely passes them on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"
ENGINES = ("mosquitto", "amqtt")
USUAL_PORT = 1883  # with it, the lines that people copy need no -p
START_S = 5.0  # Mosquitto answers after 20 ms, amqtt after half a second of importing
STOP_S = 1.0
# Debian puts the broker where only root's PATH looks.
SEARCH_PATH = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]
)

# `user` matters under root only: there Mosquitto would become another user, and the kernel no longer tells it of our death.
MOSQUITTO_CONF = f"""\
listener {{port}} {HOST}
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
log_dest none
user root
"""


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """A broker that accepts connections. `protocol` is the best version of MQTT that it speaks."""

    engine: str
    port: int
    protocol: str
    host: str = HOST


class BrokerStartError(RuntimeError):
    """The embedded broker did not start; says why and what to do."""


@contextlib.asynccontextmanager
async def embedded_broker(
    port: int | None = None, *, engine: str | None = None, path: str = SEARCH_PATH
) -> AsyncIterator[RunningBroker]:
    """Run a broker for as long as the block lasts. `port` None: 1883 if it is free, else any free one.

    `engine` is "mosquitto", "amqtt", or None: Mosquitto where it is on `path`. Raises BrokerStartError.
    """
    if engine not in {None, *ENGINES}:
        raise BrokerStartError(f"no broker {engine!r} is known here; there is {' and '.join(ENGINES)}")
    port = _free_port() if port is None else port
    _insist_on(port)
    binary = None if engine == "amqtt" else shutil.which("mosquitto", path=path)
    if engine == "mosquitto" and binary is None:
        raise BrokerStartError("Mosquitto is not on the PATH; install it (apt install mosquitto) or leave out --broker")
    async with _mosquitto(binary, port) if binary else _amqtt(port) as broker:
        yield broker


@contextlib.asynccontextmanager
async def _mosquitto(binary: str, port: int) -> AsyncIterator[RunningBroker]:
    with tempfile.TemporaryDirectory(prefix="ptdevice-broker-") as folder:
        conf = Path(folder) / "mosquitto.conf"
        conf.write_text(MOSQUITTO_CONF.format(port=port))
        # setpriv (util-linux) ends the broker when this process is killed; without it, it would be left behind.
        setpriv = shutil.which("setpriv")
        command = ([setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []) + [binary, "-c", str(conf)]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for us; the broker goes last
        )  # fmt: skip
        try:
            await _accepts(process, port)
            yield RunningBroker("Mosquitto", port, "5")
        finally:
            await _end(process)


@contextlib.asynccontextmanager
async def _amqtt(port: int) -> AsyncIterator[RunningBroker]:
    # amqtt and its state machine log every packet at info level.
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from amqtt.broker import (  # type: ignore[import-untyped] # noqa: PLC0415 - heavy, and only needed without Mosquitto
        Broker,
    )

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield RunningBroker("amqtt (in process)", port, "3.1.1")
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await broker.shutdown()


async def _accepts(process: asyncio.subprocess.Process, port: int) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    while True:
        if process.returncode is not None:
            raise BrokerStartError(f"Mosquitto ended at once (exit code {process.returncode}); try --broker amqtt")
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise BrokerStartError(f"Mosquitto does not answer on {HOST}:{port}: {error}") from error
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _insist_on(port: int) -> None:
    """Raise where somebody else has the port: else their broker would be taken for ours."""
    try:
        with _bound(port):
            pass
    except OSError as error:
        raise BrokerStartError(
            f"port {port} on {HOST} cannot be used: {error.strerror}; choose another --port"
        ) from error


def _free_port() -> int:
    try:
        with _bound(USUAL_PORT):
            return USUAL_PORT
    except OSError:
        with _bound(0) as any_port:
            return int(any_port.getsockname()[1])


def _bound(port: int) -> socket.socket:
    probe = socket.socket()
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier demo may linger
        probe.bind((HOST, port))
        probe.listen()
    except OSError:
        probe.close()
        raise
    return probe
