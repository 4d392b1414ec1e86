"""What a simulated body does, as the packets of a sensor worn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.motion.movement import START

from ptdevice.model import MotionSamples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.body import Body


def worn(
    body: Body, seconds: float, *, rate_hz: float = 50.0, gyro: bool = True, since: float = 0.0
) -> Iterator[MotionSamples]:
    """From `since` to `seconds`, in packets of a fifth of a second that arrive at once."""
    size = max(round(rate_hz / 5), 1)
    first = round(since * rate_hz)
    for i in range(first, round(seconds * rate_hz), size):
        times = [k / rate_hz for k in range(i, i + size)]
        yield MotionSamples(
            START + times[-1],
            rate_hz,
            tuple(round(t * 1e9) for t in times),
            tuple(body.acceleration(t) for t in times),
            tuple(body.angular_rate(t) for t in times) if gyro else (),
        )
