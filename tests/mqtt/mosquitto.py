"""A real Mosquitto for tests: its own config, a free port on the loopback, stopped by its own pid."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"
START_S = 5.0
# Debian puts the broker where only root's PATH looks.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@dataclass(slots=True)
class Mosquitto:
    """A running broker. `kill` and `start` may follow each other: nothing is kept between them."""

    port: int
    config: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        binary = shutil.which("mosquitto", path=SEARCH)
        assert binary, "mosquitto is not installed: scripts/test-components installs it"
        self.process = await asyncio.create_subprocess_exec(
            binary, "-c", str(self.config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(START_S):
            while True:
                assert self.process.returncode is None, f"mosquitto ended at once: {self.config.read_text()}"
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.01)

    async def kill(self, how: int = signal.SIGKILL) -> None:
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            await process.wait()

    def freeze(self) -> None:
        """The peer is there but says nothing, as after a cut cable."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


@contextlib.asynccontextmanager
async def mosquitto(
    *,
    users: dict[str, str] | None = None,
    acl: str | None = None,
    extra: str = "",
    listener: str = "",
    start: bool = True,
    port: int | None = None,
) -> AsyncIterator[Mosquitto]:
    """Run Mosquitto. `users`: name → password (then nobody else is let in); `acl`, `extra`, `listener`: text of its config."""
    directory = Path(tempfile.mkdtemp(prefix="mosquitto-"))
    port = port or free_port()
    lines = [
        f"listener {port} {HOST}",
        listener,
        f"allow_anonymous {'false' if users else 'true'}",
        "persistence false",
        "set_tcp_nodelay true",
        "max_queued_messages 0",
        "log_dest none",
        extra,
    ]
    if os.geteuid() == 0:
        lines.append("user root")
    if users:
        passwords = directory / "passwords"
        passwords.write_text("".join(f"{name}:{password}\n" for name, password in users.items()))
        passwords.chmod(0o600)
        hashing = await asyncio.create_subprocess_exec(
            shutil.which("mosquitto_passwd", path=SEARCH) or "mosquitto_passwd", "-U", str(passwords)
        )
        await hashing.wait()
        lines.append(f"password_file {passwords}")
    if acl is not None:
        rules = directory / "acl"
        rules.write_text(acl)
        rules.chmod(0o600)
        lines.append(f"acl_file {rules}")
    config = directory / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    broker = Mosquitto(port, config)
    try:
        if start:
            await broker.start()
        yield broker
    finally:
        if broker.process is not None:
            broker.thaw()
        await broker.kill()
        shutil.rmtree(directory)
