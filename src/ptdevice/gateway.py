"""The gateway at work: units at one end, the broker at the other, the disk between them.

Two task groups, one inside the other. The inner one observes: a task per unit, and the clockwork. The outer one carries: the
recorder to the disk, the courier to the broker. So when it ends, for whatever reason, observing ends first, what is open is
recorded, and only then the carriers go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from ptdevice.aftermath import Aftermath
from ptdevice.alarms import alarms_of
from ptdevice.archivist import Archivist
from ptdevice.ble.closing import finish
from ptdevice.bulletin import bulletins_of
from ptdevice.casebook import casebook_of
from ptdevice.charts import charts_of
from ptdevice.clockwork import every_second, in_batches
from ptdevice.commanding import Commanding, commanders_of
from ptdevice.deliveries import Deliveries
from ptdevice.doses import Doses
from ptdevice.home_assistant import home_of
from ptdevice.journal import Delivery
from ptdevice.journal.people import People
from ptdevice.journal.trail import Trail
from ptdevice.monitoring import server_of
from ptdevice.mqtt import topics
from ptdevice.mqtt.again import Again
from ptdevice.mqtt.commands import Door
from ptdevice.mqtt.contract import Resend
from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.desk import Desk
from ptdevice.pain import PainWatch
from ptdevice.pulses import pulses
from ptdevice.recorder import Recorder
from ptdevice.remote import listen_to_remotes
from ptdevice.requests import ALIVE, Requests
from ptdevice.requests.assignments import Assignments
from ptdevice.requests.entries import Entries
from ptdevice.requests.exercise import ExerciseRequests
from ptdevice.requests.forgetting import Forgetting
from ptdevice.requests.pairs import PairRequests
from ptdevice.requests.releases import Releases
from ptdevice.requests.treatment import TreatmentRequests
from ptdevice.roster import bedsides_of, codes_of, pairs_of, sites_of, wearers_of
from ptdevice.standing import Standing
from ptdevice.systemd import READY, STOPPING, Systemd, status
from ptdevice.watchdog import Watchdog

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from ptdevice.clock import Clock
    from ptdevice.config import Settings
    from ptdevice.connection import OpenLink
    from ptdevice.home_assistant import Memory
    from ptdevice.journal import Journal
    from ptdevice.model import Record
    from ptdevice.mqtt.courier import Session
    from ptdevice.orphans import Report
    from ptdevice.outstanding import Outstanding

log = logging.getLogger(__name__)

HEALTH_S = 10.0
LAST_WORDS_S = 3.0  # for the disk to take what was open at the end, and the broker what it can
LAST_SENT_S = 1.0


class Gateway:
    """One gateway, for one open journal. `connect(will)` opens one to the broker; `memory`: what Home Assistant was told."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        open_link: OpenLink,
        *,
        clock: Clock,
        connect: Callable[[topics.Message], AbstractAsyncContextManager[Session]],
        new_id: Callable[[], str],
        rng: random.Random,
        outstanding: Outstanding | None = None,
        orphans: Sequence[Report] = (),
        manager: Systemd | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._manager = manager or Systemd({}, 0)
        self._names = topics.Names(settings.gateway.site, settings.gateway.name, settings.gateway.simulated)
        self._journal, self._clock = journal, clock
        trail = self._trail = Trail(journal, new_id)
        self._batch_s, self._metrics = settings.telemetry.batch_ms / 1000, settings.metrics
        self._health_at = float("-inf")  # when it is due next
        self._stirred = asyncio.Event()  # there may be something live to tell
        wearers = wearers_of(settings)
        self.recorder = Recorder(journal, wearers, clock.stamp)
        self._aftermath = Aftermath(orphans, outstanding, self.recorder)
        kept = settings.journal.retention.days(settings.journal.retention_days)
        self._archivist = Archivist(journal, self.recorder, kept, clock.stamp, trail)
        self.casebook = casebook_of(
            settings, wearers, clock.stamp, self.recorder.keep, self.recorder.file, self._learn, self._doing
        )
        self.charts = charts_of(settings, wearers.get, clock.stamp)
        self.charts.whose = wearers.of
        self._doses = Doses(self._names, sites_of(settings), settings.programmes.timezone, clock.stamp, wearers)
        commanders = commanders_of(settings, self._keep, new_id, outstanding)
        self.bedsides = bedsides_of(settings, open_link, keep=self._keep, new_id=new_id, rng=rng, commanders=commanders)
        self.commanding = Commanding(
            settings, commanders, self.bedsides, self.charts, self._keep, self.recorder, clock.stamp
        )
        self._pain = PainWatch(self.bedsides, self.charts, wearers, self.commanding.pain_rule, self._keep)
        self.pairs = pairs_of(settings, self.bedsides, keep=self.recorder.keep, new_id=new_id)
        listen_to_remotes(settings, self.bedsides, self._keep)
        now = asyncio.get_running_loop().time
        self._alarms = alarms_of(settings, self._names, self.recorder.keep, clock.stamp, now)
        self._assignments = Assignments(
            wearers, self.bedsides, self.pairs, self.recorder, clock.stamp, codes_of(settings), self.charts.leave
        )
        self._forgetting = Forgetting(
            People(journal), wearers, self._assignments, self.recorder, self._forget, clock.stamp, new_id
        )
        again = Again((delivery := Delivery(journal)).again, journal.news)
        consumer = settings.mqtt.consumer if settings.mqtt.delivery == "end-to-end" else None
        self._deliveries = Deliveries(self._names, delivery, again, clock.stamp, consumer)
        requests = Requests(
            ALIVE,
            {Resend: self._deliveries.resend},
            ExerciseRequests(
                self.bedsides, settings.exercises.known, wearers, now, self.casebook, self.charts.suspended
            ).handlers(),
            TreatmentRequests(
                {alias: bedside.profile for alias, bedside in self.bedsides.items()}, wearers.get, self._keep, now
            ).handlers(),
            PairRequests(self.pairs, now).handlers(),
            Entries(self._keep, clock.stamp, wearers).handlers(),
            self._alarms.handlers(),
            self._assignments.handlers(),
            Releases(self.bedsides, clock.stamp).handlers(),
            self._forgetting.handlers(),
            self.commanding.requests.handlers(),
        )
        door = Door(self._names, self.bedsides, self.pairs)
        desk = Desk(door, requests.execute, clock.stamp)
        self._home = home_of(settings, self.bedsides, self.pairs, self.commanding.commanders, memory, rng)
        self.standing = Standing(self._names, clock, self.bedsides, self.pairs, self.recorder, self._deliveries)
        will = self.standing.will()
        self.courier = Courier(
            lambda: connect(will),
            journal,
            say=lambda entry: topics.event(self._names, entry),
            announce=self._announce,
            goodbye=self.standing.goodbye,
            listen=self._names.command_filter,
            handle=desk.handle,
            rng=rng,
            also={**self._deliveries.handlers(), **self._home.handlers()},
            again=again,
            urgent=self.commanding.urgent(door),
        )
        self.commanding.publish(self._names, self.courier)
        self._home.retain, self._home.connected = self.courier.retain, lambda: self.courier.progress.connected
        self._deliveries.retain, self._deliveries.retry = self.courier.retain, self.courier.records.rewind
        self.courier.records.on_parked = self._archivist.on_deleted = self._deliveries.stale
        carrying = (journal.counters, self.courier.counters, self._deliveries.counters)
        self.standing.stages = (self.recorder.counters, self._alarms.counters, *carrying)
        self._watchdog = Watchdog(
            self._manager, lambda: pulses(self.bedsides, journal, self.courier), self.standing.summary
        )
        self.standing.stuck = lambda: self._watchdog.stuck
        self.standing.broker = lambda: None if self.courier.progress.connected else self.courier.progress.last_error
        self._bulletins, self._pair_bulletins = bulletins_of(
            self._names, self.bedsides, self.pairs, self.courier, settings.telemetry, clock.stamp, self._stirred.set
        )

    async def run(self) -> None:
        """Until cancelled. A bug in any task ends all of them, in an exception group."""
        await self._assignments.restore(People(self._journal))
        await self._deliveries.refresh()
        await self._home.restore()
        await self._doses.restore(self._journal)
        self.recorder.audit_head = await self._trail.head()
        await self.charts.restore(self._journal)
        await self._alarms.restore(self._journal)
        self._aftermath.tell(asyncio.get_running_loop().time())
        self._archivist.tick(asyncio.get_running_loop().time())  # what happened at opening comes first in the record
        if self.casebook is not None:
            await self.casebook.restore(self._journal)  # before anything new is noted
        self._manager.tell(READY, status(self.standing.summary()))
        async with asyncio.TaskGroup() as carrying:
            carrying.create_task(self._watchdog.run(), name="watchdog")
            if (server := server_of(self._metrics, self.standing)) is not None:
                carrying.create_task(server.run(), name="metrics")
            carrying.create_task(self.recorder.run(), name="recorder")
            carrying.create_task(self.courier.run(), name="courier")
            carrying.create_task(self._aftermath.settle(), name="aftermath")
            carrying.create_task(self._deliveries.run(), name="deliveries")
            carrying.create_task(self._alarms.run(), name="alarms")
            carrying.create_task(self._home.run(), name="home assistant")
            # What runs here runs until it is cancelled, or until something in it has a bug.
            try:
                async with asyncio.TaskGroup() as observing:
                    for alias, bedside in self.bedsides.items():
                        observing.create_task(bedside.connection.run(), name=f"unit {alias}")
                        if bedside.commander is not None:
                            observing.create_task(bedside.commander.run(), name=f"commander {alias}")
                    observing.create_task(every_second(self._beat, self.standing.lag), name="clockwork")
                    observing.create_task(in_batches(self._stirred, self._batch_s, self._say_live), name="live values")
                    observing.create_task(self._archivist.run(), name="archivist")
                    observing.create_task(self._forgetting.run(), name="forgetting")
            finally:
                self._manager.tell(STOPPING)
                await finish(self._last_words(), LAST_WORDS_S, "last words")

    # --- what is summed up over days ---

    def _keep(self, unit: str, records: list[Record]) -> None:
        self.recorder.keep(unit, records)
        self._pain.note(unit, records)
        self._alarms.note(unit, records)
        self._doses.note(unit, records)
        self.charts.note(unit, records)
        if self.casebook is not None:
            self.casebook.note(unit, records)

    def _learn(self, unit: str, name: str, value: object) -> None:
        self.bedsides[unit].therapy.state.learn(name, value, asyncio.get_running_loop().time())

    def _forget(self, subject: str) -> None:
        self._doses.forget(subject)
        self.charts.forget(subject)

    def _doing(self) -> bool:
        return any(bedside.sitting.doing is not None for bedside in self.bedsides.values())

    # --- the clockwork ---

    def _beat(self, now: float) -> None:
        if (step := self._clock.step(now)) is not None:
            log.warning("the wall clock was set by %+.3f s; synchronised: %s", step.step_s, step.synced)
            self.recorder.keep(None, [step])
        self._archivist.tick(now)
        for bedside in self.bedsides.values():
            bedside.tick(now)
        for pair in self.pairs.values():
            pair.tick(now)
        self._assignments.tick(now)
        if self.casebook is not None:
            self.casebook.tick(now)
        for bulletin in self._bulletins:
            bulletin.say_state(now)
        for together in self._pair_bulletins:
            together.say_state()
        self._doses.tick(self.courier)
        self._home.tick()
        for changed in (self._alarms.changed(), self.standing.review()):
            if changed is not None:
                self.courier.retain(changed)
        if now >= self._health_at:
            self._health_at = now + HEALTH_S
            self.courier.retain(self.standing.health())

    def _say_live(self) -> None:
        for bulletin in self._bulletins:
            bulletin.say_live()
        for together in self._pair_bulletins:
            together.say_live()

    async def _last_words(self) -> None:
        now = asyncio.get_running_loop().time()
        for bedside in self.bedsides.values():
            bedside.close(now)
        for pair in self.pairs.values():
            pair.close(now)
        if self.casebook is not None:
            self.casebook.close(now)
        await self.recorder.settled()
        if self.courier.progress.connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_SENT_S):
                    await self.courier.drain()

    def _announce(self) -> Iterator[topics.Message]:
        yield self.standing.info()
        yield self._deliveries.message()
        for bulletin in self._bulletins:
            yield from bulletin.announce()
        yield from self._doses.announce()
        yield from self.commanding.announce()
        yield from self._home.announce()
        for together in self._pair_bulletins:
            yield from together.announce()
        yield self._alarms.message()
        yield self.standing.health()
        yield self.standing.status()
