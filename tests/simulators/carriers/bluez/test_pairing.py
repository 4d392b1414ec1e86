"""Pairing with a person or without, and what becomes of a bond."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from bleak import BleakClient
from bleak.exc import BleakError
from tests.simulators.carriers.bench import WRITTEN, BenchUnit
from tests.simulators.carriers.bluez.person import AGENT, MANAGER, Person
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, Witness, find, witness

from ptdevice_sim.carriers.bluez import BluezAir, Manners, Method, Security

if TYPE_CHECKING:
    from dbus_fast import Message

NUMBER = 123456
FAILED = "org.bluez.Error.AuthenticationFailed"


async def known(air: BluezAir, seen: Witness, security: Security) -> BenchUnit:
    """In reach and discovered; nobody discovers any more."""
    unit = BenchUnit()
    air.publish(unit, security=security)
    await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
    await seen.see("+ dev")
    await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
    return unit


async def pair(seen: Witness) -> Message:
    return await seen.ask(UNIT, "Device1", "Pair")


async def read(seen: Witness) -> Message:
    return await seen.ask(seen.paths["fff2"], "GattCharacteristic1", "ReadValue", "a{sv}", {})


async def test_a_unit_that_wants_a_bond_answers_nobody_without_one() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting())
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev UUIDs ServicesResolved=True")
        reply = await read(seen)
        subscribed = await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")
        told = [(each.error_name, each.body[0]) for each in (reply, subscribed)]
        assert told == [("org.bluez.Error.NotPermitted", "Not paired")] * 2


async def test_only_what_is_guarded_wants_a_bond() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security(guarded=frozenset({WRITTEN})))
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev UUIDs ServicesResolved=True")
        assert (await read(seen)).error_name == "org.bluez.Error.NotPermitted"
        assert not (await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")).error_name


async def test_what_just_works_needs_nobody_and_is_told_before_the_answer() -> None:
    async with BluezAir(Manners(resolve_delay_s=0.01)) as air, witness() as seen:
        await known(air, seen, Security.wanting())
        seen.take()
        assert not (await pair(seen)).error_name
        await seen.see("dev UUIDs ServicesResolved=True")
        assert seen.take()[:4] == ["> Pair", "dev Connected=True", "dev Paired=True Bonded=True", "< Pair"]
        assert not (await read(seen)).error_name


async def test_bleak_pairs_and_reads() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish(unit, security=Security.wanting())
        async with BleakClient(await find(unit)) as client:
            with pytest.raises(BleakError, match="Not paired"):
                await client.read_gatt_char(WRITTEN)
            await client.pair()
            assert await client.read_gatt_char(WRITTEN) == b"hello"
        assert air.bluetoothd.devices[UNIT].pairing.trusted


@pytest.mark.parametrize(
    ("method", "question", "answer"),
    [
        (Method.AUTHORIZE, [UNIT], []),
        (Method.CONFIRM, [UNIT, NUMBER], []),
        (Method.ENTER, [UNIT], [NUMBER]),
        (Method.SHOW, [UNIT, NUMBER, 0], []),
    ],
)
async def test_a_person_is_asked_and_agrees(method: Method, question: list[Any], answer: list[Any]) -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(method))
        person = Person(seen, {method.value: answer})
        await person.sit_down()
        assert not (await pair(seen)).error_name
        assert person.asked == [(method.value, question)]
        assert (await seen.get(UNIT, "Device1", "Paired")).value is True


@pytest.mark.parametrize("answers", [{}, {"RequestPasskey": [654321]}], ids=["refuses", "mistypes"])
async def test_a_person_who_does_not_agree_makes_no_bond(answers: dict[str, list[Any] | None]) -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.ENTER))
        await Person(seen, answers).sit_down()
        assert (await pair(seen)).error_name == FAILED
        assert (await seen.get(UNIT, "Device1", "Bonded")).value is False


async def test_without_an_agent_nobody_can_be_asked() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        assert (await pair(seen)).error_name == FAILED


async def test_an_agent_that_cannot_show_a_number_is_not_asked_to_compare_one() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        person = Person(seen, {"RequestConfirmation": []})
        await person.sit_down("NoInputNoOutput")
        assert (await pair(seen)).error_name == FAILED
        assert person.asked == []


async def test_the_default_agent_is_asked_for_a_client_that_has_none() -> None:
    async with BluezAir() as air, witness() as seen, witness() as other:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        person = Person(other, {"RequestConfirmation": []})
        await person.sit_down()
        assert (await pair(seen)).error_name == FAILED
        await other.ask(*MANAGER, "RequestDefaultAgent", "o", AGENT)
        assert not (await pair(seen)).error_name


async def test_an_agent_that_has_left_is_not_asked() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        await Person(seen, {"RequestConfirmation": []}).sit_down()
        assert not (await seen.ask(*MANAGER, "UnregisterAgent", "o", AGENT)).error_name
        assert (await pair(seen)).error_name == FAILED


async def test_a_client_has_one_agent_and_knows_what_it_can() -> None:
    async with BluezAir(), witness() as seen:
        person = Person(seen, {})
        told = [(await person.sit_down("Telepathy")).error_name, (await person.sit_down("")).error_name]
        told.append((await seen.ask(*MANAGER, "RegisterAgent", "os", AGENT, "")).error_name)
        assert told == ["org.bluez.Error.InvalidArguments", None, "org.bluez.Error.AlreadyExists"]


async def test_pairing_that_is_canceled_tells_the_agent_and_makes_no_bond() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        person = Person(seen, {"RequestConfirmation": None, "Cancel": []})
        await person.sit_down()
        pairing = asyncio.create_task(pair(seen))
        await person.be_asked("RequestConfirmation")
        assert not (await seen.ask(UNIT, "Device1", "CancelPairing")).error_name
        assert (await pairing).error_name == "org.bluez.Error.AuthenticationCanceled"
        await person.be_asked("Cancel")


async def test_a_link_that_breaks_ends_the_pairing() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        person = Person(seen, {"RequestConfirmation": None})
        await person.sit_down()
        pairing = asyncio.create_task(pair(seen))
        await person.be_asked("RequestConfirmation")
        air.bluetoothd.devices[UNIT].host.drop_link()
        assert (await pairing).error_name == "org.bluez.Error.AuthenticationCanceled"


async def test_a_person_who_vanishes_while_asked_ends_the_pairing() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting(Method.CONFIRM))
        async with witness() as other:
            person = Person(other, {"RequestConfirmation": None})
            await person.sit_down()
            await other.ask(*MANAGER, "RequestDefaultAgent", "o", AGENT)
            pairing = asyncio.create_task(pair(seen))
            await person.be_asked("RequestConfirmation")
        assert (await pairing).error_name == "org.bluez.Error.AuthenticationCanceled"


async def test_there_is_nothing_to_cancel_where_nobody_pairs_and_no_second_bond() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting())
        assert (await seen.ask(UNIT, "Device1", "CancelPairing")).error_name == "org.bluez.Error.DoesNotExist"
        await pair(seen)
        assert (await pair(seen)).error_name == "org.bluez.Error.AlreadyExists"


async def test_a_bond_is_kept_over_a_crash_and_its_device_is_known_at_once() -> None:
    async with BluezAir() as air, witness() as seen:
        await known(air, seen, Security.wanting())
        await pair(seen)
        await air.bluetoothd.crash()
        await air.bluetoothd.restart()
        assert (await seen.get(UNIT, "Device1", "Paired")).value is True
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev UUIDs ServicesResolved=True")
        assert not (await read(seen)).error_name


async def test_removing_the_device_forgets_the_bond_on_this_side_only() -> None:
    async with BluezAir() as air, witness() as seen:
        security = Security.wanting()
        await known(air, seen, security)
        await pair(seen)
        await seen.ask(ADAPTER, "Adapter1", "RemoveDevice", "o", UNIT)
        assert security.bonds == {"F0:00:00:00:00:01"}
        seen.take()
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert (await seen.get(UNIT, "Device1", "Paired")).value is False


async def test_a_unit_that_makes_no_second_bond_does_not_pair_again() -> None:
    async with BluezAir() as air, witness() as seen:
        security = Security.wanting()
        security.refuses_another = True
        security.bonds.add("F0:00:00:00:00:09")
        await known(air, seen, security)
        assert (await pair(seen)).error_name == FAILED


@pytest.mark.parametrize(("tells", "answer"), [(True, ["le-connection-key-missing"]), (False, [])])
async def test_a_unit_that_was_reset_breaks_every_link_until_its_bond_is_forgotten_here_too(
    tells: bool,  # noqa: FBT001 - a parameter
    answer: list[str],
) -> None:
    async with BluezAir(Manners(tells_missing_key=tells)) as air, witness() as seen:
        security = Security.wanting()
        await known(air, seen, security)
        await pair(seen)
        air.bluetoothd.devices[UNIT].host.drop_link()
        security.bonds.clear()
        seen.take()
        assert (await seen.ask(UNIT, "Device1", "Connect")).body == answer
        await seen.see("dev Connected=False")
        assert "dev ServicesResolved=True" not in seen.log
