"""One measurement of lumbar range, written down in gateway seconds: movements as they are over, and their sum at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import BendDirection, LumbarMovement, LumbarRange
from ptdevice.motion.pair.bends import Bends
from ptdevice.motion.pair.doubt import uncertainty_deg

if TYPE_CHECKING:
    from ptdevice.model import RangeEnd, Record
    from ptdevice.motion.pair.alignment import Alignment
    from ptdevice.motion.pair.bends import Bend
    from ptdevice.motion.pair.resampling import Both
    from ptdevice.motion.pair.side import Side


class Measurement:
    """From `now` on. `sides` are trunk and pelvis."""

    def __init__(self, measurement_id: str, now: float, sides: tuple[Side, Side], alignment: Alignment) -> None:
        self.movements = 0
        self._id, self._start = measurement_id, now
        self._sides, self._alignment = sides, alignment
        self._bends = Bends()
        self._most: dict[BendDirection, int] = {}
        self._doubt = 0
        for side in sides:
            side.gaps.begin()

    def step(self, both: Both) -> list[Record]:
        """Both angles at one moment."""
        records: list[Record] = [gap for side in self._sides for gap in side.gaps.tell()]
        bend = self._bends.step(both)
        return [*records, self._movement(bend)] if bend else records

    def close(self, now: float, reason: RangeEnd) -> list[Record]:
        """The sum."""
        clocks = [side.stream.clock for side in self._sides]
        for side in self._sides:
            side.gaps.close(now, "link_lost" if side.lost_at is not None else "silent")
        told: list[Record] = [gap for side in self._sides for gap in side.gaps.tell()]
        completeness = [side.gaps.completeness for side in self._sides]
        return [
            *told,
            LumbarRange(
                id=self._id,
                start=self._start,
                end=now,
                movements=self.movements,
                flexion_deg=self._most.get(BendDirection.FLEXION),
                extension_deg=self._most.get(BendDirection.EXTENSION),
                uncertainty_deg=self._doubt or None,
                reason=reason,
                method=self._alignment.method,
                error_s=round(self._alignment.error_now_s, 4),
                uncertainty_s=round(max(clock.uncertainty_s for clock in clocks), 3),
                completeness=min((share for share in completeness if share is not None), default=None),
                received=sum(side.gaps.received for side in self._sides),
                missing=sum(side.gaps.missing for side in self._sides),
            ),
        ]

    def _movement(self, bend: Bend) -> LumbarMovement:
        self.movements += 1
        doubt = uncertainty_deg(
            bend.pelvis_rate, self._alignment.error_now_s, gyroscopes=all(side.gyroscope for side in self._sides)
        )
        reach = round(bend.range_deg)
        self._most[bend.direction] = max(reach, self._most.get(bend.direction, 0))
        self._doubt = max(doubt, self._doubt)
        gateway = self._sides[0].stream.clock.gateway
        return LumbarMovement(
            measurement_id=self._id,
            index=self.movements,
            direction=bend.direction,
            start=gateway(bend.start),
            turn=gateway(bend.turn),
            end=gateway(bend.end),
            range_deg=reach,
            trunk_deg=round(bend.trunk_deg),
            pelvis_deg=round(bend.pelvis_deg),
            uncertainty_deg=doubt,
            gap=bend.gap,
        )
