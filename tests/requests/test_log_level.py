"""A request for more in the log, or less."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from ptdevice.logs import LEVELS
from ptdevice.mqtt.commands import DONE, Command
from ptdevice.mqtt.contract import LogLevel
from ptdevice.requests import ALIVE, Requests
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from ptdevice.mqtt.commands import Outcome


def asked(level: str = "debug", for_s: int = 60) -> LogLevel:
    fields = {"id": "1", "requester": "anna", "subsystem": "mqtt", "level": level, "for_s": for_s}
    return LogLevel.model_validate(fields)


def test_it_holds_for_its_time_and_who_asked_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    before = LEVELS.level("mqtt")

    async def scene() -> tuple[Outcome, str]:
        outcome = await Requests(ALIVE).execute(Command("1", "log_level", None, "anna", "res/anna", request=asked()))
        during = LEVELS.level("mqtt")
        await asyncio.sleep(61.0)
        return outcome, during

    with caplog.at_level(logging.INFO):
        outcome, during = virtual_time.run(scene())
    assert (outcome, during, LEVELS.level("mqtt")) == (DONE, "debug", before)
    assert caplog.messages == ["mqtt logs at debug for 60 s: anna asked for it", "mqtt logs as configured again"]


@pytest.mark.parametrize(("level", "for_s"), [("debug", 0), ("debug", 3601), ("trace", 60)])
def test_never_for_ever_and_no_level_that_is_none(level: str, for_s: int) -> None:
    with pytest.raises(ValueError, match=r"for_s|level"):
        asked(level, for_s)
