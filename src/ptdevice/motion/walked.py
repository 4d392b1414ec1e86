"""A meter of minutes walked, at any cadence or within a band of it, with a counter of bouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import SetEnd
from ptdevice.motion.bouts import IDLE_S
from ptdevice.motion.meters import Repetitions
from ptdevice.motion.timing import Inside

if TYPE_CHECKING:
    from ptdevice.model import Event, Record
    from ptdevice.motion.bouts import BoutCounter


class WalkedSeconds(Repetitions):
    """Seconds in which steps were seen, at a cadence within the band, both ends included (None: at any)."""

    step = 60
    idle_s = IDLE_S

    def __init__(self, counter: BoutCounter, target_s: int, band_spm: tuple[int, int] | None) -> None:
        super().__init__(counter)
        self.target = target_s
        self._bouts = counter
        self._band = band_spm
        self._inside = Inside()

    @property
    def count(self) -> int:
        """Seconds so far."""
        return int(self._inside.seconds)

    @property
    def done(self) -> int:
        """Seconds so far."""
        return int(self._inside.seconds)

    def hear(self, event: Event) -> list[Record]:
        """Take in an event; the set ends with the second that is the last of what is asked for."""
        records = super().hear(event)
        cadence = self._bouts.cadence_spm
        inside = cadence is not None and (self._band is None or self._band[0] <= cadence <= self._band[1])
        self._inside.note(event.at, inside=inside)
        if self.target is not None and self.count >= self.target:
            records += self.finish(event.at, SetEnd.TARGET)
        return records

    def ended(self, records: list[Record]) -> SetEnd | None:
        """Whether it was long enough; where no bout was long enough for a record, there is none that says so."""
        if self.target is not None and self.count >= self.target:
            return SetEnd.TARGET
        return super().ended(records)

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        self._inside.interrupt()
        return super().sensor_lost(now)
