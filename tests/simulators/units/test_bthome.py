"""The simulated button advertises as docs/devices/bthome.md says, and each press is heard once on every air, without a link."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.devices.vectors import load, named
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.units.on_air import watched

from ptdevice.devices.bthome import wire
from ptdevice.devices.bthome.codec import ENCRYPTED
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.model import Battery, ButtonPressed, Press, StreamChanged
from ptdevice_sim.carriers.advertising_data import pack, parse
from ptdevice_sim.unit import AttError
from ptdevice_sim.units.bthome import PRESSES, BthomeButton

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told

    from ptdevice_sim.host import Host

DATA = "0000fcd2-0000-1000-8000-00805f9b34fb"
T0 = 100.0


def said(unit: BthomeButton) -> bytes:
    return unit.advertising.service_data[DATA]


def test_it_says_battery_and_then_what_was_pressed_with_the_next_number_for_a_while() -> None:
    unit = BthomeButton(battery_pct=77, first_number=255)
    assert said(unit) == bytes.fromhex("44 00 ff 01 4d")
    unit.press(T0, "long_press")
    assert said(unit) == bytes.fromhex("44 00 00 01 4d 3a 04")
    assert unit.next_due() == T0 + 1.5
    unit.tick(T0 + 1.4)
    assert said(unit)[-2:] == b"\x3a\x04"
    unit.tick(T0 + 1.5)
    assert said(unit) == bytes.fromhex("44 00 01 01 4d")
    assert unit.next_due() is None


def test_a_battery_is_told_at_once() -> None:
    unit = BthomeButton()
    unit.battery_at(7)
    assert said(unit) == bytes.fromhex("44 00 01 01 07")


def test_an_encrypted_one_says_what_the_description_prints() -> None:
    assert said(BthomeButton(encrypted=True)) == named(load("bthome"), "encrypted temperature and humidity").data


def test_its_advertisement_fits_and_carries_the_mark_of_simulation() -> None:
    unit = BthomeButton()
    unit.press(T0)
    advertisement, response = pack(unit.advertising)
    assert b"\x0a\x16\xd2\xfc\x44\x00\x01\x01\x5a\x3a\x01" in advertisement
    structures = [(0x16, b"\xd2\xfc" + said(unit)), (0x07, response[2:18])]
    heard = parse(structures, -50)
    assert heard.service_data == {DATA: said(unit)}
    assert heard.service_uuids == [SIMULATED_SERVICE]


def test_nobody_can_read_it_or_write_to_it() -> None:
    unit = BthomeButton()
    assert unit.services == ()
    with pytest.raises(AttError):
        unit.read(DATA, T0)
    with pytest.raises(AttError):
        unit.write(DATA, b"", T0)


def test_all_presses_are_those_that_can_be_read() -> None:
    assert {name: number for name, number in PRESSES.items() if name not in {each.value for each in Press}} == {}
    assert wire.BUTTON == 0x3A


@pytest.mark.parametrize("name", AIRS)
async def test_each_press_is_heard_once_and_nobody_connects(name: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = BthomeButton(battery_pct=77)
        host = air.publish(unit)
        async with observed(radio, "bthome", unit) as told:

            def pressed() -> list[Press]:
                return [event.press for event in told.events if isinstance(event, ButtonPressed)]

            await until(lambda: Battery(0.0, 77) in told.of(Battery))
            wanted: list[Press] = []
            for how in (Press.PRESS, Press.PRESS, Press.DOUBLE_PRESS, Press.LONG_PRESS):
                wanted.append(how)
                unit.press(asyncio.get_running_loop().time(), how)
                host.poke()
                await until(lambda: pressed() == wanted)
            assert not host.is_connected
    assert told.reach() == [("online", "data")]
    assert told.progress.wire_errors == 0


def test_a_button_that_rests_for_an_hour_is_still_heard() -> None:
    unit = BthomeButton()

    async def story(host: Host, told: Told) -> None:
        for how in ("press", "long_press"):
            await asyncio.sleep(3600)
            unit.press(asyncio.get_running_loop().time(), how)
            host.poke()
            await asyncio.sleep(5)

    told = watched("bthome", unit, story)
    assert [event.press for event in told.events if isinstance(event, ButtonPressed)] == [Press.PRESS, Press.LONG_PRESS]
    assert told.reach() == [("online", "data")]


def test_an_encrypted_one_is_told_once_in_words_and_counted() -> None:
    told = watched("bthome", BthomeButton(encrypted=True), 5.0)
    assert told.of(StreamChanged) == [StreamChanged(0.0, "advertisements", running=False, reason=ENCRYPTED)]
    assert len([event for event in told.events if isinstance(event, StreamChanged)]) == 1
    assert told.progress.wire_errors > 10
