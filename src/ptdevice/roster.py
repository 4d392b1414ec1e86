"""Whom a gateway looks after: the bedsides and the pairs of its configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.bedside import Bedside
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.link import Selector
from ptdevice.model import AlignmentMethod
from ptdevice.motion.exercises import Placement
from ptdevice.pair import Pair
from ptdevice.therapy import Therapy
from ptdevice.wearers import Wearers

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from ptdevice.commander import Commander
    from ptdevice.config import Settings
    from ptdevice.config.settings import Unit
    from ptdevice.connection import OpenLink
    from ptdevice.devices.device import Profile
    from ptdevice.model import Record
    from ptdevice.motion.exercises import Exercise


def bedsides_of(
    settings: Settings,
    open_link: OpenLink,
    *,
    keep: Callable[[str, list[Record]], None],
    new_id: Callable[[], str],
    rng: random.Random,
    commanders: Mapping[str, Commander] | None = None,
) -> dict[str, Bedside]:
    """A bedside for each unit, by alias. What is to be recorded of it goes to `keep`."""
    profiles = _profiles(settings)
    bedsides = {
        alias: Bedside(
            alias,
            profiles[alias],
            # A unit that is commanded may be on while nobody has a link to it.
            Selector(unit.address, unit.name, unit.adapter, urgent=alias in (commanders or {})),
            open_link,
            simulated=settings.gateway.simulated,
            therapy=Therapy(
                profiles[alias],
                new_id,
                exercise=_exercise(settings, unit),
                target=unit.target_repetitions,
                suggest=unit.suggest_sets,
            ),
            exercise=_exercise(settings, unit),
            placement=Placement(unit.placement) if unit.placement else None,
            motion=settings.telemetry.motion,
            keep=keep,
            rng=rng,
            commander=(commanders or {}).get(alias),
        )
        for alias, unit in settings.units.items()
    }
    for alias, sites in sites_of(settings).items():
        bedsides[alias].therapy.place_pads(sites)
    return bedsides


def wearers_of(settings: Settings) -> Wearers:
    """Who wears each unit, as configured."""
    return Wearers(
        {alias: unit.subject for alias, unit in settings.units.items()},
        {alias: (pair.trunk, pair.pelvis) for alias, pair in settings.pairs.items()},
    )


def codes_of(settings: Settings) -> set[str]:
    """The codes of persons that the configuration knows."""
    worn = {unit.subject for unit in settings.units.values() if unit.subject is not None}
    return worn | {programme.person for programme in settings.programmes.all}


def sites_of(settings: Settings) -> dict[str, dict[str | None, str]]:
    """Where the pads of each stimulator are, by its alias and channel."""
    return {
        alias: unit.sites for alias, unit in settings.units.items() if Kind.STIMULATOR in CATALOGUE[unit.device].kinds
    }


def _exercise(settings: Settings, unit: Unit) -> Exercise | None:
    """What the unit counts without being asked."""
    return settings.exercises.known[unit.exercise] if unit.exercise else None


def pairs_of(
    settings: Settings,
    bedsides: dict[str, Bedside],
    *,
    keep: Callable[[str, list[Record]], None],
    new_id: Callable[[], str],
) -> dict[str, Pair]:
    """Each two sensors on one back, by the alias of the pair."""
    return {
        alias: Pair(
            alias,
            bedsides[pair.trunk],
            bedsides[pair.pelvis],
            method=AlignmentMethod(pair.alignment),
            keep=keep,
            new_id=new_id,
        )
        for alias, pair in settings.pairs.items()
    }


def _profiles(settings: Settings) -> dict[str, Profile]:
    """Each unit's, with codecs that meet where two of them are to share a clock."""
    profiles = {alias: CATALOGUE[unit.device] for alias, unit in settings.units.items()}
    for pair in settings.pairs.values():
        members = (pair.trunk, pair.pelvis)
        sharing = profiles[pair.trunk].sharing
        addresses = [address for alias in members if (address := settings.units[alias].address)]
        if pair.alignment == "device" and sharing and len(addresses) == len(members):
            for alias, codec in zip(members, sharing(addresses), strict=True):
                profiles[alias] = replace(profiles[alias], codec=codec)
    return profiles
