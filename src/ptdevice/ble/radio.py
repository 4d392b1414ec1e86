"""The host's Bluetooth: which adapter a unit is reached through, and what became of bluetoothd. Each adapter is a `Station`.

* Once a unit was found without an address, it is that unit from then on: another of its kind is not taken in its place.
* No unit is taken twice, whatever the configuration says.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from ptdevice.ble.adapters import Chosen
from ptdevice.ble.auditing import audit
from ptdevice.ble.bluez_watch import Change, bluez_watch
from ptdevice.ble.care import Care
from ptdevice.ble.finding import find
from ptdevice.ble.overhearing import Ear, OverheardLink
from ptdevice.ble.proxies import stations as proxied
from ptdevice.ble.station import CONNECT_S, DISCONNECT_S, Manner, Station
from ptdevice.errors import ForeignUnitError, LinkError, RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator, Sequence
    from types import TracebackType

    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice.ble.care import Rules
    from ptdevice.ble.esphome import Proxy
    from ptdevice.ble.link import BleLink
    from ptdevice.ble.proxies import ProxyAt
    from ptdevice.ble.scanning import Sighting
    from ptdevice.devices.device import Profile
    from ptdevice.errors import Code
    from ptdevice.latest import AdapterHealth
    from ptdevice.link import Link, Selector
    from ptdevice.tape.recorder import Tap

log = logging.getLogger(__name__)

WATCH_RETRY_S = 5.0


class Radio:
    """Use as `async with Radio() as radio`, then `radio.open(profile, selector)`.

    `adapter` is BlueZ's name of it ("hci0") or its address; `adapters` are several. None of both: the first there is.
    For the rest see `Manner`. `proxies` come besides, and never for a unit whose stop may be owed: it would hang on a network.
    `rules`: what may be done to adapters that do not work; None: they are not looked after.
    """

    def __init__(
        self,
        *,
        adapter: str | None = None,
        adapters: Sequence[str] = (),
        connect_timeout_s: float = CONNECT_S,
        disconnect_timeout_s: float = DISCONNECT_S,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        tap: Tap | None = None,
        rules: Rules | None = None,
        proxies: Sequence[ProxyAt] = (),
    ) -> None:
        self._adapters: list[str | None] = list(adapters) or [adapter]
        self._manner = Manner(
            connect_timeout_s, disconnect_timeout_s, scanner_backend, client_backend, tap, rules and rules.ledger
        )
        self._rules = rules
        self._care: Care | None = None
        self.stations: list[Station]
        self._own: list[Station]  # of this host
        self._where_proxies = proxies
        self._proxies: list[Proxy]
        self._serving: list[asyncio.Task[None]] = []
        self._taken: set[str] = set()  # addresses of units that are ours, from before the link is up until it is closed
        self._pinned: dict[tuple[str, Selector], Selector] = {}
        self._watching: asyncio.Task[None] | None = None
        self._auditing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._own = [Station(Chosen(which), self._manner) for which in self._adapters]
        pairs = await proxied(self._where_proxies, self._manner)
        self._proxies = [proxy for proxy, _ in pairs]
        self.stations = [*self._own, *(station for _, station in pairs)]
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._serving = [self._tasks.create_task(proxy.run(station), name=f"{proxy}") for proxy, station in pairs]
        if self._manner.client_backend is None:
            self._watching = self._tasks.create_task(self._watch(), name="bluetoothd watch")
            self._auditing = self._tasks.create_task(audit(self._own), name="audit of links")
            if self._rules is not None:
                self._care = Care(self._rules, self._own, self._taken)
                self._care.begin(self._tasks)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (self._watching, self._auditing, *self._serving):
            if task is not None:
                task.cancel()
        if self._care is not None:
            self._care.end()
        try:
            # The group must see a cancellation, which may be of its own making, and nothing else: it would wrap it.
            if kind is None or not issubclass(kind, asyncio.CancelledError):
                kind = error = trace = None
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await asyncio.gather(*(station.close() for station in self.stations))

    @asynccontextmanager
    async def open(self, profile: Profile, selector: Selector) -> AsyncIterator[Link]:
        """Find, connect, subscribe. Raises LinkError and its kin; the link is closed when the block ends.

        A unit that only advertises is waited for, for as long as it takes: it may rest for weeks.
        """
        opening = self._overhear(profile, selector) if profile.broadcast else self.connect(profile, selector)
        try:
            async with opening as link:
                yield link
        except LinkError as error:
            better = error if self._care is None else self._care.better(error, self._through(selector))
            if better is error:
                raise
            raise better from error

    async def reaped(self, seconds: float) -> None:
        """What the process before this one left is undone, or so much time is over."""
        if self._care is not None:
            await self._care.reaped(seconds)

    def health(self) -> list[AdapterHealth]:
        """How each adapter is, where they are looked after, and each proxy."""
        own = [] if self._care is None else self._care.health()
        return [*own, *(proxy.health for proxy in self._proxies)]

    @asynccontextmanager
    async def _overhear(self, profile: Profile, selector: Selector) -> AsyncIterator[OverheardLink]:
        if selector.address is None:
            raise LinkError(
                f"{profile.name} needs an `address`: nothing else tells one from the neighbours'", "ambiguous"
            )
        link = OverheardLink(profile)
        hearing = set[Ear]()
        async with AsyncExitStack() as ends:
            ears = [(station.scanning, Ear(link, hearing)) for station in self._through(selector)]
            for scanning, ear in ears:
                again = self._tasks.create_task(scanning.listen_anew(), name=f"scanning for {profile.name}")
                ends.callback(again.cancel)
                await ends.enter_async_context(scanning.overhearing(selector.address, ear))
            await link.open
            yield link

    @asynccontextmanager
    async def connect(self, profile: Profile, selector: Selector) -> AsyncIterator[BleLink]:
        """As `open`, for a unit that can be connected to. Raises LinkError and its kin."""
        wanted = replace(self._pinned.get((profile.name, selector), selector), urgent=selector.urgent)
        unit = (profile.name, selector)
        station, device = await self._where(profile, wanted, unit, urgent=selector.urgent)
        try:
            with self._claimed(device.address):
                async with station.link(profile, device, unit, urgent=selector.urgent) as link:
                    self._pinned[unit] = replace(selector, address=device.address)
                    yield link
        except ForeignUnitError:
            self._pinned.pop((profile.name, selector), None)
            raise

    @asynccontextmanager
    async def located(self, profile: Profile, selector: Selector) -> AsyncIterator[BLEDevice]:
        """The one unit that is heard and fits, without a link; while the block lasts, its adapter neither scans nor connects.

        Raises NotFoundError, AmbiguousError, RadioError.
        """
        station, device = await find(self._through(selector), profile, selector, (profile.name, selector))
        async with station.quiet():
            yield device

    async def scan(self, seconds: float) -> list[Sighting]:
        """Everything that advertises within `seconds`, strongest first. Raises RadioError."""
        seen = await asyncio.gather(*(station.scanning.watch(seconds) for station in self.stations))
        strongest: dict[str, Sighting] = {}
        for sighting in sorted((each for some in seen for each in some.values()), key=_strength):
            strongest[sighting.device.address] = sighting
        return sorted(strongest.values(), key=_strength, reverse=True)

    def _through(self, selector: Selector) -> list[Station]:
        """By whom it may be reached. Where it is bound to one that is not among them, which is no configuration: by all."""
        may = self._own if selector.urgent else self.stations
        if selector.adapter is None:
            return may
        bound = selector.adapter.upper()
        return [station for station in may if (station.adapter.which or "").upper() == bound] or may

    async def _where(
        self, profile: Profile, wanted: Selector, unit: Hashable, *, urgent: bool
    ) -> tuple[Station, BLEDevice]:
        """The unit, and the adapter to reach it through. Raises LinkError and its kin."""
        loop, stations = asyncio.get_running_loop(), self._through(wanted)
        if not urgent:
            soonest = min(station.admission.due(unit) for station in stations)
            await asyncio.sleep(max(0.0, soonest - loop.time()))
            if all(station.admission.slots.full(loop.time()) for station in stations):
                stations[0].admission.has_room(str(stations[0].adapter), loop.time())
        for station in stations:
            if (device := await station.held(profile, wanted, self._taken)) is not None:
                return station, device
        return await find(stations, profile, wanted, unit)

    @contextmanager
    def _claimed(self, address: str) -> Iterator[None]:
        """From before the link is made until it is ended."""
        if address in self._taken:
            text = f"{address} fits two units of the configuration; give each its own `address`"
            raise LinkError(text, "ambiguous")
        self._taken.add(address)
        try:
            yield
        finally:
            self._taken.discard(address)

    async def _watch(self) -> None:
        """Tell links and scanners when bluetoothd goes, and start over when it is back."""
        told: str | None = None
        while True:
            try:
                async with bluez_watch() as changes:
                    told = None
                    while (change := await changes.next()) is not Change.BUS_LOST:
                        if change is Change.GONE:
                            log.warning("bluetoothd is gone; every link is lost")
                            self._lose_all("bluetoothd was restarted or died", "bluetoothd_restarted")
                        for station in self._own:
                            await station.restart_scanning()
                self._lose_all("the D-Bus connection was lost", "radio_unavailable")
            except RadioError as error:
                if str(error) != told:  # once, and not at every try
                    told = str(error)
                    log.warning("%s", error)
            await asyncio.sleep(WATCH_RETRY_S)

    def _lose_all(self, text: str, code: Code) -> None:
        for station in self._own:
            station.lose_all(text, code)


def _strength(sighting: Sighting) -> int:
    return sighting.rssi or -200
