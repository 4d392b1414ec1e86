"""In the emulated machine: the story on the real bluetoothd, then the daemon's own path. `python -m ...guest`, as its first program.

/out/trace gets the lines of the bus, /out/versions what they are of.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from pathlib import Path
from typing import Self

from tests.simulators.carriers.bluez.monitor import SYSTEM_BUS, monitor
from tests.simulators.carriers.bluez.story import Story

from ptdevice_sim.carriers.kernel_radio import KernelRadio

BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
OUT = Path("/out")
START_S = 60.0
QUIET_S = 0.7


class Machine:
    """A `story.Stage` of real parts: the kernel's adapter, bluetoothd, and units on the virtual radio."""

    wait_s = 60.0

    def __init__(self) -> None:
        self.radio = KernelRadio()
        self.publish = self.radio.publish
        self._daemon: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        await self.restart()
        await self.radio.__aenter__()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self.radio.__aexit__(None, None, None)
        await self.kill()

    async def unplug(self) -> None:
        await self.radio.unplug()

    async def kill(self) -> None:
        self._daemon.kill()
        await self._daemon.wait()

    async def restart(self) -> None:
        log = (OUT / "bluetoothd.log").open("a")
        self._daemon = await asyncio.create_subprocess_exec(BLUETOOTHD, "--nodetach", "--debug", stdout=log, stderr=log)

    async def quiet(self) -> None:
        await asyncio.sleep(QUIET_S)


async def powered(seconds: float = START_S) -> None:
    """Wait for the adapter as bleak sees it."""
    from dbus_fast import Message, MessageType
    from dbus_fast.aio import MessageBus

    bus = MessageBus(bus_address=SYSTEM_BUS)
    await bus.connect()
    async with asyncio.timeout(seconds):
        while True:
            answer = await bus.call(
                Message("org.bluez", "/org/bluez/hci0", "org.freedesktop.DBus.Properties", "Get", signature="ss", body=["org.bluez.Adapter1", "Powered"])
            )
            if answer.message_type is MessageType.METHOD_RETURN and answer.body[0].value:
                break
            await asyncio.sleep(0.05)
    bus.disconnect()
    await bus.wait_for_disconnect()


async def main() -> int:
    for _ in range(600):
        if Path("/run/dbus/system_bus_socket").exists():
            break
        await asyncio.sleep(0.1)
    version = await asyncio.create_subprocess_exec(BLUETOOTHD, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await version.communicate()
    (OUT / "versions").write_text(f"bluetoothd {said.decode().strip()}, Linux {platform.release()}\n")
    async with Machine() as machine:
        await powered()
        print("powered", time.monotonic(), flush=True)
        async with monitor() as seen:
            try:
                await Story(machine, seen).play()
            finally:
                (OUT / "trace").write_text("\n".join(seen.lines) + "\n")
    print("played", time.monotonic(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
