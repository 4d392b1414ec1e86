"""What subscribers should see of one unit, and when it is worth saying.

Availability is said when it changes. State is said when a value changed, at most once a second, and every FRESH_S while the
unit speaks, so that the times in it stay fresh. Live values go in batches. Nothing here is kept: the record is the journal's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ptdevice.mqtt import telemetry, topics
from ptdevice.mqtt.session import AGAIN_S, session
from ptdevice.privacy import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.commander import Commander
    from ptdevice.config import Telemetry
    from ptdevice.model import SetProgress
    from ptdevice.pair import Pair
    from ptdevice.stimulation.view import View

FRESH_S = 10.0


class Post(Protocol):
    """The courier, as far as it is seen from here."""

    def retain(self, message: topics.Message) -> None:
        """Publish the latest of its topic."""
        ...

    def live(self, message: topics.Message) -> None:
        """Send now or never."""
        ...


class Bulletin:
    """One unit's messages."""

    def __init__(
        self,
        names: topics.Names,
        bedside: Bedside,
        post: Post,
        *,
        wanted: Telemetry,
        stamp: Callable[[], topics.Stamp],
    ) -> None:
        self._names, self._bedside, self._post = names, bedside, post
        self._wanted = wanted
        self._stamp = stamp
        self._said_report: object = None
        self._said_changes = -1
        self._said_assigned: bool | None = None
        self._said_at = float("-inf")
        self._said_progress: SetProgress | None = None

    def announce(self) -> Iterator[topics.Message]:
        """Everything retained, as it is now."""
        yield self._availability(self._stamp())
        yield self._state()

    def say_reachability(self) -> None:
        """To be called whenever the unit's reachability may have changed."""
        report = self._bedside.report
        if report is not self._said_report:
            self._said_report = report
            self._post.retain(self._availability(self._stamp()))

    def say_state(self, now: float) -> None:
        """To be called about once a second."""
        state = self._bedside.therapy.state
        fresh = any(known.at > self._said_at for known in state.values.values())
        changed = state.changes != self._said_changes or self._bedside.assigned is not self._said_assigned
        if changed or (fresh and now - self._said_at >= FRESH_S):
            self._said_changes, self._said_assigned, self._said_at = state.changes, self._bedside.assigned, now
            self._post.retain(self._state())

    def say_live(self) -> None:
        """To be called once per batch."""
        live, alias, names = self._bedside.take_live(), self._bedside.alias, self._names
        if live.motion:
            self._post.live(telemetry.motion(names, alias, live.motion, dropped=live.dropped, stamp=self._stamp()))
        if live.heart_rate is not None and self._wanted.heart_rate:
            self._post.live(telemetry.heart_rate(names, alias, live.heart_rate, stamp=self._stamp()))
        for status in live.stimulation.values():
            self._post.live(telemetry.stimulation(names, alias, status, stamp=self._stamp()))
        for said in self._bedside.sitting.take_cues():
            self._post.live(telemetry.cue(names, alias, said, stamp=self._stamp()))
        progress = self._bedside.therapy.progress
        if progress is not None and progress != self._said_progress:
            self._said_progress = progress
            self._post.live(telemetry.exercise(names, alias, progress, stamp=self._stamp()))

    def _state(self) -> topics.Message:
        bedside = self._bedside
        values = bedside.therapy.state.values
        return topics.state(self._names, bedside.alias, values, assigned=bedside.assigned, stamp=self._stamp())

    def _availability(self, stamp: topics.Stamp) -> topics.Message:
        report = self._bedside.report
        return topics.availability(
            self._names,
            self._bedside.alias,
            report.availability,
            code=report.code,
            text=redacted(report.text),  # it may quote BlueZ, which quotes addresses
            at=report.at,
            stamp=stamp,
        )


class PairBulletin:
    """What two units on one back show together: what is known of their clocks, and live values."""

    def __init__(self, names: topics.Names, pair: Pair, post: Post, *, stamp: Callable[[], topics.Stamp]) -> None:
        self._names, self._pair, self._post, self._stamp = names, pair, post, stamp
        self._said: tuple[object, ...] = ()
        self._said_changes = -1

    def announce(self) -> Iterator[topics.Message]:
        """Everything retained, as it is now."""
        yield topics.state(self._names, self._pair.alias, self._pair.state.values, stamp=self._stamp())

    def say_state(self) -> None:
        """To be called about once a second."""
        if self._pair.state.changes != self._said_changes:
            self._said_changes = self._pair.state.changes
            for message in self.announce():
                self._post.retain(message)

    def say_live(self) -> None:
        """To be called once per batch."""
        progress = self._pair.progress
        angle = progress.lumbar_deg
        # In tenths of a degree: somebody who stands still is not worth a message.
        now = (progress.phase, progress.movements, progress.text, None if angle is None else round(angle, 1))
        if now != self._said:
            self._said = now
            self._post.live(telemetry.lumbar(self._names, self._pair.alias, progress, stamp=self._stamp()))


class SessionBulletin:
    """The commanded session of one unit: at once when something of it changed, and in good time before it ceases to be true."""

    def __init__(
        self, names: topics.Names, commander: Commander, post: Post, *, stamp: Callable[[], topics.Stamp]
    ) -> None:
        self._names, self._commander, self._post, self._stamp = names, commander, post, stamp
        self._said: View | None = None
        self._said_at = float("-inf")
        commander.changed = self.say

    def announce(self) -> Iterator[topics.Message]:
        """Everything retained, as it is now."""
        yield self._message(self._commander.view())

    def say(self) -> None:
        """To be called whenever something may have changed, and often enough."""
        view, now = self._commander.view(), self._stamp().mono_s
        same = self._said is not None and replace(view, remaining_s=None) == replace(self._said, remaining_s=None)
        if not same or (view.open and now - self._said_at >= AGAIN_S):
            self._said, self._said_at = view, now
            self._post.retain(self._message(view))

    def _message(self, view: View) -> topics.Message:
        return session(self._names, self._commander.alias, view, open_=view.open, stamp=self._stamp())


def bulletins_of(
    names: topics.Names,
    bedsides: Mapping[str, Bedside],
    pairs: Mapping[str, Pair],
    post: Post,
    wanted: Telemetry,
    stamp: Callable[[], topics.Stamp],
    stirred: Callable[[], None],
) -> tuple[list[Bulletin], list[PairBulletin]]:
    """One for each unit and each pair, told by them when something has changed; `stirred` when there may be something live."""
    bulletins = [Bulletin(names, bedside, post, wanted=wanted, stamp=stamp) for bedside in bedsides.values()]
    for bedside, bulletin in zip(bedsides.values(), bulletins, strict=True):
        bedside.reachability, bedside.stirred = bulletin.say_reachability, stirred
    for pair in pairs.values():
        pair.stirred = stirred
    return bulletins, [PairBulletin(names, pair, post, stamp=stamp) for pair in pairs.values()]
