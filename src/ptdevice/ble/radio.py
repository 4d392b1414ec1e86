"""One Bluetooth adapter: who may scan, who may connect, and what became of bluetoothd.

The rules, each of which was paid for by somebody:

* One connect at a time, and no scanning meanwhile.
* A client whose connect failed is disconnected and thrown away; so is a client whose link was lost (bleak keeps a D-Bus
  connection open for it otherwise).
* Never trust `is_connected` alone: bluetoothd's death is watched for, and silence is the caller's business.
* At the start a unit may still be connected, held by a process that was killed: it does not advertise, so ask BlueZ first.
* Once a unit was found without an address, it is that unit from then on: another of its kind is not taken in its place.
* No unit is taken twice, whatever the configuration says.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from bleak import BleakAdapter, BleakClient
from bleak.exc import BleakBluetoothNotAvailableError, BleakDeviceNotFoundError, BleakError

from ptdevice.ble import reasons
from ptdevice.ble.bluez_watch import Change, bluez_watch, is_connected
from ptdevice.ble.closing import attempt, finish
from ptdevice.ble.link import GATT_ERRORS, BleLink
from ptdevice.ble.overhearing import OverheardLink
from ptdevice.ble.scanning import Scanning, Sighting, fits
from ptdevice.devices.device import Advertisement
from ptdevice.errors import ForeignUnitError, LinkError, LinkLostError, NotFoundError, RadioError
from ptdevice.link import Selector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from bleak.args.bluez import BlueZClientArgs
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice.devices.device import Profile
    from ptdevice.errors import Code
    from ptdevice.link import Link
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
        disconnect_timeout_s: float = DISCONNECT_S,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._tap = tap
        self._bluez: BlueZClientArgs = {"adapter": adapter} if adapter else {}
        self._connect_s, self._disconnect_s = connect_timeout_s, disconnect_timeout_s
        self._scanner_backend, self._client_backend = scanner_backend, client_backend
        self._connecting: asyncio.Lock
        self._scanning: Scanning
        self._links: set[BleLink] = set()
        self._taken: set[str] = set()  # addresses of units that are ours, from before the link is up until it is closed
        self._pinned: dict[tuple[str, Selector], Selector] = {}
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connecting = asyncio.Lock()
        self._scanning = Scanning({"adapter": self._bluez["adapter"]} if self._bluez else {}, self._scanner_backend)
        self._tasks = await asyncio.TaskGroup().__aenter__()
        if self._client_backend is None:
            self._watching = self._tasks.create_task(self._watch(), name="bluetoothd watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
        try:
            # The group must see a cancellation, which may be of its own making, and nothing else: it would wrap it.
            if kind is None or not issubclass(kind, asyncio.CancelledError):
                kind = error = trace = None
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await finish(self._scanning.close(), self._disconnect_s, "closing the radio")

    @asynccontextmanager
    async def open(self, profile: Profile, selector: Selector) -> AsyncIterator[Link]:
        """Find, connect, subscribe. Raises LinkError and its kin; the link is closed when the block ends.

        A unit that only advertises is waited for, for as long as it takes: it may rest for weeks.
        """
        opening = self._overhear(profile, selector) if profile.broadcast else self.connect(profile, selector)
        async with opening as link:
            yield link

    @asynccontextmanager
    async def _overhear(self, profile: Profile, selector: Selector) -> AsyncIterator[OverheardLink]:
        if selector.address is None:
            raise LinkError(
                f"{profile.name} needs an `address`: nothing else tells one from the neighbours'", "ambiguous"
            )
        link = OverheardLink(profile)
        listening = self._tasks.create_task(self._scanning.listen_anew(), name=f"scanning for {profile.name}")
        try:
            async with self._scanning.overhearing(selector.address, link):
                await link.open
                yield link
        finally:
            listening.cancel()

    @asynccontextmanager
    async def connect(self, profile: Profile, selector: Selector) -> AsyncIterator[BleLink]:
        """As `open`, for a unit that can be connected to. Raises LinkError and its kin."""
        wanted = self._pinned.get((profile.name, selector), selector)
        device = await self._held(profile, wanted) or await self._scanning.find(profile, wanted)
        client: BleakClient | None = None
        link: BleLink | None = None

        def gone(_: BleakClient) -> None:
            if link is not None:
                link.lose(LinkLostError("the link was lost"))

        try:
            async with self._connecting, self._scanning.paused():
                client = self._claim(device, gone)
                await self._connect(client, device.address)
            if not client.is_connected:  # lost while the scan was taken up again
                raise LinkLostError("the link was lost at once")
            link = BleLink(client, profile, self._tap)
            self._links.add(link)
            await link.prepare()
            self._pinned[profile.name, selector] = Selector(address=device.address)
            yield link
        except ForeignUnitError:
            self._pinned.pop((profile.name, selector), None)
            raise
        finally:
            if link is not None:
                self._links.discard(link)
                link.close()
            if client is not None:
                await self._let_go(client, device.address)

    async def scan(self, seconds: float) -> list[Sighting]:
        """Everything that advertises within `seconds`, strongest first. Raises RadioError."""
        seen = await self._scanning.watch(seconds)
        return sorted(seen.values(), key=lambda sighting: -(sighting.rssi or -200))

    def _claim(self, device: BLEDevice, gone: Callable[[BleakClient], None]) -> BleakClient:
        if device.address in self._taken:
            text = f"{device.address} fits two units of the configuration; give each its own `address`"
            raise LinkError(text, "ambiguous")
        client = BleakClient(device, gone, timeout=self._connect_s, bluez=self._bluez, backend=self._client_backend)
        self._taken.add(device.address)
        return client

    async def _let_go(self, client: BleakClient, address: str) -> None:
        try:
            problem = await finish(client.disconnect(), self._disconnect_s, "disconnecting")
            if problem is not None:
                log.debug("disconnecting: %s", problem)
        finally:
            self._taken.discard(address)

    async def _connect(self, client: BleakClient, address: str) -> None:
        try:
            await attempt(client.connect(), self._connect_s, self._disconnect_s, "connecting")
        except BleakBluetoothNotAvailableError as error:
            raise RadioError(f"Bluetooth is not available ({error.reason.name.lower()}): {error.args[0]}") from error
        except BleakDeviceNotFoundError as error:
            raise NotFoundError(f"{address} vanished between its advertisement and the connection") from error
        except GATT_ERRORS as error:
            what = str(error) or type(error).__name__
            raise LinkError(f"connecting to {address} failed: {what}", reasons.of_connecting(error)) from error

    async def _held(self, profile: Profile, selector: Selector) -> BLEDevice | None:
        """The wanted unit where BlueZ says that it is connected already, and none of our links holds it."""
        if self._client_backend is not None:
            return None
        try:
            async with asyncio.timeout(self._disconnect_s):
                adapter = await BleakAdapter.get(bluez=self._bluez)
                held = [
                    device
                    for device in await adapter.get_connected_devices()
                    if device.address not in self._taken
                    and fits(profile, selector, device.address, Advertisement(device.name))
                    # bleak tells what it remembers, also of a bluetoothd that is dead.
                    and await is_connected(device.details["path"])
                ]
        except (BleakError, RadioError, OSError, EOFError, TimeoutError) as error:
            log.debug("asking for connected units: %s", error)
            return None  # scanning will say what is wrong, better
        return held[0] if len(held) == 1 else None

    async def _watch(self) -> None:
        """Tell links and scanner when bluetoothd goes, and start over when it is back."""
        told: str | None = None
        while True:
            try:
                async with bluez_watch() as changes:
                    told = None
                    while (change := await changes.next()) is not Change.BUS_LOST:
                        if change is Change.GONE:
                            log.warning("bluetoothd is gone; every link is lost")
                            self._lose_all("bluetoothd was restarted or died", "bluetoothd_restarted")
                        await self._scanning.rebuild()
                self._lose_all("the D-Bus connection was lost", "radio_unavailable")
            except RadioError as error:
                if str(error) != told:  # once, and not at every try
                    told = str(error)
                    log.warning("%s", error)
            await asyncio.sleep(WATCH_RETRY_S)

    def _lose_all(self, text: str, code: Code) -> None:
        for link in self._links:
            link.lose(LinkLostError(text, code))
