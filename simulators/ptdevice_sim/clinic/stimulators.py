"""How each stimulator is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice_sim.clinic.playing import Played
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.openemsstim import OpenEmsStim
from ptdevice_sim.units.yokonex_ems import YokonexEms

if TYPE_CHECKING:
    from ptdevice_sim.body import Body
    from ptdevice_sim.clinic.actions import Battery, Press
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Unit as UnitTable
    from ptdevice_sim.unit import Unit

# --- what several have ---


def _misbehaviour(table: UnitTable) -> Misbehaviour | None:
    return None if table.misbehaviour is None else Misbehaviour(**table.misbehaviour.model_dump())


def _battery(unit: BeurerEm70 | Bluetens | DglabCoyote3 | OpenEmsStim | YokonexEms, entry: Battery, now: float) -> None:
    unit.battery_at(now, entry.percent)


def _output(unit: BeurerEm70 | Bluetens) -> dict[str, dict[str, Detail]]:
    return {"output": {"output": "on" if unit.delivering else "off", "level": unit.level}}


# --- Beurer EM 70 ---


def _em70(table: UnitTable, address: str, _: Body) -> Unit:
    return BeurerEm70(
        address,
        layout=8 if table.layout is None else table.layout,
        battery_pct=table.battery_pct,
        runs_on=True if table.runs_on is None else table.runs_on,
        misbehaviour=_misbehaviour(table),
    )


def _press(unit: BeurerEm70 | Bluetens, entry: Press, now: float) -> None:
    (unit.press_up if entry.key == "up" else unit.press_down)(now)


# --- Bluetens ---


def _bluetens(table: UnitTable, address: str, _: Body) -> Unit:
    return Bluetens(address, battery_pct=table.battery_pct, misbehaviour=_misbehaviour(table))


# --- DG-LAB Coyote ---


def _coyote(table: UnitTable, address: str, _: Body) -> Unit:
    return DglabCoyote3(address, battery_pct=table.battery_pct, misbehaviour=_misbehaviour(table))


def _coyote_press(unit: DglabCoyote3, entry: Press, now: float) -> None:
    unit.turn(now, "ab".index(entry.channel), 1 if entry.key == "up" else -1)


def _coyote_truth(unit: DglabCoyote3) -> dict[str, dict[str, Detail]]:
    return {
        f"output_{channel}": {"output": "on" if on else "off", "level": strength}
        for channel, on, strength in zip("ab", unit.delivering, unit.strengths, strict=True)
    }


# --- openEMSstim ---


def _openemsstim(table: UnitTable, address: str, _: Body) -> Unit:
    return OpenEmsStim(address, misbehaviour=_misbehaviour(table))


def _openemsstim_truth(unit: OpenEmsStim) -> dict[str, dict[str, Detail]]:
    return {
        f"output_{name}": {"output": "on" if channel.passes else "off", "level": channel.passes}
        for name, channel in zip("ab", unit.channels, strict=True)
    }


# --- YOKONEX ---


def _yokonex(table: UnitTable, address: str, body: Body) -> Unit:
    runs_on = True if table.runs_on is None else table.runs_on
    return YokonexEms(body, address=address, battery_pct=table.battery_pct, runs_on=runs_on)


def _yokonex_press(unit: YokonexEms, entry: Press, now: float) -> None:
    unit.press(now, "ab".index(entry.channel), 1 if entry.key == "up" else -1)


def _yokonex_truth(unit: YokonexEms) -> dict[str, dict[str, Detail]]:
    return {
        f"output_{name}": {"output": "on" if channel.delivering else "off", "level": channel.level}
        for name, channel in zip("ab", unit.channels, strict=True)
    }


STIMULATORS: dict[str, Played] = {
    "beurer_em70": Played(
        build=_em70,
        keys=frozenset({"layout", "runs_on", "misbehaviour"}),
        hands={
            "press": _press,
            "pads_off": lambda unit, _, now: unit.overload(now),
            "battery": _battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_output,
    ),
    "bluetens": Played(
        build=_bluetens,
        keys=frozenset({"misbehaviour"}),
        hands={
            "press": _press,
            "pads_off": lambda unit, _, now: unit.pads_off(now),
            "pads_on": lambda unit, _, now: unit.pads_on(now),
            "battery": _battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_output,
    ),
    "dglab_coyote3": Played(
        build=_coyote,
        keys=frozenset({"misbehaviour"}),
        hands={
            "press": _coyote_press,
            "battery": _battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_coyote_truth,
    ),
    "openemsstim": Played(
        build=_openemsstim,
        keys=frozenset({"misbehaviour"}),
        hands={
            "battery": _battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_openemsstim_truth,
    ),
    "yokonex_ems": Played(
        build=_yokonex,
        keys=frozenset({"runs_on"}),
        needs_wearer=True,
        hands={
            "press": _yokonex_press,
            "pads_off": lambda unit, _, now: unit.pads(now, attached=False),
            "pads_on": lambda unit, _, now: unit.pads(now, attached=True),
            "battery": _battery,
            "switch_off": lambda unit, _, now: unit.switch_off(now),
        },
        truth=_yokonex_truth,
    ),
}
