"""In the emulated machine: the story on the real bluetoothd, pairing, then every device on the daemon's own path.

/out gets what the host looks at: `trace`, the lines of the bus; `versions`, what they are of; and what is printed.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import sys
import time
import traceback
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from tests.simulators.carriers.bluez.machine.devices import MODELS, live
from tests.simulators.carriers.bluez.monitor import monitor
from tests.simulators.carriers.bluez.story import Story

from ptdevice_sim.carriers.kernel_radio import KernelRadio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
BUS_SOCKET = Path("/run/dbus/system_bus_socket")
OUT = Path("/out")
TO_PAIR = "C0:DE:00:00:00:02"
START_S = 60.0
LOOK_S = 0.05
QUIET_S = 0.7  # of silence, and nothing more is said; what takes longer (a disconnect, 2 s) is waited for


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
        await powered()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self.radio.__aexit__(None, None, None)
        await self.kill()

    async def plug(self) -> None:
        """The adapter is back, and switched on."""
        await self.radio.plug()
        await powered()

    async def unplug(self) -> None:
        await self.radio.unplug()

    async def kill(self) -> None:
        self._daemon.kill()
        await self._daemon.wait()

    async def restart(self) -> None:
        with (OUT / "bluetoothd.log").open("a") as log:
            self._daemon = await asyncio.create_subprocess_exec(
                BLUETOOTHD, "--nodetach", "--debug", stdout=log, stderr=log
            )

    async def quiet(self) -> None:
        await asyncio.sleep(QUIET_S)


@asynccontextmanager
async def system_bus() -> AsyncIterator[MessageBus]:
    async with asyncio.timeout(START_S):
        while not BUS_SOCKET.exists():  # noqa: ASYNC110, ASYNC240 - it cannot be asked to tell
            await asyncio.sleep(LOOK_S)
    bus = MessageBus(bus_type=BusType.SYSTEM)
    await bus.connect()
    try:
        yield bus
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types


async def powered() -> None:
    """Wait for an adapter that is on: bluetoothd switches on what it finds. Raises TimeoutError."""
    asked = ("org.bluez", "/org/bluez/hci0", "org.freedesktop.DBus.Properties", "Get")
    async with system_bus() as bus, asyncio.timeout(START_S):
        while True:
            answer = await bus.call(Message(*asked, signature="ss", body=["org.bluez.Adapter1", "Powered"]))
            if answer.message_type is MessageType.METHOD_RETURN and answer.body[0].value:
                return
            await asyncio.sleep(LOOK_S)


def say(line: str) -> None:
    print(f"{time.monotonic():6.1f} s  {line}", flush=True)


async def versions() -> str:
    asking = await asyncio.create_subprocess_exec(BLUETOOTHD, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await asking.communicate()
    return f"bluetoothd {said.decode().strip()}, Linux {platform.release()}"


async def main() -> int:
    (OUT / "versions").write_text(f"{await versions()}\n")
    failed = 0
    logging.basicConfig(filename=OUT / "daemon.log", level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("ptdevice").setLevel(logging.DEBUG)
    async with system_bus():
        pass
    async with Machine() as machine:
        say("the adapter is on")
        async with monitor() as seen:
            try:
                await Story(machine, seen).play()
            finally:
                (OUT / "trace").write_text("\n".join(seen.lines) + "\n")
        say("the story is played")
        await machine.plug()
        async with monitor() as seen:
            try:
                await Story(machine, seen, TO_PAIR).play_pairing()
                say("paired, found again encrypted, forgotten")
            except Exception:  # noqa: BLE001 - as below
                failed += 1
                say(f"pairing FAILED\n{traceback.format_exc()}")
            finally:
                (OUT / "pairing").write_text("\n".join(seen.lines) + "\n")
        for device, model in MODELS:
            try:
                say(await live(machine.radio, device, model))
            except Exception:  # noqa: BLE001 - whatever it is: the others get their turn, and the whole fails
                failed += 1
                say(f"{device} {model or ''} FAILED\n{traceback.format_exc()}")
    say(f"{len(MODELS) - failed} of {len(MODELS)} devices, on the daemon's own path")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
