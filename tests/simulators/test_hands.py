"""Hands on the keys of units that are on air."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.carriers.observing import LyingStill
from tests.simulators.carriers.waiting import until

from ptdevice.devices.beurer_em70 import wire
from ptdevice_sim import hands, virtual_time
from ptdevice_sim.host import Host
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.yokonex_ems import YokonexEms

if TYPE_CHECKING:
    from collections.abc import Callable


def in_virtual_time(story: Callable[[Host, Host], Any]) -> None:
    async def main() -> None:
        em70, polar = Host(BeurerEm70()), Host(PolarSensor(LyingStill()))
        await story(em70, polar)
        em70.close()
        polar.close()

    virtual_time.run(main())


def test_every_key_does_to_the_units_that_have_it_what_it_says() -> None:
    async def story(em70: Host, polar: Host) -> None:
        hosts = [em70, polar]
        back, chest = em70.unit, polar.unit
        assert isinstance(back, BeurerEm70)
        assert isinstance(chest, PolarSensor)
        for line, level in (("+", 1), (" + ", 2), ("-", 1), ("pad", 0), ("+", 1), ("off", 0)):
            assert hands.do(hosts, line, 1.0) is None
            assert back.level == level
        assert hands.do(hosts, "battery", 1.0) is None
        assert back.battery_pct < 10
        assert hands.do(hosts, "Take  OFF", 1.0) is None
        assert not chest.is_worn
        assert hands.do(hosts, "put on", 1.0) is None
        assert chest.is_worn
        assert hands.do(hosts, "stop", 1.0) is None

    in_virtual_time(story)


def test_the_keys_of_a_bluetens_do_what_they_say() -> None:
    async def story(_em70: Host, _polar: Host) -> None:
        unit = Bluetens()
        host = Host(unit)
        for line, told in (
            ("+", (True, 1)),
            ("+", (True, 2)),
            ("-", (True, 1)),
            ("pad", (False, 1)),
            ("pad on", (True, 1)),
            ("off", (False, 0)),
            ("+", (True, 1)),
            ("charge", (False, 0)),
            ("+", (True, 1)),
            ("battery", (False, 0)),
        ):
            assert hands.do([host], line, 1.0) is None
            assert (unit.delivering, unit.level) == told, line
        host.close()

    in_virtual_time(story)


def test_the_wheels_of_a_coyote_turn_as_they_say() -> None:
    async def story(_em70: Host, _polar: Host) -> None:
        unit = DglabCoyote3()
        host = Host(unit)
        for line, told in (
            ("a+", [1, 0]),
            ("b+", [1, 1]),
            ("a+", [2, 1]),
            ("a-", [1, 1]),
            ("b-", [1, 0]),
            ("off", [0, 0]),
        ):
            assert hands.do([host], line, 1.0) is None
            assert unit.strengths == told, line
        assert hands.do([host], "battery", 1.0) is None
        assert unit.battery_pct < 10
        host.close()

    in_virtual_time(story)


def test_the_keys_of_a_yokonex_do_what_they_say() -> None:
    async def story(_em70: Host, _polar: Host) -> None:
        unit = YokonexEms(LyingStill())
        host = Host(unit)
        for line, told in (
            ("a+", [True, False]),
            ("b+", [True, True]),
            ("a-", [False, True]),
            ("pad", [False, False]),
            ("pad on", [False, True]),
            ("b-", [False, False]),
            ("a+", [True, False]),
            ("off", [False, False]),
        ):
            assert hands.do([host], line, 1.0) is None
            assert [channel.delivering for channel in unit.channels] == told, line
        assert hands.do([host], "battery", 1.0) is None
        assert unit.battery_pct < 10
        host.close()

    in_virtual_time(story)


def test_what_a_key_makes_the_unit_say_goes_out_at_once() -> None:
    class Carrier:
        def __init__(self) -> None:
            self.sent: list[bytes] = []

        def send(self, uuid: str, data: bytes) -> None:
            self.sent.append(data)

        def drop(self, reason: int) -> None:
            raise AssertionError

        def readvertise(self) -> None:
            pass

        def advertise(self, visible: bool) -> None:  # noqa: FBT001 - Carrier's shape
            raise AssertionError

    async def story(em70: Host, polar: Host) -> None:
        carrier = Carrier()
        em70.attach(carrier)
        em70.on_connected()
        em70.on_subscribe(wire.CONTROL_UUID, True)
        hands.do([em70], "+", asyncio.get_running_loop().time())
        assert carrier.sent == [bytes.fromhex("5a050b01006b")]  # the button frame, level 1

    in_virtual_time(story)


@pytest.mark.parametrize("line", ["jump", "+ +", "x" * 1000])
def test_a_word_that_no_unit_knows_is_answered_with_those_there_are(line: str) -> None:
    async def story(em70: Host, polar: Host) -> None:
        problem = hands.do([em70, polar], line, 1.0)
        assert problem is not None
        assert "there is: +, -, pad, battery, off, pad on, charge, a+, a-, b+, b-, take off, put on, stop" in problem
        assert len(problem) < 250
        assert hands.do([polar], "+", 1.0) is not None
        assert hands.do([em70], "", 1.0) is None

    in_virtual_time(story)


def test_the_timed_hand_begins_when_somebody_is_connected_and_again_with_the_next() -> None:
    async def story(em70: Host, polar: Host) -> None:
        unit = em70.unit
        assert isinstance(unit, BeurerEm70)
        hand = asyncio.create_task(hands.timed(em70))
        await asyncio.sleep(60)
        assert unit.level == 0
        for _ in range(2):
            em70.on_connected()
            await asyncio.sleep(20)
            assert unit.level == hands.LEVEL
            await asyncio.sleep(60)
            assert unit.level == hands.LEVEL + 1
            await asyncio.sleep(100)
            assert unit.level == hands.LEVEL
            em70.on_disconnected()
            unit.switch_off(asyncio.get_running_loop().time())
            await asyncio.sleep(60)
            assert unit.level == 0
        hand.cancel()

    in_virtual_time(story)


async def test_lines_are_typed_until_there_are_no_more() -> None:
    em70 = Host(BeurerEm70())
    unit = em70.unit
    assert isinstance(unit, BeurerEm70)
    said: list[str] = []
    reading, writing = os.pipe()
    typing = asyncio.create_task(hands.keyboard(reading, [em70], said.append))
    try:
        os.write(writing, b"+\n+\njump\n")
        await until(lambda: unit.level == 2)
        await until(lambda: said)
        assert "no unit here knows 'jump'" in said[0]
    finally:
        os.close(writing)
        await asyncio.wait_for(typing, 10)
        os.close(reading)
        em70.close()
