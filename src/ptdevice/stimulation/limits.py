"""Ceilings: what they are, how they narrow, and those that are compiled in. The theory stands in `guard`.

Ceilings are of two kinds. *Native* ones need nothing but the wish: the unit's own level, and rate, width and times as they are
told. *Electrical* ones need a current, and hardly any unit states one: they bind only where a `Curve` is declared.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import NamedTuple

from ptdevice.stimulation.electrical import Pulses

AREA_CM2 = (
    1.0,
    200.0,
)  # what a pad may measure; an area beyond is a slip of whoever confirmed it, and would widen a ring


MOST = 1e12  # nothing here is larger, and far larger whole numbers would break arithmetic with floats
MOST_MA = 1000.0  # a curve that declares more is a slip


def number(value: object) -> bool:
    """Whether it is a finite number from 0 to MOST, and no truth value. Written so that NaN is out."""
    return type(value) in (int, float) and 0 <= value <= MOST  # type: ignore[operator]  # either can be compared


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings, each the highest value that is still allowed. None says nothing about it; `a & b` is the stricter of each.

    A value that is no ceiling (NaN, infinity, negative, a truth value, text): ValueError, so that none is lost unseen.
    """

    level: int | None = None  # the unit's own number
    rate_hz: float | None = None  # of pulses
    pulse_us: float | None = None  # width of one phase
    session_s: float | None = None  # from the start of a session, pauses included
    sessions_per_day: int | None = None
    peak_ma: float | None = None
    rms_ma: float | None = None
    density_ma_cm2: float | None = None  # root mean square, under one pad
    power_w_cm2: float | None = None  # under one pad
    pulse_mj: float | None = None  # energy of one pulse with all its phases
    charge_uc: float | None = None  # of one phase

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and (not number(value) or (field.name in WHOLE and type(value) is not int)):
                raise ValueError(f"no ceiling: {field.name} = {value!r}")

    def __and__(self, other: Limits) -> Limits:
        stricter = {}
        for field in fields(self):
            said = [value for one in (self, other) if (value := getattr(one, field.name)) is not None]
            stricter[field.name] = min(said, default=None)
        return Limits(**stricter)


WHOLE = frozenset({"level", "sessions_per_day"})
ELECTRICAL = ("peak_ma", "rms_ma", "density_ma_cm2", "power_w_cm2", "pulse_mj", "charge_uc")


class Ring(NamedTuple):
    """Ceilings with a name and an origin: a document, a file, a person's role. `channel`: for this one only; None: for all."""

    name: str
    limits: Limits
    source: str
    channel: str | None = None


# What no configuration, message or prescription raises. SOURCES says where each number is from, and what nobody has checked.
HARD = Ring(
    "hard",
    Limits(
        peak_ma=100.0,
        rms_ma=50.0,
        density_ma_cm2=2.0,
        power_w_cm2=0.25,
        pulse_mj=300.0,
        pulse_us=500.0,
        rate_hz=200.0,
        session_s=3600.0,
        sessions_per_day=6,
    ),
    "compiled in",
)

SOURCES = {
    "peak_ma": (
        "The most that home units were found to declare (60 to 100 mA). Unverified: no standard that was read names a peak."
    ),
    "rms_ma": (
        "Enraf-Nonius Endomed 484, manual, page 47: every waveform is capped at 50 mA. Unverified: IEC 60601-2-10 is said to "
        "have a table by frequency (50 mA up to 400 Hz); it was not read."
    ),
    "density_ma_cm2": (
        "AS 60601.2.10:2018 (excerpt of the instructions for use): above it electrodes need the operator's special attention; "
        "the Endomed 484 manual, page 47, recommends to stay below. Here it is a ceiling, which is stricter than either."
    ),
    "power_w_cm2": (
        "FDA, guidance for 510(k) of powered muscle stimulators, 1999: below 0.25 W/cm2 under the smallest electrode, averaged "
        "over 1 s, against burns. Here at a load of 500 Ohm."
    ),
    "pulse_mj": (
        "IEC 601-2-10, 51.104, as told by Biopac's knowledge base (STMISO): 300 mJ into 500 Ohm. Unverified: an older edition, "
        "at second hand."
    ),
    "pulse_us": "openTENS, SAFETY_NOTICE: at most 500 us; home units were seen with 50 to 330 us. Unverified: no standard.",
    "rate_hz": "A choice: home units declare 1 to 150 Hz. Unverified: no standard.",
    "session_s": "A choice: sessions of trials last up to 60 minutes. Unverified: no standard.",
    "sessions_per_day": "A choice: twice the three a day that one home unit's manual names. Unverified: no standard.",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """What current a unit's levels are, as somebody declares it: `points` of level and peak mA, both rising, from (0, 0).

    Between two points it is their straight line; above the last one nothing is known, and nothing admitted. `pulse_us` and
    `rate_hz` are the most that the unit makes where it is not told. A curve that is none: ValueError.
    """

    points: tuple[tuple[int, float], ...]
    phases: int  # 1: monophasic, 2: symmetric biphasic
    pulse_us: float
    rate_hz: float
    source: str

    def __post_init__(self) -> None:
        whole = all(type(level) is int and number(ma) and ma <= MOST_MA for level, ma in self.points)
        rising = all(low[0] < high[0] and low[1] <= high[1] for low, high in pairwise(self.points))
        if not (whole and rising and len(self.points) > 1 and self.points[0] == (0, 0)):
            raise ValueError("a curve is points of level and mA, both rising, from (0, 0)")
        if self.phases not in {1, 2} or not all(number(x) and x > 0 for x in (self.pulse_us, self.rate_hz)):
            raise ValueError("a curve needs phases (1 or 2), pulse_us and rate_hz")

    @property
    def top(self) -> int:
        """The highest level of which anything is known."""
        return self.points[-1][0]

    def peak_ma(self, level: int) -> float:
        """Peak current at a level up to `top`, mA."""
        upper = max(bisect_left(self.points, level, key=lambda point: point[0]), 1)
        (low, low_ma), (high, high_ma) = self.points[upper - 1], self.points[upper]
        return low_ma + (high_ma - low_ma) * (level - low) / (high - low)

    def quantities(self, level: int, rate_hz: float, pulse_us: float, area_cm2: float) -> dict[str, float]:
        """What a level up to `top` makes, by the names of ELECTRICAL."""
        pulses = Pulses(self.peak_ma(level), pulse_us, rate_hz, self.phases)
        return {
            "peak_ma": pulses.current_ma,
            "rms_ma": pulses.rms_ma,
            "density_ma_cm2": pulses.current_density_ma_cm2(area_cm2),
            "power_w_cm2": pulses.power_density_w_cm2(area_cm2),
            "pulse_mj": pulses.pulse_energy_mj,
            "charge_uc": pulses.phase_charge_uc,
        }
