"""Remotes: a button that pauses a set, ends it because it hurts, or rates pain. It begins nothing, and raises no current.

A remote is heard, or it is not: a broadcast has no acknowledgement. So nobody may rely on it to stop anything dangerous.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.model import ButtonPressed, Meaning, Press, RemotePress, Stopping, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.config import Settings
    from ptdevice.model import Event, Record
log = logging.getLogger(__name__)

# Anybody in reach can imitate a button, some hundred times a second, and the record is on disk for years.
RECORDED, RECORDED_S = 60, 60.0  # presses without an effect that are recorded in so many seconds
RATED_APART_S = 5.0  # nobody's pain changes faster, and a rating always has an effect


class Remote:
    """One remote. `keep(alias, records)` takes what must be recorded; `target` None: it means nothing, and is recorded."""

    def __init__(
        self,
        alias: str,
        target: Bedside | None,
        meanings: Mapping[Press, tuple[Meaning, int | None]],
        keep: Callable[[str, list[Record]], None],
    ) -> None:
        self._alias, self._target, self._meanings, self._keep = alias, target, meanings, keep
        self._recorded: deque[float] = deque(maxlen=RECORDED)
        self._flooded = False
        self._rated_at = float("-inf")

    def hear(self, event: Event) -> None:
        """What the remote said. A press that does something is always recorded."""
        if not isinstance(event, ButtonPressed):
            return
        target = self._target
        meaning, rating = self._meanings.get(event.press, (None, None)) if target is not None else (None, None)
        effective = target is not None and meaning is not None and self._carry_out(meaning, rating, target, event.at)
        if not effective and not self._worth_recording(event.at):
            return
        alias = target.alias if target is not None and meaning is not None else None
        self._keep(self._alias, [RemotePress(event.at, event.button, event.press, meaning, alias, effective, rating)])

    def _carry_out(self, meaning: Meaning, rating: int | None, target: Bedside, now: float) -> bool:
        """The one place at which a button does something. False: there was nothing to do it to."""
        if target.commander is not None and target.commander.open:
            # Less is taken from anybody; and that it was pain, the record has to say.
            if meaning is Meaning.PAUSE:
                return target.commander.pause(actor="remote", channel="unit")
            if meaning is Meaning.PAIN:
                return target.commander.stop(StopReason.PAIN, actor="remote", channel="unit")
        match meaning:
            case Meaning.PAUSE:
                return target.pause_set(now)
            case Meaning.PAIN:
                return target.end_set(now, Stopping.PAIN)
            case Meaning.RATE:
                if rating is None or now - self._rated_at < RATED_APART_S:
                    return False
                self._rated_at = now
                target.rate_pain(rating, target.moment(now), now)
                return True

    def _worth_recording(self, at: float) -> bool:
        if len(self._recorded) == RECORDED and at - self._recorded[0] < RECORDED_S:
            if not self._flooded:
                log.warning("%s: more presses than a hand makes; those without an effect are left out", self._alias)
            self._flooded = True
            return False
        if self._recorded and at - self._recorded[-1] >= RECORDED_S:
            self._flooded = False
        self._recorded.append(at)
        return True


def listen_to_remotes(
    settings: Settings, bedsides: Mapping[str, Bedside], keep: Callable[[str, list[Record]], None]
) -> None:
    """Give each remote of the configuration its meaning."""
    for alias, bedside in bedsides.items():
        if Kind.REMOTE in bedside.profile.kinds:
            unit = settings.units[alias]
            said = {
                Press.PRESS: unit.on_press,
                Press.DOUBLE_PRESS: unit.on_double_press,
                Press.LONG_PRESS: unit.on_long_press,
            }
            meanings = {press: _meaning(word) for press, word in said.items() if word is not None}
            target = bedsides[unit.remote_for] if unit.remote_for is not None else None
            bedside.overheard = Remote(alias, target, meanings, keep).hear


def _meaning(word: str) -> tuple[Meaning, int | None]:
    """What a word of the configuration means, and the rating in it."""
    name, _, rating = word.partition("_")
    return Meaning(name), int(rating) if rating else None
