"""Two configured units on one back, at the daemon: what both bedsides hear goes through one machine; its records are kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ptdevice.model import MotionSamples, StreamChanged
from ptdevice.motion.pair.machine import PairedMotion

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.bedside import Bedside
    from ptdevice.model import AlignmentMethod, Event, LumbarProgress, Record


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
        self._motion = PairedMotion(new_id, method, trunk.profile.turn_ns)
        self._keep = keep
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

    def close(self, now: float) -> None:
        """The daemon stops."""
        self._keep(self.alias, self._motion.close(now))

    def _hear(self, side: int, event: Event) -> None:
        if isinstance(event, MotionSamples | StreamChanged):
            self._keep(self.alias, self._motion.hear(side, event))

    def _lost(self, side: int, now: float) -> None:
        self._keep(self.alias, self._motion.lost(side, now))

    def _take(self, records: list[Record]) -> None:
        self._keep(self.alias, records)
        if self.stirred is not None:
            self.stirred()
