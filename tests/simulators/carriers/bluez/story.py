"""One story, played by the real bleak on whatever bluetoothd is there: what a central does in a day, and what goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus
from tests.simulators.carriers.bench import COMMANDED, INDICATED, NOTIFIED, WRITTEN, BenchUnit
from tests.simulators.carriers.bluez.person import Person
from tests.simulators.carriers.bluez.witness import Witness

from ptdevice_sim.faults import Faults

if TYPE_CHECKING:
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from tests.simulators.carriers.bluez.monitor import Monitor

    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

ADDRESS = "C0:DE:00:00:00:01"
UNLIKELY = 0x0E  # an ATT error without a name of its own in BlueZ
NOT_PERMITTED = 0x02
VALUES = [b"\x01", b"\x02\x00", b"\x03" * 20]


class Stage(Protocol):
    """Where it is played."""

    wait_s: float  # how long anything may take here

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host: ...

    async def unplug(self) -> None:
        """The adapter is pulled out."""

    async def kill(self) -> None:
        """bluetoothd dies as by SIGKILL."""

    async def restart(self) -> None:
        """It comes up again."""

    async def quiet(self) -> None:
        """Nothing more is said of what happened until now."""


class Story:
    """`play` it once. `heard` are the values that reached bleak."""

    def __init__(self, stage: Stage, seen: Monitor, address: str = ADDRESS) -> None:
        self.heard: list[bytes] = []
        self._stage, self._seen = stage, seen
        self._unit, self._faults = BenchUnit(address), Faults()
        self._object = f"dev_{self._unit.address.replace(':', '_')}"
        self._gone = asyncio.Event()

    async def play(self) -> None:
        """From the first scan to the last adapter. Raises AssertionError where bleak experiences something else."""
        self._host = self._stage.publish(self._unit, self._faults)
        device = await self._scan("scan")
        client = await self._connect("connect", device)
        await self._attributes(client)
        await self._values(client)
        await self._lose("link lost", client)
        client = await self._connect("reconnect", device)
        await self._chapter("own disconnect")
        await client.disconnect()
        await self._until("bluez changed hci0/UNIT Device1 Connected=False")
        await self._chapter("disconnect without a link")
        await ask(f"/org/bluez/hci0/{self._object}", "org.bluez.Device1", "Disconnect")
        await self._refused(device)
        await self._crash(device)
        device = await self._scan("scan after the restart")
        client = await self._connect("connect after the restart", device)
        await self._chapter("adapter pulled")
        await self._stage.unplug()
        await self._until("bluez removed hci0 ")
        await self._end(client)
        self._host.vanish()

    async def play_pairing(self) -> None:
        """A bond is made, found again, and given up. Without an agent bluetoothd refuses even what nobody has to confirm."""
        bus = MessageBus(bus_type=BusType.SYSTEM)
        await bus.connect()
        try:
            await Person(Witness(bus), {"RequestConfirmation": [], "RequestAuthorization": []}).sit_down(
                "NoInputNoOutput"
            )
            await self._pair()
        finally:
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one without types

    async def _pair(self) -> None:
        self._host = self._stage.publish(self._unit, self._faults)
        device = await self._scan("scan, to pair")
        client = await self._connect("connect, to pair", device)
        await self._chapter("pair")
        await client.pair()
        await self._until("bluez reply Device1.Pair")
        await self._chapter("own disconnect, paired")
        await client.disconnect()
        await self._until("bluez changed hci0/UNIT Device1 Connected=False")
        client = await self._connect("reconnect, paired", device)
        await self._chapter("read, paired")
        assert await client.read_gatt_char(WRITTEN) == b"hello"
        await self._chapter("forget")
        await client.unpair()
        await self._until("bluez removed hci0/UNIT Device1")
        await self._end(client)
        self._host.vanish()

    async def _scan(self, name: str) -> BLEDevice:
        await self._chapter(name)
        found: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        scanner = BleakScanner(
            lambda device, _: None if found.done() or device.address != self._unit.address else found.set_result(device)
        )
        await scanner.start()
        async with asyncio.timeout(self._stage.wait_s):
            device = await found
        await self._until("bluez changed hci0 Adapter1 Discovering=True")
        await self._chapter(f"{name}, its end")
        await scanner.stop()
        await self._until("bluez changed hci0 Adapter1 Discovering=False")
        return device

    async def _connect(self, name: str, device: BLEDevice) -> BleakClient:
        await self._chapter(name)
        self._gone.clear()
        client = BleakClient(device, lambda _: self._gone.set(), timeout=self._stage.wait_s)
        await client.connect()
        await self._until("bluez changed hci0/UNIT Device1 ServicesResolved=True")
        return client

    async def _attributes(self, client: BleakClient) -> None:
        await self._chapter("read")
        assert await client.read_gatt_char(WRITTEN) == b"hello"
        await self._chapter("read refused")
        for self._unit.refuse in (UNLIKELY, NOT_PERMITTED):
            await _fails(client.read_gatt_char(WRITTEN))
        await self._chapter("write refused")
        self._unit.refuse = UNLIKELY
        await _fails(client.write_gatt_char(WRITTEN, b"no", response=True))
        self._unit.refuse = None
        await self._chapter("write")
        await client.write_gatt_char(WRITTEN, b"abc", response=True)
        assert self._unit.value == b"abc"
        await self._chapter("write without response")
        await client.write_gatt_char(COMMANDED, b"def", response=False)

    async def _values(self, client: BleakClient) -> None:
        def hear(_: BleakGATTCharacteristic, value: bytearray) -> None:
            self.heard.append(bytes(value))
            news.set()

        async def say(uuid: str) -> None:
            before = len(self.heard)
            self._unit.say(*VALUES, uuid=uuid)
            self._host.poke()
            async with asyncio.timeout(self._stage.wait_s):
                while len(self.heard) < before + len(VALUES):
                    news.clear()
                    await news.wait()

        news = asyncio.Event()
        for name, uuid in (("notifications", NOTIFIED), ("indications", INDICATED)):
            await self._chapter(f"{name}, subscribed")
            await client.start_notify(uuid, hear)
            await self._chapter(name)
            await say(uuid)
            await self._chapter(f"{name}, ended")
            await client.stop_notify(uuid)
        await self._chapter("notifications through a descriptor, subscribed")
        await client.start_notify(NOTIFIED, hear, bluez={"use_start_notify": False})
        await self._chapter("notifications through a descriptor")
        await say(NOTIFIED)
        assert self.heard == VALUES * 3

    async def _lose(self, name: str, client: BleakClient) -> None:
        await self._chapter(name)
        self._host.drop_link()
        await self._until("bluez changed hci0/UNIT Device1 Connected=False ServicesResolved=False")
        await self._until("bluez changed hci0/UNIT/fff0/fff1 GattCharacteristic1 NotifyAcquired=False")
        await self._end(client)

    async def _end(self, client: BleakClient) -> None:
        """The link is lost: bleak has said so, and what it holds is given back."""
        async with asyncio.timeout(self._stage.wait_s):
            await self._gone.wait()
        await client.disconnect()

    async def _refused(self, device: BLEDevice) -> None:
        """A link that breaks as soon as it is made. bleak tries again by itself."""
        self._faults.refuse_connects = 1
        client = await self._connect("link refused once", device)
        await self._chapter("own disconnect, again")
        await client.disconnect()
        await self._until("bluez changed hci0/UNIT Device1 Connected=False")

    async def _crash(self, device: BLEDevice) -> None:
        client = await self._connect("connect before the crash", device)
        await self._chapter("bluetoothd killed")
        await self._stage.kill()
        await self._until("bus name org.bluez gone")
        await _fails(client.read_gatt_char(WRITTEN))
        await _fails(client.disconnect(), or_not=True)
        await self._chapter("bluetoothd restarted")
        await self._stage.restart()
        await self._until("bluez added hci0/UNIT")

    async def _chapter(self, name: str) -> None:
        await self._stage.quiet()
        await self._seen.catch_up()
        self._seen.chapter(name)

    async def _until(self, line: str) -> None:
        await self._seen.see(line.replace("UNIT", self._object), self._stage.wait_s)


async def ask(path: str, interface: str, member: str) -> Message:
    """Call a method that bleak would not call. Its answer, which may be an error."""
    bus = MessageBus(bus_type=BusType.SYSTEM)
    await bus.connect()
    try:
        return await bus.call(Message("org.bluez", path, interface, member))
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types


async def _fails(request: object, *, or_not: bool = False) -> None:
    try:
        await request  # type: ignore[misc] # whatever can be awaited
    except (BleakError, EOFError):
        return
    assert or_not, "that was to fail"
