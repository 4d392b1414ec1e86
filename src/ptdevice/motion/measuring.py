"""A swing looked at once more, when it is over: when it really began and ended, and how it was done.

The live machine is told of a swing by thresholds, so its start and end are rough. Here they are where the movement crosses
EDGE of its range, on the way out by the angle from rest, on the way back by the angle from the far posture.

Tempo is out : hold : back. Holding is being beyond HELD of the range at less than SLOW of the movement's own top speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg

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
    out, back = _shares(swing, trace, steps)
    top = max(range(len(times)), key=lambda i: out[i] if times[i] <= swing.turn else -1.0)
    first = next((i for i in range(top, -1, -1) if out[i] <= EDGE), 0)
    last = next((i for i in range(top, len(times)) if back[i] <= EDGE), len(times) - 1)
    last = max(last, min(top + 1, len(times) - 1))
    start, turn, end = times[first], min(max(swing.turn, times[first]), times[last]), times[last]
    held = _held(times, [o if t <= turn else b for t, o, b in zip(times, out, back, strict=True)], first, last)
    if held is None:
        return Measured(start, turn, end, (turn - start, 0.0, end - turn))
    begins, ends = held
    return Measured(start, turn, end, (begins - start, ends - begins, end - ends))


def _shares(swing: Swing, trace: Trace, steps: range) -> tuple[list[float], list[float]]:
    """How far out it is at each step, as a share of the range: seen from rest, and seen from the far posture."""
    from_rest = [angle_deg(swing.rest, trace.posture(i)) / swing.range_deg for i in steps]
    from_far = [angle_deg(swing.far, trace.posture(i)) for i in steps]
    returned = max(
        (e for i, e in zip(steps, from_far, strict=True) if trace.t[i] >= swing.turn), default=swing.range_deg
    )
    return from_rest, [1.0 - e / max(returned, 1e-6) for e in from_far]


def _held(times: list[float], share: list[float], first: int, last: int) -> tuple[float, float] | None:
    """When holding began and ended, or None where nothing was held."""
    speeds = [
        abs(share[i + 1] - share[i - 1]) / max(times[i + 1] - times[i - 1], 1e-3)
        for i in range(max(first, 1), min(last + 1, len(times) - 1))
    ]
    if not speeds:
        return None
    limit = SLOW * sorted(speeds)[int(TOP * (len(speeds) - 1))]
    slow = [i for i, speed in enumerate(speeds, max(first, 1)) if speed <= limit and share[i] >= HELD]
    return (times[slow[0]], times[slow[-1]]) if len(slow) > 1 else None
