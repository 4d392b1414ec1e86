"""One configured unit at the daemon: its connection below, its therapy inside, its live values for those who look on.

Everything here runs on the event loop and returns at once: an event is heard, its records are handed to `keep`, and what
happened since is remembered, within bounds, until somebody asks for it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.connection import Connection, LinkReport
from ptdevice.model import HeartRate, Moment, MotionSamples, Output, StimulationStatus

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from datetime import date

    from ptdevice.commander import Commander
    from ptdevice.connection import OpenLink
    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector
    from ptdevice.model import Event, Record, Stopping, StopReason
    from ptdevice.motion.exercises import Exercise, Placement
    from ptdevice.programme.prescription import Programme, Slot
    from ptdevice.programme.sitting import Sitting
    from ptdevice.stimulation.session import Origin
    from ptdevice.therapy import Therapy

log = logging.getLogger(__name__)

AFTER_S = 3600.0  # a rating within so long of what went on is one after it
MOTION_BUFFER = 4096  # samples between two telemetry batches: 20 times what the fastest sensor sends in 250 ms


@dataclass(slots=True)
class Live:
    """What happened since the last telemetry batch. Bounded; the newest wins, and `dropped` counts the samples that lost."""

    motion: list[MotionSamples] = field(default_factory=list)
    samples: int = 0
    heart_rate: HeartRate | None = None
    stimulation: dict[str | None, StimulationStatus] = field(default_factory=dict)  # by channel
    dropped: int = 0


class Bedside:
    """One unit. `keep(alias, records)` takes what must be recorded.

    `reachability()` is called when that has changed, `stirred()` when there may be something live to tell.
    """

    def __init__(
        self,
        alias: str,
        profile: Profile,
        selector: Selector,
        open_link: OpenLink,
        *,
        simulated: bool,
        therapy: Therapy,
        exercise: Exercise | None,
        motion: bool,
        keep: Callable[[str, list[Record]], None],
        rng: random.Random,
        placement: Placement | None = None,
        commander: Commander | None = None,
    ) -> None:
        self.alias = alias
        self.profile = profile
        self.exercise = exercise
        self.placement = placement
        self.therapy = therapy
        self.report = LinkReport(alias, "unknown", "starting", asyncio.get_running_loop().time(), "not yet heard")
        self.reachability: Callable[[], None] | None = None
        self.stirred: Callable[[], None] | None = None
        self.overheard: Callable[[Event], None] | None = None  # for who looks at several units together
        self.lost: Callable[[float], None] | None = None
        self.samples = 0  # of motion, since the start
        self.assigned = False  # whether it is known who wears it
        self._motion = motion
        self._keep = keep
        self._live = Live()
        self.overrun = False  # packets were dropped just before the event that is heard now
        self._dropped = 0
        self._going_on_at = float("-inf")  # when exercise or stimulation was last seen to go on
        self.connection = Connection(
            alias,
            profile,
            selector,
            open_link,
            simulated=simulated,
            hear=self._hear,
            report=self._on_report,
            rng=rng,
            commands=commander.due if commander is not None else None,
        )
        self.commander = commander
        if commander is not None:
            commander.attach(self.connection, self._expect)

    def tick(self, now: float) -> None:
        """A second has passed."""
        if self._going_on:
            self._going_on_at = now
        self._take(self.therapy.tick(now))
        if self.therapy.sitting.has_cues:
            self._stir()

    def take_live(self) -> Live:
        """What happened since the last call."""
        live, self._live = self._live, Live()
        return live

    @property
    def sitting(self) -> Sitting:
        """The exercise of this unit, to look at."""
        return self.therapy.sitting

    def begin_set(self, exercise: Exercise, target: int | None, now: float) -> None:
        """Guide a set of this exercise from now on; an open set ends first."""
        self._keep(self.alias, self.sitting.begin_set(exercise, target, now))
        self._stir()

    def end_set(self, now: float, stopping: Stopping | None = None) -> bool:
        """End the open set; `stopping` says why somebody could not go on. False: there was none."""
        records = self.sitting.end_set(now, stopping)
        self._take(records)
        return bool(records)

    def pause_set(self, now: float) -> bool:
        """Pause the open set. False: nothing has begun that could be paused."""
        return self._did(self.sitting.pause_set(now))

    def resume_set(self, now: float) -> bool:
        """Go on after a pause. False: there is none."""
        return self._did((self.sitting.resume_set(now), []))

    def skip_set(self, now: float) -> bool:
        """Leave out a set of the programme that has not begun. False: there is none."""
        return self._did(self.sitting.skip_set(now))

    def begin_programme(self, programme: Programme, day: date, slots: Sequence[Slot], now: float) -> None:
        """Guide these sets of a day, one after the other; an open set ends first."""
        self._keep(self.alias, self.sitting.begin_programme(programme, day, slots, now))
        self._stir()

    def end_programme(self, now: float) -> bool:
        """End the programme; what is left of it is skipped. False: there is none."""
        return self._did(self.sitting.end_programme(now))

    def begin_next(self, now: float) -> bool:
        """Cut a rest of the programme short. False: there is none."""
        return self._did((self.sitting.begin_next(now), []))

    def change_person(self, now: float) -> None:
        """Somebody else wears the unit from now on. What of the one before is open ends, but for a stimulation session."""
        self._take(self.therapy.change_person(now))
        self._live.heart_rate = None

    def record(self, *records: Record) -> None:
        """Keep what somebody entered about the person who uses this unit."""
        self._take(list(records))

    def rate_pain(self, rating: int, moment: Moment, now: float) -> None:
        """Keep a rating from 0 to 10. One during exercise may stop it."""
        self._take(self.sitting.rate_pain(rating, moment, now))

    def moment(self, now: float) -> Moment:
        """What a rating is now, seen from what was done with this unit."""
        if self._going_on:
            return Moment.DURING
        return Moment.AFTER if now - self._going_on_at <= AFTER_S else Moment.BEFORE

    @property
    def _going_on(self) -> bool:
        commanded = self.commander is not None and self.commander.open  # also paused, and where nobody knows
        return commanded or self.sitting.begun or self.therapy.output is Output.ON

    def close(self, now: float) -> None:
        """The daemon stops: record what is open."""
        self._keep(self.alias, self.therapy.close(now))

    def counters(self) -> dict[str, float | None]:
        """Progress for health; times are gateway seconds."""
        progress, name = self.connection.progress, f"unit.{self.alias}"
        return {
            f"{name}.connects": progress.connects,
            f"{name}.packets": progress.packets,
            f"{name}.events": progress.events,
            f"{name}.samples": self.samples,
            f"{name}.wire_errors": progress.wire_errors,
            f"{name}.dropped": progress.dropped,
            f"{name}.last_packet_s": progress.last_packet_at,
            **{f"{name}.{counted}": value for counted, value in self.therapy.counters().items()},
        }

    def _take(self, records: list[Record]) -> None:
        if records:
            self._keep(self.alias, records)
            self._stir()

    def _did(self, outcome: tuple[bool, list[Record]]) -> bool:
        done, records = outcome
        self._keep(self.alias, records)
        self._stir()
        return done

    def _stir(self) -> None:
        if self.stirred is not None:
            self.stirred()

    def _expect(self, origin: Origin, reason: StopReason | None) -> None:
        """What is commanded is recorded as what is observed is, and says so."""
        self.therapy.expect(origin, reason)

    def _hear(self, event: Event) -> None:
        if self.commander is not None:
            self.commander.hear(event)  # what must stop, stops before anything else is done with it
        dropped = self.connection.progress.dropped
        self.overrun, self._dropped = dropped > self._dropped, dropped
        if self.overrun:
            self.therapy.overrun()
        self._keep(self.alias, self.therapy.hear(event))
        if self.overheard is not None:
            self.overheard(event)
        self._stir()
        live = self._live
        match event:
            case MotionSamples():
                self.samples += len(event.device_ns)
                if self._motion:
                    live.motion.append(event)
                    live.samples += len(event.device_ns)
                    while live.samples > MOTION_BUFFER and len(live.motion) > 1:
                        gone = len(live.motion.pop(0).device_ns)
                        live.samples -= gone
                        live.dropped += gone
            case HeartRate():
                live.heart_rate = event
            case StimulationStatus():
                live.stimulation[event.channel] = event
            case _:
                pass

    def _on_report(self, report: LinkReport) -> None:
        before = self.report
        if (report.availability, report.code, report.text) == (before.availability, before.code, before.text):
            return  # tried again, and it is as it was: the time to tell is since when
        self.report = report
        if self.commander is not None:
            self.commander.reached(report.availability == "online", report.at)
        if (report.availability, report.code) != (before.availability, before.code):
            log.info("%s is %s (%s): %s", self.alias, report.availability, report.code, report.text)
        now = report.at
        if before.availability == "online" and report.availability != "online":
            self._keep(self.alias, self.therapy.link_lost(now))
            if self.lost is not None:
                self.lost(now)
        elif before.availability != "online" and report.availability == "online":
            self._keep(self.alias, self.therapy.link_restored(now))
        self._stir()
        if self.reachability is not None:
            self.reachability()
