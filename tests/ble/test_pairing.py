"""Pairing over the bus: each way of it, whatever becomes of the person, the unit and bluetoothd."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest
from dbus_fast import Message
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, Witness, witness
from tests.simulators.carriers.waiting import until

from ptdevice.ble.agent import AGENT, PATH
from ptdevice.ble.pairing import known, pair
from ptdevice.ble.unpairing import remove
from ptdevice.errors import LinkError, RadioError
from ptdevice_sim.carriers.bluez import BluezAir, Manners, Method, Security

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.pairing import Pairing

NUMBER = 123456
LONG_S = 30.0


@dataclass
class Somebody:
    """Says yes and types NUMBER, unless told otherwise; `hesitates`: never answers."""

    yes: bool = True
    types: int | None = NUMBER
    hesitates: bool = False
    can: Literal["KeyboardDisplay", "NoInputNoOutput"] = "KeyboardDisplay"
    asked: list[tuple[str, int | None]] = field(default_factory=list)
    interrupted: bool = False

    async def agrees(self, number: int | None) -> bool:
        self.asked.append(("agrees", number))
        await self._hesitate()
        return self.yes

    async def passkey(self) -> int | None:
        self.asked.append(("passkey", None))
        await self._hesitate()
        return self.types

    def shows(self, number: int) -> None:
        self.asked.append(("shows", number))

    async def _hesitate(self) -> None:
        if not self.hesitates:
            return
        try:
            await asyncio.Event().wait()
        finally:
            self.interrupted = True


async def discovered(air: BluezAir, seen: Witness, security: Security) -> Pairing:
    air.publish(BenchUnit(), security=security)
    await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
    await seen.see("+ dev")
    await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
    return air.bluetoothd.devices[UNIT].pairing


async def nothing_is_left(air: BluezAir) -> None:
    """No pairing, no link and no agent."""
    device = air.bluetoothd.devices[UNIT]
    assert not device.linked
    assert not device.connecting
    assert air.bluetoothd.agents.of("anybody") is None
    assert not air.bluetoothd.agents._by_client


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        (Method.JUST_WORKS, []),
        (Method.AUTHORIZE, [("agrees", None)]),
        (Method.CONFIRM, [("agrees", NUMBER)]),
        (Method.ENTER, [("passkey", None)]),
        (Method.SHOW, [("shows", NUMBER)]),
    ],
)
async def test_a_unit_is_paired_trusted_and_let_go(method: Method, asked: list[tuple[str, int | None]]) -> None:
    person = Somebody()
    async with BluezAir() as air, witness() as seen:
        pairing = await discovered(air, seen, Security.wanting(method))
        await pair(UNIT, person, LONG_S)
        assert (pairing.bonded, pairing.trusted, person.asked) == (True, True, asked)
        await nothing_is_left(air)


@pytest.mark.parametrize(
    ("person", "method", "says"),
    [
        (Somebody(yes=False), Method.CONFIRM, "refused here"),
        (Somebody(yes=False), Method.AUTHORIZE, "refused here"),
        (Somebody(types=None), Method.ENTER, "refused here"),
        (Somebody(types=1_000_000), Method.ENTER, "refused here"),
        (Somebody(types=654321), Method.ENTER, "did not take the number"),
        (Somebody(can="NoInputNoOutput"), Method.CONFIRM, "without --yes"),
    ],
)
async def test_without_agreement_there_is_no_bond_and_it_is_told_why(
    person: Somebody, method: Method, says: str
) -> None:
    async with BluezAir() as air, witness() as seen:
        pairing = await discovered(air, seen, Security.wanting(method))
        with pytest.raises(LinkError, match=says):
            await pair(UNIT, person, LONG_S)
        assert (pairing.bonded, pairing.trusted) == (False, False)
        await nothing_is_left(air)


async def test_a_unit_that_keeps_to_another_host_is_told_as_such() -> None:
    async with BluezAir() as air, witness() as seen:
        security = Security.wanting()
        security.refuses_another = True
        security.bonds.add("F0:00:00:00:00:09")
        await discovered(air, seen, security)
        with pytest.raises(LinkError, match="keeps to another host"):
            await pair(UNIT, Somebody(), LONG_S)


async def test_a_person_who_takes_too_long_is_not_waited_for() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air, witness() as seen:
        pairing = await discovered(air, seen, Security.wanting(Method.CONFIRM))
        with pytest.raises(LinkError, match=r"not confirmed on both sides within 0\.3 s"):
            await pair(UNIT, person, 0.3)
        assert not pairing.bonded
        assert person.interrupted
        await nothing_is_left(air)


async def test_a_unit_that_does_not_answer_is_given_up() -> None:
    async with BluezAir(Manners(connect_delay_s=60)) as air, witness() as seen:
        await discovered(air, seen, Security.wanting())
        with pytest.raises(LinkError, match="did not answer within"):
            await pair(UNIT, Somebody(), 0.3)
        await nothing_is_left(air)


async def test_who_cancels_it_in_the_middle_leaves_nothing() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air, witness() as seen:
        pairing = await discovered(air, seen, Security.wanting(Method.CONFIRM))
        task = asyncio.create_task(pair(UNIT, person, LONG_S))
        await until(lambda: person.asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not pairing.bonded
        assert person.interrupted
        await nothing_is_left(air)


async def test_a_link_that_breaks_while_a_person_thinks_ends_the_pairing() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air, witness() as seen:
        await discovered(air, seen, Security.wanting(Method.CONFIRM))
        task = asyncio.create_task(pair(UNIT, person, LONG_S))
        await until(lambda: person.asked)
        air.bluetoothd.devices[UNIT].host.drop_link()
        with pytest.raises(LinkError, match="the link broke"):
            await task


async def test_a_bluetoothd_that_dies_meanwhile_is_told() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air, witness() as seen:
        await discovered(air, seen, Security.wanting(Method.CONFIRM))
        task = asyncio.create_task(pair(UNIT, person, LONG_S))
        await until(lambda: person.asked)
        await air.bluetoothd.crash()
        with pytest.raises(LinkError, match="bluetoothd was restarted or died"):
            await task
        assert person.interrupted


async def test_a_bus_that_dies_meanwhile_is_told() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air:
        async with witness() as seen:
            await discovered(air, seen, Security.wanting(Method.CONFIRM))
        task = asyncio.create_task(pair(UNIT, person, LONG_S))
        await until(lambda: person.asked)
        await air.restart_bus()
        with pytest.raises(RadioError) as told:
            await task
        assert told.value.code == "dbus_away"


async def test_a_bus_that_denies_it_is_told_with_what_to_do() -> None:
    async with BluezAir(denied=True):
        with pytest.raises(RadioError, match="adduser"):
            await known()


async def test_a_question_about_another_unit_is_refused_without_asking_anybody() -> None:
    person = Somebody(hesitates=True)
    async with BluezAir() as air, witness() as seen:
        await discovered(air, seen, Security.wanting(Method.CONFIRM))
        task = asyncio.create_task(pair(UNIT, person, LONG_S))
        await until(lambda: person.asked)
        client = next(iter(air.bluetoothd.agents._by_client))
        question = Message(client, PATH, AGENT, "RequestConfirmation", signature="ou", body=[f"{UNIT}9", 1])
        reply = await seen.bus.call(question)
        task.cancel()
        await asyncio.wait({task})
    assert reply.error_name == "org.bluez.Error.Rejected"
    assert person.asked == [("agrees", NUMBER)]


async def test_no_passkey_is_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for method in (Method.CONFIRM, Method.ENTER, Method.SHOW):
        async with BluezAir() as air, witness() as seen:
            await discovered(air, seen, Security.wanting(method))
            await pair(UNIT, Somebody(), LONG_S)
    assert str(NUMBER) not in caplog.text


async def test_a_removed_unit_is_not_known_any_more_and_removing_it_twice_is_no_error() -> None:
    async with BluezAir() as air, witness() as seen:
        pairing = await discovered(air, seen, Security.wanting())
        await pair(UNIT, Somebody(), LONG_S)
        (unit,) = await known()
        assert (unit.paired, unit.connected, unit.adapter) == (True, False, "hci0")
        await remove(unit)
        await remove(unit)
        assert await known() == []
        assert not pairing.bonded
