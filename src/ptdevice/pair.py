"""Two configured units on one back, at the daemon: what both bedsides hear goes through one machine; its records are kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ptdevice.latest import LatestState
from ptdevice.model import MotionSamples, PairPhase, StreamChanged
from ptdevice.motion.pair.machine import PairedMotion

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.bedside import Bedside
    from ptdevice.model import AlignmentMethod, Event, LumbarProgress, Record

CLOCK_S = 60.0  # what is known of two crystals does not change faster


class Pair:
    """`keep(alias, records)` takes what must be recorded; `stirred()` is called when there may be something live to tell."""

    def __init__(
        self,
        alias: str,
        trunk: Bedside,
        pelvis: Bedside,
        *,
        method: AlignmentMethod,
        keep: Callable[[str, list[Record]], None],
        new_id: Callable[[], str],
    ) -> None:
        self.alias, self.trunk, self.pelvis, self.method = alias, trunk, pelvis, method
        self.stirred: Callable[[], None] | None = None
        self.state = LatestState()
        self._motion = PairedMotion(new_id, method, trunk.profile.turn_ns)
        self._keep = keep
        self._learnt: tuple[AlignmentMethod | None, float] = (None, 0.0)  # method, and when to look again
        for side, bedside in enumerate((trunk, pelvis)):
            bedside.overheard = partial(self._hear, side)
            bedside.lost = partial(self._lost, side)

    @property
    def progress(self) -> LumbarProgress:
        """As it stands."""
        return self._motion.progress

    @property
    def away(self) -> str | None:
        """The alias of a unit that is not there now."""
        absent = [unit.alias for unit in (self.trunk, self.pelvis) if unit.report.availability != "online"]
        return absent[0] if absent else None

    @property
    def calibrated(self) -> bool:
        """Whether lumbar angles can be told."""
        return self._motion.calibrated

    def calibrate(self, now: float) -> None:
        """Begin a calibration; a measurement that is going on ends first."""
        self._take(self._motion.calibrate(now))

    def align(self) -> None:
        """Lay the clocks together by the next tap on both."""
        self._motion.align()
        self._take([])

    @property
    def open(self) -> str | None:
        """What has begun and is not over, in words."""
        busy = self.progress.phase not in {PairPhase.IDLE, PairPhase.READY}
        return "a measurement of two sensors" if busy else None

    def change_person(self, now: float) -> None:
        """Another back: what is measured ends, and it must be calibrated anew."""
        self._take(self._motion.change_person(now))

    def begin_range(self, now: float) -> bool:
        """Measure from now on. False: it is measured already."""
        begun = self._motion.begin_range(now)
        self._take([])
        return begun

    def end_range(self, now: float) -> bool:
        """End the measurement. False: there is none."""
        records = self._motion.end_range(now)
        self._take(records)
        return bool(records)

    def tick(self, now: float) -> None:
        """A second has passed."""
        self._take(self._motion.tick(now))
        self.state.learn("phase", self.progress.phase, now)
        alignment = self._motion.alignment
        if alignment.method is not self._learnt[0] or now >= self._learnt[1]:
            self._learnt = (alignment.method, now + CLOCK_S)
            slope, slope_error = alignment.slope
            self.state.learn("alignment", alignment.method, now)
            self.state.learn("alignment_error_s", round(alignment.error_now_s, 4), now)
            self.state.learn("skew_ppm", round(slope * 1e6, 1), now)
            self.state.learn("skew_error_ppm", round(slope_error * 1e6, 1), now)

    def counters(self) -> dict[str, float | None]:
        """Samples of both streams that came and that did not, for health."""
        return {
            f"pair.{self.alias}.{name}.{counted}": value
            for name, side in zip(("trunk", "pelvis"), self._motion.sides, strict=True)
            for counted, value in (("received", side.stream.received), ("missing", side.stream.missing))
        }

    def close(self, now: float) -> None:
        """The daemon stops."""
        self._keep(self.alias, self._motion.close(now))

    def _hear(self, side: int, event: Event) -> None:
        if isinstance(event, MotionSamples | StreamChanged):
            self._motion.sides[side].stream.overrun |= (self.trunk, self.pelvis)[side].overrun
            self._keep(self.alias, self._motion.hear(side, event))

    def _lost(self, side: int, now: float) -> None:
        self._keep(self.alias, self._motion.lost(side, now))

    def _take(self, records: list[Record]) -> None:
        self._keep(self.alias, records)
        if self.stirred is not None:
            self.stirred()
