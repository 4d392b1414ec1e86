"""Whether the links that are leased are those that there are: asked of BlueZ once a minute, and put right.

A link of ours whose end bluetoothd did not confirm, and that is still there, is ended; nobody else's is touched. A link that
bluetoothd no longer has is lost, for bleak may not have noticed.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ptdevice.ble import power
from ptdevice.errors import LinkLostError, RadioError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ptdevice.ble.station import Station

    End = Callable[
        [str, str], Coroutine[None, None, None]
    ]  # of the link at this path, to this address; raises RadioError

log = logging.getLogger(__name__)

EVERY_S = 60.0


async def audit(stations: Sequence[Station], every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        try:
            connected = await power.links()
            for station in stations:
                await look(station, connected, asyncio.get_running_loop().time())
        except RadioError as error:
            log.debug("links could not be looked at: %s", error)  # whoever scans or connects says it better


async def look(station: Station, connected: dict[str, str], now: float, end: End = power.disconnect) -> None:
    """At one adapter's; `connected`: addresses of units with a link, and the path of its adapter."""
    there = {address for address, path in connected.items() if station.name in {None, path.rpartition("/")[2]}}
    found = station.admission.slots.audit(frozenset(there), now)
    for address in found.idle:
        error = LinkLostError("bluetoothd has no link to it any more, and did not say so")
        if station.lose(address, error):
            log.warning("%s: a slot was held for a link that is gone; it is free again", station.adapter)
    for address in found.strays:
        if station.admission.slots.holds(address):
            continue  # taken over while another one was ended
        log.warning("%s: a link outlived its end, and is ended again, so that its slot is free", station.adapter)
        try:
            await end(connected[address], address)
        except RadioError as error:  # the others are looked at all the same
            log.debug("%s: %s", station.adapter, error)
