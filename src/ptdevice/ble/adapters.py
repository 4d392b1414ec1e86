"""What BlueZ says of this host's adapters, and which of them is meant. Asked over D-Bus; nothing is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.ble.bluez_watch import call, system_bus
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dbus_fast import Variant

MANAGER = "org.freedesktop.DBus.ObjectManager"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
ADDRESS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")


@dataclass(frozen=True, slots=True)
class Adapter:
    """One adapter, as BlueZ tells. `connected` are the units that have a link to it now, of whatever program."""

    name: str
    powered: bool
    connected: int
    address: str | None = None


async def adapters() -> list[Adapter]:
    """All of them, by name. Raises RadioError: there is no D-Bus, no bluetoothd, or it does not talk to this user."""
    async with system_bus() as bus:
        reply = await call(bus, "org.bluez", "/", MANAGER, "GetManagedObjects")
    if reply.error_name is not None:
        why = reply.body[0] if reply.body else reply.error_name
        raise RadioError(f"bluetoothd does not answer: {why} ({reply.error_name})")
    objects: Mapping[str, Mapping[str, Mapping[str, Variant]]] = reply.body[0]
    connected = [
        path.rpartition("/")[0]
        for path, interfaces in objects.items()
        if DEVICE in interfaces and interfaces[DEVICE]["Connected"].value is True
    ]
    return sorted(
        (
            Adapter(
                path.rpartition("/")[2],
                interfaces[ADAPTER]["Powered"].value is True,
                connected.count(path),
                interfaces[ADAPTER]["Address"].value,
            )
            for path, interfaces in objects.items()
            if ADAPTER in interfaces
        ),
        key=lambda adapter: adapter.name,
    )


def name_of(which: str, there: Iterable[Adapter]) -> str | None:
    """BlueZ's name of the adapter that is meant by a name or an address; None: an address that none of these has."""
    if ADDRESS.fullmatch(which.upper()) is None:
        return which
    return next((each.name for each in there if (each.address or "").upper() == which.upper()), None)


class Chosen:
    """One adapter as it is configured: by its address, which stays, or by BlueZ's name; None: whichever is first.

    The name may be another after the adapter was plugged in again, or was reset.
    """

    def __init__(self, which: str | None) -> None:
        self.address = which.upper() if which is not None and ADDRESS.fullmatch(which.upper()) else None
        self.name = None if self.address is not None else which  # by the last look
        self.which = which

    async def look(self) -> str | None:
        """BlueZ's name of it, as of now; None: whichever is first. Raises RadioError."""
        if self.address is not None:
            self.name = name_of(self.address, await adapters())
            if self.name is None:
                raise RadioError(f"adapter {self.address} not found: it is not plugged in, or has no driver")
        return self.name

    def __str__(self) -> str:
        return self.name or self.which or "the adapter"
