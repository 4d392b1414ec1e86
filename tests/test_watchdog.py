"""The watchdog is fed while every stage gets on or waits for nothing, and not a moment longer."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ptdevice.systemd import Systemd
from ptdevice.watchdog import Pulse, Watchdog
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    import pytest


class Stages:
    """What three stages have promised."""

    def __init__(self) -> None:
        self.due: dict[str, float | None] = {"radio": None, "journal": None, "mqtt": 1000.0}

    def __call__(self) -> list[Pulse]:
        return [Pulse(stage, due) for stage, due in self.due.items()]


class Listening(Systemd):
    """A service manager that notes what it is told."""

    def __init__(self, usec: str) -> None:
        super().__init__({"WATCHDOG_USEC": usec}, 1)
        self.heard: list[str] = []

    def tell(self, *words: str) -> None:
        self.heard.append("\n".join(words))


def watched(story: str, *, usec: str = "30000000") -> tuple[list[str], Watchdog]:
    """What it is told in a minute. `story` is the stage that is stuck from the tenth second on, or none."""
    manager, stages = Listening(usec), Stages()
    dog = Watchdog(manager, stages, lambda: "online")

    async def minute() -> None:
        task = asyncio.create_task(dog.run())
        if story:
            stages.due[story] = asyncio.get_running_loop().time() + 10.0
        await asyncio.sleep(59.9)
        task.cancel()

    virtual_time.run(minute())
    return manager.heard, dog


def test_it_is_fed_three_times_within_the_patience_of_the_service_manager() -> None:
    heard, dog = watched("", usec="3000000")
    assert len(heard) == 60
    assert set(heard) == {"WATCHDOG=1\nSTATUS=online"}
    assert dog.stuck == frozenset()


def test_a_long_patience_is_not_waited_for() -> None:
    assert len(watched("", usec="3600000000")[0]) == 12


def test_each_stage_that_breaks_its_promise_ends_the_feeding_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    for stage in ("radio", "journal", "mqtt"):
        heard, dog = watched(stage)
        assert sum("WATCHDOG=1" in each for each in heard) == 3, "at 0, 5 and 10 s"
        assert heard[-1] == f"STATUS=stuck: {stage}"
        assert dog.stuck == {stage}
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 3


def test_a_stage_that_gets_on_again_is_well() -> None:
    stages = Stages()
    dog = Watchdog(Systemd({}, 1), stages, lambda: "")
    stages.due["journal"] = 5.0
    dog.look(5.0)
    assert not dog.stuck
    dog.look(5.1)
    assert dog.stuck
    stages.due["journal"] = None
    dog.look(6.0)
    assert not dog.stuck
