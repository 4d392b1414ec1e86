"""What can be configured of commanding a stimulator: the tables inside `[units.<alias>]`. Off unless they say otherwise."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from ptdevice.config.section import Section
from ptdevice.config.values import FilePath, Within, Word, pairs


class DeclaredCurve(Section):
    """What current a unit's levels are, as somebody declares it. Only then limits in mA apply; without it, levels alone."""

    points: Annotated[tuple[tuple[int, float], ...], BeforeValidator(pairs)]
    """Pairs of level and peak current in mA, both rising, from [0, 0.0]. Above the last level nothing is admitted."""
    phases: Literal[1, 2] = 2
    """Phases of a pulse: 1 (monophasic) or 2 (symmetric biphasic)."""
    pulse_us: Annotated[float, AfterValidator(Within(1, 1000))]
    """Width of one phase in microseconds, the most that the unit makes."""
    rate_hz: Annotated[float, AfterValidator(Within(0.1, 1000))]
    """Pulses per second, the most that the unit makes."""
    source: Word
    """From where this is known: a measurement at a resistor, a service manual. It is in the records of who asks why."""


class Command(Section):
    """Whether and how a stimulator is commanded: `[units.back.command]`. Off without it. Read docs/safety.md first."""

    enabled: bool = False
    """Whether the unit may be commanded. Then "stop" is the first and the last thing that it hears on every link."""
    key: FilePath | None = None
    """An input device (`/dev/input/event3`) with a key beside the unit, whose press starts what was armed."""
    lease_s: Annotated[float, AfterValidator(Within(0, 30))] = 3.0
    """Seconds after which a session ends whose controller is silent. 0: it does not, which only a local key makes bearable."""
    accept_timer: Word | None = None
    """The device's name, to accept one that goes on without a host until its own treatment timer ends it."""
    accept_unproven: Word | None = None
    """The device's name, to accept one of whose commands some were never seen outside this program."""
    remote_raise: bool = False
    """Whether a controller may ask for one step more, which a press at the key then makes. Never above what a hand has set."""
    max_level: Annotated[int, AfterValidator(Within(1, 1000))] | None = None
    """The highest of the unit's own levels here, whatever is prescribed."""
    curve: DeclaredCurve | None = None
    """What current the levels are, where somebody knows: a table of its own, `[units.back.command.curve]`."""
