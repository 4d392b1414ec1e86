"""Random requests, keys, hands, faults, losses and stops through conductor, table and guard, to a unit that may not obey.

What the unit is told is judged by a book of its own: who allowed current, since when, up to what, how fast, and until when. A
level above 0 is told only while

* somebody at the unit allowed it after it was armed or a resume was asked for, at most 10 s before,
* nothing has revoked that since: a stop, a pause, a loss, a pad, a fault, silence of the controller, the end of its time,
* it is within what was armed, was lowered, or a hand has set, and within the limits of `guard_model`,
* and it has risen no faster than 5 mA or 2 levels a second since it last was allowed.

Every wish to stop or pause owes the unit a stop at once, and a unit that obeys is at 0 when its time is over.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.guard_steps import DAY_S, OutsideError, any_rules, guard_of
from ptdevice.errors import RefusedError
from ptdevice.model import (
    Battery,
    Contact,
    DeviceFault,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    TreatmentEnded,
)
from ptdevice.stimulation.conductor import Conductor
from ptdevice.stimulation.plan import Facts, Plan

if TYPE_CHECKING:
    from benchmarks.guard_model import Rules
    from ptdevice.model import Admitted
    from ptdevice.stimulation.plan import Armed

STEPS_PER_UNIT = 1000
BY_HAND_S = 10.0
LEVELS_PER_S, MA_PER_S = 2.0, 5.0
SILENT_S = 3.0


class Unit:
    """What a simulated firmware does: it may not obey, lie, fall silent, and go off by itself."""

    def __init__(self, rng: random.Random) -> None:
        self.level = 0
        self.contact = rng.choice((Contact.OK, Contact.UNKNOWN))
        self.obeys_levels = rng.random() < 0.95
        self.obeys_stops = rng.random() < 0.8
        self.by_itself = False  # its level is of its own making
        self.deadman_s = rng.choice((0.5, 5.0, math.inf))
        self.told_at = self.mended_at = -math.inf

    def tell(self, level: int, now: float) -> None:
        self.told_at = now
        if self.obeys_levels:
            self.level, self.by_itself = level, False

    def stop(self, now: float) -> None:
        self.told_at = now
        if self.obeys_stops:
            self.level = 0

    def pass_time(self, now: float) -> None:
        if now - self.told_at > self.deadman_s:
            self.level = 0


class Book:
    """Who allowed what, written down without looking at the conductor."""

    def __init__(self, rules: Rules, lease_s: float | None) -> None:
        self.rules, self.lease_s = rules, lease_s
        self.armed_by = self.resume_by = self.raise_by = -math.inf  # until when an act at the unit is an answer
        self.allowed = False
        self.cap = self.raise_to = self.by_hand = 0
        self.ends = math.inf
        self.begun = False  # the session that is open has begun
        self.lease_until = math.inf
        self.base: tuple[float, int] = (0.0, 0)  # since when it may rise, and from where
        self.since = -math.inf  # the last act that began or resumed it

    def revoke(self) -> None:
        """No current any more; nothing that waited for a hand is an answer any longer."""
        self.allowed = False
        self.resume_by = self.raise_by = -math.inf

    def end(self) -> None:
        """And no way back to it but a new session."""
        self.revoke()
        self.armed_by = -math.inf

    def act(self, now: float) -> None:
        """Somebody at the unit."""
        if now < self.armed_by:
            self.allowed, self.begun, self.by_hand = True, True, 0
            self.armed_by, self.since, self.base = -math.inf, now, (now, 0)
            self.ends = now + self.rules.longest_s()
        elif now <= self.resume_by:
            self.allowed, self.resume_by, self.since, self.base = True, -math.inf, now, (now, 0)
        elif self.allowed and now <= self.raise_by:
            self.cap, self.raise_by = min(self.raise_to, self.by_hand), -math.inf

    def pass_time(self, now: float) -> None:
        if now >= self.ends or now >= self.lease_until:
            self.end()

    def fastest(self, now: float) -> float:
        """How high a ramp can have come by now, in levels; a step more is rounding."""
        since, level = self.base
        curve = self.rules.curve
        if curve is None:
            return level + LEVELS_PER_S * (now - since) + 1
        ampere = curve.amperes[min(level, len(curve.amperes) - 1)] + 1e-3 * MA_PER_S * (now - since)
        return max((k for k, a in enumerate(curve.amperes) if a <= ampere * (1 + 1e-9) + 1e-12), default=0)


class Room:
    """A unit, its conductor, and everybody who can reach either."""

    def __init__(self, rng: random.Random, seen: Counter[str]) -> None:
        self._rng, self._seen = rng, seen
        self._now = rng.uniform(0.0, 1e6)
        self._rules = _one_channel(rng)
        self._unit = Unit(rng)
        self._local_key = rng.random() < 0.5
        self._lease_s = rng.choice((None, 3.0, 3.0))
        ids = itertools.count()
        self._conductor = Conductor(
            Facts(rng.choice((0.1, 0.2, 1.0)), local_key=self._local_key, timer_s=rng.choice((None, None, (60, 3600)))),
            new_id=lambda: f"s{next(ids)}",
            new_token=lambda: f"t{next(ids)}",
            lease_s=self._lease_s,
            remote_raise=rng.random() < 0.5,
        )
        self._says_every_s = rng.choice((0.1, 0.5))
        self._book = Book(self._rules, self._lease_s)
        self._armed: Armed | None = None
        self._controller_is_there = True
        self._told: tuple[None, float | None, float | None] = (None, None, None)  # how the session's unit is told
        self._pending: list[tuple[float, Admitted]] = []
        self._connected = False
        self._silent_until = -math.inf
        self._said_at = self._heard_at = -math.inf
        self._begun: list[float] = []
        self._find()

    def step(self) -> None:
        """One thing happens, and some time goes by."""
        dice = self._rng.random()
        going = self._book.allowed
        if dice < (0.06 if going else 0.35):
            self._ask_for_more()
        elif dice < (0.09 if going else 0.60):
            self._touch()
        elif dice < (0.10 if going else 0.61):
            self._ask_for_less()
        elif dice < (0.11 if going else 0.62):
            self._hand()
        elif dice < (0.115 if going else 0.63):
            self._mishap()
        elif dice < (0.12 if going else 0.75):
            self._mend()
        self._pass_time(self._rng.choice((0.0, 0.05, 0.1, 0.2, 0.5)))
        if self._rng.random() < 0.002:
            self._pass_time(self._rng.choice((2.9, 3.1, 10.0, 61.0, 601.0, 4000.0, DAY_S)))

    # --- people ---

    def _ask_for_more(self) -> None:
        rng, book, conductor = self._rng, self._book, self._conductor
        token = self._armed.token if self._armed and rng.random() < 0.95 else "stolen"
        what = rng.choice(("arm", "arm", "resume", "raise"))
        before = conductor.open.state if conductor.open else None
        try:
            if what == "arm":
                today = sum(begun > self._now - DAY_S for begun in self._begun)
                level = rng.randrange(0, 60)
                hz, us = rng.choice((None, 80.0)), rng.choice((None, 200.0))
                plan = Plan(guard_of(self._rules), level, None, today, None, hz, us)
                self._armed = conductor.arm(plan, self._now)
                self._told = None, hz, us
                if before is not None or level == 0:
                    raise OutsideError("armed what cannot be")
                book.end()
                book.armed_by, book.cap, book.begun = self._now + BY_HAND_S + 1e-9, level, False
                book.lease_until = math.inf if self._lease_s is None else self._now + self._lease_s
                book.ends = math.inf
            elif what == "resume":
                conductor.resume(token, self._now)
                book.allowed, book.resume_by = False, self._now + BY_HAND_S
            else:
                level = rng.choice((book.cap + 1, book.cap + 1, book.cap + 2, rng.randrange(0, 60)))
                conductor.raise_level(token, level, self._now)
                if level > book.by_hand:
                    raise OutsideError(f"a remote raise to {level}, above the {book.by_hand} of a hand")
                book.raise_to, book.raise_by = level, self._now + BY_HAND_S
            if token == "stolen" and what != "arm":  # noqa: S105 - that is the point
                raise OutsideError("somebody without the token got more")
            self._seen[f"{what}: done"] += 1
        except RefusedError as refused:
            self._seen[f"{what}: {refused.rule}"] += 1
        self._settle()

    def _ask_for_less(self) -> None:
        what = self._rng.choice(("stop", "emergency", "pause", "lower", "lower", "lower"))
        self._seen[what] += 1
        if what == "lower":
            level = max(self._book.by_hand - 1, 0) if self._rng.random() < 0.5 else self._rng.randrange(0, 30)
            self._conductor.lower(level, self._now)
            self._book.cap = min(self._book.cap, level)
            self._book.raise_by = -math.inf
            self._settle()
            return
        getattr(self._conductor, what)(self._now)
        if what == "pause":
            self._book.revoke()
        else:
            self._book.end()
        if not self._conductor.owed.halt:
            raise OutsideError(f"{what} owes the unit nothing")
        self._settle()

    def _touch(self) -> None:
        """The key beside the unit."""
        if self._book.armed_by > self._now and self._today() >= self._rules.most_a_day():
            self._book.armed_by = -math.inf  # refused at the very start, and cancelled
        starts = self._book.armed_by > self._now
        self._book.act(self._now)
        self._conductor.key(self._now)
        if starts:
            self._begun = [*self._begun[-9:], self._now]
            self._seen["begun"] += 1
        self._settle()

    def _hand(self) -> None:
        """A hand on the unit turns it up or down, or switches it off."""
        if not self._connected or self._unit.level == 0:
            return
        level = max(self._unit.level + self._rng.choice((-3, -1, -1, 1, 1, 2)), 0)
        self._unit.level, self._unit.by_itself = level, True
        self._heard_at = self._now
        self._seen["by hand"] += 1
        if self._local_key and level > 0:
            self._book.act(self._now)
        if self._book.allowed:
            up = level > self._book.cap
            self._book.by_hand = max(self._book.by_hand, level)
            self._book.cap = max(self._book.cap, level) if up else self._book.cap
            self._book.base = self._now, level
            if level == 0:
                self._book.end()
        self._conductor.hear(LevelChanged(self._now, level, by_hand=True))
        self._settle()

    # --- the world ---

    def _mishap(self) -> None:
        rng, now = self._rng, self._now
        what = rng.choice(
            ("lost", "lost", "pad off", "fault", "battery", "ended", "silent", "controller", "lies", "runs away")
        )
        self._seen[what] += 1
        if what == "lost":
            self._lose()
        elif what == "controller":
            self._controller_is_there = False
        elif what == "silent":
            self._silent_until = now + rng.choice((1.0, 2.5, 4.0, 700.0))
        elif not self._connected:
            return
        elif what == "pad off":
            self._unit.contact = Contact.OPEN
        elif what == "fault":
            self._book.end()
            self._conductor.hear(
                DeviceFault(now, rng.choice((FaultKind.OVERLOAD, FaultKind.LOW_BATTERY, FaultKind.OTHER)))
            )
        elif what == "battery":
            self._book.end()
            self._conductor.hear(Battery(now, rng.randrange(0, 10)))
        elif what == "ended":
            self._unit.level = 0
            if self._book.allowed:
                self._book.end()
            self._conductor.hear(TreatmentEnded(now))
        elif what == "lies":
            self._say(rng.choice((Output.ON, Output.OFF, Output.UNKNOWN)), rng.randrange(0, 40))
        elif what == "runs away":
            self._unit.level += 5
            self._unit.by_itself = True
        self._settle()

    def _mend(self) -> None:
        """What went wrong is put right: the link, the pads, the firmware, the battery, and a person acknowledges."""
        if not self._connected:
            self._find()
        if self._unit.contact is Contact.OPEN:
            self._unit.contact = Contact.OK
        self._unit.mended_at = self._now
        self._unit.obeys_levels = self._unit.obeys_stops = self._rng.random() < 0.97
        self._silent_until = -math.inf
        self._controller_is_there = True
        self._conductor.hear(Battery(self._now, 80))
        try:
            self._conductor.acknowledge(self._now)
        except RefusedError as refused:
            self._seen[f"acknowledge: {refused.rule}"] += 1
        self._settle()

    def _lose(self) -> None:
        if self._connected:
            self._connected = False
            self._pending = []
            self._book.end()
            self._conductor.link_lost(self._now)

    def _find(self) -> None:
        """The link is there; the first thing that was said is stop."""
        self._connected = True
        self._unit.stop(self._now)
        self._conductor.link_restored(self._now)
        self._settle()

    def _say(self, output: Output | None = None, level: int | None = None) -> None:
        """The unit says its state, or something else."""
        now, unit = self._now, self._unit
        self._said_at = now
        if not self._connected or now < self._silent_until:
            return
        self._heard_at = now
        if unit.contact is Contact.OPEN:
            self._book.revoke()
        true = Output.ON if unit.level else Output.OFF
        said = StimulationStatus(now, output or true, unit.level if level is None else level, 250, contact=unit.contact)
        self._conductor.hear(said)
        self._settle()

    def _pass_time(self, seconds: float) -> None:
        self._now += seconds
        now, unit = self._now, self._unit
        if self._armed and self._controller_is_there and self._lease_s and now < self._book.lease_until:
            try:
                self._conductor.hold(self._armed.session_id, self._armed.token, now)
                self._book.lease_until = now + self._lease_s
            except RefusedError:
                pass
        self._book.pass_time(now)
        unit.pass_time(now)
        if now - self._said_at >= self._says_every_s:
            self._say()
        self._conductor.tick(now, self._heard_at)
        self._settle()
        if self._book.allowed and now - max(self._heard_at, self._book.since) >= SILENT_S:
            self._book.end()
        for admitted in self._conductor.due(now):
            self._judge_admitted(admitted)
            self._pending.clear()  # what is newer takes its place
            self._pending.append((now + self._rng.choice((0.0, 0.0, 0.0, 0.3, 0.9)), admitted))
        self._settle()
        self._deliver()
        self._judge()

    def _deliver(self) -> None:
        """What was admitted is sent, perhaps late; whoever sends it looks at its time."""
        kept = []
        for at, admitted in self._pending:
            if at > self._now:
                kept.append((at, admitted))
            elif self._connected and self._now < admitted.until:
                self._unit.tell(admitted.wish.level, self._now)
                self._seen["told"] += 1
                self._judge_told(admitted)
            else:
                self._seen["too late to be told"] += 1
        self._pending = kept

    def _settle(self) -> None:
        owed = self._conductor.owed.take()
        self._seen["alarms"] += len(owed.records)
        self._seen["audits"] += len(owed.audits)
        if owed.halt:
            self._pending = []  # a stop empties every queue
            if self._connected:
                self._seen["stops"] += 1
                self._unit.stop(self._now)
                self._conductor.halted(self._now)

    def _today(self) -> int:
        return sum(begun > self._now - DAY_S for begun in self._begun)

    # --- the judgement ---

    def _judge_admitted(self, admitted: Admitted) -> None:
        level, book, now = admitted.wish.level, self._book, self._now
        if level == 0:
            return
        what = f"{level} at {now}: "
        if level > book.cap:
            raise OutsideError(what + f"{book.cap} was asked for")
        if self._rules.permits(level, *self._told) is False:
            raise OutsideError(what + f"outside of {self._rules}")
        if level > book.fastest(now):
            raise OutsideError(what + f"faster than a ramp, {book.fastest(now)} since {book.base}")

    def _judge_told(self, admitted: Admitted) -> None:
        """It arrives later: a hand may have turned it down meanwhile, but nobody may have ended it."""
        if admitted.wish.level == 0:
            return
        self._seen["told above 0"] += 1
        what = f"{admitted.wish.level} at {self._now}: "
        if not self._book.allowed:
            raise OutsideError(what + "nobody allowed it")
        if not self._now < self._book.ends:
            raise OutsideError(what + f"its time was over at {self._book.ends}")

    def _judge(self) -> None:
        book, unit = self._book, self._unit
        view = self._conductor.view(self._now)
        self._seen[f"in {view.state}"] += 1
        if view.level > 0 and not book.allowed:
            raise OutsideError(f"it stands at {view.level} and nobody allowed it: {view}")
        if view.output == "zero" and not self._connected:
            raise OutsideError(f"zero is claimed of a unit that nobody hears: {view}")
        obedient = unit.obeys_levels and unit.obeys_stops and self._connected and not unit.by_itself
        obedient = obedient and self._now - unit.mended_at > 2.0
        if obedient and book.begun and unit.level > 0 and self._now > book.ends + 1.0:
            raise OutsideError(f"current {self._now - book.ends} s after its time: {view}")


def _one_channel(rng: random.Random) -> Rules:
    """Rules under which something is possible more often than not."""
    while True:
        rules = any_rules(rng)
        if None in rules.pads and (rng.random() < 0.05 or rules.highest(None, None, None)[0] > 2):
            return rules


def walk(steps: int, seed: int) -> Counter[str]:
    """So many steps. Raises OutsideError with what happened, at the first that is wrong."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    seen: Counter[str] = Counter()
    room = Room(rng, seen)
    for count in range(steps):
        if count % STEPS_PER_UNIT == 0:
            room = Room(rng, seen)
            seen["units"] += 1
        try:
            room.step()
        except OutsideError as outside:
            raise OutsideError(f"step {count} of seed {seed}: {outside}") from outside
    return seen
