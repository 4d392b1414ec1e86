"""What the gateway says of itself: its state and the reason, what it consists of, and how each of its stages gets on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.health import Lag, verdict
from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptdevice.bedside import Bedside
    from ptdevice.clock import Clock
    from ptdevice.deliveries import Deliveries
    from ptdevice.pair import Pair
    from ptdevice.recorder import Recorder

    Counters = Callable[[], Mapping[str, float | None]]

log = logging.getLogger(__name__)


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

    def health(self) -> topics.Message:
        """The counters of every stage."""
        counters: dict[str, float | None] = {"loop.lag_ms": self.lag.take_ms()}
        for bedside in self._bedsides.values():
            counters |= bedside.counters()
        for pair in self._pairs.values():
            counters |= pair.counters()
        for stage in self.stages:
            counters |= stage()
        head = self._recorder.audit_head
        return topics.health(self._names, counters, stamp=self._clock.stamp(), audit_head=head)

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
