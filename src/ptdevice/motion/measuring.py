"""A swing looked at once more, when it is over: when it really began and ended, and how it was done.

The live machine is told of a swing by thresholds, so its start and end are rough. Here they are where the movement crosses
EDGE of its range, on the way out by the angle from rest, on the way back by the angle from the far posture.

Tempo is out : hold : back. Holding is being beyond HELD of the range at less than SLOW of the movement's own top speed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

EDGE = 0.1
HELD = 0.75
SLOW = 0.35
TOP = 0.95  # the quantile of speed that stands for the top speed: the very greatest is noise


@dataclass(frozen=True, slots=True)
class Measured:
    """Stream times; `tempo_s` sums up to `end - start`."""

    start: float
    turn: float
    end: float
    tempo_s: tuple[float, float, float]


def measure(swing: Swing, trace: Trace) -> Measured:
    """Times of a swing on the trace, which should reach from its start to its end."""
    steps = trace.span(swing.start, max(swing.end, swing.counted))
    if len(steps) < 3 or swing.range_deg <= 0.0:
        end = max(swing.end, swing.turn)
        return Measured(swing.start, swing.turn, end, (swing.turn - swing.start, 0.0, end - swing.turn))
    times = [trace.t[i] for i in steps]
    top = max(bisect_right(times, swing.turn) - 1, 0)
    share = _share(swing, trace, steps, top)
    first = next((i for i in range(top, -1, -1) if share[i] <= EDGE), 0)
    last = next((i for i in range(top + 1, len(times)) if share[i] <= EDGE), len(times) - 1)
    start, turn, end = times[first], times[top], times[last]
    held = _held(times, share, first, last)
    if held is None:
        return Measured(start, turn, end, (turn - start, 0.0, end - turn))
    begins, ends = held
    return Measured(start, turn, end, (begins - start, ends - begins, end - ends))


def _share(swing: Swing, trace: Trace, steps: range, top: int) -> list[float]:
    """How far out it is at each step, as a share of the range: up to the turn seen from rest, then from the far posture."""
    out = trace.angles(steps[: top + 1], swing.rest)
    back = trace.angles(steps[top + 1 :], swing.far)
    whole = max(swing.range_deg, out[-1])
    returned = max(back, default=0.0)
    return [angle / whole for angle in out] + [1.0 - angle / returned if returned > 0.0 else 1.0 for angle in back]


def _held(times: list[float], share: list[float], first: int, last: int) -> tuple[float, float] | None:
    """When holding began and ended, or None where nothing was held."""
    low, high = max(first, 1), min(last + 1, len(times) - 1)
    if high <= low:
        return None
    before, after = slice(low - 1, high - 1), slice(low + 1, high + 1)
    speeds = [
        abs(b - a) / (v - u)
        for a, b, u, v in zip(share[before], share[after], times[before], times[after], strict=True)
    ]
    limit = SLOW * sorted(speeds)[int(TOP * (len(speeds) - 1))]
    slow = [i for i, speed in enumerate(speeds, low) if speed <= limit and share[i] >= HELD]
    return (times[slow[0]], times[slow[-1]]) if len(slow) > 1 else None
