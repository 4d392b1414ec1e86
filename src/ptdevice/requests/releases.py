"""Requests that let a unit go for a while, so that a phone or another host can have it, and that take it back.

Refused while something is open that would be cut off: a set, a programme, or a commanded session, which is to be stopped first,
by whoever can see the person. An observed stimulation session is not in the way: it is none of ours, and gets a gap.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import Release, TakeBack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.mqtt.topics import Stamp
    from ptdevice.requests import Handlers

log = logging.getLogger(__name__)


class Releases:
    """Carries them out on the bedsides. `stamp` is now on both clocks."""

    def __init__(self, bedsides: Mapping[str, Bedside], stamp: Callable[[], Stamp]) -> None:
        self._bedsides, self._stamp = bedsides, stamp

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {Release: self._release, TakeBack: self._take_back}

    def _release(self, command: Command) -> Outcome:
        request, alias = command.request, command.unit
        assert isinstance(request, Release)
        assert alias is not None
        bedside = self._bedsides[alias]
        if bedside.profile.broadcast:
            return Outcome("refused", "broadcast", f"{alias} only advertises: anybody can hear it.")
        if bedside.commander is not None and bedside.commander.open:
            return Outcome("refused", "open", f"A session of {alias} is open. Stop it first.")
        if (open_ := bedside.sitting.open) is not None:
            return Outcome("refused", "open", f"{open_.capitalize()} on {alias} is open. End it first.")
        stamp = self._stamp()
        until = stamp.mono_s + request.for_s
        when = stamp.rfc3339(until)
        bedside.connection.lending.lend(until, f"released until {when}, so that another host can have it")
        log.info("%s is let go until %s, as %s asked", alias, when, request.requester)
        return Outcome("done", detail=f"Released until {when}.")

    def _take_back(self, command: Command) -> Outcome:
        assert command.unit is not None
        if self._bedsides[command.unit].connection.lending.take_back():
            return DONE
        return Outcome("refused", "not_released", f"{command.unit} is not released.")
