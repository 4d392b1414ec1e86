"""The units of a configuration, as a scan found them. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ptdevice.sightings.strangers import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ptdevice.devices.device import Profile
    from ptdevice.sightings.seen import Connected, Heard


class State(StrEnum):
    """Where a configured unit is."""

    HEARD = "heard"
    CONNECTED = "connected"  # to this host, by whatever program
    AMBIGUOUS = "ambiguous"
    NOT_HEARD = "not_heard"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the configuration: what became of it, and why that can be; None: nothing is to be said."""

    alias: str
    device: str
    state: State
    why: str | None


WEAK_DBM = -85  # below it links do not last
WHY_CONNECTED = "connected to this host, by ptdevice or another program; a unit with a connection does not advertise"
WHY_AMBIGUOUS = "{} units in reach fit it; give it its `address`"
WHY_NOT_HEARD = "it is off, asleep, out of reach, or connected to another host (a phone app?)"
WHY_NOT_HEARD_BROADCAST = "it only advertises, and may rest for weeks: use it once while scanning"
WHY_OTHER = "heard, and by its advertisement it is a {}, not a {}: mend `device`, or its `address`"
WHY_WEAK = "heard, but weakly: links below {} dBm do not last"


def units(wanted: Mapping[str, Profile], heard: Sequence[Heard], connected: Sequence[Connected]) -> list[Unit]:
    """All of the configuration, in its order."""
    counts = Counter(alias for each in heard for alias in each.aliases)
    held = {alias for each in connected for alias in each.aliases}
    found = []
    for alias, profile in wanted.items():
        state: State = State.NOT_HEARD
        why: str | None = WHY_NOT_HEARD_BROADCAST if profile.broadcast else WHY_NOT_HEARD + profile.hint
        if counts[alias] > 1:
            state, why = State.AMBIGUOUS, WHY_AMBIGUOUS.format(counts[alias])
        elif counts[alias] == 1:
            state, why = State.HEARD, _doubt(alias, profile, heard)
        elif alias in held:
            state, why = State.CONNECTED, WHY_CONNECTED
        found.append(Unit(alias, profile.name, state, why))
    return found


def _doubt(alias: str, profile: Profile, heard: Iterable[Heard]) -> str | None:
    """What may be wrong with one that was heard."""
    each = next(each for each in heard if alias in each.aliases)
    looks = fitting(each.said)
    if looks is not None and looks.name != profile.name and not profile.matches(each.said):
        return WHY_OTHER.format(looks.name, profile.name)
    return WHY_WEAK.format(WEAK_DBM) if each.rssi_dbm is not None and each.rssi_dbm < WEAK_DBM else None
