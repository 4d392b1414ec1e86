"""Tapes made in the air of this process, in virtual time, and what the gateway's own connection heard while they were made."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import SIMULATED_SERVICE, Selector
from ptdevice.tape.reading import Tape
from ptdevice.tape.recorder import Recorder
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.tapes.playing import event_body
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.capture2go import Capture2Go
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.thingy52 import Thingy52
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ptdevice.model import Event
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

    Story = Callable[[Host], Awaitable[None]]


@dataclass(frozen=True)
class Take:
    """A tape, and the events of the connection that it was recorded from, with times of the tape."""

    device: str
    octets: bytes
    events: list[dict[str, Any]]
    host: Host

    def tape(self, name: str = "take") -> Tape:
        return Tape(io.BytesIO(self.octets), name)


DEVICES: dict[type, str] = {
    PolarSensor: "polar",
    BeurerEm70: "beurer_em70",
    Bluetens: "bluetens",
    Thingy52: "thingy52",
    WitMotion: "witmotion",
    MovellaDot: "movella_dot",
    Capture2Go: "capture2go",
    Movesense: "movesense",
}


def polar(**options: Any) -> PolarSensor:
    body = SyntheticBody(random.Random(1), start=3.0)  # noqa: S311 - reproducible, not secret
    return PolarSensor(body, **options)


def em70(**options: Any) -> BeurerEm70:
    return BeurerEm70(**options)


def bluetens(**options: Any) -> Bluetens:
    return Bluetens(**options)


async def turns(host: Host) -> None:
    """Somebody uses a Bluetens for two minutes: up, up, down; a link that breaks; a pad that comes off."""
    unit, loop = host.unit, asyncio.get_running_loop()
    assert isinstance(unit, Bluetens)
    await asyncio.sleep(20.3)
    for press in (unit.press_up, unit.press_up, unit.press_down):
        press(loop.time())
        host.poke()
        await asyncio.sleep(9.1)
    host.drop_link()
    await asyncio.sleep(20)
    unit.pads_off(loop.time())
    host.poke()
    await asyncio.sleep(60)


def witmotion(**options: Any) -> WitMotion:
    return WitMotion(SyntheticBody(random.Random(1), start=3.0), **options)  # noqa: S311 - reproducible, not secret


def dot(**options: Any) -> MovellaDot:
    return MovellaDot(SyntheticBody(random.Random(1), start=3.0), **options)  # noqa: S311 - reproducible, not secret


def capture2go(**options: Any) -> Capture2Go:
    return Capture2Go(SyntheticBody(random.Random(1), start=3.0), **options)  # noqa: S311 - reproducible, not secret


def movesense(**options: Any) -> Movesense:
    return Movesense(SyntheticBody(random.Random(1), start=3.0), **options)  # noqa: S311 - reproducible, not secret


def thingy52(**options: Any) -> Thingy52:
    return Thingy52(SyntheticBody(random.Random(1), start=3.0), **options)  # noqa: S311 - reproducible, not secret


async def worn(host: Host) -> None:
    """A sensor for a minute and a half, whose link breaks once."""
    await asyncio.sleep(40)
    host.drop_link()
    await asyncio.sleep(50)


async def keys(host: Host) -> None:
    """Somebody uses an EM 70 for two minutes: up, down, overload; a link that breaks; off."""
    unit, loop = host.unit, asyncio.get_running_loop()
    assert isinstance(unit, BeurerEm70)
    await asyncio.sleep(7.3)
    for press in (unit.press_up, unit.press_up, unit.press_down, unit.press_up, unit.overload, unit.press_up):
        press(loop.time())
        host.poke()
        await asyncio.sleep(9.1)
    host.drop_link()
    await asyncio.sleep(20)
    unit.battery_low(loop.time())
    host.poke()
    await asyncio.sleep(5)
    unit.switch_off(loop.time())
    host.poke()
    await asyncio.sleep(20)


async def exercises(host: Host) -> None:
    """An H10 for two minutes: it stops its stream once, and the link breaks once."""
    unit = host.unit
    assert isinstance(unit, PolarSensor)
    await asyncio.sleep(40)
    unit.stop_streams()
    host.poke()
    await asyncio.sleep(20)
    host.drop_link()
    await asyncio.sleep(60)


def take(unit: Unit, story: Story, *, start: float = 0.0, faults: Faults | None = None) -> Take:
    """Record this unit while the story is told."""
    device = DEVICES[type(unit)]
    lines: list[bytes] = []
    profile = CATALOGUE[device]
    recorder = Recorder(
        lines.append,
        device=device,
        ports={port.name: port.uuid for port in profile.ports},
        mark=SIMULATED_SERVICE,
        software="test",
        private={port.uuid: port.private for port in profile.ports},
    )
    made: list[Host] = []

    async def main() -> list[Event]:
        async with InProcessAir() as air:
            made.append(air.publish(unit, faults))
            return await listen(air, device, story, made[0], tap=recorder)

    events = virtual_time.run(main(), start=start)
    assert recorder.start_s is not None
    return Take(device, b"".join(lines), [body_from(event, recorder.start_s) for event in events], made[0])


async def listen(
    air: InProcessAir, device: str, story: Story, host: Host, *, tap: Recorder | None = None
) -> list[Event]:
    """What the gateway's connection hears while the story is told."""
    profile, heard = CATALOGUE[device], list[Any]()
    async with Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend, tap=tap) as radio:
        connection = Connection(
            device,
            profile,
            Selector(address=host.unit.address),
            radio.open,
            simulated=True,
            hear=heard.append,
            report=lambda _: None,
            rng=random.Random(1),  # noqa: S311 - reproducible, not secret
        )
        running = asyncio.create_task(connection.run())
        try:
            await story(host)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
    return heard


def without_arrivals(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[float], list[float]]:
    """Events without the times and rates of samples; those times, in s after the first; and those rates.

    For units whose samples have no time but that of their arrival, which is on whatever clock the gateway has.
    """
    arrived = {"t", "device_ns", "rate_hz"}
    bare = [{key: value for key, value in event.items() if key not in arrived} for event in events]
    times = [ns / 1e9 for event in events for ns in event.get("device_ns", ())]
    rates = [event["rate_hz"] for event in events if "rate_hz" in event]
    return bare, [time - times[0] for time in times], rates


def body_from(event: Event, zero: float) -> dict[str, Any]:
    """The event's body, with its time counted from `zero`."""
    return event_body(replace(event, at=event.at - zero))
