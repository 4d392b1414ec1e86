"""One Bluetooth adapter: who may scan, who may connect, and what became of bluetoothd.

The rules, each of which was paid for by somebody:

* One connect at a time, and no scanning meanwhile.
* A client whose connect failed is disconnected and thrown away; so is a client whose link was lost (bleak keeps a D-Bus
  connection open for it otherwise).
* Never trust `is_connected` alone: bluetoothd's death is watched for, and silence is the caller's business.
* At the start a unit may still be connected, held by a process that was killed: it does not advertise, so ask BlueZ first.
* Once a unit was found without an address, it is that unit from then on: another of its kind is not taken in its place.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from bleak import BleakAdapter, BleakClient
from bleak.exc import BleakBluetoothNotAvailableError, BleakDeviceNotFoundError, BleakError

from ptdevice.ble.bluez_watch import bluez_watch
from ptdevice.ble.closing import finish
from ptdevice.ble.link import GATT_ERRORS, BleLink
from ptdevice.ble.scanning import Scanning, Sighting, fits
from ptdevice.devices.device import Advertisement
from ptdevice.errors import LinkError, LinkLostError, NotFoundError, RadioError
from ptdevice.link import Selector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from bleak.args.bluez import BlueZClientArgs
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner
    from dbus_fast.aio import MessageBus

    from ptdevice.devices.device import Profile
    from ptdevice.tape.recorder import Tap

log = logging.getLogger(__name__)

CONNECT_S = 20.0  # BlueZ's own page timeout is about as long
DISCONNECT_S = 5.0  # a real bluetoothd takes 2 to 2.6 s to answer
WATCH_RETRY_S = 5.0


class Radio:
    """Use as `async with Radio() as radio`, then `radio.open(profile, selector)`.

    `adapter` is BlueZ's name of it ("hci0"); None: the first. The two backend classes are the ones bleak itself accepts; they
    are for other airs than this host's, and then there is no bluetoothd to watch. A `tap` sees what passes on every link.
    """

    def __init__(
        self,
        *,
        adapter: str | None = None,
        connect_timeout_s: float = CONNECT_S,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._tap = tap
        self._bluez: BlueZClientArgs = {"adapter": adapter} if adapter else {}
        self._connect_s = connect_timeout_s
        self._scanner_backend, self._client_backend = scanner_backend, client_backend
        self._connecting: asyncio.Lock
        self._scanning: Scanning
        self._links: set[BleLink] = set()
        self._pinned: dict[tuple[str, Selector], Selector] = {}
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connecting = asyncio.Lock()
        self._scanning = Scanning({"adapter": self._bluez["adapter"]} if self._bluez else {}, self._scanner_backend)
        if self._client_backend is None:
            self._watching = asyncio.create_task(self._watch(), name="bluetoothd watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching}, timeout=1.0)
        await finish(self._scanning.close(), DISCONNECT_S, "closing the radio")

    @asynccontextmanager
    async def open(self, profile: Profile, selector: Selector) -> AsyncIterator[BleLink]:
        """Find, connect, subscribe. Raises LinkError and its kin; the link is closed when the block ends."""
        wanted = self._pinned.get((profile.name, selector), selector)
        device = await self._held(profile, wanted) or await self._scanning.find(profile, wanted)
        client: BleakClient | None = None
        link: BleLink | None = None

        def gone(_: BleakClient) -> None:
            if link is not None:
                link.lose(LinkLostError("the link was lost"))

        try:
            async with self._connecting, self._scanning.paused():
                client = BleakClient(
                    device, gone, timeout=self._connect_s, bluez=self._bluez, backend=self._client_backend
                )
                await self._connect(client, device.address)
            link = BleLink(client, profile, self._tap)
            self._links.add(link)
            if not client.is_connected:  # lost between connecting and listening
                raise LinkLostError("the link was lost at once")
            await link.prepare()
            self._pinned[profile.name, selector] = Selector(address=device.address)
            yield link
        finally:
            if link is not None:
                self._links.discard(link)
                link.close()
            if client is not None:
                problem = await finish(client.disconnect(), DISCONNECT_S, "disconnecting")
                if problem is not None:
                    log.debug("disconnecting: %s", problem)

    async def scan(self, seconds: float) -> list[Sighting]:
        """Everything that advertises within `seconds`, strongest first. Raises RadioError."""
        seen = await self._scanning.watch(seconds)
        return sorted(seen.values(), key=lambda sighting: -(sighting.rssi or -200))

    async def _connect(self, client: BleakClient, address: str) -> None:
        try:
            async with asyncio.timeout(self._connect_s):
                await client.connect()
        except BleakBluetoothNotAvailableError as error:
            raise RadioError(f"Bluetooth is not available ({error.reason.name.lower()}): {error.args[0]}") from error
        except BleakDeviceNotFoundError as error:
            raise NotFoundError(f"{address} vanished between its advertisement and the connection") from error
        except GATT_ERRORS as error:
            what = str(error) or type(error).__name__
            raise LinkError(f"connecting to {address} failed: {what}", "connect_failed") from error

    async def _held(self, profile: Profile, selector: Selector) -> BLEDevice | None:
        """The wanted unit where BlueZ says that it is connected already, and none of our links holds it."""
        if self._client_backend is not None:
            return None
        try:
            async with asyncio.timeout(DISCONNECT_S):
                adapter = await BleakAdapter.get(bluez=self._bluez)
                connected = await adapter.get_connected_devices()
        except (BleakError, OSError, EOFError, TimeoutError) as error:
            log.debug("asking for connected units: %s", error)
            return None  # scanning will say what is wrong, better
        ours = {link.address for link in self._links}
        held = [
            device
            for device in connected
            if device.address not in ours and fits(profile, selector, device.address, Advertisement(device.name))
        ]
        return held[0] if len(held) == 1 else None

    async def _watch(self) -> None:
        """Tell links and scanner when bluetoothd goes, and start over when it is back."""
        changes: asyncio.Queue[bool] = asyncio.Queue()  # bounded by how often bluetoothd can restart
        while True:
            try:
                async with bluez_watch(changes.put_nowait) as bus:
                    waiting = asyncio.ensure_future(_disconnected(bus))
                    try:
                        while not waiting.done():
                            change = asyncio.ensure_future(changes.get())
                            await asyncio.wait({waiting, change}, return_when=asyncio.FIRST_COMPLETED)
                            if not change.done():
                                change.cancel()
                                break
                            await self._bluetoothd_changed(change.result())
                    finally:
                        waiting.cancel()
                self._lose_all("the D-Bus connection was lost", "radio_unavailable")
            except RadioError as error:
                log.warning("%s", error)
            await asyncio.sleep(WATCH_RETRY_S)

    async def _bluetoothd_changed(self, present: bool) -> None:  # noqa: FBT001 - the signal's own shape
        if not present:
            log.warning("bluetoothd is gone; every link is lost")
            self._lose_all("bluetoothd was restarted or died", "bluetoothd_restarted")
        await self._scanning.rebuild()

    def _lose_all(self, text: str, code: str) -> None:
        for link in list(self._links):
            link.lose(LinkLostError(text, code))


async def _disconnected(bus: MessageBus) -> None:
    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types
