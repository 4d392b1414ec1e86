"""A simulated unit through the daemon's own path, in virtual time: in-process air, radio, connection, codec."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.simulators.carriers.observing import Told, observed, radio_on

from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

    Story = Callable[[Host, Told], Awaitable[None]]

CLEAR_S = 60.0  # at the beginning, so that a clock can be learnt
LAST_S = 2.0  # at the end, so that what was kept back comes out


def watched(device: str, unit: Unit, story: Story | float, faults: Faults | None = None) -> Told:
    """What is told while the story happens, or so many seconds pass."""

    async def scene() -> Told:
        async with InProcessAir() as air, radio_on(air) as radio:
            host = air.publish(unit, faults)
            async with observed(radio, device, unit) as told:
                await (asyncio.sleep(story) if isinstance(story, float) else story(host, told))
        return told

    told: Told = virtual_time.run(scene())
    return told


def bad_air(faults: Faults, seconds: float, shares: dict[str, float]) -> Story:
    """A clear minute, so many seconds of these faults, and clear air again."""

    async def story(host: Host, told: Told) -> None:
        await asyncio.sleep(CLEAR_S)
        for name, share in shares.items():
            setattr(faults, name, share)
        await asyncio.sleep(seconds)
        for name in shares:
            setattr(faults, name, 1e-9 if name == "merge" else 0.0)  # what is held back comes with the next
        await asyncio.sleep(LAST_S)

    return story
