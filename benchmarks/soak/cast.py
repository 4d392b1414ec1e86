"""Who takes part: units of different devices, and what the people who wear them do, over and over."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.bthome import BthomeButton
from ptdevice_sim.units.health_thermometer import HealthThermometer
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ptdevice_sim.unit import Unit

SET = 8  # repetitions, about half a minute
PAUSE_S = 20.0
SET_S = SET * 3.0 + PAUSE_S  # not longer than a set and its pause take, so that nobody runs out of sets

CONFIG = """\
[gateway]
site = "soak"
name = "pi"
simulated = true
[journal]
path = "journal.sqlite"
[mqtt]
host = "127.0.0.1"
port = {broker}
keepalive_s = 5
delivery = "end-to-end"
consumer = "{consumer}"
[metrics]
port = {metrics}
"""
CONSUMER = "soak-db"
PREFIX = "ptdevice-sim/v1/soak/pi"


@dataclass(frozen=True, slots=True)
class Part:
    """One unit: its device, its address, how it is made, and what is configured of it beside these."""

    device: str
    address: str
    make: Callable[[str, SyntheticBody], Unit]
    exercise: bool = False
    linked: bool = True  # False: it only advertises


CAST: Mapping[str, Part] = {
    "back": Part("beurer_em70", "F9:8B:6F:00:00:01", lambda address, _: BeurerEm70(address)),
    "leg": Part("bluetens", "C8:7C:BE:00:00:01", lambda address, _: Bluetens(address)),
    "chest": Part("polar", "C0:DE:00:00:00:01", lambda at, body: PolarSensor(body, address=at), exercise=True),
    "waist": Part("polar", "C0:DE:00:00:00:02", lambda at, body: PolarSensor(body, address=at), exercise=True),
    "belly": Part("movesense", "0C:8C:DC:00:00:01", lambda at, body: Movesense(body, address=at), exercise=True),
    "spine": Part("movella_dot", "D4:22:CD:00:00:01", lambda at, body: MovellaDot(body, address=at), exercise=True),
    "pack": Part("health_thermometer", "C9:18:09:00:00:01", lambda at, _: HealthThermometer(address=at)),
    "button": Part("bthome", "DC:4F:22:00:00:01", lambda at, _: BthomeButton(address=at), linked=False),
}
LINKED = tuple(alias for alias, part in CAST.items() if part.linked)
MOVING = tuple(alias for alias, part in CAST.items() if part.exercise)


def bodies(seed: int, start: float, duration_s: float) -> dict[str, SyntheticBody]:
    """Somebody for each unit, who exercises from `start` (simulation seconds) until everything is over."""
    sets = (SET,) * (int(duration_s / SET_S) + 1)
    return {
        alias: SyntheticBody(
            random.Random(f"{seed} {alias}"),  # noqa: S311 - reproducible, not secret
            sets=sets if part.exercise else (),
            start=start,
            pause_s=PAUSE_S,
        )
        for alias, part in CAST.items()
    }


def write_config(folder: Path, broker: int, metrics: int) -> Path:
    """The daemon's configuration."""
    text = CONFIG.format(broker=broker, metrics=metrics, consumer=CONSUMER)
    for alias, part in CAST.items():
        text += f'[units.{alias}]\ndevice = "{part.device}"\naddress = "{part.address}"\n'
        text += 'exercise = "sit_up"\n' if part.exercise else ""
    path = folder / "ptdevice.toml"
    path.write_text(text)
    return path
