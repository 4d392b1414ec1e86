"""Two sensors on one back, from their samples to records of how far the lumbar spine bends.

    idle      → (calibrate) calibrating → ready, or idle again with an alarm that says why
    ready     → (begin_range) measuring → (end_range, a sensor away for GRACE_S, calibrate, the daemon stops) ready

Lumbar flexion is the trunk's angle less the pelvis's, both in the plane of the calibration, 0 at standing. Pure: the daemon
feeds what either unit says, and the passing of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import (
    Alarm,
    AlignmentMethod,
    LumbarAlignment,
    LumbarCalibration,
    LumbarProgress,
    PairPhase,
    RangeEnd,
    StreamChanged,
)
from ptdevice.motion.absence import GRACE_S
from ptdevice.motion.pair.alignment import Alignment
from ptdevice.motion.pair.calibration import SAID, Calibration, Found
from ptdevice.motion.pair.measurement import Measurement
from ptdevice.motion.pair.resampling import Both, Resampler
from ptdevice.motion.pair.side import Side
from ptdevice.motion.pair.taps import shared_tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import MotionSamples, Record

SYNC = "synchronisation"  # the stream under which units tell that they share a clock


class PairedMotion:
    """One pair. Sides are 0, the trunk, and 1, the pelvis."""

    def __init__(self, new_id: Callable[[], str], method: AlignmentMethod, turn_ns: int | None = None) -> None:
        self.sides = (Side("trunk"), Side("pelvis"))
        self._trunk, self._pelvis = self.sides
        self.alignment = Alignment(self._trunk.stream.clock, self._pelvis.stream.clock, turn_ns)
        self._new_id, self._method = new_id, method
        self._resampler = Resampler()
        self._calibrating: Calibration | None = None
        self._aligning = False  # a tap is waited for, without a calibration
        self._measuring: Measurement | None = None
        self._said: AlignmentMethod | None = None  # what was last told about the clocks
        self.latest = Both(0.0, None, None)  # the newest moment, in pair time, of which both sides have told

    # --- what the units say ---

    def hear(self, side: int, event: MotionSamples | StreamChanged) -> list[Record]:
        """What one unit said."""
        unit = self.sides[side]
        if isinstance(event, StreamChanged):
            if event.stream == SYNC:
                unit.shares_clock = event.running
                self._share()
            return []
        for posture in unit.hear(event, tapping=self._tapping):
            angle = unit.angle_deg(posture.up)
            if angle is not None:
                t = posture.t - unit.stream.lag_s
                self._resampler.add(side, t if side == 0 else self.alignment.pair_time(t), angle)
        return [*self._listen(event.at), *self._step(event.at), *self._measure()]

    def lost(self, side: int, now: float) -> list[Record]:
        """The link to one unit is gone. What is measured waits GRACE_S for it; a calibration does not."""
        self.sides[side].lost(now)
        self._share()
        if self._calibrating:
            return self._give_up(now, "the link to a sensor was lost")
        return []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        records = self._step(now)
        if self._measuring and any(side.lost_at is not None and now - side.lost_at >= GRACE_S for side in self.sides):
            records += self._end(now, RangeEnd.SENSOR_LOST)
        return records

    # --- what somebody wants ---

    def calibrate(self, now: float) -> list[Record]:
        """Begin a calibration. A measurement that is going on ends first."""
        records = self._end(now, RangeEnd.RECALIBRATED)
        self._aligning = False
        self._calibrating = Calibration(self._trunk, self._pelvis, now, tap=self._method is AlignmentMethod.TAP)
        return records

    def change_person(self, now: float) -> list[Record]:
        """Another back: nothing is known of how the sensors sit on it. Their clocks stay as they are."""
        records = self._end(now, RangeEnd.ENDED)
        self._calibrating, self._aligning = None, False
        for side in self.sides:
            side.plane = None
        return records

    def align(self) -> None:
        """Wait for a tap on both; what is going on goes on."""
        self._aligning = True
        for side in self.sides:
            side.jolts.clear()

    @property
    def calibrated(self) -> bool:
        """Whether the plane of both sides is known."""
        return self._trunk.plane is not None and self._pelvis.plane is not None

    def begin_range(self, now: float) -> bool:
        """Measure from now on; needs a calibration. False: it is measured already."""
        if self._measuring:
            return False
        self._measuring = Measurement(self._new_id(), now, self.sides, self.alignment)
        return True

    def end_range(self, now: float) -> list[Record]:
        """End the measurement; nothing where there is none."""
        return self._end(now, RangeEnd.ENDED)

    def close(self, now: float) -> list[Record]:
        """The daemon stops."""
        return self._end(now, RangeEnd.SHUTDOWN)

    @property
    def progress(self) -> LumbarProgress:
        """As it stands."""
        _, trunk, pelvis = self.latest
        phase = self._phase()
        return LumbarProgress(
            phase,
            lumbar_deg=None if trunk is None or pelvis is None else trunk - pelvis,
            trunk_deg=trunk,
            pelvis_deg=pelvis,
            movements=self._measuring.movements if self._measuring else 0,
            text=SAID[PairPhase.TAPPING] if self._aligning else SAID.get(phase),
        )

    # --- inside ---

    @property
    def _tapping(self) -> bool:
        return self._aligning or (self._calibrating is not None and self._calibrating.phase is PairPhase.TAPPING)

    def _phase(self) -> PairPhase:
        if self._calibrating:
            return self._calibrating.phase
        if self._measuring:
            return PairPhase.MEASURING
        return PairPhase.READY if self.calibrated else PairPhase.IDLE

    def _share(self) -> None:
        """Whether both say that they share a clock; since when, if so."""
        if not all(side.shares_clock for side in self.sides):
            self.alignment.shared_since = None
        elif self.alignment.shared_since is None:
            self.alignment.shared_since = self._pelvis.stream.clock.newest

    def _listen(self, now: float) -> list[Record]:
        """For a tap, where one is waited for; and tell when the clocks are laid together in another way than before."""
        moved, tapped = None, False
        if self._tapping:
            newest = self._pelvis.stream.clock.newest
            offset = self.alignment.by_arrival(newest) - newest
            if tap := shared_tap(self._trunk.jolts, self._pelvis.jolts, offset):
                tapped, moved = True, self.alignment.tapped(tap)
                self._aligning = False
                for side in self.sides:
                    side.jolts.clear()
                if self._calibrating:
                    self._calibrating.tapped(now)
        method = self.alignment.method
        if not tapped and (method is self._said or not self.calibrated):
            return []
        self._said = method
        slope, slope_error = self.alignment.slope
        return [
            LumbarAlignment(
                now,
                method,
                round(self.alignment.error_now_s, 4),
                None if moved is None else round(moved, 4),
                round(slope * 1e6, 2),
                round(slope_error * 1e6, 2),
            )
        ]

    def _step(self, now: float) -> list[Record]:
        if self._calibrating is None:
            return []
        found = self._calibrating.step(now)
        if found is None:
            return []
        if isinstance(found, str):
            return self._give_up(now, found)
        return self._calibrated(found, now)

    def _calibrated(self, found: Found, now: float) -> list[Record]:
        self._calibrating = None
        error_s = self.alignment.error_now_s
        return [
            LumbarCalibration(
                found.start,
                now,
                round(found.trunk_deg),
                round(found.pelvis_deg),
                round(found.planarity, 3),
                self.alignment.method,
                round(error_s, 4),
            )
        ]

    def _give_up(self, now: float, why: str) -> list[Record]:
        self._calibrating = None
        text = f"The calibration of two sensors was given up: {why}. Begin it again."
        return [Alarm(now, "calibration_failed", text)]

    def _measure(self) -> list[Record]:
        records: list[Record] = []
        for both in self._resampler.take():
            self.latest = both
            if self._measuring:
                records += self._measuring.step(both)
        return records

    def _end(self, now: float, reason: RangeEnd) -> list[Record]:
        measuring, self._measuring = self._measuring, None
        return measuring.close(now, reason) if measuring else []
