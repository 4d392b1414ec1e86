"""The rules of the radio, each on the private bus, where breaking it has the consequence it has on a Raspberry Pi."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.ble.scaffold import BENCH, descriptors, lost, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.errors import LinkError, LinkLostError, RadioError
from ptdevice.link import Selector, Write
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.faults import Faults

# --- every client is disconnected, whatever happened to it ---

# As a real unit takes, at least. Where the link breaks before bleak has seen the answer to Connect, on a busy machine, bleak
# leaves its D-Bus connection to the garbage collector, which warns.
TO_RESOLVE_S = 0.4


async def test_twenty_lost_links_leak_no_file_descriptor_and_no_connection_to_the_bus() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        host = air.publish(unit)
        before: tuple[int, int] | None = None
        for _ in range(21):
            async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
                host.drop_link()
                with pytest.raises(LinkLostError):
                    await link.receive()
            await until(lambda: not unit.connected_now)
            before = before or (descriptors(), len(air.bluetoothd.callers))
        most, callers = before or (0, 0)
        await until(lambda: descriptors() <= most and len(air.bluetoothd.callers) <= callers)


async def test_twenty_failed_connects_leak_no_file_descriptor() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit, Faults(refuse_connects=21))
        before: int | None = None
        for _ in range(21):
            with pytest.raises(LinkError) as refused:
                async with promptly(), radio.open(BENCH, Selector(unit.address)):
                    pass
            assert refused.value.code == "connect_failed"
            before = before or descriptors()
        most = before or 0
        await until(lambda: descriptors() <= most)


async def test_a_disconnect_that_is_never_answered_does_not_keep_us() -> None:
    async with BluezAir(Manners(mute_disconnect=True)) as air, Radio(disconnect_timeout_s=0.2) as radio:
        unit = BenchUnit()
        air.publish(unit)
        before = descriptors()
        async with promptly(), radio.open(BENCH, Selector(unit.address)):
            pass
        await until(lambda: descriptors() <= before + 2)  # the scanner's and the watch's


async def test_links_are_closed_at_the_same_time_and_not_one_after_the_other() -> None:
    async with BluezAir(Manners(disconnect_delay_s=1.0)) as air, Radio() as radio:
        units = [unit_number(number) for number in range(4)]
        for unit in units:
            air.publish(unit)

        async def hold(unit: BenchUnit) -> None:
            async with radio.open(BENCH, Selector(unit.address)):
                await asyncio.Event().wait()

        holding = [asyncio.create_task(hold(unit)) for unit in units]
        await until(lambda: all(len(unit.subscribed) == 2 for unit in units))
        began = time.monotonic()
        for task in holding:
            task.cancel()
        await asyncio.wait(holding)
        assert time.monotonic() - began < 3.0  # four times a second would be four
        assert not any(unit.connected_now for unit in units)


async def test_a_link_whose_task_is_cancelled_twice_is_closed_all_the_same() -> None:
    async with BluezAir(Manners(disconnect_delay_s=0.3)) as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)

        async def hold() -> None:
            async with radio.open(BENCH, Selector(unit.address)):
                await asyncio.Event().wait()

        holding = asyncio.create_task(hold())
        await until(lambda: len(unit.subscribed) == 2)
        holding.cancel()
        await asyncio.sleep(0)  # it begins to let go, which takes a third of a second
        holding.cancel()
        await asyncio.wait({holding})
        assert not unit.connected_now


# --- a connect that fails, or hangs ---


async def test_after_the_answer_overtook_the_signal_the_next_try_succeeds() -> None:
    async with BluezAir(Manners(reply_before_connected=True, overtaking_s=0.1)) as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        with pytest.raises(LinkError, match="failed to discover services, device disconnected") as failed:
            async with promptly(), radio.open(BENCH, Selector(unit.address)):
                pass
        assert failed.value.code == "connect_failed"
        air.manners.reply_before_connected = False
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await link.write(Write("value", b"x"))


async def test_a_loss_during_discovery_is_told_and_the_next_try_succeeds() -> None:
    async with BluezAir(Manners(resolve_delay_s=TO_RESOLVE_S)) as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit, Faults(lose_during_discovery=1))
        with pytest.raises(LinkError, match="failed to discover services"):
            async with promptly(), radio.open(BENCH, Selector(unit.address)):
                pass
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await link.write(Write("value", b"x"))


async def test_a_connect_that_hangs_even_in_its_clean_up_holds_up_nobody_else() -> None:
    manners = Manners(connect_delay_s=float("inf"), mute_disconnect=True)
    async with BluezAir(manners) as air, Radio(connect_timeout_s=0.3, disconnect_timeout_s=0.3) as radio:
        stuck, other = unit_number(1), unit_number(2)
        air.publish(stuck)
        air.publish(other)
        hanging = asyncio.create_task(lost(radio, stuck))
        await until(lambda: air.bluetoothd.connecting)
        air.manners.connect_delay_s = 0.0
        async with promptly(), radio.open(BENCH, Selector(other.address)):
            assert other.connected_now
        failed = await hanging
        assert failed.code == "connect_failed"
        assert "connecting took longer than 0.3 s" in str(failed)


# --- one adapter for all ---


async def test_nobody_connects_while_another_connects_or_scans() -> None:
    async with BluezAir(Manners(connect_delay_s=0.05, touchy=True)) as air, Radio() as radio:
        absent = asyncio.create_task(lost(radio, unit_number(99)))  # keeps the scanner wanted
        units = [unit_number(number) for number in range(5)]
        for unit in units:
            air.publish(unit)

        async def once(unit: BenchUnit) -> None:
            async with radio.open(BENCH, Selector(unit.address)) as link:
                await link.write(Write("value", b"x"))

        async with promptly(), asyncio.TaskGroup() as tasks:
            for unit in units:
                tasks.create_task(once(unit))
        assert [unit.connects for unit in units] == [1] * 5
        absent.cancel()
        await asyncio.wait({absent})


async def test_the_adapter_can_be_named() -> None:
    async with BluezAir() as air, Radio(adapter="hci0") as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with promptly(), radio.open(BENCH, Selector(unit.address)):
            assert unit.connected_now


async def test_an_adapter_that_is_not_there_is_told_by_name() -> None:
    async with BluezAir(), Radio(adapter="hci7") as radio:
        with pytest.raises(RadioError, match="adapter 'hci7' not found"):
            await radio.scan(0.1)


@pytest.mark.parametrize("adapter", [None, "hci0"])
async def test_an_adapter_that_is_off_is_told_as_such(adapter: str | None) -> None:
    async with BluezAir() as air, Radio(adapter=adapter) as radio:
        air.bluetoothd.adapter.power(on=False)
        with pytest.raises(RadioError, match=r"Bluetooth is not available \(powered_off\)") as off:
            async with promptly(), radio.open(BENCH, Selector(BenchUnit().address)):
                pass
        assert off.value.code == "radio_unavailable"


async def test_no_adapter_at_all_is_told_as_such() -> None:
    async with BluezAir() as air, Radio() as radio:
        air.bluetoothd.adapter.unplug()
        with pytest.raises(RadioError, match=r"Bluetooth is not available \(no_bluetooth\)"):
            async with promptly(), radio.open(BENCH, Selector(BenchUnit().address)):
                pass


async def test_an_adapter_switched_off_ends_its_links() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        opening = asyncio.create_task(lost(radio, unit))
        await until(lambda: len(unit.subscribed) == 2)
        air.bluetoothd.adapter.power(on=False)
        assert (await opening).code == "link_lost"


async def test_without_a_system_bus_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus.sock")
    async with Radio() as radio:
        with pytest.raises(RadioError, match=r"scanning could not start: no D-Bus .* is dbus running"):
            await radio.scan(0.1)


async def test_a_bus_that_denies_bluez_is_a_matter_of_rights() -> None:
    async with BluezAir(denied=True), Radio() as radio:
        with pytest.raises(RadioError, match="denies this user the right to use BlueZ; is it in the group bluetooth"):
            await radio.scan(0.1)
