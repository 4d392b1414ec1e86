"""How each sensor is played, and all devices that can be.

A device that is not here, or among the stimulators, is unknown to scenarios; one entry adds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.witmotion import wire as witmotion
from ptdevice_sim.clinic.playing import Played
from ptdevice_sim.clinic.stimulators import STIMULATORS
from ptdevice_sim.polar_models import MODELS
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.bthome import BthomeButton
from ptdevice_sim.units.capture2go import EPOCH_NS, Capture2Go
from ptdevice_sim.units.health_thermometer import HealthThermometer
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.thingy52 import Thingy52
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from ptdevice_sim.body import Body
    from ptdevice_sim.clinic.actions import Battery
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Unit as UnitTable
    from ptdevice_sim.unit import Unit


SENSOR_KEYS = frozenset({"skew_ppm", "mounting_deg"})

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


# --- BTHome ---


def _button(table: UnitTable, address: str, _: Body) -> Unit:
    return BthomeButton(address=address, battery_pct=table.battery_pct)


def _button_battery(unit: BthomeButton, entry: Battery, _: float) -> None:
    unit.battery_at(entry.percent)


# --- thermometer ---


def _thermometer(table: UnitTable, address: str, _: Body) -> Unit:
    return HealthThermometer(address=address, battery_pct=table.battery_pct)


def _thermometer_battery(unit: HealthThermometer, entry: Battery, _: float) -> None:
    unit.battery_at(entry.percent)


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
    **STIMULATORS,
    "bthome": Played(
        build=_button,
        keys=frozenset({"remote_for", "on_press", "on_double_press", "on_long_press"}),
        hands={
            "battery": _button_battery,
            "button": lambda unit, entry, now: unit.press(now, entry.how),
        },
        truth=_no_truth,
    ),
    "capture2go": Played(
        build=_capture2go,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        feels_turns=True,
        hands={"battery": _capture2go_battery},
        truth=_no_truth,
    ),
    "health_thermometer": Played(
        build=_thermometer,
        keys=frozenset(),
        hands={"battery": _thermometer_battery},
        truth=_no_truth,
    ),
    "movella_dot": Played(
        build=_dot,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        feels_turns=True,
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
        feels_turns=True,
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
        feels_turns=True,
        hands={"battery": lambda unit, entry, _: unit.battery_at(entry.percent)},
        truth=_no_truth,
    ),
    "witmotion": Played(
        build=_witmotion,
        keys=SENSOR_KEYS,
        needs_wearer=True,
        feels_turns=True,
        hands={"battery": _witmotion_battery},
        truth=_no_truth,
    ),
}
