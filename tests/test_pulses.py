"""Every stage of a gateway promises when it gets on, keeps it in good and bad days, and is found out when it does not."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import Clinic, in_virtual_time

from ptdevice.connection import OPENING_S, Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.pulses import COURIER_S, JOURNAL_S, journal_due, pulses
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


def stuck(clinic: Clinic) -> set[str]:
    now = asyncio.get_running_loop().time()
    gateway = clinic.gateway
    seen = pulses(gateway.bedsides, clinic.journal, gateway.courier)
    return {pulse.stage for pulse in seen if pulse.due is not None and now > pulse.due}


@pytest.mark.parametrize("day", ["good", "no units", "no broker", "no broker and no units", "nonsense"])
def test_nothing_is_stuck_on_a_day_that_is_only_bad(tmp_path: Path, day: str) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(10)
        if "no broker" in day:
            clinic.broker.up = False
            clinic.broker.lose()
        if "no units" in day:
            clinic.back.vanish()
        if day == "nonsense":
            clinic.back.faults.corrupt = 1.0
        clinic.chest.vanish()  # a hundred samples a second cost time, even virtual time
        for _ in range(120):
            await asyncio.sleep(30)
            assert stuck(clinic) == set()

    in_virtual_time(story, tmp_path)


@asynccontextmanager
async def never(*_: object) -> AsyncIterator[Any]:
    """Something that is waited for without a deadline: a bug."""
    await asyncio.Event().wait()
    yield


def test_a_connection_that_gets_nowhere_not_even_into_an_error_is_found_out() -> None:
    async def story() -> None:
        loop, profile = asyncio.get_running_loop(), CATALOGUE["polar"]
        nothing: Callable[[object], None] = lambda _: None  # noqa: E731 - twice
        connection = Connection(
            "chest",
            profile,
            Selector(),
            never,
            simulated=True,
            hear=nothing,
            report=nothing,
            rng=random.Random(1),  # noqa: S311
        )
        task = asyncio.create_task(connection.run())
        await asyncio.sleep(OPENING_S - 1)
        assert connection.progress.due is not None
        assert loop.time() < connection.progress.due
        await asyncio.sleep(2)
        assert loop.time() > connection.progress.due
        task.cancel()

    virtual_time.run(story())


def test_a_unit_that_only_advertises_may_rest_for_weeks() -> None:
    async def story() -> None:
        nothing: Callable[[object], None] = lambda _: None  # noqa: E731 - twice
        connection = Connection(
            "button",
            CATALOGUE["bthome"],
            Selector(),
            never,
            simulated=True,
            hear=nothing,
            report=nothing,
            rng=random.Random(1),  # noqa: S311
        )
        task = asyncio.create_task(connection.run())
        await asyncio.sleep(30 * 86_400)
        assert connection.progress.due is None
        task.cancel()

    virtual_time.run(story())


def test_a_courier_that_waits_for_ever_is_found_out(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(10)
        clinic.gateway.courier._connect = never
        clinic.broker.lose()
        await asyncio.sleep(COURIER_S - 10)
        assert stuck(clinic) == set()
        await asyncio.sleep(20)
        assert stuck(clinic) == {"mqtt"}
        assert clinic.gateway.standing.state == ("degraded", "mqtt: stuck")

    in_virtual_time(story, tmp_path)


def test_a_journal_of_which_nothing_is_asked_may_be_silent_and_one_that_owes_an_answer_may_not(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(10)
        assert journal_due(clinic.journal) is None
        now = asyncio.get_running_loop().time()
        asking = asyncio.ensure_future(clinic.journal.counts())
        await asyncio.sleep(0)
        assert journal_due(clinic.journal) == now + JOURNAL_S
        await asking
        assert journal_due(clinic.journal) is None

    in_virtual_time(story, tmp_path)


def test_health_tells_of_each_stage_how_it_gets_on_and_since_when(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(25)
        stages = clinic.said("/diag/health")[-1]["stages"]
        assert {stage: told["state"] for stage, told in stages.items()} == dict.fromkeys(
            ("radio", "decode", "journal", "mqtt"), "ok"
        )
        first = {stage: told["since"] for stage, told in stages.items()}
        assert all(told["progress"] is not None for told in stages.values())
        clinic.broker.up = False
        clinic.broker.lose()
        await asyncio.sleep(25)
        stages = json.loads(clinic.gateway.standing.health().payload)["stages"]
        assert (stages["mqtt"]["state"], stages["mqtt"]["text"]) == ("trouble", "nobody there")
        assert stages["mqtt"]["since"] >= stages["mqtt"]["progress"] > first["mqtt"]
        assert stages["decode"]["since"] == first["decode"]
        assert stages["decode"]["progress"] > stages["decode"]["since"]

    in_virtual_time(story, tmp_path)
