"""What a unit's connection has done so far, and by when it promises to do something more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """Counters of one unit since the start, for health."""

    packets: int = 0
    events: int = 0
    wire_errors: int = 0
    dropped: int = 0
    connects: int = 0
    last_packet_at: float | None = None
    due: float | None = None  # by when the next step is promised, gateway seconds; None: it may wait for ever
