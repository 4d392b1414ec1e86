"""One ESPHome Bluetooth proxy: the connection to it.

Nothing but `proxies` imports this module: it loads the extra `proxy`. aioesphomeapi connects, and connects anew with a growing
pause; bleak-esphome's client is the one that Home Assistant uses. Its manager of scanners (habluetooth's) is not used: which
adapter a unit is reached through is decided in `choosing`.

The firmware ends every link when it has no subscriber to its advertisements (bluetooth_proxy.cpp, `loop`), and takes one
subscriber only. So they are subscribed to as long as the connection lasts; whether anybody scans is decided here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from aioesphomeapi import BluetoothProxyFeature
from aioesphomeapi.client import APIClient
from aioesphomeapi.core import (
    APIConnectionError,
    EncryptionHelloAPIError,
    EncryptionPlaintextAPIError,
    InvalidAuthAPIError,
    InvalidEncryptionKeyAPIError,
    RequiresEncryptionAPIError,
)
from aioesphomeapi.reconnect_logic import ReconnectLogic
from bleak_esphome.backend.client import ESPHomeClient, ESPHomeClientData
from bleak_esphome.backend.device import ESPHomeBluetoothDevice
from bluetooth_data_tools import int_to_bluetooth_address

from ptdevice import __version__
from ptdevice.ble.adapters import Chosen
from ptdevice.ble.closing import finish
from ptdevice.ble.esphome_backends import ProxyClient, ProxyScanner
from ptdevice.errors import RadioError
from ptdevice.latest import AdapterHealth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice.ble.proxies import ProxyAt
    from ptdevice.ble.station import Station
    from ptdevice.errors import Code

log = logging.getLogger(__name__)

LEAVE_S = 2.0
FIRST_S = 5.0  # how long whoever scans first waits for the proxy's first answer
INSIST_S = (10.0, 30.0, 60.0)  # a connection that died without a word keeps its subscription for up to 150 s
NEEDED = (
    BluetoothProxyFeature.ACTIVE_CONNECTIONS
    | BluetoothProxyFeature.REMOTE_CACHING
    | BluetoothProxyFeature.RAW_ADVERTISEMENTS
)
KEY_ERRORS = (
    InvalidEncryptionKeyAPIError,
    RequiresEncryptionAPIError,
    EncryptionPlaintextAPIError,
    EncryptionHelloAPIError,
    InvalidAuthAPIError,
)
FIXES: dict[Code, str] = {
    "proxy_away": "See that it has power and Wi-Fi, and that its address is the configured one. It is tried again by itself.",
    "proxy_refused": "Compare the key with `api: encryption: key` of its ESPHome configuration; it is tried every minute.",
    "proxy_busy": "A proxy serves one client: take it out of Home Assistant, or give ptdevice one of its own.",
}


class Proxy(Chosen):
    """One proxy, as long as `run` runs. To scanners and clients it is the adapter."""

    def __init__(self, at: ProxyAt, *, first_s: float = FIRST_S, insist_s: Sequence[float] = INSIST_S) -> None:
        super().__init__(at.name)
        self._at, self._first_s, self._insist_s = at, first_s, insist_s
        self._told = asyncio.Event()  # it was reached once, or was not
        self._trouble: RadioError | None = RadioError(f"proxy {at.name} was not reached yet", "proxy_away")
        self._since = asyncio.get_running_loop().time()
        self._session: ESPHomeClientData | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self.scanners: set[ProxyScanner] = set()
        self.scanner_backend: type[BaseBleakScanner] = type("ProxyScanner", (ProxyScanner,), {"proxy": self})
        self.client_backend: type[ESPHomeClient] = type("ProxyClient", (ProxyClient,), {"proxy": self})

    def __str__(self) -> str:
        return f"proxy {self._at.name}"

    async def look(self) -> str | None:
        """Its name. Raises RadioError: it is away, refuses us, or serves another."""
        if not self._told.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), self._first_s)
        self.session()
        return self.name

    def session(self) -> ESPHomeClientData:
        """The connection to it, and what is known of it. Raises RadioError."""
        if self._trouble is not None or self._session is None:
            why = self._trouble
            raise RadioError(str(why or f"{self} is away"), "proxy_away" if why is None else why.code)
        return self._session

    @property
    def health(self) -> AdapterHealth:
        """How it is."""
        if (why := self._trouble) is None:
            return AdapterHealth(self._at.name, "ok", self._since)
        return AdapterHealth(self._at.name, "trouble", self._since, why.code, str(why), FIXES.get(why.code))

    async def run(self, station: Station) -> None:
        """Keep the connection, until cancelled; what becomes of it is told to its `station`."""
        at = self._at
        client = APIClient(
            at.host, at.port, noise_psk=at.key, client_info=f"ptdevice {__version__}", provide_time=False
        )

        async def up() -> None:
            await self._up(client, station)

        async def down(_expected: bool) -> None:  # noqa: FBT001 - the library's shape
            await self._down(station)

        async def failed(error: Exception) -> None:
            code: Code = "proxy_refused" if isinstance(error, KEY_ERRORS) else "proxy_away"
            self._is(RadioError(f"{self} at {at.host}:{at.port} is not reached: {error}", code))

        logic = ReconnectLogic(
            client=client, on_connect=up, on_disconnect=down, on_connect_error=failed, zeroconf_wake=False
        )
        await logic.start()
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await station.restart_scanning()  # whoever waits is heard, or told
        finally:
            self._cancel_timer()
            await finish(logic.stop(), LEAVE_S, f"leaving {self}")
            await finish(client.disconnect(force=True), LEAVE_S, f"leaving {self}")

    # --- what becomes of the connection ---

    async def _up(self, client: APIClient, station: Station) -> None:
        try:
            info = await client.device_info()
            version = client.api_version
            if version is None:
                return
            features = BluetoothProxyFeature(info.bluetooth_proxy_feature_flags_compat(version))
            if missing := NEEDED & ~features:
                names = ", ".join(str(each.name).lower() for each in missing)
                self._is(
                    RadioError(f"{self} lacks {names}: it needs `active: true` and a newer ESPHome", "proxy_refused")
                )
                return
            device = ESPHomeBluetoothDevice(info.name, info.bluetooth_mac_address or info.mac_address, available=True)
            self._session = ESPHomeClientData(
                bluetooth_device=device,
                client=client,
                device_info=info,
                api_version=version,
                title=info.name,
                scanner=_Pause(),  # type: ignore[arg-type] # of a scanner the client wants its pause only
            )

            def slots(free: int, limit: int, allocated: list[int]) -> None:
                device.async_update_ble_connection_limits(free, limit, allocated)
                station.admission.slots.told(limit, [int_to_bluetooth_address(address) for address in allocated])

            client.subscribe_bluetooth_connections_free(slots)
            client.subscribe_bluetooth_scanner_state(lambda _: self._is(None))
            self._subscribe(client)
            if not features & BluetoothProxyFeature.FEATURE_STATE_AND_MODE:
                self._is(None)  # older firmware does not say whether it took us
        except APIConnectionError as error:
            log.debug("%s: lost at once: %s", self, error)

    async def _down(self, station: Station) -> None:
        self._cancel_timer()
        session, self._session = self._session, None
        lost = RadioError(f"the connection to {self} was lost", "proxy_away")
        self._is(lost)
        station.lose_all(str(lost), lost.code)
        if session is not None:
            session.bluetooth_device.async_set_unavailable()
            for ended in list(session.disconnect_callbacks):
                ended()

    def _subscribe(self, client: APIClient, tries: int = 0) -> None:
        """And again, for as long as there is no answer: it ignores us while another connection has it, were it a dead one."""
        if tries and self._trouble is None:
            return
        if tries:
            self._is(RadioError(f"{self} sends us nothing: it serves another client", "proxy_busy"))
        client.subscribe_bluetooth_le_raw_advertisements(self._on_advertisements)
        pause = self._insist_s[min(tries, len(self._insist_s) - 1)]
        self._timer = asyncio.get_running_loop().call_later(pause, self._subscribe_again, client, tries + 1)

    def _subscribe_again(self, client: APIClient, tries: int) -> None:
        with contextlib.suppress(APIConnectionError):
            self._subscribe(client, tries)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is(self, trouble: RadioError | None) -> None:
        """It works, or what is the matter with it."""
        before, self._trouble = self._trouble, trouble
        self._told.set()
        if (before and before.code) == (trouble and trouble.code) and before is not None and trouble is not None:
            return  # said already, and nobody waits for it
        if before is None and trouble is None:
            return
        self._since = asyncio.get_running_loop().time()
        self._changed.set()
        log.log(logging.INFO if trouble is None else logging.WARNING, "%s", trouble or f"{self} works")

    def _on_advertisements(self, raw: Any) -> None:
        if self._trouble is not None and self._session is not None:
            self._is(None)
        for scanner in list(self.scanners):
            scanner.hear(raw)


class _Pause:
    """The client pauses the scanner while it connects; the firmware does so itself."""

    def connecting(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()
