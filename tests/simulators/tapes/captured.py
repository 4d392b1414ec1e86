"""Captures that bumble's own snooper writes while the gateway's connections speak to simulated units on the virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bumble.snoop import BtSnooper
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import SIMULATED_SERVICE, Selector
from ptdevice.tape.recorder import Recorder
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit


@dataclass
class Spoken:
    """One unit, its host, and what the link's own tap wrote of it."""

    unit: Unit
    host: Host
    lines: list[bytes] = field(default_factory=list)

    @property
    def device(self) -> str:
        return "polar" if isinstance(self.unit, PolarSensor) else "beurer_em70"

    def has(self, direction: str, count: int) -> bool:
        return sum(f'"dir":"{direction}"'.encode() in line for line in self.lines) >= count


async def capture(
    path: Path,
    units: Sequence[Unit],
    enough: Callable[[list[Spoken]], bool],
    *,
    side: str = "central",
    fragment: int = 251,
) -> list[Spoken]:
    """Let the units speak until it is enough, while bumble writes down the HCI packets of one side.

    No data packet of a unit is longer than `fragment` octets.
    """
    async with VirtualRadio() as radio:
        spoken = [Spoken(unit, radio.publish(unit)) for unit in units]
        for controller in radio._air.controllers:
            if controller.name != "central":
                controller.le_acl_data_packet_length = fragment
        stack = radio._central if side == "central" else radio._peripherals[0]._device
        with path.open("wb") as file:
            stack.host.snooper = BtSnooper(file)
            async with contextlib.AsyncExitStack() as radios:
                running = []
                for one in spoken:
                    profile = CATALOGUE[one.device]
                    tap = Recorder(
                        one.lines.append,
                        device=one.device,
                        ports={port.name: port.uuid for port in profile.ports},
                        mark=SIMULATED_SERVICE,
                        software="test",
                    )
                    gateway = await radios.enter_async_context(
                        Radio(scanner_backend=radio.scanner_backend, client_backend=radio.client_backend, tap=tap)
                    )
                    connection = Connection(
                        one.device,
                        profile,
                        Selector(address=one.unit.address),
                        gateway.open,
                        simulated=True,
                        hear=lambda _: None,
                        report=lambda _: None,
                        rng=random.Random(1),  # noqa: S311 - reproducible, not secret
                    )
                    running.append(asyncio.create_task(connection.run()))
                await until(lambda: enough(spoken))
                for task in running:
                    task.cancel()
                await asyncio.wait(running)
            stack.host.snooper = None
    return spoken
