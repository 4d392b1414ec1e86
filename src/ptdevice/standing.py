"""What the gateway says of itself: its state and the reason, what it consists of, and how each of its stages gets on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.errors import HOST_CODES
from ptdevice.health import Lag, Stages, verdict
from ptdevice.mqtt import contract, diag, topics
from ptdevice.privacy import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from ptdevice.bedside import Bedside
    from ptdevice.clock import Clock
    from ptdevice.deliveries import Deliveries
    from ptdevice.latest import AdapterHealth, StageHealth
    from ptdevice.pair import Pair
    from ptdevice.recorder import Recorder

    Counters = Callable[[], Mapping[str, float | None]]

log = logging.getLogger(__name__)

CARRIED = ("connections", "published", "confirmed", "live_sent", "requests")  # by the courier


class Standing:
    """Judges and words it. `stages` are the counters of the disk and of the broker."""

    def __init__(
        self,
        names: topics.Names,
        clock: Clock,
        bedsides: Mapping[str, Bedside],
        pairs: Mapping[str, Pair],
        recorder: Recorder,
        deliveries: Deliveries,
    ) -> None:
        self.lag = Lag()
        self.stages: Sequence[Counters] = ()
        self._names, self._clock, self._recorder = names, clock, recorder
        self._deliveries = deliveries
        self._bedsides, self._pairs = bedsides, pairs
        self.stuck: Callable[[], Collection[str]] = tuple  # the names of the stages that are
        self.broker: Callable[[], str | None] = lambda: None  # what keeps the broker from us
        self.adapters: Callable[[], Sequence[AdapterHealth]] = tuple  # of this host, where there are any
        self._stages = Stages()
        self._state: tuple[contract.GatewayState, str | None] = ("online", None)

    def info(self) -> topics.Message:
        """The units and pairs there are."""
        units = [
            contract.UnitInfo(
                alias=alias,
                device=bedside.profile.name,
                title=bedside.profile.title,
                kinds=sorted(bedside.profile.kinds),
                level_max=bedside.profile.level_max,
                channels=list(bedside.profile.channels),
            )
            for alias, bedside in self._bedsides.items()
        ]
        pairs = [
            contract.PairInfo(alias=alias, trunk=pair.trunk.alias, pelvis=pair.pelvis.alias, alignment=pair.method)
            for alias, pair in self._pairs.items()
        ]
        return topics.info(self._names, units, pairs, version=__version__, stamp=self._clock.stamp())

    def review(self) -> topics.Message | None:
        """The state to publish, where it has changed since it was last reviewed."""
        state = verdict(
            trouble=self._recorder.trouble,
            refused=self._recorder.refused,
            reports=[bedside.report for bedside in self._bedsides.values()],
            parked=self._deliveries.parked,
            stuck=self.stuck(),
            adapters=self.adapters(),
        )
        if state == self._state:
            return None
        self._state = state
        level = logging.INFO if state[0] == "online" else logging.WARNING
        log.log(level, "the gateway is %s%s", state[0], f": {state[1]}" if state[1] else "")
        return self.status()

    def status(self) -> topics.Message:
        """The state as it was last reviewed."""
        return self._say(*self._state)

    def will(self) -> topics.Message:
        """What the broker says when the gateway can no longer."""
        return self._say("offline", "the connection was lost", timed=False)

    def goodbye(self) -> topics.Message:
        """What is said before a deliberate end."""
        return self._say("offline", "stopped")

    @property
    def state(self) -> tuple[contract.GatewayState, str | None]:
        """As it was last reviewed, and the reason."""
        return self._state

    def units(self) -> dict[str, tuple[str, str]]:
        """Each unit's availability, and the code of its reason."""
        return {alias: (each.report.availability, each.report.code) for alias, each in self._bedsides.items()}

    def summary(self) -> str:
        """A line for people, without anything that tells who they are."""
        online = sum(bedside.report.availability == "online" for bedside in self._bedsides.values())
        state, reason = self._state
        return f"{state}; {online} of {len(self._bedsides)} units online" + (f"; {reason}" if reason else "")

    def counters(self) -> dict[str, float | None]:
        """Of every stage, but for the loop's lag, which can be taken once only."""
        counters: dict[str, float | None] = {}
        for bedside in self._bedsides.values():
            counters |= bedside.counters()
        for pair in self._pairs.values():
            counters |= pair.counters()
        for stage in self.stages:
            counters |= stage()
        return counters

    def health(self) -> topics.Message:
        """The counters of every stage, and how each gets on."""
        counters, stamp = {"loop.lag_ms": self.lag.take_ms(), **self.counters()}, self._clock.stamp()
        stages = self._review_stages(counters, stamp.mono_s)
        head = self._recorder.audit_head
        return diag.health(self._names, counters, stages, self.adapters(), stamp=stamp, audit_head=head)

    def _review_stages(self, counters: Mapping[str, float | None], now: float) -> dict[str, StageHealth]:
        stuck = self.stuck()
        reports = [bedside.report for bedside in self._bedsides.values()]
        progress = [bedside.connection.progress for bedside in self._bedsides.values()]
        broken = [f"{each.name}: {each.text}" for each in self.adapters() if each.state == "trouble"]
        radio = next(iter([*broken, *(report.text for report in reports if report.code in HOST_CODES)]), None)
        nonsense = next((f"{report.alias} makes no sense" for report in reports if report.code == "nonsense"), None)
        seen: tuple[tuple[str, float, str | None], ...] = (
            ("radio", sum(each.packets for each in progress), redacted(radio) if radio else None),
            ("decode", sum(each.events for each in progress), nonsense),
            ("journal", counters.get("journal.commits") or 0, self._recorder.trouble),
            ("mqtt", sum(counters.get(f"courier.{name}") or 0 for name in CARRIED), self.broker()),
        )
        return {
            stage: self._stages.review(
                now, stage, count, trouble=trouble, stuck=any(name.startswith(stage) for name in stuck)
            )
            for stage, count, trouble in seen
        }

    def _say(self, state: contract.GatewayState, reason: str | None, *, timed: bool = True) -> topics.Message:
        stamp = self._clock.stamp()
        return topics.status(
            self._names,
            state,
            boot_id=stamp.boot_id,
            version=__version__,
            reason=reason,
            time=stamp.rfc3339() if timed else None,
            delivery=self._deliveries.policy,
        )
