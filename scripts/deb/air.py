"""A bluetoothd with two simulated units on the system's D-Bus, run by the Python of the installed package, where no radio is.

Nothing of bluez's package is in the way or left out: its D-Bus policy decides who may own the name and who may talk to it.
"""

from __future__ import annotations

import asyncio
import random

from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

BUS = "unix:path=/run/dbus/system_bus_socket"


async def main() -> None:
    """Until it is ended."""
    async with Bluetoothd(BUS, Manners()) as bluetoothd:
        start = asyncio.get_running_loop().time() + 4.0  # of sit-ups, once the service listens
        body = SyntheticBody(random.Random(1), start=start)  # noqa: S311 - reproducible, not secret
        for unit in (PolarSensor(body, address="C0:DE:00:00:00:00"), BeurerEm70("C0:DE:00:00:01:00")):
            bluetoothd.publish(unit, faults=None)
        await asyncio.Event().wait()


asyncio.run(main())
