"""Requests about stimulation. Those for less are carried out where they arrive; those for more wait for their turn.

An answer is about the request, never about the current: that a stop is `accepted` says that it is being told to the unit, and
what the unit then does is in its state and its session, from its own words.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.model import StopReason
from ptdevice.mqtt import contract
from ptdevice.mqtt.commands import DONE, Command, Door, Outcome
from ptdevice.mqtt.times import wall_ns_of
from ptdevice.stimulation.commanded import CONFIRM_BY_HAND_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.commander import Commander
    from ptdevice.config.commanding import Command as Configured
    from ptdevice.mqtt.topics import Arrival, Message, Stamp
    from ptdevice.requests import Handlers
    from ptdevice.warrant import Warrant

MORE = (contract.Arm, contract.Hold, contract.Resume, contract.Raise, contract.Acknowledge)
LESS = (contract.Stop, contract.Pause, contract.Lower, contract.StopAll)
CHANNEL = "mqtt"

BY_HAND = "switch it off by hand"

log = logging.getLogger(__name__)


class StimulationRequests:
    """Carries them out. `commanders` are those of the units that are commanded, `warrants` those of all stimulators."""

    def __init__(
        self,
        commanders: Mapping[str, Commander],
        warrants: Mapping[str, Warrant],
        configured: Mapping[str, Configured | None],
        stamp: Callable[[], Stamp],
        denied: Callable[[Command, Outcome], None],
    ) -> None:
        self._commanders, self._warrants, self._configured = commanders, warrants, configured
        self._stamp, self._denied = stamp, denied

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {**dict.fromkeys(MORE, self._more), **dict.fromkeys(LESS, self._less)}

    def urgent(self, door: Door) -> Callable[[Arrival], Message | None]:
        """What takes a wish for less where it arrives, and gives back the answer; None: it is none."""

        def take(arrival: Arrival) -> Message | None:
            command = door.less(arrival)
            # The unit is being told before the answer is worded.
            return None if command is None else door.answer(command, self._less(command), self._stamp())

        return take

    # --- less ---

    def _less(self, command: Command) -> Outcome:
        request, by = command.request, _by(command)
        if isinstance(request, contract.StopAll):
            lost = sorted([alias for alias in self._commanders if not self._stopped(alias, by)])
            return _accepted() if not lost else _unreachable(", ".join(lost))
        assert command.unit is not None
        commander = self._commanders.get(command.unit)
        if commander is None:
            text = f"{command.unit} is observed only and can be told nothing: {BY_HAND}."
            return Outcome("failed", "command_off", text)
        match request:
            case contract.Lower(level=level):
                lowered = commander.lower(level, **by)
                return _accepted() if lowered else Outcome("accepted", None, "Nothing runs that could be lowered.")
            case contract.Pause():
                told = commander.pause(**by)
            case _:
                told = commander.stop(StopReason.REMOTE, **by)
        return _accepted() if told else _unreachable(command.unit)

    def _stopped(self, alias: str, by: dict[str, str]) -> bool:
        try:
            return self._commanders[alias].emergency(**by)
        except Exception:  # a bug about one unit must keep no other from being stopped; it is told as not stopped
            log.exception("%s: internal error while it was to be stopped", alias)
            return False

    # --- more ---

    async def _more(self, command: Command) -> Outcome:
        assert command.unit is not None
        commander = self._commanders.get(command.unit)
        if commander is None:
            text = f"{command.unit} is observed; its configuration does not enable commands."
            outcome = Outcome("refused", "command_off", text)
            self._denied(command, outcome)
            return outcome
        try:
            return await self._ask(command, commander)
        except RefusedError as refusal:
            return Outcome("refused", refusal.rule, str(refusal))

    async def _ask(self, command: Command, commander: Commander) -> Outcome:
        by = _by(command)
        match command.request:
            case contract.Arm() as request:
                return await self._arm(request, commander, self._asked_at(command), by)
            case contract.Hold(session=session, token=token):
                commander.hold(session, token)
            case contract.Resume(token=token):
                commander.resume(token, self._asked_at(command), **by)
                return Outcome("done", detail=_press("resumes"))
            case contract.Raise(token=token, level=level):
                commander.raise_level(token, level, self._asked_at(command), **by)
                return Outcome("done", detail=_press("raises"))
            case contract.Acknowledge():
                commander.acknowledge(**by)
            case _:
                raise AssertionError(command)
        return DONE

    def _asked_at(self, command: Command) -> float:
        """When it was asked for, by the requester's clock, which is near enough to ours (`mqtt.freshness`)."""
        assert isinstance(command.request, contract.MoreRequest)
        stamp, issued_ns = self._stamp(), wall_ns_of(command.request.issued_at)
        assert issued_ns is not None  # else it was refused at the door
        return stamp.mono_s - max((stamp.wall_ns - issued_ns) / 1e9, 0.0)

    async def _arm(self, request: contract.Arm, commander: Commander, asked_at: float, by: dict[str, str]) -> Outcome:
        warrant, configured = self._warrants[commander.alias], self._configured[commander.alias]
        plan = partial(warrant.plan, request.prescription, request.level, request.channel)
        armed = await commander.arm(plan, asked_at, **by)
        data = contract.ArmedAnswer(
            session=armed.session_id,
            token=armed.token,
            level=armed.level,
            limited_by=list(armed.limiting),
            confirm_within_s=CONFIRM_BY_HAND_S,
            lease_s=configured.lease_s or None if configured is not None else None,
        )
        return Outcome("done", detail=_press("starts"), data=data)


def _by(command: Command) -> dict[str, str]:
    """Who asked, as the request says and the transport names them."""
    actor = getattr(command.request, "actor", None)
    return {"actor": actor or command.requester, "channel": CHANNEL}


def _press(does: str) -> str:
    return f"An act at the unit within {CONFIRM_BY_HAND_S:.0f} s {does} it."


def _accepted() -> Outcome:
    return Outcome("accepted", None, "The unit is being told; its state says what it does.")


def _unreachable(units: str) -> Outcome:
    return Outcome("failed", "unit_unreachable", f"{units} cannot be told anything now: {BY_HAND}.")
