"""The guard: nothing reaches skin except through it. A wish goes in; out comes `Admitted`, or a refusal that says why. Pure.

**Rings that only narrow.** Whoever has a say adds a ring of ceilings: what is compiled in (`HARD`), the device's profile, the
installation, the prescription, the session. A wish has to lie within all of them, so the effective ceiling is the least of
each, no ring can widen another, and the order does not matter. HARD is in every guard, whoever made it. `narrowed` adds a ring;
nothing takes one away.

**What is native and what is electrical.** Hardly any unit knows its milliamperes. Its level is a number of its own, and limits
on levels always apply, as do those on rate and width where a wish tells them, and on time. Peak, root mean square, density,
power, energy and charge apply only where a curve is declared (mA over level, with its source), at the area of the smallest pad
that was confirmed for the channel. `electrical` says which of the two it was, and every decision carries it. Where somebody
set a limit in electrical terms and there is no curve, nothing is admitted: a limit that cannot be checked is not kept.

**Membership, not comparison.** `x > top` is false for NaN and lets it through; `0 <= x <= top` is false for NaN and keeps it
out. Everything here is written the second way. A wish with one wrong field is refused whole, before any of it is used.

**Absolute deadlines.** What is admitted carries the moment until which it may be sent, at most HOLD_S away and never beyond the
session's end, which is fixed when the session begins. Whatever holds a command up (a queue, a stalled loop, a slow disk), it
cannot be used late, and a countdown that nobody decrements cannot go wrong.

**Zero is always within.** A well-formed wish for level 0 is admitted before, during and after a session: the way down is never
barred. A stop does not even ask: it is constant bytes, and no part of it is here.

Rules by which a wish is refused: `malformed`, `expired`, `over_limit` (the reasons name each ring and quantity), `no_ceiling`,
`no_curve`, `pads_not_confirmed`, `not_begun`, `session_over`, `per_day`, `busy`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.model.command import Admitted, Wish
from ptdevice.stimulation.limits import AREA_CM2, ELECTRICAL, HARD, MOST, Curve, Limits, Ring, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# As long as a dead-man may take: what is admitted longer would outlive the promise that output ends by itself.
HOLD_S = 5.0


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest level that is admitted now. `layers` are what says so: level and `ring:quantity`, strictest first."""

    layers: tuple[tuple[int, str], ...]
    electrical: bool

    @property
    def level(self) -> int:
        """The least of all."""
        return self.layers[0][0]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that has a say, strictest first."""
        return tuple(reason for _, reason in self.layers)

    def limiting(self, level: int) -> tuple[str, ...]:
        """Every layer that is below a level that is wished for, strictest first; none where it fits."""
        return tuple(reason for top, reason in self.layers if top < level)


@dataclass(frozen=True, slots=True)
class Guard:
    """The door of one unit. `rings` come on top of HARD; `areas` are the confirmed pads: by channel, the smallest pad in cm2.

    `ends` is the end of the session that has begun (gateway seconds). None: none has, and nothing above 0 is admitted.
    An area that no pad has: ValueError.
    """

    rings: tuple[Ring, ...]
    curve: Curve | None = None
    areas: Mapping[str | None, float] = field(default_factory=dict)
    ends: float | None = None

    def __post_init__(self) -> None:
        low, high = AREA_CM2
        for channel, area in self.areas.items():
            if not (number(area) and low <= area <= high):
                raise ValueError(f"no area of a pad: {area!r} cm2 of channel {channel!r}")

    @property
    def electrical(self) -> bool:
        """Whether limits in mA and what follows from it apply, or the unit's own levels only."""
        return self.curve is not None

    def narrowed(self, ring: Ring) -> Guard:
        """With one ring more."""
        return replace(self, rings=(*self.rings, ring))

    def limits(self, channel: str | None = None) -> Limits:
        """All rings together, for this channel."""
        found = HARD.limits
        for ring in self._around(channel):
            found &= ring.limits
        return found

    def begin(self, at: float, sessions_today: int) -> Guard:
        """For a session that begins now, the last moment of which is fixed from here on.

        Raises RefusedError: `malformed`, `per_day`, and `busy` where one has begun, the end of which nothing moves.
        """
        if self.ends is not None:
            raise RefusedError("busy", "a session has begun", ("busy",))
        if not (number(at) and number(sessions_today) and type(sessions_today) is int):
            raise RefusedError("malformed", "a time or a number of sessions makes no sense", ("malformed",))
        reasons = [
            f"{ring.name}:sessions_per_day"
            for ring in (HARD, *self.rings)
            if not _within(sessions_today + 1, ring.limits.sessions_per_day)
        ]
        if reasons:
            raise RefusedError("per_day", f"{sessions_today} sessions began today", tuple(reasons))
        seconds = [ring.limits.session_s for ring in (HARD, *self.rings)]
        return replace(self, ends=at + min(each for each in seconds if each is not None))

    def ceiling(
        self, channel: str | None = None, rate_hz: float | None = None, pulse_us: float | None = None
    ) -> Ceiling:
        """How high a level may be, by ring and quantity: what ramps and requests are clamped to. 0: nothing is admitted."""
        bar = self._barred(channel)
        if bar is not None:
            return Ceiling(((0, bar.rule),), self.electrical)
        if not (_rate(rate_hz) and _rate(pulse_us)):
            return Ceiling(((0, "malformed"),), self.electrical)
        made = self._told(rate_hz, pulse_us)
        layers = [
            (0, f"{ring.name}:{name}")
            for ring in self._around(channel)
            for name, value in made.items()
            if not _within(value, getattr(ring.limits, name))
        ]
        layers += [
            (ring.limits.level, f"{ring.name}:level") for ring in self._around(channel) if ring.limits.level is not None
        ]
        if self.curve is not None:
            layers.append((self.curve.top, "curve:level"))
            top = min(level for level, _ in layers)
            for ring in self._around(channel):
                for name in ELECTRICAL:
                    limit = getattr(ring.limits, name)
                    if limit is not None:
                        layers.append(
                            (self._highest(channel, top, rate_hz, pulse_us, name, limit), f"{ring.name}:{name}")
                        )
        return Ceiling(tuple(sorted(layers)), self.electrical)

    def admit(self, wish: Wish, now: float, until: float) -> Admitted:
        """What may be sent from now on until then, which is cut to HOLD_S and to the end of the session.

        Raises RefusedError with its rule and, for `over_limit`, every ring that is in the way as `ring:quantity`.
        """
        if not _well_formed(wish) or not (number(now) and number(until)):
            raise RefusedError("malformed", "a field is missing, of a wrong kind, or no number", ("malformed",))
        if not now < until:
            raise RefusedError("expired", "its time has passed", ("expired",))
        until = min(until, now + HOLD_S)
        if wish.level == 0:
            return Admitted(wish, now, until)
        if self.ends is None:
            raise RefusedError("not_begun", "no session has begun", ("not_begun",))
        if not now < self.ends:
            raise RefusedError("session_over", "the time of the session is over", ("session_over",))
        bar = self._barred(wish.channel)
        if bar is not None:
            raise bar
        exceeded = sorted(self._exceeded(wish, now), reverse=True)
        reasons = tuple(reason for _, reason in exceeded)
        if reasons:
            raise RefusedError("over_limit", f"above {', '.join(reasons)}", reasons)
        return Admitted(wish, now, min(until, self.ends))

    # --- inside ---

    def _around(self, channel: str | None) -> Iterator[Ring]:
        yield HARD
        for ring in self.rings:
            if ring.channel is None or ring.channel == channel:
                yield ring

    def _barred(self, channel: str | None) -> RefusedError | None:
        """What keeps everything above 0 out, whatever the level."""
        if channel not in self.areas:
            return RefusedError(
                "pads_not_confirmed", "nobody confirmed the pads of this channel", ("pads_not_confirmed",)
            )
        rings = list(self._around(channel))
        if all(ring.limits.level is None for ring in rings):
            return RefusedError("no_ceiling", "no ring limits the unit's own level", ("no_ceiling",))
        uncheckable = tuple(
            f"{ring.name}:{name}"
            for ring in rings
            if self.curve is None and ring is not HARD
            for name in ELECTRICAL
            if getattr(ring.limits, name) is not None
        )
        if uncheckable:
            return RefusedError(
                "no_curve", "limits in mA are set, and nobody declared what current a level is", uncheckable
            )
        return None

    def _told(self, rate_hz: float | None, pulse_us: float | None) -> dict[str, float]:
        """Rate and width as a wish tells them; else the most that the unit makes, where a curve says so."""
        if self.curve is not None:
            rate_hz = self.curve.rate_hz if rate_hz is None else rate_hz
            pulse_us = self.curve.pulse_us if pulse_us is None else pulse_us
        return {name: value for name, value in (("rate_hz", rate_hz), ("pulse_us", pulse_us)) if value is not None}

    def _exceeded(self, wish: Wish, now: float) -> Iterator[tuple[float, str]]:
        """Every ring and quantity that the wish is above, and how many times."""
        assert self.ends is not None
        made = {"level": float(wish.level)} | self._told(wish.rate_hz, wish.pulse_us)
        if self.curve is not None and wish.level <= self.curve.top:
            made |= self.curve.quantities(wish.level, made["rate_hz"], made["pulse_us"], self.areas[wish.channel])
        elif self.curve is not None:
            yield wish.level / self.curve.top, "curve:level"
        for ring in self._around(wish.channel):
            for name, value in made.items():
                limit = getattr(ring.limits, name)
                if not _within(value, limit):
                    yield value / limit if limit else inf, f"{ring.name}:{name}"
        # The unit's own timer goes on where the gateway does not: it may not go on beyond the session.
        left_s = self.ends - now
        if wish.timer_s is not None and not 0 < wish.timer_s <= left_s:
            yield wish.timer_s / left_s, "session:timer_s"

    def _highest(
        self, channel: str | None, top: int, rate_hz: float | None, pulse_us: float | None, name: str, limit: float
    ) -> int:
        """The highest level up to `top` that keeps this ceiling; the curve rises, so it can be halved towards."""
        assert self.curve is not None
        told = self._told(rate_hz, pulse_us)
        kept, over = 0, top + 1
        while over - kept > 1:
            level = (kept + over) // 2
            made = self.curve.quantities(level, told["rate_hz"], told["pulse_us"], self.areas[channel])[name]
            kept, over = (level, over) if _within(made, limit) else (kept, level)
        return kept


def _within(value: float, limit: float | None) -> bool:
    return limit is None or 0 <= value <= limit


def _well_formed(wish: object) -> bool:
    """Whether every field is of its kind. A zero rate or width is none: what has no pulses is level 0."""
    return (
        type(wish) is Wish
        and type(wish.level) is int
        and 0 <= wish.level <= MOST
        and (wish.timer_s is None or (type(wish.timer_s) is int and wish.timer_s > 0))
        and _rate(wish.rate_hz)
        and _rate(wish.pulse_us)
        and all(value is None or type(value) is str for value in (wish.channel, wish.programme))
    )


def _rate(value: float | None) -> bool:
    return value is None or (number(value) and value > 0)
