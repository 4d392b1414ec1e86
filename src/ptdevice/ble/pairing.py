"""What BlueZ knows of pairings, and making one: over a D-Bus connection of its own, under a deadline, with a person.

Whatever happens, even Ctrl-C in the middle: the pairing is ended, the agent unregistered, and the link let go.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbus_fast import Message, Variant

from ptdevice.ble import unpaired
from ptdevice.ble.agent import agent
from ptdevice.ble.bluez_watch import BUS_ERRORS, CALL_S, call, system_bus
from ptdevice.ble.closing import finish
from ptdevice.errors import LinkError, RadioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbus_fast.aio import MessageBus

    from ptdevice.ble.agent import Asked, Person

BLUEZ, DEVICE, PROPERTIES = "org.bluez", "org.bluez.Device1", "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
LET_GO_S = 10.0  # a real bluetoothd takes 2 to 2.6 s to answer Disconnect


@dataclass(frozen=True, slots=True)
class Known:
    """A unit that BlueZ knows through one adapter, near or not. `path` is that of its object."""

    path: str
    address: str
    name: str | None
    services: frozenset[str]
    paired: bool
    connected: bool

    @property
    def adapter(self) -> str:
        """BlueZ's name of the adapter."""
        return self.path.split("/")[-2]


async def known() -> list[Known]:
    """All of them. Raises RadioError."""
    async with system_bus() as bus:
        reply = await call(bus, BLUEZ, "/", MANAGER, "GetManagedObjects")
    if reply.error_name is not None:
        why = reply.body[0] if reply.body else reply.error_name
        raise RadioError(f"bluetoothd does not answer: {unpaired.NAMED.get(reply.error_name, why)}")
    objects: Mapping[str, Mapping[str, Mapping[str, Variant]]] = reply.body[0]
    return [_known(path, each[DEVICE]) for path, each in sorted(objects.items()) if DEVICE in each]


async def pair(path: str, person: Person, seconds: float) -> None:
    """Pair the unit at this object path, and let it go. Raises LinkError, whose text says what to do, and RadioError."""
    async with system_bus() as bus:
        try:
            async with agent(bus, path, person) as asked:
                await _pair(bus, path, person, seconds, asked)
            # So that it may come back by itself: for one that is trusted, bluetoothd asks nobody.
            await _call(bus, path, PROPERTIES, "Set", "ssv", DEVICE, "Trusted", Variant("b", True))
        finally:
            await finish(_call(bus, path, DEVICE, "Disconnect"), LET_GO_S, "letting it go")


async def _pair(bus: MessageBus, path: str, person: Person, seconds: float, asked: Asked) -> None:
    answered = False
    try:
        async with asyncio.timeout(seconds):
            reply = await bus.call(Message(BLUEZ, path, DEVICE, "Pair"))
        answered = True
    except TimeoutError:
        raise LinkError(unpaired.overdue(seconds, asked), "auth_failed") from None
    except BUS_ERRORS as error:
        answered = True  # nobody is there to be told
        raise RadioError(
            f"the D-Bus connection was lost ({str(error) or type(error).__name__})", "dbus_away"
        ) from error
    finally:
        if not answered:
            await finish(_call(bus, path, DEVICE, "CancelPairing"), CALL_S, "giving up pairing")
    if reply.error_name is not None:
        text = str(reply.body[0]) if reply.body else ""
        can_ask = person.can != "NoInputNoOutput"
        raise LinkError(unpaired.why(reply.error_name, text, asked, can_ask=can_ask), "auth_failed")


async def _call(bus: MessageBus, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
    """Call, whatever the answer is: what it was for shows, or nothing can be done about it. Raises TimeoutError and its kin."""
    async with asyncio.timeout(LET_GO_S):
        await bus.call(Message(BLUEZ, path, interface, member, signature=signature, body=list(body)))


def _known(path: str, facts: Mapping[str, Variant]) -> Known:
    return Known(
        path,
        facts["Address"].value,
        facts["Name"].value if "Name" in facts else None,
        frozenset(facts["UUIDs"].value if "UUIDs" in facts else ()),
        facts["Paired"].value is True,
        facts["Connected"].value is True,
    )
