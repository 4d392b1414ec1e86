"""What somebody wants a stimulator to do, and what of it may be done. See `ptdevice.model` for times and units.

Levels are the unit's own numbers (0..level_max), absolute, never a step. Hardly any unit knows a current.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """An output that is asked for, of one channel: level, and where the unit can be told, programme, rate and pulse width.

    `timer_s` is what the unit's own timer is to be set to where it has one that can be set.
    """

    level: int
    channel: str | None = None
    programme: str | None = None
    rate_hz: float | None = None
    pulse_us: float | None = None
    timer_s: int | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A wish that passed the guard: the only thing that a codec turns into bytes. Nothing but the guard makes one.

    It may be sent from `at` until `until` (gateway seconds), and not a moment later, whatever has held it up.
    """

    wish: Wish
    at: float
    until: float
