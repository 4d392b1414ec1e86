"""Hands on the keys of simulated units that are on air for somebody to look at: a timed one, and the one at the keyboard."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.yokonex_ems import YokonexEms

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.host import Host

FIRST_S, KEY_S, PAUSE_S = 5.0, 0.7, 45.0  # after the connection; between two presses; between two changes of mind
LEVEL = 4  # presses to begin with
LINE_MAX = 100  # characters of a line from the keyboard that are looked at

KEYS: dict[type, dict[str, Callable[[Host, float], None]]] = {
    BeurerEm70: {
        "+": lambda host, now: _em70(host).press_up(now),
        "-": lambda host, now: _em70(host).press_down(now),
        "pad": lambda host, now: _em70(host).overload(now),
        "battery": lambda host, now: _em70(host).battery_low(now),
        "off": lambda host, now: _em70(host).switch_off(now),
    },
    Bluetens: {
        "+": lambda host, now: _bluetens(host).press_up(now),
        "-": lambda host, now: _bluetens(host).press_down(now),
        "pad": lambda host, now: _bluetens(host).pads_off(now),
        "pad on": lambda host, now: _bluetens(host).pads_on(now),
        "battery": lambda host, now: _bluetens(host).battery_at(now, 0),
        "charge": lambda host, now: _bluetens(host).plug_in(now),
        "off": lambda host, now: _bluetens(host).switch_off(now),
    },
    DglabCoyote3: {
        "a+": lambda host, now: _coyote(host).turn(now, 0, 1),
        "a-": lambda host, now: _coyote(host).turn(now, 0, -1),
        "b+": lambda host, now: _coyote(host).turn(now, 1, 1),
        "b-": lambda host, now: _coyote(host).turn(now, 1, -1),
        "battery": lambda host, now: _coyote(host).battery_at(now, 5),
        "off": lambda host, now: _coyote(host).switch_off(now),
    },
    YokonexEms: {
        "a+": lambda host, now: _yokonex(host).press(now, 0, 1),
        "a-": lambda host, now: _yokonex(host).press(now, 0, -1),
        "b+": lambda host, now: _yokonex(host).press(now, 1, 1),
        "b-": lambda host, now: _yokonex(host).press(now, 1, -1),
        "pad": lambda host, now: _yokonex(host).pads(now, attached=False),
        "pad on": lambda host, now: _yokonex(host).pads(now, attached=True),
        "battery": lambda host, now: _yokonex(host).battery_at(now, 5),
        "off": lambda host, now: _yokonex(host).switch_off(now),
    },
    PolarSensor: {
        "take off": lambda host, now: _polar(host).take_off(now),
        "put on": lambda host, _now: _polar(host).put_on(),
        "stop": lambda host, _now: _polar(host).stop_streams(),
    },
}


def words() -> str:
    """What can be typed."""
    known = dict.fromkeys(key for keys in KEYS.values() for key in keys)
    return ", ".join(known)


def do(hosts: list[Host], line: str, now: float) -> str | None:
    """Do what the line says to every unit that has such a key. Returns what is wrong with it, or None."""
    word = " ".join(line[:LINE_MAX].split()).lower()
    able = [host for host in hosts if word in KEYS.get(type(host.unit), {})]
    for host in able:
        KEYS[type(host.unit)][word](host, now)
        host.poke()
    return None if able or not word else f"no unit here knows {word!r}; there is: {words()}"


async def timed(host: Host) -> None:
    """Somebody treats himself: a few levels up once he is connected, then now and then one up or down. Until cancelled."""
    unit = host.unit
    while isinstance(unit, BeurerEm70 | Bluetens):
        await _until(lambda: host.is_connected)
        await asyncio.sleep(FIRST_S)
        for press in [*["+"] * LEVEL, None, "+", None, "-", None]:
            if press is not None:
                do([host], press, asyncio.get_running_loop().time())
            await asyncio.sleep(PAUSE_S if press is None else KEY_S)
        await _until(lambda: not (host.is_connected and unit.delivering))


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - neither a host nor a unit has an event for it
        await asyncio.sleep(KEY_S)


async def keyboard(descriptor: int, hosts: list[Host], say: Callable[[str], None]) -> None:
    """Lines from this file descriptor, until it ends."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()  # bounded by how fast somebody types
    loop.add_reader(descriptor, lambda: lines.put_nowait(os.read(descriptor, LINE_MAX)))
    try:
        while chunk := await lines.get():
            for line in chunk.decode(errors="replace").splitlines():
                if (problem := do(hosts, line, loop.time())) is not None:
                    say(problem)
    finally:
        loop.remove_reader(descriptor)


def _em70(host: Host) -> BeurerEm70:
    assert isinstance(host.unit, BeurerEm70)
    return host.unit


def _bluetens(host: Host) -> Bluetens:
    assert isinstance(host.unit, Bluetens)
    return host.unit


def _coyote(host: Host) -> DglabCoyote3:
    assert isinstance(host.unit, DglabCoyote3)
    return host.unit


def _yokonex(host: Host) -> YokonexEms:
    assert isinstance(host.unit, YokonexEms)
    return host.unit


def _polar(host: Host) -> PolarSensor:
    assert isinstance(host.unit, PolarSensor)
    return host.unit
