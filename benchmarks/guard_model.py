"""The limits of stimulation, said a second time and differently, to judge the guard by. It shares no code with it.

Where the guard works in mA, us and cm2 with formulas, this works in SI units: a train of pulses is a share of the time at a
current, and what it does follows from charge, work and area. Where the guard finds a ceiling by halving, this tries every
level. Where the guard refuses, this lists everything that is over, with its factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

LOAD_OHM = 500.0
CLOSE = 1e-9  # two ways to one number differ in its last bits: so close to a limit, either answer is right

# A, A, A/m2, W/m2, J, C, s, 1/s
COMPILED = {
    "peak_ma": 100e-3,
    "rms_ma": 50e-3,
    "density_ma_cm2": 20.0,
    "power_w_cm2": 2500.0,
    "pulse_mj": 0.3,
    "pulse_us": 500e-6,
    "rate_hz": 200.0,
}
SI = {
    "peak_ma": 1e-3,
    "rms_ma": 1e-3,
    "density_ma_cm2": 10.0,
    "power_w_cm2": 1e4,
    "pulse_mj": 1e-3,
    "charge_uc": 1e-6,
    "pulse_us": 1e-6,
    "rate_hz": 1.0,
    "level": 1.0,
}
OF_CURRENT = {"peak_ma", "rms_ma", "density_ma_cm2", "power_w_cm2", "pulse_mj", "charge_uc"}
TOLD = ("level", "rate_hz", "pulse_us")  # compared as they are told, and so exactly
LONGEST_S, MOST_A_DAY = 3600.0, 6
HELD_S = 5.0


@dataclass
class Declared:
    """A curve: what every level is in A, worked out by walking from point to point."""

    points: list[tuple[int, float]]
    phases: int
    pulse_us: float
    rate_hz: float
    amperes: list[float] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        for (a, a_ma), (b, b_ma) in zip(self.points, self.points[1:], strict=False):
            self.amperes += [1e-3 * (a_ma * (b - level) + b_ma * (level - a)) / (b - a) for level in range(a, b)]
        self.amperes.append(1e-3 * self.points[-1][1])


@dataclass
class Rules:
    """What one unit may do: rings as drawn (name, channel or None for all, ceilings), pads in cm2, a curve or None."""

    rings: list[tuple[str, str | None, dict[str, float]]]
    pads: dict[str | None, float]
    curve: Declared | None

    def around(self, channel: str | None) -> list[tuple[str, dict[str, float]]]:
        """The rings of a channel, in SI units but for times."""
        found = [("hard", dict(COMPILED))]
        for name, of, limits in self.rings:
            if of is None or of == channel:
                found.append((name, {key: value * SI[key] for key, value in limits.items() if key in SI}))
        return found

    def longest_s(self) -> float:
        """How long a session lasts at most."""
        return min([LONGEST_S, *(limits["session_s"] for _, _, limits in self.rings if "session_s" in limits)])

    def most_a_day(self) -> float:
        """How many sessions a day has at most."""
        return min(
            [MOST_A_DAY, *(limits["sessions_per_day"] for _, _, limits in self.rings if "sessions_per_day" in limits)]
        )

    def makes(self, level: int, channel: str | None, hz: float | None, us: float | None) -> dict[str, float]:
        """Everything that is known of an output, in SI units."""
        if self.curve is None:
            told = {"level": float(level), "rate_hz": hz, "pulse_us": None if us is None else us * 1e-6}
            return {key: value for key, value in told.items() if value is not None}
        width_s = (us if us is not None else self.curve.pulse_us) * 1e-6
        per_s = hz if hz is not None else self.curve.rate_hz
        current = self.curve.amperes[level] if level < len(self.curve.amperes) else math.inf
        pad_m2 = self.pads[channel] * 1e-4
        flows = self.curve.phases * width_s * per_s  # share of the time
        work_j = current * current * LOAD_OHM * self.curve.phases * width_s
        effective = math.sqrt(current * current * flows)
        return {
            "level": float(level),
            "rate_hz": per_s,
            "pulse_us": width_s,
            "peak_ma": current,
            "rms_ma": effective,
            "density_ma_cm2": effective / pad_m2,
            "power_w_cm2": work_j * per_s / pad_m2,
            "pulse_mj": work_j,
            "charge_uc": current * width_s,
        }

    def uncheckable(self, channel: str | None) -> bool:
        """Whether somebody set a limit that nothing can be held against."""
        return self.curve is None and any(
            OF_CURRENT & limits.keys() for _, of, limits in self.rings if of is None or of == channel
        )

    def over(self, level: int, channel: str | None, hz: float | None, us: float | None) -> dict[str, float]:
        """How many times too much, by `ring:quantity`, of everything that is over or so close to it that it may be."""
        if self.curve is not None and level >= len(self.curve.amperes):
            return {"curve:level": math.inf}
        made = self.makes(level, channel, hz, us)
        found: dict[str, float] = {}
        for name, limits in self.around(channel):
            for key in limits.keys() & made.keys():
                times = made[key] / limits[key] if limits[key] > 0 else (math.inf if made[key] > 0 else 0.0)
                if times >= 1 - CLOSE:
                    found[f"{name}:{key}"] = max(found.get(f"{name}:{key}", 0.0), times)
        return found

    def permits(self, level: int, channel: str | None, hz: float | None, us: float | None) -> bool | None:
        """Whether a level above 0 is within everything. None: so close that either answer is right."""
        if channel not in self.pads or self.uncheckable(channel):
            return False
        if not any("level" in limits for _, limits in self.around(channel)):
            return False
        if self.exactly_over(level, channel, hz, us):
            return False
        times = self.over(level, channel, hz, us)
        worst = max((times[reason] for reason in times if reason.partition(":")[2] not in TOLD), default=0.0)
        if worst > 1 + CLOSE or "curve:level" in times:
            return False
        return None if worst >= 1 - CLOSE else True

    def exactly_over(self, level: int, channel: str | None, hz: float | None, us: float | None) -> bool:
        """Whether what is compared as it is told (level, rate, width) is over."""
        if self.curve is not None:
            hz, us = hz if hz is not None else self.curve.rate_hz, us if us is not None else self.curve.pulse_us
        told = {"level": level, "rate_hz": hz, "pulse_us": us}
        rings: list[dict[str, float]] = [{"rate_hz": 200.0, "pulse_us": 500.0}]
        rings += [limits for _, of, limits in self.rings if of is None or of == channel]
        for limits in rings:
            for key, value in told.items():
                if value is not None and key in limits and not value <= limits[key]:
                    return True
        return False

    def highest(self, channel: str | None, hz: float | None, us: float | None) -> tuple[int, int]:
        """The highest level that is surely within, and the highest that may be, by trying every one."""
        sure = perhaps = 0
        for level in range(1, 260):
            permitted = self.permits(level, channel, hz, us)
            if permitted is False:
                break
            perhaps = level
            if permitted:
                sure = level
        return sure, perhaps


def is_a_wish(level: Any, channel: Any, hz: Any, us: Any, timer_s: Any) -> bool:
    """Whether somebody could mean it."""

    def positive(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value) and value > 0

    return (
        isinstance(level, int)
        and not isinstance(level, bool)
        and level >= 0
        and (channel is None or isinstance(channel, str))
        and (hz is None or positive(hz))
        and (us is None or positive(us))
        and (timer_s is None or (isinstance(timer_s, int) and positive(timer_s)))
    )
