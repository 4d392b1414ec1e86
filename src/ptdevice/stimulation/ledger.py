"""The books of one open session: what was delivered, confirmed second by second, and in which setting.

Time is credited between two confirmations of one and the same setting that are at most `confirm_s` apart, and in sum never more
than the unit's own timer moved between confirmations (+1 s in all, because it shows whole seconds). A stretch that is not
confirmed is not credited, and what the timer did in it earns nothing. A timer that counts up is kept as one that counts down
from 0.

The dose is what was credited: seconds at each level, and charge and energy where the unit itself states its current and pulses.
Where a second of the credited time lacks one of these, the session's charge and energy are unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

from ptdevice.model import Contact, Gap, Output, SessionEnd, StimulationSegment, StimulationSession, StopReason
from ptdevice.stimulation.electrical import Pulses

if TYPE_CHECKING:
    from ptdevice.model import Record, StimulationStatus

TIMER_TOLERANCE_S = 1.0  # units show whole seconds
RESUME_TOLERANCE_S = 5.0  # how far the unit's timer may be off after a gap and still be the same session's


@dataclass(frozen=True, slots=True)
class Setting:
    """What makes a segment one segment."""

    programme: int | None
    mode: int | None
    level: int
    current_ma: float | None
    contact: Contact
    rate_hz: float | None = None
    pulse_us: float | None = None
    phases: int | None = None

    @classmethod
    def of(cls, status: StimulationStatus) -> Setting:
        """The setting that a status tells."""
        return cls(
            status.programme,
            status.mode,
            status.level,
            status.current_ma,
            status.contact,
            status.rate_hz,
            status.pulse_us,
            status.phases,
        )

    @property
    def pulses(self) -> Pulses | None:
        """The pulses, where all that makes them is stated."""
        if self.current_ma is None or self.pulse_us is None or self.rate_hz is None or self.phases is None:
            return None
        return Pulses(self.current_ma, self.pulse_us, self.rate_hz, self.phases)


def _countdown(status: StimulationStatus) -> int | None:
    """The unit's timer, going down."""
    if status.remaining_s is not None:
        return status.remaining_s
    return None if status.elapsed_s is None else -status.elapsed_s


class Ledger:
    """One open session, and its open segment. Begun by the first status that says "on"."""

    def __init__(
        self,
        session_id: str,
        first: StimulationStatus,
        *,
        confirm_s: float,
        slice_s: float,
        site: str | None = None,
        origin: str = "observed",
    ) -> None:
        self.id = session_id
        self.site = site
        self.origin = origin
        self.channel = first.channel
        self.setting = Setting.of(first)
        self.delivered = 0.0
        self.seen_at = first.at  # the latest word of the unit that said "on"
        self.lost_at: float | None = None
        self.complaint: StopReason | None = None  # of its pads, and not yet over
        self.low_battery = False
        self.timer = _countdown(first)
        self.left = first.remaining_s
        self._timer_at = first.at
        self._confirm_s, self._slice_s = confirm_s, slice_s
        self._start = self._segment_start = first.at
        self._confirmed_at: float | None = first.at
        self._earned: float | None = (
            TIMER_TOLERANCE_S if self.timer is not None else None
        )  # by the timer, not yet credited
        self._level_max = first.level_max
        self._highest = first.level
        self._segment_delivered = 0.0
        self._level_times: dict[int, float] = {}  # delivered seconds by level
        self._electrical: tuple[float, float] | None = (0.0, 0.0)  # charge (mC) and energy (J), while known of all
        self._upward_steps = 0
        self._gaps = 0
        self._gap_s = 0.0

    # --- confirmations ---

    def confirm(self, status: StimulationStatus) -> list[Record]:
        """The unit said "on" with the open setting: credit the time since it last said so."""
        at, timer = status.at, _countdown(status)
        self.left = status.remaining_s
        restarted = timer is not None and self.timer is not None and timer > self.timer
        unbroken = not restarted and self._is_fresh(at)
        if timer is not None:
            if self.timer is None or self._earned is None:
                self._earned = TIMER_TOLERANCE_S
            elif unbroken:
                self._earned += self.timer - timer
            self.timer, self._timer_at = timer, at
        if unbroken:
            self._credit(at)
        self._confirmed_at = self.seen_at = at
        return self._cut(at) if at - self._segment_start >= self._slice_s else []

    def change(self, setting: Setting, at: float, *, told: bool) -> list[Record]:
        """A new setting. `told`: the unit reported the moment of change itself, so the old one lasted until then."""
        if told and self._is_fresh(at):
            self._credit(at)
        if setting.level > self.setting.level:
            self._upward_steps += 1
        records = self._cut(at)
        self.setting = setting
        self._highest = max(self._highest, setting.level)
        self._confirmed_at = at if told else None
        self.seen_at = at
        return records

    def doubt(self) -> None:
        """Something came that breaks the chain of confirmations."""
        self._confirmed_at = None

    def _is_fresh(self, at: float) -> bool:
        return self._confirmed_at is not None and 0 <= at - self._confirmed_at <= self._confirm_s

    def _credit(self, at: float) -> None:
        assert self._confirmed_at is not None
        span = at - self._confirmed_at
        if self._earned is not None:
            span = min(span, self._earned)
            self._earned -= span
        self.delivered += span
        self._segment_delivered += span
        level = self.setting.level
        self._level_times[level] = self._level_times.get(level, 0.0) + span

    # --- gaps ---

    def lose(self, now: float) -> None:
        """The link is lost; if it was lost before and the unit has not spoken since, it is the same gap."""
        self.lost_at = now if self.lost_at is None else self.lost_at

    def fits(self, status: StimulationStatus) -> bool:
        """Whether the unit's timer tells of this session: it went down by about the time that passed."""
        timer = _countdown(status)
        if self.timer is None or timer is None:
            return False
        went_down, passed = self.timer - timer, status.at - self._timer_at
        return abs(went_down - passed) <= RESUME_TOLERANCE_S

    def resume(self, at: float) -> list[Record]:
        """The unit says that this session went on: the gap is closed, and the next segment begins after it."""
        records = self._cut(self.seen_at)
        self._segment_start = at
        return [*records, *self._close_gap(at)]

    def _close_gap(self, at: float) -> list[Record]:
        if self.lost_at is None:
            return []
        stream = "stimulation" if self.channel is None else f"stimulation_{self.channel}"
        gap = Gap(stream, self.lost_at, at, "link_lost")
        self.lost_at = None
        self._gaps += 1
        self._gap_s += gap.end - gap.start
        return [gap]

    # --- records ---

    def _cut(self, at: float) -> list[Record]:
        """End the open segment and open the next with the same setting."""
        setting, pulses = self.setting, self.setting.pulses
        charge_mc = energy_j = None
        if pulses is not None:
            charge_mc = pulses.charge_mc_per_s * self._segment_delivered
            energy_j = pulses.power_mw * self._segment_delivered / 1000
        if self._segment_delivered > 0:
            before, self._electrical = self._electrical, None
            if before is not None and charge_mc is not None and energy_j is not None:
                self._electrical = before[0] + charge_mc, before[1] + energy_j
        segment = StimulationSegment(
            self.id,
            self._segment_start,
            at,
            setting.programme,
            setting.mode,
            setting.level,
            self._level_max,
            setting.current_ma,
            setting.contact,
            self._segment_delivered,
            self.channel,
            self.site,
            setting.rate_hz,
            setting.pulse_us,
            charge_mc,
            energy_j,
        )
        empty = at <= self._segment_start and self._segment_delivered == 0
        self._segment_start, self._segment_delivered = at, 0.0
        return [] if empty else [segment]

    def finish(self, now: float, *, seen: bool, reason: StopReason, output: Output) -> list[Record]:
        """Close the books. `seen`: the unit itself said that it ended now; else it ends when it was last heard."""
        # The stretch between the last "on" and the end is not confirmed, so it is not credited.
        end = now if seen else self.seen_at
        last = [*self._cut(end), *self._close_gap(now)]
        # fsum: sum() of Python 3.12 and newer rounds otherwise than that of 3.11, and what is said must not depend on it.
        level_seconds = fsum(level * seconds for level, seconds in self._level_times.items())
        return [
            *last,
            StimulationSession(
                self.id,
                self.origin,
                self._start,
                end,
                SessionEnd.ENDED if seen else SessionEnd.UNVERIFIED,
                reason,
                self.delivered,
                self._highest,
                level_seconds / self.delivered if self.delivered else None,
                self._upward_steps,
                self._level_max,
                self._gaps,
                self._gap_s,
                output,
                self.channel,
                self.site,
                max(end - self._start - self.delivered, 0.0),
                tuple(sorted(self._level_times.items())),
                *(self._electrical if self._electrical is not None and self.delivered else (None, None)),
            ),
        ]
