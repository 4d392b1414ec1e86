"""The host's Bluetooth: which adapter a unit is reached through, and what became of bluetoothd. Each adapter is a `Station`.

* Once a unit was found without an address, it is that unit from then on: another of its kind is not taken in its place.
* No unit is taken twice, whatever the configuration says.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Self

from ptdevice.ble.adapters import Chosen
from ptdevice.ble.bluez_watch import Change, bluez_watch
from ptdevice.ble.care import Care
from ptdevice.ble.overhearing import OverheardLink
from ptdevice.ble.station import CONNECT_S, DISCONNECT_S, Manner, Station
from ptdevice.ble.turns import Rank
from ptdevice.errors import ForeignUnitError, LinkError, RadioError
from ptdevice.link import Selector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice.ble.care import Rules
    from ptdevice.ble.link import BleLink
    from ptdevice.ble.scanning import Sighting
    from ptdevice.devices.device import Profile
    from ptdevice.errors import Code
    from ptdevice.latest import AdapterHealth
    from ptdevice.link import Link
    from ptdevice.tape.recorder import Tap

log = logging.getLogger(__name__)

WATCH_RETRY_S = 5.0


class Radio:
    """Use as `async with Radio() as radio`, then `radio.open(profile, selector)`.

    `adapter` is BlueZ's name of it ("hci0") or its address; None: the first. For the others see `Manner`.
    `rules`: what may be done to adapters that do not work; None: they are not looked after.
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
        rules: Rules | None = None,
    ) -> None:
        self._adapters = [adapter]
        self._manner = Manner(
            connect_timeout_s, disconnect_timeout_s, scanner_backend, client_backend, tap, rules and rules.ledger
        )
        self._rules = rules
        self._care: Care | None = None
        self.stations: list[Station]
        self._taken: set[str] = set()  # addresses of units that are ours, from before the link is up until it is closed
        self._pinned: dict[tuple[str, Selector], Selector] = {}
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.stations = [Station(Chosen(which), self._manner) for which in self._adapters]
        self._tasks = await asyncio.TaskGroup().__aenter__()
        if self._manner.client_backend is None:
            self._watching = self._tasks.create_task(self._watch(), name="bluetoothd watch")
            if self._rules is not None:
                self._care = Care(self._rules, self.stations, self._taken)
                self._care.begin(self._tasks)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
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
            better = error if self._care is None else self._care.better(error, self.stations)
            if better is error:
                raise
            raise better from error

    def health(self) -> list[AdapterHealth]:
        """How each adapter is, where they are looked after."""
        return [] if self._care is None else self._care.health()

    @asynccontextmanager
    async def _overhear(self, profile: Profile, selector: Selector) -> AsyncIterator[OverheardLink]:
        if selector.address is None:
            raise LinkError(
                f"{profile.name} needs an `address`: nothing else tells one from the neighbours'", "ambiguous"
            )
        link = OverheardLink(profile)
        scanning = self.stations[0].scanning
        listening = self._tasks.create_task(scanning.listen_anew(), name=f"scanning for {profile.name}")
        try:
            async with scanning.overhearing(selector.address, link):
                await link.open
                yield link
        finally:
            listening.cancel()

    @asynccontextmanager
    async def connect(self, profile: Profile, selector: Selector) -> AsyncIterator[BleLink]:
        """As `open`, for a unit that can be connected to. Raises LinkError and its kin."""
        wanted = self._pinned.get((profile.name, selector), selector)
        station = self.stations[0]
        device = await station.held(profile, wanted, self._taken) or await station.scanning.find(profile, wanted)
        try:
            with self._claimed(device.address):
                async with station.link(profile, device, Rank.NORMAL) as link:
                    self._pinned[profile.name, selector] = Selector(address=device.address)
                    yield link
        except ForeignUnitError:
            self._pinned.pop((profile.name, selector), None)
            raise

    async def scan(self, seconds: float) -> list[Sighting]:
        """Everything that advertises within `seconds`, strongest first. Raises RadioError."""
        seen = await self.stations[0].scanning.watch(seconds)
        return sorted(seen.values(), key=lambda sighting: -(sighting.rssi or -200))

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
                        for station in self.stations:
                            await station.restart_scanning()
                self._lose_all("the D-Bus connection was lost", "radio_unavailable")
            except RadioError as error:
                if str(error) != told:  # once, and not at every try
                    told = str(error)
                    log.warning("%s", error)
            await asyncio.sleep(WATCH_RETRY_S)

    def _lose_all(self, text: str, code: Code) -> None:
        for station in self.stations:
            station.lose_all(text, code)
