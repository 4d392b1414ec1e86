"""What happens in the demo: a body that does sit-ups, a hand on the stimulator's keys, a link that breaks. Scaled to the time.

The story begins when both units are linked and the sensor streams, so that a slow start costs nothing of it. Its times are
seconds from there. Everything is planned in advance and is pure; `play` only waits.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from ptdevice_sim.body import Style
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.host import Host

# Brisk, so that much happens in a minute.
STYLE = Style(out_s=0.8, hold_s=0.15, back_s=0.9, rest_s=0.4)
# The body varies, and over a set a few per cent of that remain.
REPETITION_S = 1.04 * (STYLE.out_s + STYLE.hold_s + STYLE.back_s + STYLE.rest_s)
START_S = 2.5  # until both units are linked; it takes 1.5 s on a desktop computer
STILL_S = 0.8  # the body lies still before it moves, which arms the counter
REST_S = 4.0  # after the last repetition: when it has rested that long, the set is complete and recorded
SETS_OF = (10, 6)  # repetitions at least, where there is time for two sets of them
LONGEST_SET = 12
PAUSE_S = 5.0
SHORTEST_S = 12.0  # of a demo: two repetitions, for one alone is never counted
LOOK_S = 0.05

KEY_S = 0.7  # between two presses
BREAK_FROM_S = 35.0  # a story this long has room for a broken link


@dataclass(frozen=True, slots=True)
class Press:
    """A key of the stimulator is pressed: +1 or -1 level."""

    at: float
    step: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Repetitions per set, when which key is pressed, and when the stimulator's link breaks (None: it does not)."""

    sets: tuple[int, ...]
    presses: tuple[Press, ...]
    link_breaks_at: float | None


def plan(duration_s: float) -> Plan:
    """A story for a demo of this length. Raises ValueError where there is no time for one."""
    if duration_s < SHORTEST_S:
        raise ValueError(f"a demo takes at least {SHORTEST_S:g} s")
    length = duration_s - START_S
    return Plan(
        _sets(length - STILL_S - REST_S),
        tuple(_presses(length - REST_S)),
        0.6 * length if length >= BREAK_FROM_S else None,
    )


def duration_with(recording_s: float) -> float:
    """How long a demo takes in which a recording of this length is worn to its end."""
    return max(START_S + STILL_S + recording_s + REST_S, SHORTEST_S)


def _sets(seconds: float) -> tuple[int, ...]:
    counts = (int((seconds + PAUSE_S) / (least * REPETITION_S + PAUSE_S)) for least in SETS_OF)
    count = next((count for count in counts if count > 1), 1)
    repetitions = int(((seconds + PAUSE_S) / count - PAUSE_S) / REPETITION_S)
    return (min(max(repetitions, 2), LONGEST_SET),) * count


def _presses(seconds: float) -> list[Press]:
    """Up in small steps, higher in the middle, lower later, off at the end."""
    presses = [Press(0.6 + i * KEY_S, +1) for i in range(min(6, max(3, int(seconds / 6))))]
    if seconds >= 20:
        presses += [Press(0.45 * seconds + i * KEY_S, +1) for i in range(2)]
        presses += [Press(0.72 * seconds + i * KEY_S, -1) for i in range(3)]
    level = sum(press.step for press in presses)
    return presses + [Press(seconds - (level - i) * KEY_S / 2, -1) for i in range(level)]


class Performer:
    """A body that holds still until it begins; its own time starts then."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.began: float | None = None

    def acceleration(self, now: float) -> Vector:
        """As the body's."""
        return self._body.acceleration(self.age(now))

    def angular_rate(self, now: float) -> Vector:
        """As the body's."""
        return self._body.angular_rate(self.age(now))

    def heart_rate(self, now: float) -> float:
        """As the body's."""
        return self._body.heart_rate(self.age(now))

    def age(self, now: float) -> float:
        """Seconds since it began, 0 before."""
        return 0.0 if self.began is None else now - self.began


class Story:
    """One telling of it. `stimulated_s` is the truth: how long the stimulator's output has been on."""

    def __init__(self, performer: Performer, chest: Host, back: Host) -> None:
        assert isinstance(chest.unit, PolarSensor)
        assert isinstance(back.unit, BeurerEm70)
        self._performer = performer
        self._back = back
        self._sensor, self._stimulator = chest.unit, back.unit
        self._stimulated_s = 0.0
        self._on_since: float | None = None

    def stimulated_s(self, now: float) -> float:
        """How long the stimulator's output has been on, in truth."""
        return self._stimulated_s + (0.0 if self._on_since is None else now - self._on_since)

    async def play(self, script: Plan) -> None:
        """Wait for the units, then do what is planned."""
        now = asyncio.get_running_loop().time
        while not (self._sensor.sent_samples and self._back.is_connected):  # noqa: ASYNC110 - units have no events
            await asyncio.sleep(LOOK_S)
        began = self._performer.began = now()
        for at, act in sorted(self._acts(script), key=itemgetter(0)):
            await asyncio.sleep(began + at - now())
            act()

    def _acts(self, script: Plan) -> Iterator[tuple[float, Callable[[], None]]]:
        for press in script.presses:
            yield press.at, partial(self._press, press.step)
        if script.link_breaks_at is not None:
            yield script.link_breaks_at, self._back.drop_link

    def _press(self, step: int) -> None:
        now = asyncio.get_running_loop().time()
        (self._stimulator.press_up if step > 0 else self._stimulator.press_down)(now)
        self._back.poke()
        if self._stimulator.output_on and self._on_since is None:
            self._on_since = now
        elif not self._stimulator.output_on and self._on_since is not None:
            self._stimulated_s += now - self._on_since
            self._on_since = None
