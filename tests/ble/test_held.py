"""Units that were connected before we came, and units that are ours already."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.ble.profiles import bench_profile
from tests.ble.scaffold import BENCH, PROMPT_S, lost, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.link import Selector, Write
from ptdevice_sim.carriers.bluez import BluezAir, Manners


async def test_a_unit_left_connected_by_a_killed_process_is_taken_over() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish_held(unit)
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await link.write(Write("value", b"x"))


async def test_a_held_unit_is_known_by_its_name_too() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish_held(unit)
        async with promptly(), radio.open(BENCH, Selector()):
            assert len(unit.subscribed) == 2


async def test_another_held_unit_is_left_alone() -> None:
    async with BluezAir() as air, Radio() as radio:
        ghost, wanted = unit_number(1), unit_number(2)
        air.publish_held(ghost)
        air.publish(wanted)
        async with promptly(), radio.open(BENCH, Selector(wanted.address)):
            assert wanted.connected_now
        assert ghost.subscribed == []


async def test_a_unit_that_is_ours_is_not_taken_a_second_time() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit, late = unit_number(1), unit_number(2)
        air.publish(unit)
        async with promptly(), radio.open(BENCH, Selector(unit.address)):
            air.publish(late)
            async with radio.open(bench_profile(name="other"), Selector()):
                assert len(unit.subscribed) == 2
                assert len(late.subscribed) == 2


async def test_a_unit_that_fits_two_of_the_configuration_is_taken_once() -> None:
    async with BluezAir(Manners(connect_delay_s=0.3)) as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        both = [asyncio.create_task(lost(radio, unit)) for _ in range(2)]
        (refused,), (taken,) = await asyncio.wait(both, timeout=PROMPT_S, return_when=asyncio.FIRST_COMPLETED)
        told = await refused
        assert told.code == "ambiguous"
        assert "fits two units of the configuration" in str(told)
        await until(lambda: len(unit.subscribed) == 2)
        taken.cancel()
        await asyncio.wait({taken})


def test_nothing_but_the_verb_unpair_ever_removes_a_device_from_bluez_and_with_it_a_bond() -> None:
    files = sorted((Path(__file__).parents[2] / "src").rglob("*.py"))

    def having(pattern: str) -> list[str]:
        found = [file for file in files if re.search(pattern, file.read_text(encoding="utf-8"))]
        return ["/".join(file.parts[-2:]) for file in found]

    assert having("RemoveDevice") == ["ble/unpairing.py"]
    assert having("unpairing") == ["verbs/unpair.py"]
    assert having(r"\.unpair\(|bluetoothctl remove") == []  # bleak's own, and what it would be told by hand
