"""Where a unit is: listened for through every adapter it may be reached through, and taken where that is best."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ptdevice.ble.choosing import Offer, best
from ptdevice.ble.scanning import AmbiguousError
from ptdevice.ble.telling import several
from ptdevice.errors import LinkError, RadioError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from bleak.backends.device import BLEDevice

    from ptdevice.ble.scanning import Sighting
    from ptdevice.ble.station import Station
    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector

OTHERS_S = 0.5  # how long the other adapters have to hear it too, once one did: units advertise several times a second


async def find(
    stations: Sequence[Station], profile: Profile, selector: Selector, unit: Hashable
) -> tuple[Station, BLEDevice]:
    """The one unit that fits, and through which adapter. Raises NotFoundError, AmbiguousError, RadioError."""
    if len(stations) == 1:
        return stations[0], (await stations[0].scanning.find(profile, selector)).device
    tasks = {
        asyncio.create_task(station.scanning.find(profile, selector), name=f"finding by {station.adapter}"): station
        for station in stations
    }
    try:
        heard = await _heard(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    addresses = {sighting.device.address for _, sighting in heard}
    if len(addresses) > 1:
        raise AmbiguousError(several(profile, addresses))
    now = asyncio.get_running_loop().time()
    station, sighting = heard[best([offer(station, sighting.rssi, unit, now) for station, sighting in heard])]
    return station, sighting.device


def offer(station: Station, rssi: int | None, unit: Hashable, now: float) -> Offer:
    """What an adapter has to say for itself."""
    admission = station.admission
    full, failing = admission.slots.full(now), admission.due(unit) > now
    return Offer(rssi, admission.slots.leased, full, failing, admission.well)


async def _heard(tasks: dict[asyncio.Task[Sighting], Station]) -> list[tuple[Station, Sighting]]:
    """By whom it was heard. Raises what is most to the point where it was heard by none."""
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if any(task.exception() is None for task in done):
            await asyncio.wait(pending, timeout=OTHERS_S) if pending else None
            break
    found, errors = [], list[LinkError]()
    for task, station in tasks.items():
        if not task.done():
            continue
        if (error := task.exception()) is None:
            found.append((station, task.result()))
        elif isinstance(error, LinkError):
            errors.append(error)
        else:
            raise error
    ambiguous = [error for error in errors if isinstance(error, AmbiguousError)]
    if ambiguous or not found:
        # An adapter that does not work says less of the unit than one that listened in vain.
        errors.sort(key=lambda error: isinstance(error, RadioError))
        raise (ambiguous or errors)[0]
    return found
