"""What it takes to play a device: the unit that a scenario's table makes, what a hand can do to it, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice_sim.body import Body
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Unit as UnitTable
    from ptdevice_sim.unit import Unit


@dataclass(frozen=True, slots=True)
class Played:
    """One device. `keys`: what its table may say beyond what all units share; `hands`: what (unit, entry, now) does to it.

    `truth` is what reports compare with what was said: by the name of what is true, the values that belong to it.
    `feels_turns`: it has a gyroscope, so a recording that it wears needs one.
    """

    build: Callable[[UnitTable, str, Body], Unit]
    keys: frozenset[str]
    hands: Mapping[str, Callable[[Any, Any, float], None]]
    truth: Callable[[Any], dict[str, dict[str, Detail]]]
    needs_wearer: bool = False
    feels_turns: bool = False
    models: frozenset[str] = frozenset()
