"""The bare forwarder that the daemon is measured against: bleak callback → aiomqtt publish of the raw bytes.

No decode, no journal, no counting, no reconnect: the least that any program on bleak and aiomqtt costs. QoS 0.

    python -m benchmarks.forwarder HOST PORT UNITS
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import aiomqtt
from bleak import BleakClient, BleakScanner

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"  # Polar PMD data
CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
START_ACC_100HZ = bytes.fromhex("0202000164000101100002010800")


async def main(host: str, port: int, units: int) -> None:
    queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(1000)

    def forward(topic: str, _sender: object, data: bytearray) -> None:
        queue.put_nowait((topic, bytes(data)))

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiomqtt.Client(host, port))
        found: dict[str, BLEDevice] = {}

        def seen(device: BLEDevice, said: AdvertisementData) -> None:
            if (said.local_name or "").startswith("Polar"):
                found[device.address] = device

        async with BleakScanner(seen):
            while len(found) < units:  # noqa: ASYNC110 - once, at the start
                await asyncio.sleep(0.05)
        for address, device in found.items():
            peer = await stack.enter_async_context(BleakClient(device))
            await peer.start_notify(CONTROL, lambda *_: None)
            await peer.start_notify(DATA, partial(forward, f"raw/{address.replace(':', '')}"))
            await peer.write_gatt_char(CONTROL, START_ACC_100HZ, response=True)
        print("ready", flush=True)
        while True:
            topic, data = await queue.get()
            await client.publish(topic, data, qos=0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
