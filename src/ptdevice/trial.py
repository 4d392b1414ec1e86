"""Trying whether this radio carries these units: all of them at once, opened as the daemon opens them, and counted.

Observing only: a stimulator hears nothing but the questions of its profile, and nothing is kept of what a unit says.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ptdevice.ble.scanning import fits
from ptdevice.connection import Connection
from ptdevice.model import MotionSamples
from ptdevice.planning.meter import Meter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from ptdevice.ble.radio import Radio
    from ptdevice.ble.scanning import Sighting
    from ptdevice.connection import LinkReport, OpenLink
    from ptdevice.devices.device import Profile
    from ptdevice.link import Link, Packet, Selector, Write
    from ptdevice.model import Event
    from ptdevice.planning.meter import Measured

LISTEN_S = 3.0  # for the strength of each: while it is connected, nobody hears it
SETTLE_S = (
    60.0  # until all of them stream; a Polar H10 is reported to take up to 30 s (polarofficial/polar-ble-sdk#414)
)
FAILURES = 2  # of one unit, after which the others do not wait for it any longer
HOPELESS = frozenset(
    {"no_adverts", "foreign_unit", "missing_port", "ambiguous"}
)  # or one of these, which took its time
WARM_S = 2.0  # from then on: some units change their rate first, and what comes meanwhile is not taken
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One unit to be tried."""

    alias: str
    profile: Profile
    selector: Selector


async def run(
    candidates: Sequence[Candidate],
    open_radio: AbstractAsyncContextManager[Radio],
    *,
    seconds: float,
    simulated: bool,
    listen_s: float = LISTEN_S,
) -> list[Measured]:
    """Connect to all, wait until they stream or fail, count for `seconds`, let all go. Raises RadioError."""
    loop = asyncio.get_running_loop()
    async with open_radio as radio:
        seen = await radio.scan(listen_s)
        meters = [Meter(each.alias, loop.time()) for each in candidates]
        connections = [
            Connection(
                each.alias,
                each.profile,
                each.selector,
                _counted(radio.open, meter),
                simulated=simulated,
                hear=partial(_hear, meter),
                report=partial(_report, meter),
                rng=random.Random(),  # noqa: S311 - the jitter of pauses
            )
            for each, meter in zip(candidates, meters, strict=True)
        ]
        tasks = [asyncio.create_task(each.run(), name=f"trial {each.alias}") for each in connections]
        try:
            await _settled(candidates, meters)
            await asyncio.sleep(WARM_S)
            for meter in meters:
                meter.begin(loop.time())
            await asyncio.sleep(seconds)
            now = loop.time()
            return [
                meter.measured(
                    now,
                    dropped=connection.progress.dropped,
                    wire_errors=connection.progress.wire_errors,
                    rssi_dbm=_strength(candidate, seen),
                )
                for candidate, meter, connection in zip(candidates, meters, connections, strict=True)
            ]
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


async def _settled(candidates: Sequence[Candidate], meters: Sequence[Meter]) -> None:
    """Until each streams, or speaks where it has nothing to stream, or has failed often enough; SETTLE_S at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            while not all(_ready(*each) for each in zip(candidates, meters, strict=True)):  # noqa: ASYNC110 - of many
                await asyncio.sleep(LOOK_S)


def _ready(candidate: Candidate, meter: Meter) -> bool:
    traffic = candidate.profile.traffic
    wanted = meter.streams if traffic is not None and traffic.rate_hz is not None else meter.online
    return wanted or meter.failures >= FAILURES or meter.code in HOPELESS


def _hear(meter: Meter, event: Event) -> None:
    if isinstance(event, MotionSamples):
        meter.samples(event)


def _report(meter: Meter, said: LinkReport) -> None:
    meter.said(said.code, said.text, online=said.availability == "online")


def _strength(candidate: Candidate, seen: Iterable[Sighting]) -> int | None:
    return next(
        (
            each.rssi
            for each in seen
            if fits(candidate.profile, candidate.selector, each.device.address, each.advertisement)
        ),
        None,
    )


def _counted(open_link: OpenLink, meter: Meter) -> OpenLink:
    @contextlib.asynccontextmanager
    async def counted(profile: Profile, selector: Selector) -> AsyncIterator[Link]:
        async with open_link(profile, selector) as link:
            meter.linked()
            yield _Counting(link, meter)

    return counted


class _Counting:
    """A link of which every packet is counted."""

    def __init__(self, link: Link, meter: Meter) -> None:
        self._link, self._meter = link, meter
        self.simulated = link.simulated

    async def receive(self) -> Packet:
        """As the link does; it is counted."""
        packet = await self._link.receive()
        self._meter.packet(packet.at, len(packet.data))
        return packet

    async def write(self, write: Write) -> None:
        """As the link does."""
        await self._link.write(write)

    async def read(self, port: str) -> None:
        """As the link does."""
        await self._link.read(port)

    def dropped(self) -> int:
        """As the link does."""
        return self._link.dropped()
