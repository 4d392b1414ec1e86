"""A plain subscriber, at which units and the gateway are heard again or not."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import aiomqtt

from benchmarks.soak.cast import PREFIX
from benchmarks.soak.samples import HOST

if TYPE_CHECKING:
    from benchmarks.soak.figures import Recoveries

GATEWAY = "the gateway"
AGAIN_S = 0.1


class Observer:
    """Runs until cancelled, and tells `recoveries` who is back. `online` is what it last heard of each unit."""

    def __init__(self, port: int, recoveries: Recoveries) -> None:
        self.online: dict[str, bool] = {}
        self._port, self._recoveries = port, recoveries
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Listen, and again whenever the broker was away."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with aiomqtt.Client(HOST, self._port, timeout=2.0) as client:
                    await client.subscribe(f"{PREFIX}/#", qos=0)
                    async for message in client.messages:
                        self._hear(str(message.topic).removeprefix(f"{PREFIX}/"), message)
            await asyncio.sleep(AGAIN_S)

    def _hear(self, topic: str, message: aiomqtt.Message) -> None:
        now = self._loop.time()
        if not message.retain:
            self._recoveries.heard(GATEWAY, now)
        if topic.startswith("unit/") and topic.endswith("/availability") and isinstance(message.payload, bytes):
            alias = topic.split("/")[1]
            self.online[alias] = json.loads(message.payload)["availability"] == "online"
            if self.online[alias]:
                self._recoveries.heard(alias, now)
