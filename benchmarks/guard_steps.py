"""Random wishes, waits, faults, restarts and stops through guard and table, judged by limits that are written a second time.

After every step: what reaches the unit is within the limits as `guard_model` says them, no output is made but in a live state,
none beyond the end of its session, and no session begins beyond the day's number. And the other way round: whatever was
refused was really over, so that a guard that refuses everything does not pass.

    python -m benchmarks guard --steps 10000000 --seed 1
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from importlib import import_module
from typing import Any

from benchmarks.guard_model import HELD_S, Declared, Rules, is_a_wish
from ptdevice.errors import RefusedError
from ptdevice.model.command import Admitted, Wish
from ptdevice.stimulation import commanded
from ptdevice.stimulation.commanded import Happening, State
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Curve, Limits, Ring

DAY_S = 86_400.0
STEPS_PER_UNIT = 400  # then another unit with other rings
NONSENSE: tuple[Any, ...] = (None, math.nan, math.inf, -math.inf, -1, -0.5, True, False, "10", 10**30, [1])
LIVE = ("ramping_up", "running", "ramping_down")  # said again, like the limits
HAPPENINGS = tuple(Happening)


class OutsideError(AssertionError):
    """Something left the limits, or was refused within them."""


class Walk:
    """One unit and everybody around it, for some hundred steps."""

    def __init__(self, rng: random.Random, seen: Counter[str]) -> None:
        self._rng, self._seen = rng, seen
        self._now = rng.uniform(0.0, 1e6)
        self._rules = any_rules(rng)
        self._fresh = guard_of(self._rules)
        self._door = self._fresh
        self._state = State.DRAFT
        self._sessions: list[float] = []  # when each of the last ones began
        self._pending: Admitted | None = None
        self._output: tuple[int, float] = (0, 0.0)  # what the unit does, and until when

    def step(self) -> None:
        """One thing happens."""
        dice = self._rng.random()
        if dice < 0.50:
            self._wish()
        elif dice < 0.70:
            self._wait()
        elif dice < 0.90:
            leads_on = self._rng.random() < (0.4 if self._state in commanded.LIVE else 0.95)
            self._happen(self._likely() if leads_on else self._rng.choice(HAPPENINGS))
        elif dice < 0.95:
            self._deliver()
        elif dice < 0.96:
            self._happen(self._rng.choice((Happening.STOP, Happening.ESTOP)))
        elif dice < 0.97:
            self._restart()
        elif dice < 0.98:
            self._narrow()
        elif dice < 0.996:
            self._wait()
        else:  # seldom: every level is tried
            self._ceiling()
        self._judge()

    # --- what can happen ---

    def _wish(self) -> None:
        rng = self._rng
        wish = _wish(rng, self._rules, [self._door.ends, self._now])
        until: Any = self._now + rng.choice((0.1, 1.0, 1.0, 1.0, 4.999, 5.0, 60.0, 0.0 if rng.random() < 0.2 else 2.0))
        if rng.random() < 0.02:
            until = self._now - rng.random()
        now: Any = self._now
        if rng.random() < 0.02:
            now, until = rng.choice(((rng.choice(NONSENSE), until), (now, rng.choice(NONSENSE))))
        try:
            admitted = self._door.admit(wish, now, until)
        except RefusedError as refused:
            self._seen[f"refused: {refused.rule}"] += 1
            for reason in refused.reasons if refused.rule == "over_limit" else ():
                self._seen[f"over_limit {reason.partition(':')[2]}"] += 1
            self._judge_refusal(wish, now, until, refused)
            return
        self._seen["admitted" if wish.level else "admitted: 0"] += 1
        self._judge_admission(admitted, wish, now, until)
        self._pending = admitted
        if rng.random() < 0.8:
            self._deliver()

    def _wait(self) -> None:
        ends = self._door.ends
        if ends is not None and self._rng.random() < 0.05 and ends > self._now:
            self._now = ends - self._rng.choice((1.0, 1e-6, 0.0))
        else:
            self._now += self._rng.choice((0.0, 0.1, 1.0, 4.9, 5.1, 60.0)) * self._rng.random()
            if self._rng.random() < (0.01 if self._state in commanded.LIVE else 0.1):
                self._now += self._rng.choice((600.0, 4000.0, DAY_S))
        self._seen["waits"] += 1

    def _likely(self) -> Happening:
        """What leads on, so that sessions happen at all."""
        return {
            State.DRAFT: Happening.CHECKS_PASSED,
            State.ARMED: Happening.LOCAL_START,
            State.RAMPING_UP: Happening.RAMP_DONE,
            State.PAUSED: Happening.LOCAL_RESUME,
            State.LEAD_OFF: Happening.LEAD_ON,
            State.LINK_LOST: self._rng.choice((Happening.LINK_RESTORED, Happening.RECONCILE_TIMEOUT)),
        }.get(self._state, Happening.ZERO_CONFIRMED)

    def _happen(self, happening: Happening) -> None:
        before, self._state = self._state, commanded.after(self._state, happening)
        self._seen["happenings"] += 1
        if before is State.ARMED and self._state is State.RAMPING_UP:
            self._begin()
        if self._state not in commanded.LIVE:
            self._output, self._pending = (0, 0.0), None  # told to stop, or by its dead-man where it cannot be told
        if self._state in commanded.TERMINAL:
            self._seen[f"ended: {self._state}"] += 1
            self._state, self._door = State.DRAFT, self._fresh

    def _begin(self) -> None:
        today = sum(begun > self._now - DAY_S for begun in self._sessions)
        permitted = today < self._rules.most_a_day()
        try:
            self._door = self._fresh.begin(self._now, today)
        except RefusedError as refused:
            self._seen[f"refused: {refused.rule}"] += 1
            self._state = State.DRAFT
            if permitted:
                raise OutsideError(f"refused the {today + 1}. session of {self._rules.most_a_day()}") from None
            return
        if not permitted:
            raise OutsideError(f"began the {today + 1}. session of {self._rules.most_a_day()}")
        self._sessions = [*self._sessions[-9:], self._now]
        self._seen["sessions"] += 1

    def _deliver(self) -> None:
        """What was admitted reaches the unit, now or much later: whoever sends it looks at its time, and at the state."""
        pending, self._pending = self._pending, None
        if pending is None or self._state not in commanded.LIVE:
            return
        if not self._now < pending.until:
            self._seen["too late to be sent"] += 1
            return
        self._seen["sent"] += 1
        self._output = pending.wish.level, pending.until

    def _restart(self) -> None:
        """The program dies and comes back: nobody is in control, and nothing goes on."""
        self._seen["restarts"] += 1
        self._state, self._door = State.DRAFT, self._fresh
        self._output, self._pending = (0, 0.0), None

    def _narrow(self) -> None:
        """Somebody lowers it, for good."""
        level = self._rng.randrange(0, 120)
        lowered = Ring("lowered", Limits(level=level), "of the walk")
        self._door, self._fresh = self._door.narrowed(lowered), self._fresh.narrowed(lowered)
        self._rules.rings.append(("lowered", None, {"level": level}))
        self._seen["rings added"] += 1
        # What flows already is lowered by whoever lowers the ceiling.
        self._output, self._pending = (min(self._output[0], level), self._output[1]), None

    def _ceiling(self) -> None:
        channel, hz, us = _somewhere(self._rng, self._rules)
        level = self._door.ceiling(channel, hz, us).level
        sure, perhaps = self._rules.highest(channel, hz, us)
        self._seen["ceilings tried level by level"] += 1
        if not sure <= level <= perhaps:
            raise OutsideError(f"the ceiling is {level}, of {sure} to {perhaps}: {self._rules}, {channel} {hz} {us}")

    # --- the judgement ---

    def _judge(self) -> None:
        level, until = self._output
        if level == 0 or self._now >= until:
            return
        if self._state.value not in LIVE:
            raise OutsideError(f"output in {self._state}")
        began = self._sessions[-1]
        if not began <= self._now < began + self._rules.longest_s() or until > began + self._rules.longest_s():
            raise OutsideError(f"output after {self._now - began} s of {self._rules.longest_s()}")

    def _judge_admission(self, admitted: Admitted, wish: Wish, now: float, until: float) -> None:
        if admitted.wish is not wish or admitted.at != now or not now < admitted.until <= min(until, now + HELD_S):
            raise OutsideError(f"not what was asked for: {admitted}")
        if not is_a_wish(wish.level, wish.channel, wish.rate_hz, wish.pulse_us, wish.timer_s):
            raise OutsideError(f"nonsense was admitted: {wish}")
        if wish.level == 0:
            return
        if self._door.ends is None:
            raise OutsideError("admitted without a session")
        left = self._sessions[-1] + self._rules.longest_s() - now
        if not admitted.until - now <= left + 1e-9 * now or (wish.timer_s or 0) > left + 1e-9 * now:
            raise OutsideError(f"beyond the session's end: {admitted}")
        if self._rules.permits(wish.level, wish.channel, wish.rate_hz, wish.pulse_us) is False:
            raise OutsideError(f"outside: {wish}, {self._rules}")

    def _judge_refusal(self, wish: Wish, now: Any, until: Any, refused: RefusedError) -> None:
        """Whatever was refused: one of these must really be so."""
        times = (now, until)
        if not is_a_wish(wish.level, wish.channel, wish.rate_hz, wish.pulse_us, wish.timer_s) or not all(
            type(at) in (int, float) and math.isfinite(at) and at >= 0 for at in times
        ):
            right = refused.rule == "malformed"
        elif any(value == 10**30 for value in (wish.level, wish.rate_hz, wish.pulse_us, wish.timer_s, *times)):
            right = True  # absurd, and either name for it will do
        elif until <= now:
            right = refused.rule == "expired"
        elif self._door.ends is None:
            right = refused.rule == "not_begun" and wish.level > 0
        else:
            left = self._sessions[-1] + self._rules.longest_s() - now
            if left <= 1e-9 * now:
                right = refused.rule == "session_over" or left > -1e-9 * now
            elif refused.rule == "over_limit":
                right = self._judge_reasons(wish, left, 1e-9 * now, refused)
            else:
                barred = wish.channel not in self._rules.pads
                right = refused.rule == (
                    "pads_not_confirmed" if barred else "no_curve" if self._rules.curve is None else ""
                )
                right = right and (barred or self._rules.uncheckable(wish.channel))
        if not right:
            raise OutsideError(f"refused by {refused.rule} ({refused.reasons}): {wish}, {self._rules}")

    def _judge_reasons(self, wish: Wish, left: float, close: float, refused: RefusedError) -> bool:
        over = self._rules.over(wish.level, wish.channel, wish.rate_hz, wish.pulse_us)
        timer = wish.timer_s or 0
        may = {*over, *(["session:timer_s"] if timer > left - close else [])}
        must = {reason for reason, times in over.items() if times > 1 + 2e-9}
        if "curve:level" in must:
            return "curve:level" in refused.reasons
        must |= {"session:timer_s"} if timer > left + close else set()
        return must <= set(refused.reasons) <= may


# --- what there can be ---


def any_rules(rng: random.Random) -> Rules:
    """A unit as somebody might set it up: well, oddly, or greedily."""
    curve = None
    if rng.random() < 0.6:
        top, ma = rng.choice((20, 100, 200)), rng.choice((30.0, 60.0, 100.0, 120.0, 250.0))
        bend = rng.randrange(1, top)
        curve = Declared(
            [(0, 0.0), (bend, ma * rng.random()), (top, ma)],
            rng.choice((1, 2)),
            rng.choice((50.0, 200.0, 330.0, 500.0)),
            rng.choice((2.0, 80.0, 150.0, 200.0)),
        )
    channels: tuple[str | None, ...] = rng.choice(((None,), ("A", "B")))
    pads = {channel: rng.choice((1.0, 4.0, 16.0, 25.0, 81.0, 200.0)) for channel in channels if rng.random() < 0.95}
    rings: list[tuple[str, str | None, dict[str, float]]] = [("profile", None, {"level": rng.choice((20, 100, 200))})]
    for name in ("installation", "prescription", "session"):
        limits: dict[str, float] = {}
        for key, draw in (
            ("level", lambda: rng.randrange(0, 250)),
            ("rate_hz", lambda: rng.choice((0.0, 50.0, 100.0, 1000.0))),
            ("pulse_us", lambda: rng.choice((100.0, 300.0, 5000.0))),
            ("session_s", lambda: rng.choice((30.0, 1200.0, 3600.0, 1e5))),
            ("sessions_per_day", lambda: rng.choice((0, 1, 3, 6, 60))),
        ):
            if rng.random() < 0.25:
                limits[key] = draw()
        for key, scale in (
            ("peak_ma", 150.0),
            ("rms_ma", 60.0),
            ("density_ma_cm2", 4.0),
            ("power_w_cm2", 0.4),
            ("pulse_mj", 20.0),
            ("charge_uc", 60.0),
        ):
            if rng.random() < (0.1 if curve else 0.005):
                limits[key] = scale * rng.random()
        rings.append((name, rng.choice(channels) if rng.random() < 0.2 else None, limits))
    return Rules(rings, pads, curve)


def guard_of(rules: Rules) -> Guard:
    curve = rules.curve
    return Guard(
        tuple(Ring(name, Limits(**limits), "of the walk", channel) for name, channel, limits in rules.rings),  # type: ignore[arg-type]
        curve=None
        if curve is None
        else Curve(tuple(curve.points), curve.phases, curve.pulse_us, curve.rate_hz, "of the walk"),
        areas=dict(rules.pads),
    )


def _somewhere(rng: random.Random, rules: Rules) -> tuple[str | None, float | None, float | None]:
    channel = rng.choice((*rules.pads, *rules.pads, *rules.pads, "C")) if rng.random() < 0.98 else None
    hz = rng.choice((None, None, 1.0, 80.0, 200.0, rng.uniform(0.1, 300.0)))
    us = rng.choice((None, None, 50.0, 300.0, 500.0, rng.uniform(1.0, 700.0)))
    return channel, hz, us


def _wish(rng: random.Random, rules: Rules, times: list[float | None]) -> Wish:
    channel, hz, us = _somewhere(rng, rules)
    ends, now = times
    timer_s = None
    if rng.random() < 0.1:
        timer_s = rng.choice((1, 60, 1200, 4000, max(int((ends or 0.0) - (now or 0.0)), 1)))
    said: dict[str, Any] = {
        "level": rng.choice(
            (0, 1, rng.randrange(1, 12), rng.randrange(1, 40), rng.randrange(1, 40), rng.randrange(0, 260))
        ),
        "channel": channel,
        "rate_hz": hz,
        "pulse_us": us,
        "timer_s": timer_s,
    }
    if rng.random() < 0.05:
        said[rng.choice(tuple(said))] = rng.choice(NONSENSE)
    return Wish(**said)


def walk(steps: int, seed: int) -> Counter[str]:
    """So many steps. Raises OutsideError with what happened, at the first that is wrong."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    seen: Counter[str] = Counter()
    one = Walk(rng, seen)
    for count in range(steps):
        if count % STEPS_PER_UNIT == 0:
            one = Walk(rng, seen)
            seen["units"] += 1
        try:
            one.step()
        except OutsideError as outside:
            raise OutsideError(f"step {count} of seed {seed}: {outside}") from outside
    return seen


async def run(steps: int = 1_000_000, seed: int = 1) -> None:
    """Print what happened, by rule: through guard and table, and then as many through the conductor."""
    for name, through in (("guard and table", walk), ("conductor", import_module("benchmarks.conductor_steps").walk)):
        began = time.monotonic()
        seen = through(steps, seed)
        print(f"{name}: {steps} steps of seed {seed}: none left the limits ({time.monotonic() - began:.0f} s)\n")
        for what, times in sorted(seen.items()):
            print(f"{times:10} {what}")
        print()
