"""Taking a bond away: nothing else removes a device from BlueZ. A person decides that: only `ptdevice unpair` does it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Message

from ptdevice.ble.bluez_watch import BUS_ERRORS, system_bus
from ptdevice.ble.unpaired import NAMED
from ptdevice.errors import LinkError, RadioError

if TYPE_CHECKING:
    from ptdevice.ble.pairing import Known

REMOVE_S = 10.0
GONE = "org.bluez.Error.DoesNotExist"  # which is what was wanted


async def remove(unit: Known) -> None:
    """This host forgets the unit, its keys and its table of services. Raises LinkError and RadioError."""
    adapter = unit.path.rpartition("/")[0]
    message = Message("org.bluez", adapter, "org.bluez.Adapter1", "RemoveDevice", signature="o", body=[unit.path])
    async with system_bus() as bus:
        try:
            async with asyncio.timeout(REMOVE_S):
                reply = await bus.call(message)
        except BUS_ERRORS as error:
            raise RadioError(f"bluetoothd does not answer ({str(error) or type(error).__name__})") from error
    if reply.error_name is not None and reply.error_name != GONE:
        text = reply.body[0] if reply.body else ""
        raise LinkError(NAMED.get(reply.error_name, f"{text} ({reply.error_name})"))
