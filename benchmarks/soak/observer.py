"""A plain subscriber, at which units and the gateway are heard again or not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from benchmarks.listening import listen
from benchmarks.soak.cast import PREFIX

if TYPE_CHECKING:
    from typing import NoReturn

    import aiomqtt

    from benchmarks.soak.figures import Recoveries

GATEWAY = "the gateway"


class Observer:
    """Runs until cancelled, and tells `recoveries` who is back. `online` is what it last heard of each unit."""

    def __init__(self, port: int, recoveries: Recoveries) -> None:
        self.online: dict[str, bool] = {}
        self._port, self._recoveries = port, recoveries
        self._loop = asyncio.get_running_loop()

    async def run(self) -> NoReturn:
        """Listen, and again whenever the broker was away."""
        await listen(self._port, f"{PREFIX}/#", self._hear)

    def _hear(self, message: aiomqtt.Message) -> None:
        topic = str(message.topic).removeprefix(f"{PREFIX}/")
        now = self._loop.time()
        if not message.retain:
            self._recoveries.heard(GATEWAY, now)
        if topic.startswith("unit/") and topic.endswith("/availability") and isinstance(message.payload, bytes):
            alias = topic.split("/")[1]
            self.online[alias] = json.loads(message.payload)["availability"] == "online"
            if self.online[alias]:
                self._recoveries.heard(alias, now)
