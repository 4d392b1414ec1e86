from __future__ import annotations

import pytest
from dbus_fast import Variant
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, witness

from ptdevice.devices.sig import assigned
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.bluez.words import display_name


async def test_a_filter_by_service_is_applied_before_anything_is_signalled() -> None:
    async with BluezAir() as air, witness() as seen:
        air.publish(BenchUnit())
        wanted = {"UUIDs": Variant("as", [assigned(0x180D)])}
        await seen.ask(ADAPTER, "Adapter1", "SetDiscoveryFilter", "a{sv}", wanted)
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        air.publish(BenchUnit("C0:DE:00:00:00:02", advertises=assigned(0x180D)))
        await seen.see("+ dev")
        assert [path for path in air.bluetoothd.tree.objects if "dev" in path] == [f"{ADAPTER}/dev_C0_DE_00_00_00_02"]


async def test_a_second_discovery_of_the_same_client_is_refused() -> None:
    async with BluezAir(), witness() as seen:
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        reply = await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        assert reply.error_name == "org.bluez.Error.InProgress"


async def test_a_client_that_vanishes_loses_its_discovery() -> None:
    async with BluezAir(), witness() as seen:
        async with witness() as other:
            await other.ask(ADAPTER, "Adapter1", "StartDiscovery")
            await seen.see("hci0 Discovering=True")
        await seen.see("hci0 Discovering=False")


async def test_discovery_goes_on_while_another_client_wants_it() -> None:
    async with BluezAir() as air, witness() as seen:
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        async with witness() as other:
            await other.ask(ADAPTER, "Adapter1", "StartDiscovery")
            await other.ask(ADAPTER, "Adapter1", "StopDiscovery")
        air.publish(BenchUnit())
        await seen.see("+ dev")
        assert "hci0 Discovering=False" not in seen.log


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(b"LT1102S\0\0", "LT1102S"), (b"K\xc3\xa4fer", "Käfer"), (b"K\xe4fer", "K fer"), (b"\0", ""), (b"caf\xe9", "caf")],
)
def test_a_name_is_shown_as_bluez_shows_it(raw: bytes, shown: str) -> None:
    assert display_name(raw) == shown


async def test_a_unit_without_a_name_is_called_by_its_address() -> None:
    async with BluezAir() as air, witness() as seen:
        air.publish(BenchUnit(name=b""))
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        alias = await seen.ask(UNIT, "org.freedesktop.DBus.Properties", "Get", "ss", "org.bluez.Device1", "Alias")
        assert alias.body[0].value == "C0-DE-00-00-00-01"
