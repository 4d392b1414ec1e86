"""What a connection says of its unit: online, offline, unknown; in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from tests.scripted import (
    ACK,
    GOOD,
    LOST,
    NONSENSE,
    ScriptedLink,
    Watched,
    in_virtual_time,
    lived,
)

from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.errors import NotFoundError
from ptdevice.model import StimulationStatus
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70


@in_virtual_time
async def test_a_unit_that_never_spoke_is_offline() -> None:
    watched = await lived(NotFoundError("no advertisement"), seconds=0.4)
    assert watched.reach == [("offline", "no_adverts")]
    assert watched.reports[0].text == "no advertisement"


@in_virtual_time
async def test_an_open_link_is_not_online() -> None:
    assert (await lived(ScriptedLink())).reach == []


@in_virtual_time
async def test_an_acknowledgement_without_meaning_is_not_online() -> None:
    assert (await lived(ScriptedLink((1.0, ACK)))).reach == []


@in_virtual_time
async def test_nonsense_is_not_online() -> None:
    assert (await lived(ScriptedLink((1.0, NONSENSE)))).reach == []


@in_virtual_time
async def test_a_unit_is_online_when_it_has_spoken_and_that_is_said_once() -> None:
    watched = await lived(ScriptedLink((1.0, GOOD), (2.0, GOOD)))
    assert watched.reach == [("online", "data")]
    assert watched.reports[0].at == pytest.approx(1.0)


@in_virtual_time
async def test_a_lost_unit_that_had_spoken_is_unknown() -> None:
    watched = await lived(ScriptedLink((1.0, GOOD), (2.0, LOST)), ScriptedLink(), seconds=2.4)
    assert watched.reach == [("online", "data"), ("unknown", "link_lost")]


@in_virtual_time
async def test_a_lost_unit_that_had_not_spoken_is_offline() -> None:
    watched = await lived(ScriptedLink((2.0, LOST)), ScriptedLink(), seconds=2.4)
    assert watched.reach == [("offline", "link_lost")]


@in_virtual_time
async def test_a_unit_that_was_heard_stays_unknown_however_often_it_is_not_found() -> None:
    nobody = NotFoundError("nobody")
    watched = await lived(
        ScriptedLink((1.0, GOOD), (2.0, LOST)), nobody, nobody, ScriptedLink((1.0, GOOD)), seconds=8.0
    )
    assert watched.reach == [
        ("online", "data"),
        ("unknown", "link_lost"),
        ("unknown", "no_adverts"),
        ("unknown", "no_adverts"),
        ("online", "data"),
    ]


@in_virtual_time
async def test_stopping_says_nothing_and_closes_the_link() -> None:
    link = ScriptedLink((1.0, GOOD))
    watched = await lived(link)
    assert watched.reach == [("online", "data")]
    assert link.closed


# --- silence ---


@in_virtual_time
async def test_silence_beyond_what_is_believable_rebuilds_the_link() -> None:
    silent = ScriptedLink((1.0, GOOD))
    watched = await lived(silent, ScriptedLink((0.5, GOOD)), seconds=15.0)
    assert watched.reach == [("online", "data"), ("unknown", "silent"), ("online", "data")]
    assert 11.0 <= watched.reports[1].at <= 12.1  # quiet_s after the last packet, looked at every tick_s
    assert "nothing heard for 10 s" in watched.reports[1].text
    assert silent.closed


@in_virtual_time
async def test_a_unit_that_speaks_just_often_enough_is_not_silent() -> None:
    watched = await lived(ScriptedLink(*[(9.9 * n, GOOD) for n in range(1, 10)]), seconds=90.0)
    assert watched.reach == [("online", "data")]


@in_virtual_time
async def test_a_simulated_stimulator_that_freezes_is_found_again_when_it_speaks() -> None:
    async with InProcessAir() as air:
        unit = BeurerEm70()
        host = air.publish(unit)
        async with Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio:
            watched = Watched(radio.open, CATALOGUE["beurer_em70"], address=unit.address)
            loop = asyncio.get_running_loop()
            loop.call_later(10.0, host.freeze)
            loop.call_later(40.0, host.thaw)
            await watched.live(60.0)
    codes = [code for _, code in watched.reach]
    assert codes[:2] == ["data", "silent"]
    assert watched.reach[-1] == ("online", "data")
    assert isinstance(watched.events[-1], StimulationStatus)
