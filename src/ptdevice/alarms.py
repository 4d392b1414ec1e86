"""Alarms that stand until somebody has seen them, over every restart: as a retained message, and by light and sound.

Not every alarm does. Those stand that mean that a stimulator may be on, or has hurt: somebody has to go and look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.errors import JournalError
from ptdevice.journal.looking_back import look_back
from ptdevice.model import Alarm, AlarmsAcknowledged
from ptdevice.mqtt import contract
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import TYPE_PREFIX, TYPE_SUFFIX, AcknowledgeAlarms
from ptdevice.mqtt.topics import Message, rfc3339
from ptdevice.signals import Light, Sound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptdevice.config import Settings
    from ptdevice.journal.looking_back import Pages
    from ptdevice.model import Record
    from ptdevice.mqtt.topics import Names, Stamp

log = logging.getLogger(__name__)

STANDING = frozenset(
    {
        "link_lost_while_on",
        "link_lost_in_doubt",
        "commanded_link_lost",
        "commanded_unverified",
        "stop_unconfirmed",
        "stop_not_confirmed",
        "pain_stop",
        "red_flag_stop",
        "screening_stop",
    }
)
MOST = 100  # that stand at once; of more, the oldest are left out, and somebody has to go round anyway
AGAIN_S = 5.0  # between two sounds
DAYS_KEPT = 90
DAY_NS = 86_400_000_000_000
ALARM, SEEN = (f"{TYPE_PREFIX}{kind}{TYPE_SUFFIX}" for kind in ("alarm", "alarm.acknowledged"))


@dataclass(frozen=True, slots=True)
class _Standing:
    unit: str | None
    code: str
    text: str
    since_ns: int


class Alarms:
    """One gateway's. `keep(unit, records)` takes what is recorded; `now` is gateway seconds."""

    def __init__(
        self,
        names: Names,
        keep: Callable[[str | None, list[Record]], None],
        stamp: Callable[[], Stamp],
        now: Callable[[], float],
        light: Light | None = None,
        sound: Sound | None = None,
    ) -> None:
        self._names, self._keep, self._stamp, self._now = names, keep, stamp, now
        self._light, self._sound = light, sound
        self._standing: dict[tuple[str | None, str], _Standing] = {}
        self._news = asyncio.Event()
        self._untold = True

    def note(self, unit: str | None, records: Sequence[Record]) -> None:
        """Take in what is being kept."""
        for record in records:
            if isinstance(record, Alarm) and record.code in STANDING:
                self._stand(unit, record.code, record.text, self._stamp().ns(record.at))

    def handlers(self) -> Mapping[type[contract.Request], Callable[[Command], Outcome]]:
        """What can be asked for."""
        return {AcknowledgeAlarms: self._acknowledge}

    def changed(self) -> Message | None:
        """What stands, where that has changed since it was last asked for."""
        if not self._untold:
            return None
        self._untold = False
        return self.message()

    def message(self) -> Message:
        """What stands."""
        body = contract.StandingAlarms(
            alarms=[
                contract.StandingAlarm(unit=each.unit, code=each.code, text=each.text, since=rfc3339(each.since_ns))
                for each in self._standing.values()
            ],
            simulated=self._names.simulated,
            time=self._stamp().rfc3339(),
        )
        return Message(f"{self._names.prefix}/alarms", body.model_dump_json().encode(), qos=1, retain=True)

    def counters(self) -> dict[str, float | None]:
        """For health."""
        return {
            "alarms.standing": len(self._standing),
            "alarms.light_failures": self._light.failures if self._light is not None else None,
            "alarms.sound_failures": self._sound.failures if self._sound is not None else None,
        }

    async def restore(self, journal: Pages) -> None:
        """Read what stood before this start. Trouble with the journal is told elsewhere."""
        since_ns = self._stamp().wall_ns - DAYS_KEPT * DAY_NS
        try:
            entries = await look_back(journal, (ALARM, SEEN), since_ns, undated=True)
        except JournalError as error:
            log.warning("which alarms stood before this start is unknown: %s", error)
            return
        for entry in entries:
            row, data = entry.draft, json.loads(entry.draft.data)
            if row.type == SEEN:
                self._standing.clear()
            elif data.get("code") in STANDING:
                self._stand(row.unit, str(data["code"]), str(data.get("text")), row.time_ns)

    async def run(self) -> None:
        """Show what stands, by light and sound, until cancelled."""
        shown = False
        while True:
            self._news.clear()
            stands = bool(self._standing)
            if self._light is not None and stands != shown:
                await self._light.show(on=stands)
            shown = stands
            if self._sound is not None and stands:
                await self._sound.play()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S if stands else None):
                    await self._news.wait()

    # --- inside ---

    def _stand(self, unit: str | None, code: str, text: str, since_ns: int) -> None:
        self._standing.setdefault((unit, code), _Standing(unit, code, text, since_ns))
        while len(self._standing) > MOST:
            del self._standing[next(iter(self._standing))]
        self._changed()

    def _acknowledge(self, command: Command) -> Outcome:
        request = command.request
        assert isinstance(request, AcknowledgeAlarms)
        if not self._standing:
            return Outcome("refused", "no_alarm", "No alarm stands.")
        self._keep(None, [AlarmsAcknowledged(self._now(), len(self._standing), request.entered_by)])
        self._standing.clear()
        self._changed()
        return DONE

    def _changed(self) -> None:
        self._untold = True
        self._news.set()


def alarms_of(
    settings: Settings,
    names: Names,
    keep: Callable[[str | None, list[Record]], None],
    stamp: Callable[[], Stamp],
    now: Callable[[], float],
) -> Alarms:
    """Those of a configuration."""
    light, sound = settings.alarms.light, settings.alarms.sound
    return Alarms(names, keep, stamp, now, Light(light) if light else None, Sound(sound) if sound else None)
