"""From a stop on MQTT to the stop's octets at the simulated unit: idle, and under load, for every unit that can be commanded.

A real Mosquitto, the real gateway, courier and journal, in real time. Asker, gateway and simulated units share one process and
one event loop (the in-process carrier), so under load the simulators' own work is in the numbers: they are an upper bound of
the gateway's part. Not in them: the air. A write with response takes one connection interval more, 7.5 to 50 ms by the unit's
choice, and at worst waits for one write in flight (5 s until it is given up).

Under load: 16 sensors at 100 Hz, exercising; all motion published live; each commit to the disk takes SLOW_DISK_S longer; a
hundred requests wait before each stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt

from ptdevice.ble.radio import Radio
from ptdevice.broker import broker_of
from ptdevice.clock import Clock
from ptdevice.config import load
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.gateway import Gateway
from ptdevice.journal import Journal, uuid7
from ptdevice.mqtt.client import connect
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.demo.broker import embedded_broker
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.openemsstim import OpenEmsStim
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

HOST = "127.0.0.1"
STOPS, STOPS_UNDER_LOAD = 200, 50
SENSORS = 16
FRAME_SAMPLES = 36  # in one notification, as an H10 sends them
WAITING = 100  # requests before each stop, under load
SLOW_DISK_S = 0.3
SETTLE_S = 4.0
UNITS: dict[str, type[Any]] = {
    "beurer_em70": BeurerEm70,
    "bluetens": Bluetens,
    "dglab_coyote3": DglabCoyote3,
    "openemsstim": OpenEmsStim,
}
PREFIX = "ptdevice-sim/v1/bench/stop"


class SlowDisk(sqlite3.Connection):
    """Each commit takes a while, on the journal's own thread."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT":
            time.sleep(SLOW_DISK_S)
        return super().execute(sql, parameters)


def configuration(folder: Path, port: int, device: str, *, sensors: int) -> Path:
    lines = [
        '[gateway]\nsite = "bench"\nname = "stop"\nsimulated = true',
        '[journal]\npath = "journal.sqlite"',
        f'[mqtt]\nhost = "{HOST}"\nport = {port}',
        f"[telemetry]\nmotion = {'true' if sensors else 'false'}",
        f'[units.back]\ndevice = "{device}"\nsubject = "k3f7q"\n[units.back.command]\nenabled = true',
    ]
    lines += [
        f'[units.s{number}]\ndevice = "polar"\nexercise = "sit_up"\naddress = "{address(number)}"'
        for number in range(sensors)
    ]
    path = folder / "ptdevice.toml"
    path.write_text("\n".join(lines))
    return path


def address(number: int) -> str:
    return f"C0:DE:00:00:00:{number:02X}"


@contextlib.asynccontextmanager
async def gateway(folder: Path, port: int, device: str, *, load_: bool) -> AsyncIterator[Host]:
    """A running gateway that commands such a unit; the unit's host."""
    loop, rng = asyncio.get_running_loop(), random.Random(1)  # noqa: S311 - no secret
    settings = load(configuration(folder, port, device, sensors=SENSORS if load_ else 0), {})
    extra: dict[str, Any] = {}
    if load_:
        extra["connect"] = lambda path: sqlite3.connect(path, isolation_level=None, factory=SlowDisk)
    async with InProcessAir() as sky:
        unit: Unit = UNITS[device]()
        host = sky.publish(unit)
        for number in range(SENSORS if load_ else 0):
            body = SyntheticBody(random.Random(number), sets=(200,), start=loop.time() + 2.0)  # noqa: S311
            sky.publish(PolarSensor(body, address=address(number), frame_samples=FRAME_SAMPLES))
        async with (
            Journal.open(settings.journal.path, wall=time.time_ns, randbits=secrets.randbits, **extra) as journal,
            Radio(scanner_backend=sky.scanner_backend, client_backend=sky.client_backend) as radio,
        ):
            broker = broker_of(settings.gateway.name, settings.mqtt)
            made = Gateway(
                settings,
                journal,
                radio.open,
                clock=Clock("boot", mono=loop.time, wall=time.time_ns, synced=lambda: True),
                connect=lambda will: connect(broker, will),
                new_id=lambda: uuid7(time.time_ns(), secrets.randbits),
                rng=rng,
            )
            running = asyncio.create_task(made.run())
            try:
                async with asyncio.timeout(60):
                    back, courier = made.bedsides["back"].connection, made.courier.progress
                    while back.link is None or not courier.connected:  # noqa: ASYNC110 - a few looks, once
                        await asyncio.sleep(0.05)
                await asyncio.sleep(SETTLE_S)
                yield host
            finally:
                running.cancel()
                await asyncio.wait([running])


async def measure(port: int, device: str, *, load_: bool) -> list[float]:
    """Milliseconds of each stop, sorted."""
    commanding = CATALOGUE[device].commanding
    assert commanding is not None
    last = commanding.stop[-1].data
    took: list[float] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        async with gateway(Path(folder), port, device, load_=load_) as host, aiomqtt.Client(HOST, port) as asker:
            arrived = asyncio.Event()
            host.watch = arrived.set
            for number in range(STOPS_UNDER_LOAD if load_ else STOPS):
                await asyncio.sleep(random.uniform(0.02, 0.06))  # noqa: S311 - so that nothing falls in step
                for waiting in range(WAITING if load_ else 0):
                    ping = json.dumps({"id": f"{number}-{waiting}", "requester": "bench"})
                    await asker.publish(f"{PREFIX}/cmd/gateway/ping", ping, qos=0)
                before = sum(data == last for _, data in host.writes)
                began = time.perf_counter()
                await asker.publish(f"{PREFIX}/cmd/back/stop", b"{}", qos=0)
                async with asyncio.timeout(30):
                    while sum(data == last for _, data in host.writes) == before:
                        arrived.clear()
                        await arrived.wait()
                took.append((time.perf_counter() - began) * 1e3)
                host.writes.clear()
    return sorted(took)


async def run() -> None:
    commanded = [name for name, profile in CATALOGUE.items() if Kind.STIMULATOR in profile.kinds and profile.commanding]
    missing = sorted(set(commanded) - set(UNITS))
    if missing:
        raise SystemExit(f"no simulated unit here for {', '.join(missing)}")
    print("From publishing on MQTT to the last octet of the stop at the unit, ms;")
    print(f"{STOPS} stops each, {STOPS_UNDER_LOAD} under load\n")
    print("| unit | idle p50 | p99 | max | load p50 | p99 | max |\n|---|---|---|---|---|---|---|")
    async with embedded_broker(engine="mosquitto") as broker:
        for device in commanded:
            cells = []
            for load_ in (False, True):
                took = await measure(broker.port, device, load_=load_)
                cells += [took[len(took) // 2], took[len(took) * 99 // 100], took[-1]]
            print(f"| {device} | " + " | ".join(f"{value:.1f}" for value in cells) + " |", flush=True)


if __name__ == "__main__":
    asyncio.run(run())
