"""The private bus against a recording of a real bluetoothd: one story, and every message of it in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pytest
from tests.simulators.carriers.bluez.monitor import monitor
from tests.simulators.carriers.bluez.story import Story
from tests.simulators.carriers.bluez.trace import Difference, Trace, diff, recorded

from ptdevice_sim.carriers.bluez import BluezAir, Manners

DIFFERENCES: tuple[Difference, ...] = ()


class PrivateStage:
    """A `story.Stage` on the private bus."""

    wait_s = 15.0

    def __init__(self, air: BluezAir) -> None:
        self.publish = air.publish
        self._bluetoothd = air.bluetoothd

    async def unplug(self) -> None:
        self._bluetoothd.adapter.unplug()

    async def kill(self) -> None:
        await self._bluetoothd.crash()

    async def restart(self) -> None:
        await self._bluetoothd.restart()

    async def quiet(self) -> None:
        pass


async def played() -> Trace:
    manners = Manners(refusal=("org.bluez.Error.Failed", "le-connection-abort-by-local"))
    async with BluezAir(manners) as air, monitor() as seen:
        await Story(PrivateStage(air), seen).play()
    return Trace(seen.lines)


async def test_the_private_bus_says_what_a_real_bluetoothd_says_in_its_order() -> None:
    found = diff(recorded(), await played(), DIFFERENCES, names=("real", "private bus"))
    assert not found, f"not what the real one says, nor a declared difference:\n{found}"
