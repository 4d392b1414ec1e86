"""For how long a sensor may be away before the set that it measures is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.motion.stream import PostureStream

GRACE_S = 15.0  # a link that was lost is usually back within ten seconds
SILENT_S = 20.0  # with its link, and without a sample


def away_since(stream: PostureStream, lost_at: float | None, now: float) -> float | None:
    """Since which gateway second the sensor is away, where that is too long. `lost_at` is when its link was lost, if it was."""
    if lost_at is not None:
        return lost_at if now - lost_at >= GRACE_S else None
    heard = stream.heard
    silent_s = now - stream.clock.gateway(heard) if heard is not None else 0.0
    return now - silent_s if silent_s >= SILENT_S else None
