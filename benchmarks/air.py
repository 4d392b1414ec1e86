"""Simulated units on a private D-Bus, in a process of their own: `python -m benchmarks.air SENSORS SAMPLES still|exercising`.

Prints the address of the bus. On every line of standard input it prints how many samples each sensor has sent; an empty line
silences the sensors first. Ends at the end of input.
"""

from __future__ import annotations

import asyncio
import random
import sys

from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

ENDLESS = 200  # repetitions, ten minutes
SETTLED_S = 5.0  # by when the sensors are connected


def address(number: int) -> str:
    """Of the sensor of this number."""
    return f"C0:DE:00:00:00:{number:02X}"


async def main(sensors: int, frame_samples: int, *, exercising: bool) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    sets = (ENDLESS,) if exercising else ()  # lying still, the path of a sample is the same at every moment
    async with BluezAir() as air:
        units = []
        for number in range(sensors):
            body = SyntheticBody(random.Random(number), sets=sets, start=loop.time() + SETTLED_S)  # noqa: S311 - reproducible, not secret
            units.append(PolarSensor(body, address=address(number), frame_samples=frame_samples))
        hosts = [air.publish(unit) for unit in units]
        air.publish(BeurerEm70())
        print(air.bus.address, flush=True)
        while line := await lines.readline():
            if not line.strip():
                for host in hosts:
                    host.freeze()
            print(*(unit.sent_samples for unit in units), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), exercising=sys.argv[3] == "exercising"))
