"""Finding one unit among others: in virtual time in process, and on the private bus where the scanner itself goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.ble.scaffold import BENCH, lost, promptly, unit_number
from tests.scripted import in_virtual_time
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.adapters import Chosen
from ptdevice.ble.radio import Radio
from ptdevice.ble.scanning import FIND_S, SETTLE_S, START_S, AmbiguousError, Scanning, fits
from ptdevice.devices.device import Advertisement
from ptdevice.errors import ForeignUnitError, LinkError, LinkLostError, NotFoundError, RadioError
from ptdevice.link import Selector
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.carriers.inproc import InProcessAir

if TYPE_CHECKING:
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner


def radio_on(air: InProcessAir) -> Radio:
    return Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)


async def address_of(radio: Radio, selector: Selector) -> str:
    """Which unit is opened for this selector."""
    async with radio.connect(BENCH, selector) as link:
        return link.address


# --- which one ---


@pytest.mark.parametrize(
    ("selector", "fitting"),
    [
        (Selector("C0:DE:00:00:00:01"), True),
        (Selector("c0:de:00:00:00:01"), True),
        (Selector("C0:DE:00:00:00:02"), False),
        (Selector(name="BENCH"), True),
        (Selector(name="BENC"), False),
        (Selector("C0:DE:00:00:00:01", name="another"), True),
    ],
)
def test_an_address_goes_before_a_name_and_a_name_before_the_kind(selector: Selector, fitting: bool) -> None:  # noqa: FBT001 - a parameter
    assert fits(BENCH, selector, "C0:DE:00:00:00:01", Advertisement("BENCH\0\0")) is fitting


def test_without_address_and_name_any_unit_that_the_device_matches_fits() -> None:
    assert fits(BENCH, Selector(), "C0:DE:00:00:00:01", Advertisement("BENCH"))
    assert not fits(BENCH, Selector(), "C0:DE:00:00:00:01", Advertisement("OTHER"))


@in_virtual_time
async def test_a_unit_that_is_not_heard_is_told_after_half_a_minute_with_what_to_look_for() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        with pytest.raises(NotFoundError, match="no advertisement of C0:DE:00:00:00:01 in 30 s: it is off") as absent:
            await address_of(radio, Selector("C0:DE:00:00:00:01"))
        assert absent.value.code == "no_adverts"
        assert asyncio.get_running_loop().time() == pytest.approx(FIND_S)


@in_virtual_time
async def test_of_two_units_with_one_name_neither_is_taken() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        one, two = unit_number(1), unit_number(2)
        air.publish(one)
        air.publish(two)
        with pytest.raises(AmbiguousError, match="2 units fit Bench unit: C0:DE:00:00:00:01, C0") as unclear:
            await address_of(radio, Selector(name="BENCH"))
        assert unclear.value.code == "ambiguous"
        assert "BENCH" not in str(unclear.value)  # it is published, and its owner may have put a person's name there
        assert one.connects + two.connects == 0


@in_virtual_time
async def test_of_two_units_with_one_name_the_one_with_the_address_is_taken() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        air.publish(unit_number(1))
        air.publish(unit_number(2))
        assert await address_of(radio, Selector("C0:DE:00:00:00:02")) == "C0:DE:00:00:00:02"


@in_virtual_time
async def test_a_second_unit_that_is_slow_to_advertise_is_waited_for() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        air.publish(unit_number(1))
        late = air.publish(unit_number(2))
        late.vanish()
        asyncio.get_running_loop().call_later(SETTLE_S * 0.8, late.appear)
        with pytest.raises(AmbiguousError):
            await address_of(radio, Selector())


@in_virtual_time
async def test_while_others_connect_nothing_is_scanned_and_the_wait_is_as_much_longer() -> None:
    async with InProcessAir() as air:
        air.publish(unit_number(1))
        late = air.publish(unit_number(2))
        late.vanish()
        scanning = Scanning(Chosen(None), air.scanner_backend)
        finding = asyncio.create_task(scanning.find(BENCH, Selector()))
        await asyncio.sleep(SETTLE_S / 2)
        await scanning.hush()
        await asyncio.sleep(SETTLE_S * 3)
        late.appear()
        await scanning.resume()
        with pytest.raises(AmbiguousError):
            await finding


# --- once found ---


@in_virtual_time
async def test_a_unit_that_was_found_by_its_kind_is_that_unit_from_then_on() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        first = air.publish(unit_number(1))
        assert await address_of(radio, Selector()) == "C0:DE:00:00:00:01"
        first.vanish()
        air.publish(unit_number(2))
        with pytest.raises(NotFoundError):
            await address_of(radio, Selector())


@in_virtual_time
async def test_another_unit_beside_the_one_that_was_found_is_no_doubt() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        air.publish(unit_number(1))
        await address_of(radio, Selector())
        air.publish(unit_number(2))
        assert await address_of(radio, Selector()) == "C0:DE:00:00:00:01"


@in_virtual_time
async def test_a_foreign_unit_is_not_the_unit_from_then_on() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        foreign = air.publish(unit_number(1))
        with pytest.raises(ForeignUnitError):
            async with radio.open(BENCH, Selector()):
                raise ForeignUnitError("not ours")
        foreign.vanish()
        air.publish(unit_number(2))
        assert await address_of(radio, Selector()) == "C0:DE:00:00:00:02"


@in_virtual_time
async def test_a_unit_that_cannot_be_used_is_not_the_unit_from_then_on() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        unusable = BenchUnit("C0:DE:00:00:00:01")
        unusable.services = ()
        host = air.publish(unusable)
        with pytest.raises(LinkError, match="not a Bench unit"):
            await address_of(radio, Selector())
        host.vanish()
        air.publish(unit_number(2))
        assert await address_of(radio, Selector()) == "C0:DE:00:00:00:02"


# --- a scan among connects ---


@in_virtual_time
async def test_a_link_lost_while_the_scan_is_taken_up_again_is_a_lost_link() -> None:
    async with InProcessAir() as air:
        host = air.publish(BenchUnit())
        scanner: type[BaseBleakScanner] = air.scanner_backend

        class Treacherous(scanner):  # type: ignore[misc, valid-type] # made for this air
            async def start(self, *arguments: Any) -> None:
                await super().start(*arguments)
                host.drop_link()

        async with Radio(scanner_backend=Treacherous, client_backend=air.client_backend) as radio:
            absent = asyncio.create_task(lost(radio, unit_number(99)))
            assert isinstance(await lost(radio, BenchUnit()), LinkLostError)
            absent.cancel()
            await asyncio.wait({absent})


@in_virtual_time
async def test_a_link_lost_the_moment_it_was_made_is_a_lost_link() -> None:
    async with InProcessAir() as air:
        host = air.publish(BenchUnit())
        client: type[BaseBleakClient] = air.client_backend

        class Brief(client):  # type: ignore[misc, valid-type] # made for this air
            async def connect(self, *arguments: Any, **named: Any) -> None:
                await super().connect(*arguments, **named)
                host.drop_link()

        async with Radio(scanner_backend=air.scanner_backend, client_backend=Brief) as radio:
            with pytest.raises(LinkLostError, match="at once"):
                await address_of(radio, Selector(BenchUnit().address))


@in_virtual_time
async def test_who_has_a_link_does_not_wait_for_a_scan_that_hangs() -> None:
    async with InProcessAir() as air:
        unit = unit_number(1)
        air.publish(unit)
        scanner: type[BaseBleakScanner] = air.scanner_backend

        class Hanging(scanner):  # type: ignore[misc, valid-type] # made for this air
            async def start(self, *arguments: Any) -> None:
                if unit.connected_now:
                    await asyncio.Event().wait()
                await super().start(*arguments)

        async with Radio(scanner_backend=Hanging, client_backend=air.client_backend) as radio:
            absent = asyncio.create_task(lost(radio, unit_number(99)))
            async with radio.open(BENCH, Selector(unit.address)):
                assert asyncio.get_running_loop().time() < 1  # a first stop is said on a link at once
                await asyncio.sleep(START_S)
            absent.cancel()
            await asyncio.wait({absent})


@in_virtual_time
async def test_who_has_found_one_and_cannot_listen_for_a_second_does_not_wait_for_ever() -> None:
    async with InProcessAir() as air:
        air.publish(unit_number(1))
        scanning = Scanning(Chosen(None), air.scanner_backend)
        finding = asyncio.create_task(scanning.find(BENCH, Selector()))
        await asyncio.sleep(SETTLE_S / 2)
        await scanning.hush()
        with pytest.raises(RadioError, match="could not be listened for"):
            await finding


@in_virtual_time
async def test_the_time_of_a_scan_counts_although_who_started_it_gave_up_meanwhile() -> None:
    async with InProcessAir() as air:
        air.publish(unit_number(1))
        scanner: type[BaseBleakScanner] = air.scanner_backend

        class Slow(scanner):  # type: ignore[misc, valid-type] # made for this air
            async def start(self, *arguments: Any) -> None:
                await asyncio.sleep(1)
                await super().start(*arguments)

        scanning = Scanning(Chosen(None), Slow)
        first = asyncio.create_task(scanning.find(BENCH, Selector("C0:DE:00:00:00:63")))
        second = asyncio.create_task(scanning.find(BENCH, Selector()))
        await asyncio.sleep(0.5)
        first.cancel()
        assert (await second).device.address == unit_number(1).address
        assert asyncio.get_running_loop().time() < FIND_S


@in_virtual_time
async def test_a_bug_in_a_scan_that_is_taken_up_again_is_told_to_who_waits(caplog: pytest.LogCaptureFixture) -> None:
    async with InProcessAir() as air:
        scanner: type[BaseBleakScanner] = air.scanner_backend
        wrong = False

        class Wrong(scanner):  # type: ignore[misc, valid-type] # made for this air
            async def start(self, *arguments: Any) -> None:
                if wrong:
                    raise ZeroDivisionError("a bug")
                await super().start(*arguments)

        scanning = Scanning(Chosen(None), Wrong)
        finding = asyncio.create_task(scanning.find(BENCH, Selector("C0:DE:00:00:00:63")))
        await asyncio.sleep(1)
        await scanning.hush()
        wrong = True
        scanning.resume()
        with pytest.raises(RadioError, match="ZeroDivisionError: a bug"):
            await finding
        wrong = False
    assert "Traceback" in caplog.text


async def test_the_scan_ends_when_nobody_waits_any_more() -> None:
    async with BluezAir() as air, Radio() as radio:
        waiting = asyncio.create_task(lost(radio, BenchUnit()))
        await until(lambda: air.bluetoothd.adapter.discovering)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert not air.bluetoothd.adapter.discovering


async def test_a_scan_that_is_cancelled_while_it_starts_is_stopped_again() -> None:
    async with BluezAir(Manners(scan_answer_s=0.1)) as air:
        air.publish(BenchUnit())
        scanning = Scanning(Chosen(None), None)
        finding = asyncio.create_task(scanning.find(BENCH, Selector("C0:DE:00:00:00:63")))
        await until(lambda: air.bluetoothd.adapter.discovering)
        finding.cancel()
        await asyncio.wait({finding})
        assert finding.cancelled()
        assert not air.bluetoothd.adapter.discovering
        async with promptly():
            await scanning.find(BENCH, Selector(BenchUnit().address))


async def test_a_scan_of_everything_tells_the_strongest_first_with_name_and_signal() -> None:
    async with BluezAir() as air, Radio() as radio:
        for number in (1, 2):
            air.publish(unit_number(number))
        heard = await radio.scan(0.3)
        assert {(sighting.device.address, sighting.advertisement.name) for sighting in heard} == {
            ("C0:DE:00:00:00:01", "BENCH"),
            ("C0:DE:00:00:00:02", "BENCH"),
        }
        strengths = [sighting.rssi or 0 for sighting in heard]
        assert strengths == sorted(strengths, reverse=True)
        assert -60 < strengths[0] < -40


# --- a scanner that goes wrong ---


async def test_an_adapter_that_was_off_and_on_again_is_scanned_again_although_others_wait_all_the_time() -> None:
    async with BluezAir() as air:
        scanning = Scanning(Chosen(None), None)
        host = air.publish(BenchUnit())
        host.vanish()
        finding = asyncio.create_task(scanning.find(BENCH, Selector(BenchUnit().address)))
        await until(lambda: air.bluetoothd.adapter.discovering)
        air.bluetoothd.adapter.power(on=False)
        air.bluetoothd.adapter.power(on=True)
        host.appear()
        with pytest.raises(NotFoundError):
            await scanning.find(BENCH, Selector("C0:DE:00:00:00:63"), timeout=0.2)
        async with promptly():
            assert (await finding).device.address == BenchUnit().address
        await scanning.close()


async def test_who_waits_is_told_when_the_scan_cannot_be_taken_up_again() -> None:
    async with BluezAir() as air:
        scanning = Scanning(Chosen(None), None)
        finding = asyncio.create_task(scanning.find(BENCH, Selector("C0:DE:00:00:00:63")))
        await until(lambda: air.bluetoothd.adapter.discovering)
        await scanning.hush()
        air.bluetoothd.adapter.power(on=False)
        await scanning.resume()
        async with promptly():
            with pytest.raises(RadioError, match="powered_off"):
                await finding
        await scanning.close()


async def test_a_scan_that_is_never_stopped_does_not_keep_us() -> None:
    async with BluezAir(Manners()) as air, promptly():
        scanning = Scanning(Chosen(None), None)
        finding = asyncio.create_task(scanning.find(BENCH, Selector("C0:DE:00:00:00:63")))
        await until(lambda: air.bluetoothd.adapter.discovering)
        air.manners.scan_answer_s = float("inf")
        finding.cancel()
        await asyncio.wait({finding})
        await scanning.close()
        assert finding.cancelled()
