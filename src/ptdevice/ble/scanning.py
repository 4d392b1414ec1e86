"""One scanner for all units: it runs only while somebody waits for a unit, and never while a connection is being made.

Overlapping scans and connects are the commonest cause of "operation in progress" storms on a Raspberry Pi's adapter.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bleak import BleakScanner

from ptdevice.ble import reasons
from ptdevice.ble.closing import finish
from ptdevice.ble.doubts import Evidence
from ptdevice.ble.telling import absent, several
from ptdevice.devices.device import Advertisement
from ptdevice.errors import LinkError, NotFoundError, RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak.args.bluez import BlueZScannerArgs
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

    from ptdevice.ble.adapters import Chosen
    from ptdevice.ble.overhearing import Ear
    from ptdevice.devices.device import Profile
    from ptdevice.errors import Code
    from ptdevice.link import Selector

log = logging.getLogger(__name__)

FIND_S = 30.0  # units advertise every 0.02 to 10 s; one not heard in this time is absent, off, or held by another host
SETTLE_S = 1.0  # without an address: how long to look for a second unit that fits as well (EM 70: every 0.6 s)
PATIENCE = 4  # so many times as long as it wants to scan somebody waits, where others take the time for connecting
LOOK_S = 0.05  # how often to see whether that much was scanned
START_S, STOP_S = 10.0, 3.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """One advertisement: the device as bleak knows it, and what it said."""

    device: BLEDevice
    advertisement: Advertisement
    rssi: int | None


class AmbiguousError(LinkError):
    """Several units fit, and guessing would file one person's data under another."""

    code: Code = "ambiguous"


@dataclass(slots=True, eq=False)
class _Waiter:
    profile: Profile
    selector: Selector
    found: dict[str, Sighting]
    first: asyncio.Future[None]


class Scanning:
    """The scanner and those who wait for it."""

    def __init__(
        self, adapter: Chosen, backend: type[BaseBleakScanner] | None, evidence: Evidence | None = None
    ) -> None:
        self._adapter, self._backend = adapter, backend
        self._evidence = evidence or Evidence()
        self._scanner: BleakScanner | None = None
        self._lock = asyncio.Lock()
        self._waiters: dict[_Waiter, None] = {}  # in order of asking: who is found first must not depend on chance
        self._listeners = 0  # those who want to see everything
        self._overheard: dict[Ear, str] = {}  # units that only advertise, and their addresses
        self._heard_any = False  # since somebody looked
        self._hushed = False
        self._resuming: set[asyncio.Task[None]] = set()
        self._scanned_s = 0.0  # before the present scan
        self._since: float | None = None  # when the present scan started
        self.seen: dict[str, Sighting] = {}

    async def find(self, profile: Profile, selector: Selector, *, timeout: float = FIND_S) -> Sighting:  # noqa: ASYNC109 - one deadline for several steps
        """The one unit that fits. Raises NotFoundError, AmbiguousError, RadioError."""
        waiter = _Waiter(profile, selector, {}, asyncio.get_running_loop().create_future())
        self._waiters[waiter] = None
        try:
            await self._adjust()
            await self._first(waiter, timeout)
            if selector.address is None:
                await self._scan_for(SETTLE_S)
        except TimeoutError:
            # It may be the scanner that is deaf: an adapter that was off and on again has forgotten it.
            async with self._lock:
                await self._stop()
            raise NotFoundError(absent(profile, selector, timeout)) from None
        finally:
            self._waiters.pop(waiter, None)
            await self._adjust_quietly()
        if len(waiter.found) > 1:
            raise AmbiguousError(several(profile, waiter.found))
        return next(iter(waiter.found.values()))

    async def watch(self, seconds: float) -> dict[str, Sighting]:
        """Everything that advertises within `seconds`, by address. Raises RadioError."""
        self._listeners += 1
        self.seen.clear()
        try:
            await self._adjust()
            await asyncio.sleep(seconds)
        finally:
            self._listeners -= 1
            await self._adjust()
        return dict(self.seen)

    @asynccontextmanager
    async def overhearing(self, address: str, ear: Ear) -> AsyncIterator[None]:
        """Scan, while this lasts, for what this unit says of itself. What goes wrong is told to `ear`."""
        self._overheard[ear] = address.upper()
        try:
            try:
                await self._adjust()
            except RadioError as error:
                ear.lose(error)
            yield
        finally:
            self._overheard.pop(ear, None)
            await self._adjust_quietly()

    async def listen_anew(self) -> None:
        """For as long as it runs: where nobody at all was heard for FIND_S, it may be the scanner that is deaf."""
        while True:
            self._heard_any = False
            await asyncio.sleep(FIND_S)
            if not self._heard_any:
                await self.rebuild()

    async def hush(self) -> None:
        """No scanning from now on, until `resume`."""
        self._hushed = True
        await self._adjust()

    def resume(self) -> asyncio.Task[None]:
        """Scan again, if anybody waits; if that fails, those who wait are told.

        Nobody has to wait for it: bluetoothd may take its time, and whoever has just got a link has something to say on it.
        """
        self._hushed = False
        task = asyncio.get_running_loop().create_task(self._adjust_quietly(), name="scanning again")
        self._resuming.add(task)
        task.add_done_callback(self._resumed)
        return task

    @property
    def seeking(self) -> bool:
        """Whether somebody waits to hear a unit."""
        return bool(self._overheard) or any(not waiter.first.done() for waiter in self._waiters)

    @property
    def wanted(self) -> bool:
        """Whether somebody wants it to run."""
        return bool(self._waiters or self._listeners or self._overheard)

    async def rebuild(self) -> None:
        """Throw the scanner away (bluetoothd was restarted) and start a new one if anybody waits."""
        async with self._lock:
            await self._stop()
        await self._adjust_quietly()

    async def close(self) -> None:
        """Stop scanning for good."""
        self._waiters.clear()
        self._listeners = 0
        self._overheard.clear()
        async with self._lock:
            await self._stop()

    async def _adjust(self) -> None:
        """Run the scanner exactly when it is wanted. Raises RadioError."""
        async with self._lock:
            wanted = self.wanted and not self._hushed
            if wanted and self._scanner is None:
                await self._start()
            elif not wanted and self._scanner is not None:
                await self._stop()

    async def _adjust_quietly(self) -> None:
        """As `_adjust`, where a failure is not the caller's but concerns those who wait."""
        try:
            await self._adjust()
        except RadioError as error:
            log.warning("scanning cannot go on: %s", error)
            self._tell(str(error), error.code)

    def _resumed(self, task: asyncio.Task[None]) -> None:
        self._resuming.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("scanning cannot go on", exc_info=bug)
            self._tell(f"{type(bug).__name__}: {bug}", "radio_unavailable")

    def _tell(self, why: str, code: Code) -> None:
        """Those who wait."""
        for waiter in self._waiters:
            if not waiter.first.done():
                waiter.first.set_exception(RadioError(why, code))
        for ear in list(self._overheard):
            ear.lose(RadioError(why, code))

    async def _first(self, waiter: _Waiter, seconds: float) -> None:
        """Wait for it, for so many seconds of scanning: what others took for connecting is not counted. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        end, at_last = self._scanned() + seconds, loop.time() + PATIENCE * seconds
        while not waiter.first.done():
            left = min(end - self._scanned(), at_last - loop.time())
            if left <= 0:
                raise TimeoutError
            await asyncio.wait({waiter.first}, timeout=max(left, LOOK_S))
        waiter.first.result()

    async def _scan_for(self, seconds: float) -> None:
        """Wait until that much was scanned: while others connect, nothing is. Raises RadioError where that takes too long."""
        loop = asyncio.get_running_loop()
        end, at_last = self._scanned() + seconds, loop.time() + PATIENCE * FIND_S
        while (left := end - self._scanned()) > 0:
            if loop.time() >= at_last:
                raise RadioError("a unit was found, and whether another one fits as well could not be listened for")
            await asyncio.sleep(max(left, LOOK_S))

    def _scanned(self) -> float:
        present = 0.0 if self._since is None else asyncio.get_running_loop().time() - self._since
        return self._scanned_s + present

    async def _start(self) -> None:
        try:
            name = await self._adapter.look()
        except RadioError:
            self._evidence.unavailable_at = asyncio.get_running_loop().time()
            raise
        bluez: BlueZScannerArgs = {} if name is None else {"adapter": name}
        scanner = BleakScanner(self._on_advertisement, bluez=bluez, backend=self._backend)
        try:
            # Never half-way: bleak would forget a discovery that bluetoothd has begun, and that cannot be begun a second time.
            problem = await finish(scanner.start(), START_S, "starting the scan")
        except asyncio.CancelledError:
            self._scanner, self._since = scanner, asyncio.get_running_loop().time()
            raise
        now = asyncio.get_running_loop().time()
        if problem is not None:
            reasons.weigh(problem, "scan", self._evidence, now)
            await finish(scanner.stop(), STOP_S, "stopping a scan that did not start")
            known = reasons.of_scanning(problem)
            if known is None:
                raise problem
            raise known from problem
        self._evidence.answered("scan", now)
        self._scanner, self._since = scanner, now

    async def _stop(self) -> None:
        scanner, self._scanner = self._scanner, None
        self._scanned_s, self._since = self._scanned(), None
        if scanner is not None:
            problem = await finish(scanner.stop(), STOP_S, "stopping the scan")
            if problem is not None:
                log.debug("stopping the scan: %s", problem)

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        said = Advertisement(data.local_name, frozenset(data.service_uuids), data.manufacturer_data, data.service_data)
        self._heard_any = True
        self._evidence.heard_at = asyncio.get_running_loop().time()
        sighting = Sighting(device, said, data.rssi)
        if self._listeners:
            self.seen[device.address] = sighting
        for ear, address in self._overheard.items():
            if address == device.address.upper():
                ear.hear(said)
        for waiter in self._waiters:
            if fits(waiter.profile, waiter.selector, device.address, said):
                waiter.found[device.address] = sighting
                if not waiter.first.done():
                    waiter.first.set_result(None)


def fits(profile: Profile, selector: Selector, address: str, said: Advertisement) -> bool:
    """Whether this is the unit that is meant."""
    if selector.address is not None:
        return address.upper() == selector.address.upper()
    if selector.name is not None:
        return (said.name or "").rstrip("\0") == selector.name
    return profile.matches(said)
