"""What the broker has retained of the gateway of this name: whether one runs, and how it does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import error, fine, unknown, warning
from ptdevice.errors import BrokerRefusedError

if TYPE_CHECKING:
    from ptdevice.doctor.finding import Finding
    from ptdevice.mqtt.client import Session
    from ptdevice.mqtt.topics import Names

AREA = "service"
RETAINED_S = 2.0  # a broker sends what is retained at once


async def examine(session: Session, names: Names, boot_id: str) -> Finding:
    """Ask for the retained status. Raises BrokerLostError."""
    topic = f"{names.prefix}/status"
    try:
        await session.subscribe(topic, retained=True)
        async with asyncio.timeout(RETAINED_S):
            async for arrival in session.messages():
                if arrival.topic == topic:
                    return of(arrival.payload, boot_id)
    except (BrokerRefusedError, TimeoutError):
        pass
    return unknown(AREA, "The broker tells of no gateway of this name: none ran, or its rules keep that from gateways.")


def of(payload: bytes, boot_id: str) -> Finding:
    """What a status means that was retained."""
    try:
        said = json.loads(payload)
        state, reason, version, boot = said["state"], said.get("reason"), said.get("version"), said.get("boot_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        return unknown(AREA, "What is retained as the status of this gateway cannot be read.")
    if state == "offline":
        text = "The gateway of this name was told off by the broker, or said goodbye: it does not run."
        return warning(AREA, "gateway_offline", text, "systemctl status ptdevice; journalctl -u ptdevice")
    if boot != boot_id:
        text = "A gateway of this name runs, and it is on another machine, or was left behind by an earlier start of this one."
        return error(AREA, "gateway_elsewhere", text, "Give each gateway a gateway.name of its own.")
    if state == "degraded":
        return warning(AREA, "gateway_degraded", f"A gateway {version} runs, and says: {reason}.", "Read what it says.")
    return fine(AREA, f"A gateway {version} runs, and says that it is {state}.")
