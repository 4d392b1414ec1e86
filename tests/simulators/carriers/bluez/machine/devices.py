"""Every device of the catalogue, as the daemon lives with it: found, told of, lost, back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.simulators.carriers.observing import LyingStill, Told, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.devices import CATALOGUE
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.scenario import Unit as UnitTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulators.carriers.airs import Air

    from ptdevice_sim.host import Host

MODELS: list[tuple[str, str | None]] = [
    (device, model) for device in sorted(CATALOGUE) for model in (*sorted(DEVICES[device].models),) or (None,)
]
WAIT_S = 60.0
# What makes a unit that only advertises say something else.
SAYS_MORE: dict[str, Callable[[Any, float], None]] = {"bthome": lambda button, now: button.press(now, "press")}
BACK = [("online", "data"), ("unknown", "link_lost"), ("online", "data")]


async def live(air: Air, device: str, model: str | None) -> str:
    """What it took, in words. Raises AssertionError where the daemon experiences something else."""
    number = MODELS.index((device, model))
    unit = DEVICES[device].build(UnitTable(device=device, model=model), f"C6:12:34:56:78:{number:02X}", LyingStill())
    now = asyncio.get_running_loop().time
    host = air.publish(unit)
    began = now()
    try:
        async with radio_on(air) as radio, observed(radio, device, unit) as told:
            await until(lambda: told.events, WAIT_S)
            first_s, before = now() - began, len(told.events)
            began = now()
            if CATALOGUE[device].broadcast:
                host.vanish()
                host.appear()
                SAYS_MORE[device](unit, now())
                host.poke()
            else:
                before = await _loses_its_link(host, told)
            await until(lambda: len(told.events) > before, WAIT_S)
            again_s = now() - began
    finally:
        host.vanish()
    assert told.progress.wire_errors == 0
    return f"{device} {model or ''}: the first event after {first_s:.1f} s, {again_s:.1f} s from its loss to the next"


async def _loses_its_link(host: Host, told: Told) -> int:
    """And finds it again. How much was told before."""
    await until(lambda: told.reach() == BACK[:1], WAIT_S)
    before = len(told.events)
    host.drop_link()
    await until(lambda: told.reach() == BACK, WAIT_S)
    return before
