"""Trying simulated units: in virtual time, and on a private bus with real bleak and a BlueZ that is played."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.observing import radio_on

from ptdevice import trial
from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.planning.estimate import estimate
from ptdevice.planning.verdict import Fit, of_trial
from ptdevice.trial import Candidate
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.scenario import Unit as UnitTable
from ptdevice_sim.faults import Faults
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.planning.meter import Measured
    from ptdevice_sim.unit import Output, Unit


def unit(device: str, number: int) -> Unit:
    body = SyntheticBody(random.Random(number))  # noqa: S311 - a seed, no secret
    return DEVICES[device].build(UnitTable(device=device), f"C0:DE:00:00:00:{number:02X}", body)


def candidates(*devices: str) -> list[Candidate]:
    return [
        Candidate(f"{device}-{number}", CATALOGUE[device], Selector(f"C0:DE:00:00:00:{number:02X}"))
        for number, device in enumerate(devices)
    ]


def fits(wanted: Sequence[Candidate], measured: Sequence[Measured]) -> list[Fit]:
    needs = estimate({each.alias: each.profile for each in wanted}, None).needs
    return [of_trial(each, need).fit for each, need in zip(measured, needs, strict=True)]


async def tried(wanted: Sequence[Candidate], seconds: float = 3.0, *, simulated: bool = True) -> list[Measured]:
    return await trial.run(wanted, Radio(), seconds=seconds, simulated=simulated, listen_s=0.5)


def played(wanted: Sequence[Candidate], seconds: float, faults: Sequence[Faults | None] = ()) -> list[Measured]:
    """In virtual time, over a virtual radio, through bleak's own classes."""

    async def scene() -> list[Measured]:
        async with VirtualRadio() as air:
            for number, each in enumerate(wanted):
                air.publish(unit(each.profile.name, number), faults[number] if faults else None)
            return await trial.run(wanted, radio_on(air), seconds=seconds, simulated=True)

    measured: list[Measured] = virtual_time.run(scene())
    return measured


def test_every_device_delivers_what_its_profile_says() -> None:
    """Against the simulated units, which know nothing of the profile: within a quarter."""
    wanted = candidates(*(device for device in DEVICES if not CATALOGUE[device].broadcast))
    measured = played(wanted, 20.0)
    needs = estimate({each.alias: each.profile for each in wanted}, None).needs
    for found, need in zip(measured, needs, strict=True):
        assert found.online, found
        assert found.packets_hz == pytest.approx(need.notifications_hz, rel=0.25, abs=0.1), found
        assert found.octets_hz == pytest.approx(need.octets_hz, rel=0.25, abs=2.0), found
        assert found.rate_hz == (None if need.rate_hz is None else pytest.approx(need.rate_hz, rel=0.05)), found
        assert (found.missing, found.lost, found.dropped) == (0, 0, 0), found
        assert found.complete == (None if need.rate_hz is None else 1.0)
        assert found.rssi_dbm is not None
    assert fits(wanted, measured) == [Fit.FITS] * len(wanted)


def test_a_share_of_its_samples_is_counted_as_missing() -> None:
    wanted = candidates("movella_dot", "movella_dot")
    good, bad = played(wanted, 60.0, [None, Faults(loss=0.05)])
    assert good.complete == 1.0
    assert bad.complete == pytest.approx(0.95, abs=0.015)
    assert fits(wanted, [good, bad]) == [Fit.FITS, Fit.DOUBTFUL]


def test_packets_that_are_late_are_seen() -> None:
    wanted = candidates("movella_dot")
    (found,) = played(wanted, 20.0, [Faults(late=0.1, late_s=0.4)])
    assert found.late_ms == pytest.approx(400, abs=50)
    assert fits(wanted, [found]) == [Fit.DOUBTFUL]


def test_one_that_is_not_there_does_not_keep_the_others_waiting_for_ever() -> None:
    wanted = [*candidates("movella_dot"), Candidate("away", CATALOGUE["polar"], Selector("C0:DE:00:00:00:99"))]

    async def scene() -> tuple[list[Measured], float]:
        loop = asyncio.get_running_loop()
        async with VirtualRadio() as air:
            air.publish(unit("movella_dot", 0))
            begun = loop.time()
            return await trial.run(wanted, radio_on(air), seconds=5.0, simulated=True), loop.time() - begun

    (there, away), took_s = virtual_time.run(scene())
    assert (there.complete, away.online, away.code) == (1.0, False, "no_adverts")
    assert took_s < trial.SETTLE_S + 20.0


class Stalling(Faults):
    """After so many values nothing comes any more, over a link that stays."""

    left = 250

    def on_value(self, uuid: str, data: bytes) -> list[tuple[float, bytes]]:
        self.left -= 1
        return super().on_value(uuid, data) if self.left > 0 else []


async def test_one_that_stalls_is_seen() -> None:
    wanted = candidates("movella_dot", "movella_dot")
    async with BluezAir() as air:
        air.publish(unit("movella_dot", 0))
        air.publish(unit("movella_dot", 1), Stalling())
        measured = await tried(wanted, 5.0)
        assert not any(device.linked for device in air.bluetoothd.devices.values())  # all are let go
    assert fits(wanted, measured)[1] is Fit.DOES_NOT
    assert measured[0].missing == 0
    assert measured[1].missing >= 60


async def test_a_stimulator_hears_nothing_but_questions() -> None:
    wanted = candidates("beurer_em70")
    written: list[bytes] = []

    class Listening(BeurerEm70):
        def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
            written.append(data)
            return super().write(uuid, data, now)

    async with BluezAir() as air:
        air.publish(Listening(address="C0:DE:00:00:00:00"))
        await tried(wanted, 2.0)
    assert written
    assert set(written) <= {query.data for query in wanted[0].profile.queries}


async def test_an_adapter_without_room_for_all_is_told() -> None:
    wanted = candidates("movella_dot", "movella_dot")
    async with BluezAir(Manners(slots=1)) as air:
        for number in range(2):
            air.publish(unit("movella_dot", number))
        measured = await tried(wanted, 1.0)
    online = [each for each in measured if each.online]
    assert [each.code for each in measured if not each.online] == ["out_of_slots"]
    assert len(online) == 1


async def test_a_unit_of_the_other_kind_is_not_taken_in() -> None:
    wanted = candidates("movella_dot")
    async with BluezAir() as air:
        air.publish(unit("movella_dot", 0))
        (found,) = await tried(wanted, 1.0, simulated=False)
    assert (found.online, found.code, found.packets_hz) == (False, "foreign_unit", 0.0)
