"""A plain subscriber that outlives its broker."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NoReturn

import aiomqtt
from tests.mqtt.mosquitto import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_S = 0.1
ANSWER_S = 2.0


async def listen(port: int, topics: str, hear: Callable[[aiomqtt.Message], None]) -> NoReturn:
    """Call `hear` with every message, and connect again whenever the broker was away, until cancelled."""
    while True:
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with aiomqtt.Client(HOST, port, timeout=ANSWER_S) as client:
                await client.subscribe(topics, qos=0)
                async for message in client.messages:
                    hear(message)
        await asyncio.sleep(AGAIN_S)
