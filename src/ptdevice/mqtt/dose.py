"""The doses of a unit as they are said: today's and this week's, by channel and site. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ptdevice.stimulation.dose import Dose, Pads

SECONDS, LEVELS = 1, 3  # decimal places: a display shows minutes


def dose(
    names: topics.Names,
    unit: str,
    *,
    day: date | None,
    week_first_day: date | None,
    timezone: str,
    complete: bool,
    today: Mapping[Pads, Dose],
    week: Mapping[Pads, Dose],
    undated: Mapping[Pads, Dose],
    stamp: topics.Stamp,
) -> topics.Message:
    """What is known of a unit's doses. `day` None: the clock cannot be trusted, so nobody knows which day it is."""
    body = contract.Dose(
        day=None if day is None else day.isoformat(),
        week_first_day=None if week_first_day is None else week_first_day.isoformat(),
        timezone=timezone,
        complete=complete,
        today=[_pads(pads, each) for pads, each in sorted(today.items(), key=_order)],
        week=[_pads(pads, each) for pads, each in sorted(week.items(), key=_order)],
        undated=[_pads(pads, each) for pads, each in sorted(undated.items(), key=_order)],
        simulated=names.simulated,
        time=stamp.rfc3339(),
    )
    return topics.Message(names.unit(unit, "dose"), body.model_dump_json().encode(), qos=1, retain=True)


def _order(item: tuple[Pads, Dose]) -> tuple[str, str]:
    return item[0].channel or "", item[0].site or ""


def _pads(pads: Pads, dose: Dose) -> contract.PadsDose:
    mean = dose.level_mean
    return contract.PadsDose(
        channel=pads.channel,
        site=pads.site,
        sessions=len(dose.sessions),
        delivered_s=round(dose.delivered_s, SECONDS),
        unknown_s=round(dose.unknown_s, SECONDS),
        level_times=tuple((level, round(seconds, SECONDS)) for level, seconds in sorted(dose.levels.items())),
        level_mean=None if mean is None else round(mean, LEVELS),
        level_max_seen=max(dose.levels, default=None),
        upward_steps=dose.upward_steps,
        charge_mc=dose.charge_mc,
        energy_j=dose.energy_j,
    )
