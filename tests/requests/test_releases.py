"""A unit is let go over MQTT so that another host can have it, and taken back; in a whole gateway in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.commanded import Controller, in_commanded_clinic
from tests.requests.test_exercise import ask, cues

from ptdevice.devices.beurer_em70 import PROFILE
from ptdevice.devices.beurer_em70.wire import CONTROL_UUID as CONTROL

if TYPE_CHECKING:
    from pathlib import Path

assert PROFILE.commanding is not None
STOP = (CONTROL, PROFILE.commanding.stop[0].data)


def availability(clinic: Clinic, unit: str = "chest") -> dict[str, Any]:
    said = clinic.said(f"/unit/{unit}/availability")
    return said[-1] if said else {"availability": "unknown"}


def is_online(clinic: Clinic, unit: str = "chest") -> bool:
    return bool(availability(clinic, unit)["availability"] == "online")


def test_a_unit_is_let_go_and_taken_back_when_the_time_is_over(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: is_online(clinic), within_s=10)
        answer = await ask(clinic, "chest", "release", for_s=120.0)
        assert answer["state"] == "done"
        await clinic.until(lambda: not clinic.chest.is_connected, within_s=5)
        told = availability(clinic)
        assert (told["availability"], told["code"]) == ("unknown", "released")
        assert answer["detail"].removeprefix("Released ").rstrip(".") in told["text"]
        await asyncio.sleep(100)
        assert not clinic.chest.is_connected
        await clinic.until(lambda: is_online(clinic), within_s=30)

    in_virtual_time(story, tmp_path)


def test_a_unit_is_taken_back_sooner_where_that_is_asked_for(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: is_online(clinic), within_s=10)
        await ask(clinic, "chest", "release", for_s=3600.0)
        await asyncio.sleep(60)
        assert (await ask(clinic, "chest", "take_back"))["state"] == "done"
        await clinic.until(lambda: is_online(clinic), within_s=10)
        answer = await ask(clinic, "chest", "take_back")
        assert (answer["state"], answer["rule"]) == ("refused", "not_released")

    in_virtual_time(story, tmp_path)


def test_a_unit_that_cannot_be_reached_is_let_go_as_well(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: is_online(clinic), within_s=10)
        clinic.chest.vanish()
        clinic.chest.drop_link()
        await asyncio.sleep(100)  # it is looked for, or waited with
        await ask(clinic, "chest", "release", for_s=60.0)
        clinic.chest.appear()
        await asyncio.sleep(55)
        assert availability(clinic)["code"] == "released"
        assert not clinic.chest.is_connected
        await clinic.until(lambda: is_online(clinic), within_s=30)

    in_virtual_time(story, tmp_path)


@pytest.mark.parametrize("for_s", [9.0, 3601.0])
def test_it_is_let_go_for_ten_seconds_to_an_hour(tmp_path: Path, for_s: float) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "release", for_s=for_s))["state"] == "refused"

    in_virtual_time(story, tmp_path)


def test_the_other_units_go_on(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: is_online(clinic) and is_online(clinic, "back"), within_s=10)
        await ask(clinic, "chest", "release", for_s=60.0)
        await asyncio.sleep(30)
        assert is_online(clinic, "back")
        assert clinic.back.is_connected

    in_virtual_time(story, tmp_path)


def test_an_open_set_is_not_cut_off(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: is_online(clinic), within_s=10)
        await ask(clinic, "chest", "begin_set", target=8)
        await clinic.until(lambda: "count" in cues(clinic), within_s=60)
        answer = await ask(clinic, "chest", "release", for_s=60.0)
        assert (answer["state"], answer["rule"]) == ("refused", "open")
        assert clinic.chest.is_connected

    in_virtual_time(story, tmp_path)


def test_a_unit_that_only_advertises_cannot_be_let_go(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        answer = await ask(clinic, "button", "release", for_s=60.0)
        assert (answer["state"], answer["rule"]) == ("refused", "broadcast")

    config = (
        CONFIG
        + '[units.button]\ndevice = "bthome"\naddress = "C0:DE:00:00:00:01"\nremote_for = "chest"\non_press = "pause"\n'
    )
    in_virtual_time(story, tmp_path, config=config)


def test_a_commanded_session_refuses_it_also_before_it_was_started(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.armed(4)
        for _ in range(2):
            refused = await controller.answer(controller.say("release", for_s=60.0))
            assert (refused["state"], refused["rule"]) == ("refused", "open")
            assert clinic.back.is_connected
            clinic.press_up()
            await asyncio.sleep(10)
        assert clinic.em70.delivering
        await controller.answer(controller.say("stop"))
        await asyncio.sleep(5)
        assert (await controller.answer(controller.say("release", for_s=60.0)))["state"] == "done"

    in_commanded_clinic(story, tmp_path)


def test_a_commanded_unit_is_told_to_stop_before_it_is_let_go_and_first_when_it_is_taken_back(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        before = len(clinic.back.writes)
        await controller.answer(controller.say("release", for_s=60.0))
        await clinic.until(lambda: not clinic.back.is_connected, within_s=5)
        assert clinic.back.writes[before:][-1] == STOP
        before = len(clinic.back.writes)
        await clinic.until(lambda: clinic.back.is_connected and len(clinic.back.writes) > before, within_s=70)
        assert clinic.back.writes[before] == STOP

    in_commanded_clinic(story, tmp_path)


def test_a_stop_takes_a_commanded_unit_back_at_once(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.answer(controller.say("release", for_s=3600.0))
        await asyncio.sleep(30)
        assert not clinic.back.is_connected
        before = len(clinic.back.writes)
        await controller.answer(controller.say("stop"))
        await clinic.until(lambda: len(clinic.back.writes) > before, within_s=10)
        assert clinic.back.writes[before] == STOP

    in_commanded_clinic(story, tmp_path)


def test_a_commanded_unit_stays_released_while_nobody_asks_for_a_stop(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.answer(controller.say("release", for_s=600.0))
        await asyncio.sleep(590)
        assert not clinic.back.is_connected

    in_commanded_clinic(story, tmp_path)
