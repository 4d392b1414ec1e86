"""A commanded EM 70 over MQTT, from `arm` to its record: the whole daemon in virtual time, the simulated unit in process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.commanded import Controller, in_commanded_clinic

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clinic import Clinic


def test_a_session_from_arming_over_a_key_of_the_unit_to_its_record(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        armed = await controller.armed(4)
        assert (armed["level"], armed["limited_by"], armed["confirm_within_s"]) == (4, [], 10.0)
        assert controller.session["state"] == "armed"
        assert not clinic.em70.delivering
        clinic.press_up()
        await asyncio.sleep(10.0)
        assert (controller.session["state"], controller.session["output"]) == ("running", "on")
        assert (clinic.em70.level, clinic.em70.delivering) == (4, True)
        await asyncio.sleep(60.0)
        answer = await controller.answer(controller.say("stop"))
        assert answer["state"] == "accepted"
        await asyncio.sleep(3.0)
        assert (clinic.em70.level, clinic.em70.delivering) == (0, False)
        assert (controller.session["state"], controller.session["output"]) == ("completed", "zero")
        (session,) = [each for each in clinic.records("stimulation/session") if each["origin"] == "commanded"]
        assert (session["reason"], session["final_output"]) == ("remote", "off")
        assert session["level_max_seen"] == 4
        assert ("start", "allowed", None) in controller.audits()
        assert ("end", "stopped", "remote") in controller.audits()

    in_commanded_clinic(story, tmp_path)
