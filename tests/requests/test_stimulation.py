"""Wishes about stimulation where they are carried out: what of it the whole daemon cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ptdevice.mqtt.commands import Command
from ptdevice.mqtt.contract import StopAll
from ptdevice.requests.stimulation import StimulationRequests

if TYPE_CHECKING:
    import pytest

    from ptdevice.mqtt.outcome import Outcome


class Unit:
    """A commander, as far as it is asked here."""

    def __init__(self, *, reached: bool = True, bug: bool = False) -> None:
        self.told, self._reached, self._bug = 0, reached, bug

    def emergency(self, **_: str) -> bool:
        self.told += 1
        if self._bug:
            raise ZeroDivisionError
        return self._reached


def stop_all(**units: Unit) -> Outcome:
    stamp: Any = None
    requests = StimulationRequests(units, {}, {}, stamp, lambda *_: None)  # type: ignore[arg-type]  # as much as is asked
    request = StopAll(id="1", requester="tablet")
    return requests._less(Command("1", "stop_all", None, "tablet", "res/tablet", None, request))


def test_s04_every_unit_is_told() -> None:
    units = {"a": Unit(), "b": Unit()}
    assert stop_all(**units).state == "accepted"
    assert [unit.told for unit in units.values()] == [1, 1]


def test_s04_a_unit_that_cannot_be_reached_is_named_and_the_others_are_told() -> None:
    units = {"a": Unit(reached=False), "b": Unit()}
    outcome = stop_all(**units)
    assert outcome.state != "accepted"
    assert outcome.detail is not None
    assert "a" in outcome.detail.split()[0]
    assert units["b"].told == 1


def test_s04_a_bug_about_one_unit_keeps_no_other_from_being_stopped(caplog: pytest.LogCaptureFixture) -> None:
    units = {"a": Unit(bug=True), "b": Unit()}
    assert stop_all(**units).state != "accepted"
    assert units["b"].told == 1
    assert "a: internal error while it was to be stopped" in caplog.text
