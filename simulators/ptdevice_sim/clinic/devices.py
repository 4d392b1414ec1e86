"""How each device is played: the unit that a scenario's table makes, what a hand can do to it, and what is true about it.

A device that is not here is unknown to scenarios; one entry adds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptdevice.devices.witmotion import wire as witmotion
from ptdevice_sim.polar_models import MODELS
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.capture2go import EPOCH_NS, Capture2Go
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.thingy52 import Thingy52
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice_sim.body import Body
    from ptdevice_sim.clinic.actions import Battery, Press
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Unit as UnitTable
    from ptdevice_sim.unit import Unit


@dataclass(frozen=True, slots=True)
class Played:
    """One device. `keys`: what its table may say beyond what all units share; `hands`: what (unit, entry, now) does to it.

    `truth` is what reports compare with what was said: by the name of what is true, the values that belong to it.
    """

    build: Callable[[UnitTable, str, Body], Unit]
    keys: frozenset[str]
    hands: Mapping[str, Callable[[Any, Any, float], None]]
    truth: Callable[[Any], dict[str, dict[str, Detail]]]
    needs_wearer: bool = False
    models: frozenset[str] = frozenset()


SENSOR_KEYS = frozenset({"skew_ppm", "mounting_deg"})

# --- Beurer EM 70 ---


def _em70(table: UnitTable, address: str, _: Body) -> Unit:
    return BeurerEm70(
        address,
        layout=8 if table.layout is None else table.layout,
        battery_pct=table.battery_pct,
        runs_on=True if table.runs_on is None else table.runs_on,
    )


def _press(unit: BeurerEm70 | Bluetens, entry: Press, now: float) -> None:
    (unit.press_up if entry.key == "up" else unit.press_down)(now)


def _em70_battery(unit: BeurerEm70, entry: Battery, now: float) -> None:
    unit.battery_at(now, entry.percent)


def _em70_truth(unit: BeurerEm70) -> dict[str, dict[str, Detail]]:
    return {"output": {"output": "on" if unit.delivering else "off", "level": unit.level}}


# --- Bluetens ---


def _bluetens(table: UnitTable, address: str, _: Body) -> Unit:
    return Bluetens(address, battery_pct=table.battery_pct)


def _bluetens_battery(unit: Bluetens, entry: Battery, now: float) -> None:
    unit.battery_at(now, entry.percent)


def _bluetens_truth(unit: Bluetens) -> dict[str, dict[str, Detail]]:
    return {"output": {"output": "on" if unit.delivering else "off", "level": unit.level}}


# --- Polar ---


def _polar(table: UnitTable, address: str, body: Body) -> Unit:
    model = table.model or "H10"
    return PolarSensor(
        body,
        model=model,
        address=address,
        clock=UnitClock(MODELS[model].epoch_ns, table.skew_ppm or 0.0),
        battery_pct=table.battery_pct,
    )


def _polar_battery(unit: PolarSensor, entry: Battery, _: float) -> None:
    unit.battery_at(entry.percent)


def _polar_truth(unit: PolarSensor) -> dict[str, dict[str, Detail]]:
    return {"contact": {"worn": unit.is_worn}}


# --- WitMotion ---


def _witmotion(table: UnitTable, address: str, body: Body) -> Unit:
    unit = (
        WitMotion(body, address=address)
        if table.skew_ppm is None
        else WitMotion(body, address=address, off=table.skew_ppm * 1e-6)
    )
    unit.battery_v = _volts(table.battery_pct)
    return unit


def _witmotion_battery(unit: WitMotion, entry: Battery, _: float) -> None:
    unit.battery_v = _volts(entry.percent)


def _volts(percent: int) -> float:
    """The unit knows volts only: the least that count as so much charge."""
    return min(least for least, share in witmotion.PERCENT if share >= percent) / 100


# --- Capture2Go ---


def _capture2go(table: UnitTable, address: str, body: Body) -> Unit:
    clock = UnitClock(EPOCH_NS, table.skew_ppm or 0.0)
    return Capture2Go(body, address=address, clock=clock, battery_pct=table.battery_pct)


def _capture2go_battery(unit: Capture2Go, entry: Battery, _: float) -> None:
    unit.battery_pct = entry.percent


# --- Movella DOT ---


def _dot(table: UnitTable, address: str, body: Body) -> Unit:
    clock = UnitClock(skew_ppm=table.skew_ppm or 0.0)
    return MovellaDot(body, address=address, clock=clock, battery_pct=table.battery_pct)


# --- Movesense ---


def _movesense(table: UnitTable, address: str, body: Body) -> Unit:
    clock = UnitClock(skew_ppm=table.skew_ppm or 0.0)
    return Movesense(body, address=address, clock=clock, battery_pct=table.battery_pct)


def _movesense_battery(unit: Movesense, entry: Battery, _: float) -> None:
    unit.battery_pct = entry.percent


# --- Thingy:52 ---


def _thingy52(table: UnitTable, address: str, body: Body) -> Unit:
    return Thingy52(body, address=address, off=(table.skew_ppm or 0.0) * 1e-6, battery_pct=table.battery_pct)


def _no_truth(_: Unit) -> dict[str, dict[str, Detail]]:
    return {}


DEVICES: dict[str, Played] = {
    "beurer_em70": Played(
        build=_em70,
        keys=frozenset({"layout", "runs_on"}),
        hands={
            "press": _press,
            "pads_off": lambda unit, _, now: unit.overload(now),
            "battery": _em70_battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_em70_truth,
    ),
    "bluetens": Played(
        build=_bluetens,
        keys=frozenset(),
        hands={
            "press": _press,
            "pads_off": lambda unit, _, now: unit.pads_off(now),
            "pads_on": lambda unit, _, now: unit.pads_on(now),
            "battery": _bluetens_battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_bluetens_truth,
    ),
    "capture2go": Played(
        build=_capture2go,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        hands={"battery": _capture2go_battery},
        truth=_no_truth,
    ),
    "movella_dot": Played(
        build=_dot,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        hands={
            "battery": lambda unit, entry, _: unit.set_battery(entry.percent),
            "switch_off": lambda unit, _, __: unit.power_off(),
        },
        truth=_no_truth,
    ),
    "movesense": Played(
        build=_movesense,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        hands={"battery": _movesense_battery},
        truth=_no_truth,
    ),
    "polar": Played(
        build=_polar,
        keys=SENSOR_KEYS | {"model"},
        needs_wearer=True,
        models=frozenset(MODELS),
        hands={
            "battery": _polar_battery,
            "take_off": lambda unit, _, now: unit.take_off(now),
            "put_on": lambda unit, _, __: unit.put_on(),
        },
        truth=_polar_truth,
    ),
    "thingy52": Played(
        build=_thingy52,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        hands={"battery": lambda unit, entry, _: unit.battery_at(entry.percent)},
        truth=_no_truth,
    ),
    "witmotion": Played(
        build=_witmotion,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        hands={"battery": _witmotion_battery},
        truth=_no_truth,
    ),
}
