"""The latest that is known of a unit, for `unit/U/state`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ptdevice.errors import Code


@dataclass(frozen=True, slots=True)
class Known:
    """A value and the gateway time at which the unit said it."""

    value: object
    at: float


@dataclass(frozen=True, slots=True)
class StageHealth:
    """How a stage of the gateway gets on, since when, and when it last did something (gateway seconds; None: not yet)."""

    state: Literal["ok", "trouble", "stuck"]
    since: float
    progress: float | None
    text: str | None


@dataclass(frozen=True, slots=True)
class AdapterHealth:
    """How an adapter is, since when (gateway seconds), and in trouble its code, what is the matter, and what to do about it."""

    name: str
    state: Literal["ok", "recovering", "silent", "trouble"]
    since: float
    code: Code | None = None
    text: str | None = None
    fix: str | None = None


@dataclass(slots=True)
class LatestState:
    """The latest of everything one unit said, by name (`battery_pct`, `output`, `level`, `heart_rate_bpm`, ...)."""

    values: dict[str, Known] = field(default_factory=dict)
    changes: int = 0  # how often something was learnt that differed from what was known

    def learn(self, name: str, value: object, at: float) -> None:
        """Store `value`, said at `at`."""
        before = self.values.get(name)
        self.values[name] = Known(value, at)
        self.changes += before is None or before.value != value

    def forget(self, name: str) -> None:
        """It is known no longer."""
        self.changes += self.values.pop(name, None) is not None
