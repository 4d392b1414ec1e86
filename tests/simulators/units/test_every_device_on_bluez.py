"""Every device of the catalogue on the production path: bleak's BlueZ backend, D-Bus, the daemon's radio, connection and codec.

What each of them tells is the matter of its own tests. Here: it is found, it tells something, its link breaks, and it tells
something again. One that only advertises has no link to lose; it goes out of reach and comes back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.carriers.observing import LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.devices import CATALOGUE
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.scenario import Unit as UnitTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.unit import Unit

MODELS: list[tuple[str, str | None]] = [
    (device, model) for device in sorted(CATALOGUE) for model in (*sorted(DEVICES[device].models),) or (None,)
]
LINKED = [pair for pair in MODELS if not CATALOGUE[pair[0]].broadcast]
OVERHEARD = [pair for pair in MODELS if CATALOGUE[pair[0]].broadcast]
# What makes a unit that only advertises say something else.
SAYS_MORE: dict[str, Callable[[Any, float], None]] = {"bthome": lambda button, now: button.press(now, "press")}


def built(device: str, model: str | None) -> Unit:
    return DEVICES[device].build(UnitTable(device=device, model=model), "C6:12:34:56:78:9A", LyingStill())


def title(pair: tuple[str, str | None]) -> str:
    return "-".join(filter(None, pair))


def test_every_simulated_device_is_here() -> None:
    assert {device for device, _ in LINKED + OVERHEARD} == set(CATALOGUE) == set(DEVICES)


@pytest.mark.parametrize("pair", LINKED, ids=title)
async def test_it_is_found_tells_something_loses_its_link_and_tells_something_again(
    pair: tuple[str, str | None],
) -> None:
    unit = built(*pair)
    async with BluezAir() as air, radio_on(air) as radio:
        host = air.publish(unit)
        async with observed(radio, pair[0], unit) as told:
            await until(lambda: told.reach() == [("online", "data")])
            before = len(told.events)
            assert before > 0
            host.drop_link()
            await until(lambda: told.reach()[1:] == [("unknown", "link_lost"), ("online", "data")])
            await until(lambda: len(told.events) > before)
    assert told.progress.wire_errors == 0
    assert air.bluetoothd.adapter.counters.overlaps == 0


@pytest.mark.parametrize("pair", OVERHEARD, ids=title)
async def test_one_that_only_advertises_is_overheard_goes_away_and_is_overheard_again(
    pair: tuple[str, str | None],
) -> None:
    unit = built(*pair)
    async with BluezAir() as air, radio_on(air) as radio:
        host = air.publish(unit)
        async with observed(radio, pair[0], unit) as told:
            await until(lambda: len(told.events) > 0)
            before = len(told.events)
            host.vanish()
            host.appear()
            SAYS_MORE[pair[0]](unit, asyncio.get_running_loop().time())
            host.poke()
            await until(lambda: len(told.events) > before)
    assert air.bluetoothd.adapter.counters.connects == 0
