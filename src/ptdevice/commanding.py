"""What a gateway needs to command units, where its configuration lets it: commanders, warrants, requests, messages.

Where no unit has `[units.<alias>.command] enabled = true` there is nothing in here, and nothing but the queries of its profile
is ever written to a unit. The requests exist all the same, and say so.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import TYPE_CHECKING

from ptdevice.bulletin import SessionBulletin
from ptdevice.commander import Commander
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.model import Audit, Decision
from ptdevice.outstanding import Mark, Unit
from ptdevice.requests.stimulation import StimulationRequests
from ptdevice.stimulation.commanded import BEAT_S, BEATS
from ptdevice.stimulation.conductor import Conductor
from ptdevice.stimulation.plan import Facts
from ptdevice.warrant import Warrant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.bulletin import Post
    from ptdevice.charts import Charts
    from ptdevice.config import Settings
    from ptdevice.devices.device import Commanding as DeviceCommanding
    from ptdevice.devices.device import Profile
    from ptdevice.model import Record
    from ptdevice.mqtt.commands import Command, Door, Outcome
    from ptdevice.mqtt.topics import Arrival, Message, Names, Stamp
    from ptdevice.outstanding import Outstanding
    from ptdevice.programme.prescription import PainRule
    from ptdevice.recorder import Recorder

TOKEN_BYTES = 16
POLLED_QUIET_S = 30.0  # a unit whose silence is noticed later than this speaks only when something changes


def commanders_of(
    settings: Settings,
    keep: Callable[[str, list[Record]], None],
    new_id: Callable[[], str],
    outstanding: Outstanding | None,
) -> dict[str, Commander]:
    """A commander for each unit whose configuration enables it."""
    found = {}
    for alias, unit in settings.units.items():
        command, profile = unit.command, CATALOGUE[unit.device]
        if command is None or not command.enabled or profile.commanding is None:
            continue
        conductor = Conductor(
            _facts(profile, profile.commanding),
            new_id=new_id,
            new_token=partial(secrets.token_urlsafe, TOKEN_BYTES),
            lease_s=command.lease_s or None,
            remote_raise=command.remote_raise,
        )
        who = Unit(alias, unit.device, unit.address, unit.name, settings.gateway.simulated)
        mark = Mark(outstanding, who) if outstanding is not None else None
        found[alias] = Commander(alias, conductor, partial(keep, alias), command.key, mark)
    return found


class Commanding:
    """One gateway's. `keep(unit, records)` takes what is to be recorded."""

    def __init__(
        self,
        settings: Settings,
        commanders: Mapping[str, Commander],
        bedsides: Mapping[str, Bedside],
        charts: Charts,
        keep: Callable[[str, list[Record]], None],
        recorder: Recorder,
        stamp: Callable[[], Stamp],
    ) -> None:
        self.commanders = commanders
        self._keep, self._stamp = keep, stamp
        self._bulletins: list[SessionBulletin] = []
        configured = {alias: unit.command for alias, unit in settings.units.items()}
        self._warrants = warrants = {
            alias: Warrant(
                alias,
                bedside.profile,
                configured[alias],
                charts,
                firmware=partial(_firmware, bedside),
                local=commanders[alias].local if alias in commanders else lambda: None,
                trouble=recorder.down,
                stamp=stamp,
            )
            for alias, bedside in bedsides.items()
            if Kind.STIMULATOR in bedside.profile.kinds
        }
        self.requests = StimulationRequests(commanders, warrants, configured, stamp, self.denied)

    def pain_rule(self, unit: str) -> PainRule | None:
        """That of the prescription under which this unit was armed last."""
        warrant = self._warrants.get(unit)
        return warrant.prescribed.pain if warrant is not None and warrant.prescribed is not None else None

    def urgent(self, door: Door) -> Callable[[Arrival], Message | None]:
        """What takes a wish for less where it arrives; what the door refuses of those for more is kept from now on."""
        door.denied = self.denied
        return self.requests.urgent(door)

    def denied(self, command: Command, outcome: Outcome) -> None:
        """A wish for more that came no further than the door."""
        if command.unit is None:
            return
        actor = getattr(command.request, "actor", None) or command.requester
        now = asyncio.get_running_loop().time()
        self._keep(command.unit, [Audit(now, actor, "mqtt", command.name, Decision.DENIED, outcome.rule)])

    def publish(self, names: Names, post: Post) -> None:
        """From now on say what becomes of sessions."""
        self._bulletins = [
            SessionBulletin(names, commander, post, stamp=self._stamp) for commander in self.commanders.values()
        ]

    def announce(self) -> Iterator[Message]:
        """Everything retained, as it is now."""
        for bulletin in self._bulletins:
            yield from bulletin.announce()


def _facts(profile: Profile, commanding: DeviceCommanding) -> Facts:
    silent_s = BEAT_S * BEATS if profile.quiet_s <= POLLED_QUIET_S else profile.quiet_s
    return Facts(commanding.refresh_s, silent_s, commanding.local_key, profile.channels, commanding.timer_s)


def _firmware(bedside: Bedside) -> str | None:
    known = bedside.therapy.state.values.get("firmware_revision")
    return known.value if known is not None and isinstance(known.value, str) else None
