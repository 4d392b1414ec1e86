"""Simulated units on air until somebody ends it: what `ptdevice-sim serve` does."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.errors import PtdeviceError, TapeError
from ptdevice.tape.reading import Tape
from ptdevice_sim import hands
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers import adapter
from ptdevice_sim.carriers.bluez.air import VARIABLE, BluezAir
from ptdevice_sim.carriers.bluez.private_bus import PrivateBus
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.tapes.unit import TapeUnit
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.bthome import BthomeButton
from ptdevice_sim.units.capture2go import Capture2Go
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.health_thermometer import HealthThermometer
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.openemsstim import OpenEmsStim
from ptdevice_sim.units.polar import PolarSensor
from ptdevice_sim.units.thingy52 import Thingy52
from ptdevice_sim.units.witmotion import WitMotion
from ptdevice_sim.units.yokonex_ems import YokonexEms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptdevice_sim.body import Body
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

    Say = Callable[[str], None]

SETS_OF, SETS, LIES_STILL_S = 10, 1000, 5.0  # repetitions; two weeks of sets would be more than anybody watches
ROOM = DotRoom()  # all that is served is in one, so that DOTs can share a clock
LOOK_S = 0.2  # how often the screen is told of connections

UNITS: dict[str, Callable[[Body, int], Unit]] = {
    "polar": lambda body, number: PolarSensor(body, address=f"C0:DE:1A:2B:3C:{number:02X}"),
    "polar:Sense": lambda body, number: PolarSensor(body, model="Sense", address=f"C0:DE:1A:2B:3D:{number:02X}"),
    "bthome": lambda _, number: BthomeButton(address=f"DC:4F:22:1A:2B:{number:02X}"),
    "capture2go": lambda body, number: Capture2Go(body, address=f"D6:1A:2B:3C:4D:{number:02X}"),
    "health_thermometer": lambda _, number: HealthThermometer(address=f"C9:18:09:2B:3C:{number:02X}"),
    "movella_dot": lambda body, number: MovellaDot(body, address=f"D4:22:CD:00:1A:{number:02X}", room=ROOM),
    "movesense": lambda body, number: Movesense(body, address=f"0C:8C:DC:1A:2B:{number:02X}"),
    "thingy52": lambda body, number: Thingy52(body, address=f"EB:2F:52:1A:2B:{number:02X}"),
    "witmotion": lambda body, number: WitMotion(body, address=f"C8:57:1A:2B:3C:{number:02X}"),
    "bluetens": lambda _, number: Bluetens(f"C8:7C:BE:12:34:{number:02X}"),
    "dglab_coyote3": lambda _, number: DglabCoyote3(f"D0:9C:0A:12:34:{number:02X}"),
    "openemsstim": lambda _, number: OpenEmsStim(f"C9:1E:C0:12:34:{number:02X}"),
    "yokonex_ems": lambda body, number: YokonexEms(body, address=f"E4:5F:01:12:34:{number:02X}"),
    "beurer_em70": lambda _, number: BeurerEm70(f"F9:8B:6F:12:EC:{number:02X}"),
}


def unit_named(name: str, number: int, *, seed: int, now: float) -> Unit:
    """What a UNIT on the command line means; `number` (0-199) tells several apart. Raises PtdeviceError."""
    rng = random.Random(seed + number)  # noqa: S311 - reproducible, not secret
    body = SyntheticBody(rng, sets=(SETS_OF,) * SETS, start=now + LIES_STILL_S)
    if name in UNITS:
        return UNITS[name](body, number)
    if Path(name).is_file():
        return TapeUnit(lambda: _tape(Path(name)), address=f"F1:7A:9E:00:00:{number:02X}")
    raise PtdeviceError(f"{name!r} is neither a unit ({', '.join(UNITS)}) nor a file")


async def serve(
    names: Sequence[str],
    adapters: Sequence[str],
    *,
    hand: bool,
    seed: int,
    say: Say,
    typed: int | None = None,
    socket: Path | None = None,
) -> None:
    """Have these units on air, each on its adapter, or all on a private bus where there are none, until SIGINT or SIGTERM.

    `typed` is a file descriptor on which somebody types, `socket` where the private bus listens. Raises PtdeviceError:
    AdapterError, TapeError, an unknown name.
    """
    loop = asyncio.get_running_loop()
    units = [unit_named(name, number, seed=seed, now=loop.time()) for number, name in enumerate(names)]
    stage = _Stage(hand=hand, say=say, socket=socket)
    serving = asyncio.create_task(stage.serve(units, adapters, typed), name="serve")
    with _signals(serving.cancel):
        try:
            await serving
        except asyncio.CancelledError:
            ourselves = asyncio.current_task()
            if ourselves is not None and ourselves.cancelling():
                raise  # not a signal: somebody wants us gone
        finally:
            for unit in units:
                if isinstance(unit, TapeUnit):
                    unit.close()
                    say(f"{unit.header.name or 'the tape'}: {unit.served}")


class _Stage:
    """Units on air, and who is at their keys."""

    def __init__(self, *, hand: bool, say: Say, socket: Path | None) -> None:
        self._hand, self._say, self._socket = hand, say, socket
        self._hosts: list[Host] = []
        self._tasks: asyncio.TaskGroup

    async def serve(self, units: Sequence[Unit], adapters: Sequence[str], typed: int | None) -> None:
        """Until cancelled. Raises PtdeviceError."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                if typed is not None:
                    self._tasks.create_task(hands.keyboard(typed, self._hosts, self._say), name="keyboard")
                if adapters:
                    for unit, spec in zip(units, adapters, strict=True):
                        work = adapter.serve(unit, spec, partial(self._published, spec))
                        self._tasks.create_task(work, name=f"unit on {spec}")
                else:
                    await self._on_private_bus(units)
        except BaseExceptionGroup as group:
            foreseen, bugs = group.split(PtdeviceError)
            if bugs is not None or foreseen is None:
                raise
            raise foreseen.exceptions[0] from None

    async def _on_private_bus(self, units: Sequence[Unit]) -> None:
        try:
            air = BluezAir()
            air.bus = PrivateBus(self._socket)
            async with air:
                self._say(f"{VARIABLE}={air.bus.address}")
                for unit in units:
                    self._published("the private bus", air.publish(unit))
                await asyncio.Event().wait()
        except FileNotFoundError as error:
            raise PtdeviceError(str(error)) from error

    def _published(self, where: str, host: Host) -> None:
        name = host.unit.advertising.name.rstrip(b"\0").decode(errors="replace")
        self._say(f"{name} is on air: {where}, address {host.unit.address}")
        self._hosts.append(host)
        self._tasks.create_task(self._watch(name, host), name=f"watch on {name}")
        if self._hand:
            self._tasks.create_task(hands.timed(host), name=f"hand on {name}")

    async def _watch(self, name: str, host: Host) -> None:
        was = False
        while True:
            if host.is_connected != was:
                was = host.is_connected
                self._say(f"{name}: {'somebody is connected' if was else 'the link is gone'}")
            await asyncio.sleep(LOOK_S)


@contextmanager
def _signals(stop: Callable[[], object]) -> Iterator[None]:
    """SIGINT and SIGTERM mean `stop`."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _tape(path: Path) -> Tape:
    try:
        file = path.open("rb")
    except OSError as error:
        raise TapeError(f"{path}: {error.strerror}") from error
    try:
        return Tape(file, str(path))
    except TapeError:
        file.close()
        raise
