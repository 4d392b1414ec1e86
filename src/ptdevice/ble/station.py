"""One Bluetooth adapter: its scanner, its time on the air, its slots, its links.

* One connect at a time, and no scanning meanwhile; the order is that of `turns`.
* A client whose connect failed is disconnected before anybody else's turn, and thrown away: bluetoothd may still be at it.
  So is, at once, a client whose link was lost (bleak keeps a D-Bus connection open for it otherwise).
* Never trust `is_connected` alone: bluetoothd's death is watched for, and silence is the caller's business.
* At the start a unit may still be connected, held by a process that was killed: it does not advertise, so ask BlueZ first.
* The adapter is looked up anew for every scanner and client: plugged in again it may have another name.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from bleak import BleakAdapter, BleakClient
from bleak.exc import BleakBluetoothNotAvailableError, BleakDeviceNotFoundError, BleakError

from ptdevice.ble import reasons
from ptdevice.ble.admission import Admission
from ptdevice.ble.airtime import Airtime
from ptdevice.ble.bluez_watch import is_connected, is_paired
from ptdevice.ble.closing import attempt, finish
from ptdevice.ble.doubts import Evidence
from ptdevice.ble.link import GATT_ERRORS, BleLink
from ptdevice.ble.scanning import Scanning, fits
from ptdevice.ble.turns import Rank
from ptdevice.devices.device import Advertisement, Kind
from ptdevice.errors import LinkError, LinkLostError, NotFoundError, RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping
    from contextlib import AbstractAsyncContextManager

    from bleak.args.bluez import BlueZClientArgs
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice.ble.adapters import Chosen
    from ptdevice.ble.admission import Terms
    from ptdevice.ble.ledger import Ledger
    from ptdevice.devices.device import Profile
    from ptdevice.errors import Code
    from ptdevice.link import Selector
    from ptdevice.tape.recorder import Tap

log = logging.getLogger(__name__)

CONNECT_S = 20.0  # BlueZ's own page timeout is about as long
DISCONNECT_S = 5.0  # a real bluetoothd takes 2 to 2.6 s to answer


class Manner(NamedTuple):
    """How to connect, the same for all adapters.

    The two backend classes are the ones that bleak itself accepts: they are for other airs than this host's, and then there is
    no bluetoothd to ask. A `tap` sees what passes on every link; in the `ledger` is written which there are.
    """

    connect_s: float = CONNECT_S
    disconnect_s: float = DISCONNECT_S
    scanner_backend: type[BaseBleakScanner] | None = None
    client_backend: type[BaseBleakClient] | None = None
    tap: Tap | None = None
    ledger: Ledger | None = None


class _Cost:
    """How long a try had the adapter for itself."""

    seconds = 0.0

    async def __aenter__(self) -> None:
        self.seconds = -asyncio.get_running_loop().time()

    async def __aexit__(self, *_: object) -> None:
        self.seconds += asyncio.get_running_loop().time()


class Station:
    """Of one adapter."""

    def __init__(self, adapter: Chosen, manner: Manner) -> None:
        self.adapter = adapter
        self.evidence = Evidence()  # of how the adapter works
        self.scanning = Scanning(adapter, manner.scanner_backend, self.evidence)
        self._manner = manner
        self.admission = Admission()
        self._airtime = Airtime(self.scanning)
        self._links: dict[BleLink, Profile] = {}
        self._freed = asyncio.Event()  # a lease was given back
        self._unconfirmed: set[str] = set()  # addresses whose link may have outlived its end

    # --- as others see it ---

    @property
    def name(self) -> str | None:
        """BlueZ's name of the adapter, by the last look; None: whichever is first."""
        return self.adapter.name

    @property
    def address(self) -> str | None:
        """The adapter's own address, where it is configured by it."""
        return self.adapter.address

    def wanted(self) -> bool:
        """Whether anybody waits for a unit."""
        return self.scanning.wanted or self._airtime.wanted

    def links(self) -> Mapping[str, bool]:
        """The addresses of units with an open link of ours, and whether each is a stimulator."""
        return {link.address: Kind.STIMULATOR in profile.kinds for link, profile in self._links.items()}

    def quiet(self) -> AbstractAsyncContextManager[None]:
        """Nothing scans or connects while this lasts; whoever has its turn ends it first (25 s at most)."""
        return self._airtime.turn(Rank.URGENT)

    async def restart_scanning(self) -> None:
        """Throw the scanner away, and build a new one if anybody waits."""
        await self.scanning.rebuild()

    def lose_all(self, text: str, code: Code) -> None:
        """End every link of ours."""
        for link in list(self._links):
            link.lose(LinkLostError(text, code))

    def lose(self, address: str, error: LinkError) -> bool:
        """End our link to this unit. False: there is none that is open."""
        open_ = [link for link in self._links if link.address == address]
        for link in open_:
            link.lose(error)
        return bool(open_)

    async def close(self) -> None:
        """Stop scanning for good."""
        await finish(self.scanning.close(), self._manner.disconnect_s, "closing the radio")

    # --- links ---

    @asynccontextmanager
    async def link(
        self, profile: Profile, device: BLEDevice, unit: Hashable, *, urgent: bool = False
    ) -> AsyncIterator[BleLink]:
        """Connect and subscribe. Raises LinkError and its kin; the link is closed when the block ends.

        `unit` is who it is in the configuration; failures are counted under it.
        """
        loop, slots = asyncio.get_running_loop(), self.admission.slots
        if not urgent:
            self.admission.has_room(str(self.adapter), loop.time())
        slots.lease(device.address, loop.time())
        try:
            async with self._opened(profile, device, unit, urgent=urgent) as link:
                yield link
        finally:
            slots.give_back(device.address, loop.time(), confirmed=device.address not in self._unconfirmed)
            self._unconfirmed.discard(device.address)
            self._freed.set()

    @asynccontextmanager
    async def _opened(
        self, profile: Profile, device: BLEDevice, unit: Hashable, *, urgent: bool
    ) -> AsyncIterator[BleLink]:
        link: BleLink | None = None
        loop, cost = asyncio.get_running_loop(), _Cost()

        def gone(_: BleakClient) -> None:
            if link is not None:
                link.lose(LinkLostError("the link was lost"))

        try:
            terms = self.admission.terms(unit, loop.time(), urgent=urgent, connect_s=self._manner.connect_s)
            try:
                client = await self._connected(device, gone, terms, cost)
            except LinkError as error:
                if not urgent or error.code != "out_of_slots":
                    raise
                if not await self._make_room():
                    raise
                client = await self._connected(device, gone, terms, cost)
        except LinkError as error:
            raise self.admission.failed(unit, error, loop.time(), cost.seconds) from error
        try:
            try:
                if not client.is_connected:
                    raise LinkLostError("the link was lost at once")
                link = BleLink(client, profile, self._manner.tap, self.evidence)
                self._links[link] = profile
                await link.prepare()
            except LinkError as error:
                raise self.admission.failed(unit, error, loop.time(), cost.seconds) from error
            self.admission.succeeded(unit)
            yield link
        except LinkError as error:
            if error.code == "silent":
                self.evidence.mute(asyncio.get_running_loop().time())
            raise
        finally:
            if link is not None:
                self._links.pop(link, None)
                link.close()
            await self._let_go(client)

    async def _make_room(self) -> bool:
        """For a unit whose stop may be owed: the sensor that came last gives up its link. Whether that came about.

        It is waited for: whoever came back later would find the slot taken by that sensor again, and let the next one go.
        """
        slots = self.admission.slots
        sensors = [link for link, profile in self._links.items() if Kind.STIMULATOR not in profile.kinds]
        if not sensors:
            return False
        log.warning("%s has no room for a unit that is to be stopped; a sensor is let go", self.adapter)
        sensors[-1].lose(LinkLostError("let go for a unit that is to be stopped", "out_of_slots"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * self._manner.disconnect_s):
                while slots.holds(sensors[-1].address):
                    self._freed.clear()
                    await self._freed.wait()
        return not slots.holds(sensors[-1].address)

    async def held(self, profile: Profile, selector: Selector, taken: Collection[str]) -> BLEDevice | None:
        """The wanted unit where BlueZ says that it is connected to this adapter already, and none of our links holds it."""
        if self._manner.client_backend is not None:
            return None
        try:
            async with asyncio.timeout(self._manner.disconnect_s):
                adapter = await BleakAdapter.get(bluez=await self._bluez())
                held = [
                    device
                    for device in await adapter.get_connected_devices()
                    if device.address not in taken
                    and fits(profile, selector, device.address, Advertisement(device.name))
                    # bleak tells what it remembers, also of a bluetoothd that is dead.
                    and await is_connected(device.details["path"])
                ]
        except (BleakError, RadioError, OSError, EOFError, TimeoutError) as error:
            log.debug("asking for connected units: %s", error)
            return None  # scanning will say what is wrong, better
        return held[0] if len(held) == 1 else None

    # --- inside ---

    async def _bluez(self) -> BlueZClientArgs:
        name = await self.adapter.look() if self._manner.client_backend is None else None
        return {} if name is None else {"adapter": name}

    async def _connected(
        self, device: BLEDevice, gone: Callable[[BleakClient], None], terms: Terms, cost: _Cost
    ) -> BleakClient:
        async with self._airtime.turn(terms.rank), cost:
            client = BleakClient(
                device,
                gone,
                timeout=terms.connect_s,
                bluez=await self._bluez(),
                backend=self._manner.client_backend,
            )
            if self._manner.ledger is not None:
                await self._manner.ledger.linking(device.address)
            try:
                await self._connect(client, device, terms.connect_s)
            except BaseException:
                await self._let_go(client)
                raise
        return client

    async def _connect(self, client: BleakClient, device: BLEDevice, seconds: float) -> None:
        try:
            await attempt(client.connect(), seconds, self._manner.disconnect_s, "connecting")
        except BleakBluetoothNotAvailableError as error:
            self._weigh(error)
            raise RadioError(f"Bluetooth is not available ({error.reason.name.lower()}): {error.args[0]}") from error
        except BleakDeviceNotFoundError as error:
            raise NotFoundError(f"{device.address} vanished between its advertisement and the connection") from error
        except GATT_ERRORS as error:
            self._weigh(error)
            what = str(error) or type(error).__name__
            here = self._manner.client_backend is None
            if here and reasons.BROKE_AT_ONCE in what and await is_paired(device.details["path"]):
                what += reasons.FORGOT
            raise LinkError(f"connecting to {device.address} failed: {what}", reasons.of_connecting(error)) from error
        else:
            self.evidence.answered("connect", asyncio.get_running_loop().time())

    def _weigh(self, error: BaseException) -> None:
        reasons.weigh(error, "connect", self.evidence, asyncio.get_running_loop().time())

    async def _let_go(self, client: BleakClient) -> None:
        problem = await finish(client.disconnect(), self._manner.disconnect_s, "disconnecting")
        if problem is not None:
            log.debug("disconnecting: %s", problem)
            self._unconfirmed.add(client.address)  # it may still have its link
        elif self._manner.ledger is not None:
            await self._manner.ledger.unlinked(client.address)
