"""Simulated units on a private bus, in a process of their own: `python -m ptdevice_sim.carriers.bluez --sensors 4`.

It prints DBUS_SYSTEM_BUS_ADDRESS=... once everything is on air; whoever has that in the environment takes this bus for the
system's. It ends with SIGTERM, with Ctrl-C, and with its parent.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys

from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez.air import VARIABLE, BluezAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

PARENT_S = 1.0  # how often it looks whether its parent is still there


async def serve(sensors: int, stimulators: int, *, frame_samples: int | None = None) -> None:
    """Publish that many units, print the address, and run until cancelled. Addresses end in :00, :01, and so on."""
    async with BluezAir() as air:
        for number in range(sensors):
            body = SyntheticBody(random.Random(number))  # noqa: S311 - reproducible, not secret
            air.publish(PolarSensor(body, address=f"C0:DE:00:00:00:{number:02X}", frame_samples=frame_samples))
        for number in range(stimulators):
            air.publish(BeurerEm70(f"C0:DE:00:00:01:{number:02X}"))
        sys.stdout.write(f"{VARIABLE}={air.bus.address}\n")
        sys.stdout.flush()
        await _told_to_end()


async def _told_to_end() -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    parent = os.getppid()
    while not end.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PARENT_S):
                await end.wait()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ptdevice_sim.carriers.bluez", description=__doc__)
    parser.add_argument("--sensors", type=int, default=1, help="simulated Polar H10 (default 1)")
    parser.add_argument("--stimulators", type=int, default=0, help="simulated Beurer EM 70 (default 0)")
    parser.add_argument("--frame-samples", type=int, help="samples in a notification of acceleration")
    asked = parser.parse_args()
    asyncio.run(serve(asked.sensors, asked.stimulators, frame_samples=asked.frame_samples))


if __name__ == "__main__":
    main()
