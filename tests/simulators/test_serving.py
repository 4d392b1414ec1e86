"""What `ptdevice-sim serve` does, over a virtual controller behind a socket, and on a private bus."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.behind_socket import controllers
from tests.simulators.carriers.observing import observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.tapes.studio import em70, keys, take

from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.devices.movella_dot import messages, wire
from ptdevice.errors import PtdeviceError
from ptdevice.model import HeartRate, MotionSamples, StimulationStatus
from ptdevice_sim.carriers.bluez.air import VARIABLE
from ptdevice_sim.serving import serve, unit_named
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
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def tape(tmp_path: Path) -> str:
    path = tmp_path / "unit.tape"
    path.write_bytes(take(em70(), keys).octets)
    return str(path)


@contextlib.asynccontextmanager
async def serving(names: list[str], adapters: list[str]) -> AsyncIterator[list[str]]:
    """What it says while it serves; it is ended by a signal, as by Ctrl-C."""
    said: list[str] = []
    running = asyncio.create_task(serve(names, adapters, hand=False, seed=1, say=said.append))
    await until(lambda: len([line for line in said if "is on air" in line]) == len(names) or running.done())
    try:
        yield said
    finally:
        if not running.done():
            os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(15):
            await running


async def test_units_on_adapters_are_heard_by_the_gateway_s_own_connections(tape: str) -> None:
    names = ["polar", tape]
    async with controllers(2) as (radio, dongles), serving(names, [dongle.spec for dongle in dongles]) as said:
        async with radio_on(radio) as gateway:
            chest_unit, back_unit = unit_named("polar", 0, seed=1, now=0.0), unit_named(tape, 1, seed=1, now=0.0)
            async with (
                observed(gateway, "polar", chest_unit) as chest,
                observed(gateway, "beurer_em70", back_unit) as back,
            ):
                await until(lambda: chest.of(MotionSamples) and chest.of(HeartRate) and back.of(StimulationStatus))
                await until(lambda: len([line for line in said if "somebody is connected" in line]) == 2)
        await until(lambda: len([line for line in said if "the link is gone" in line]) == 2)
    assert next(line for line in said if "Polar H10" in line) == (
        f"Polar H10 1A2B3C00 is on air: {dongles[0].spec}, address C0:DE:1A:2B:3C:00"
    )
    assert said[-1].startswith("LT1102S: ")
    assert "0 not on the tape" in said[-1]


async def test_on_a_private_bus_bleak_s_own_backend_finds_them(tape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving([tape, "beurer_em70"], []) as said:
        assert said[0].startswith(f"{VARIABLE}=unix:path=")
        async with Radio() as radio:
            names = {sighting.device.address for sighting in await radio.scan(1.0)}
        assert names == {"F1:7A:9E:00:00:00", "F9:8B:6F:12:EC:01"}


async def test_one_adapter_that_cannot_be_opened_ends_it_all_with_its_reason() -> None:
    async with controllers() as (_, (dongle,)):
        with pytest.raises(PtdeviceError, match="adapter 'nonsense' cannot be opened"):
            await serve(["polar", "polar"], [dongle.spec, "nonsense"], hand=True, seed=1, say=list[str]().append)


async def test_whoever_waits_for_it_can_cancel_it() -> None:
    said: list[str] = []
    running = asyncio.create_task(serve(["beurer_em70"], [], hand=True, seed=1, say=said.append))
    await until(lambda: len(said) == 2)
    running.cancel()
    await asyncio.wait({running}, timeout=15)
    assert running.cancelled()


@pytest.mark.parametrize(
    ("name", "kind", "advertises"),
    [
        ("polar", PolarSensor, b"Polar H10 1A2B3C07"),
        ("polar:Sense", PolarSensor, b"Polar Sense 1A2B3D07"),
        ("bthome", BthomeButton, b"Button"),
        ("capture2go", Capture2Go, b"IMU_3c4d07"),
        ("health_thermometer", HealthThermometer, b"Thermometer"),
        ("movella_dot", MovellaDot, b"Movella DOT"),
        ("movesense", Movesense, b"Movesense 799127657223"),
        ("thingy52", Thingy52, b"Thingy"),
        ("witmotion", WitMotion, b"WT901BLE07"),
        ("beurer_em70", BeurerEm70, b"LT1102S\0\0"),
        ("bluetens", Bluetens, b"Bluetens2"),
        ("dglab_coyote3", DglabCoyote3, b"47L121000"),
        ("openemsstim", OpenEmsStim, b"emsB5"),
        ("yokonex_ems", YokonexEms, b"YYC-DJ-V2-007"),
    ],
)
def test_a_name_means_a_unit(name: str, kind: type, advertises: bytes) -> None:
    unit = unit_named(name, 7, seed=1, now=0.0)
    assert isinstance(unit, kind)
    assert unit.advertising.name == advertises


def test_a_file_means_the_unit_on_it(tape: str) -> None:
    unit = unit_named(tape, 7, seed=1, now=0.0)
    assert isinstance(unit, TapeUnit)
    assert unit.advertising.name == b"LT1102S"


def test_every_device_that_the_daemon_knows_can_be_served() -> None:
    for device in CATALOGUE:
        assert unit_named(device, 0, seed=1, now=0.0).advertising.name


def test_dots_that_are_served_together_can_share_a_clock() -> None:
    one, other = (unit_named("movella_dot", number, seed=1, now=0.0) for number in (0, 1))
    for unit in (one, other):
        unit.connected(0.0)
        unit.write(wire.MESSAGE_UUID, messages.start_sync(one.address), 1.0)
        unit.disconnected(2.0)
    for unit in (one, other):
        unit.connected(16.0)
        assert isinstance(unit, MovellaDot)
        assert unit.synced


@pytest.mark.parametrize("name", ["fridge", "polar:H11", "/no/such.tape", "beurer_em70:x", ""])
def test_anything_else_is_told_with_what_there_is(name: str) -> None:
    with pytest.raises(PtdeviceError, match=r"is neither a unit \(polar, polar:Sense, .*, beurer_em70\) nor a file"):
        unit_named(name, 0, seed=1, now=0.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_as_a_process_it_serves_until_it_is_told_to_end(number: signal.Signals) -> None:
    async with controllers() as (radio, (dongle,)):
        command = ("-m", "ptdevice_sim.cli", "serve", "polar", "--adapter", dongle.spec)
        running = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        assert running.stdout is not None
        async with asyncio.timeout(30):
            assert b"is on air" in await running.stdout.readline()
        unit = unit_named("polar", 0, seed=1, now=0.0)
        async with radio_on(radio) as gateway, observed(gateway, "polar", unit) as chest:
            await until(lambda: chest.of(MotionSamples))
        running.send_signal(number)
        async with asyncio.timeout(15):
            assert await running.wait() == 0
            await running.stdout.read()
