"""`ptdevice record`, with simulated units in the air of this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from ptdevice.ble.radio import Radio
from ptdevice.devices import beurer_em70, polar
from ptdevice.devices.beurer_em70.codec import QUERIES
from ptdevice.errors import ForeignUnitError, LinkError, TapeError
from ptdevice.link import Selector
from ptdevice.recording import Order, Recorded, record
from ptdevice.tape.reading import Tape
from ptdevice.tape.words import WRITES, Direction
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptdevice.devices.device import Profile
    from ptdevice.tape.recorder import Tap
    from ptdevice.tape.words import Entry, Header
    from ptdevice_sim.host import Host

ADDRESS = "C0:DE:1A:2B:3C:4D"


@pytest.fixture
async def air() -> Any:
    made = InProcessAir()
    made.publish(PolarSensor(SyntheticBody(random.Random(1)), address=ADDRESS))  # noqa: S311 - reproducible, not secret
    made.publish(BeurerEm70())
    with contextlib.closing(made):
        yield made


def radio_on(air: InProcessAir) -> Callable[[Tap], Radio]:
    return lambda tap: Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend, tap=tap)


def ordered(folder: Path, profile: Profile, **options: Any) -> Order:
    selector = Selector(address=ADDRESS) if profile is polar.PROFILE else Selector(name="LT1102S")
    return Order(profile, selector, folder / "unit.tape", **{"seconds": 1.5, "simulated": True} | options)


def read(path: Path) -> tuple[Header, list[Entry]]:
    with path.open("rb") as file:
        tape = Tape(file, str(path))
        return tape.header, list(tape)


async def recorded(air: InProcessAir, order: Order) -> Recorded:
    return await record(order, radio_on(air))


async def connected(host: Host) -> None:
    async with asyncio.timeout(10):
        while not host.is_connected:  # noqa: ASYNC110 - a host has no event for it
            await asyncio.sleep(0.02)


async def test_a_sensor_s_stream_is_started_and_recorded(air: InProcessAir, tmp_path: Path) -> None:
    done = await recorded(air, ordered(tmp_path, polar.PROFILE))
    header, passed = read(tmp_path / "unit.tape")
    assert (header.device, header.simulated, header.name) == ("polar", True, "Polar H10 [hidden]")
    frames = [e for e in passed if e.uuid == header.ports["pmd_data"] and e.direction is Direction.NOTIFY]
    assert len(frames) >= 3  # 36 samples each, at 100 Hz
    assert [entry.data[0] for entry in passed if entry.direction is Direction.WRITE] == [1, 2]  # ask, start
    assert [entry.direction for entry in passed if entry.direction is Direction.INDICATE]
    assert (passed[0].direction, passed[-1].direction) == (Direction.CONNECTED, Direction.DISCONNECTED)
    assert done.lines == len(passed) + 1
    assert done.octets == (tmp_path / "unit.tape").stat().st_size
    assert done.links == 1


async def test_a_stimulator_hears_nothing_but_questions(air: InProcessAir, tmp_path: Path) -> None:
    await recorded(air, ordered(tmp_path, beurer_em70.PROFILE))
    header, passed = read(tmp_path / "unit.tape")
    asked = {entry.data for entry in passed if entry.direction in WRITES}
    assert asked == {query.data for query in QUERIES}
    assert {data for _, data in air.hosts["F9:8B:6F:12:EC:AE"].writes} == asked
    assert header.device == "beurer_em70"


async def test_what_identifies_the_unit_is_nowhere_in_the_file(air: InProcessAir, tmp_path: Path) -> None:
    await recorded(air, ordered(tmp_path, polar.PROFILE))
    whole = (tmp_path / "unit.tape").read_text()
    assert "1A2B3C4D" not in whole
    for octets in ("c0de1a2b3c4d", "4d3c2b1adec0", b"1A2B3C4D".hex()):
        assert octets not in whole.lower()


async def test_a_lost_link_is_on_the_tape_and_so_is_the_next_one(air: InProcessAir, tmp_path: Path) -> None:
    host = air.hosts[ADDRESS]
    recording = asyncio.create_task(recorded(air, ordered(tmp_path, polar.PROFILE, seconds=3.0)))
    await connected(host)
    await asyncio.sleep(0.3)
    host.drop_link()
    done = await recording
    _, passed = read(tmp_path / "unit.tape")
    ends = [entry.direction for entry in passed if entry.direction in {Direction.CONNECTED, Direction.DISCONNECTED}]
    assert ends == [Direction.CONNECTED, Direction.DISCONNECTED] * 2
    assert done.links == 2


async def test_a_signal_ends_it_and_keeps_what_there_is(air: InProcessAir, tmp_path: Path) -> None:
    recording = asyncio.create_task(recorded(air, ordered(tmp_path, polar.PROFILE, seconds=3600.0)))
    await connected(air.hosts[ADDRESS])
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    done = await asyncio.wait_for(recording, 10)
    _, passed = read(tmp_path / "unit.tape")
    assert done.lines == len(passed) + 1 > 10


async def test_a_disconnect_that_nobody_answers_ends_the_link_on_the_tape_all_the_same(
    air: InProcessAir, tmp_path: Path
) -> None:
    class Deaf(air.client_backend):  # type: ignore[misc, name-defined] # a class made at run time
        async def disconnect(self) -> None:
            await asyncio.Event().wait()

    def radio(tap: Tap) -> Radio:
        return Radio(scanner_backend=air.scanner_backend, client_backend=Deaf, tap=tap, disconnect_timeout_s=0.1)

    await record(ordered(tmp_path, polar.PROFILE, seconds=0.1), radio)
    _, passed = read(tmp_path / "unit.tape")
    assert passed[-1].direction is Direction.DISCONNECTED


@pytest.mark.parametrize("dated", [False, True])
async def test_the_date_is_on_the_tape_only_when_asked_for(air: InProcessAir, tmp_path: Path, *, dated: bool) -> None:
    await recorded(air, ordered(tmp_path, polar.PROFILE, seconds=0.1, dated=dated))
    header, _ = read(tmp_path / "unit.tape")
    assert (header.started is not None) is dated


async def test_a_simulated_unit_is_refused_unless_it_is_meant(air: InProcessAir, tmp_path: Path) -> None:
    with pytest.raises(ForeignUnitError, match="say --simulated"):
        await recorded(air, ordered(tmp_path, polar.PROFILE, simulated=False))
    assert not (tmp_path / "unit.tape").exists()


async def test_a_unit_that_is_not_what_was_said_leaves_its_reason_and_no_file(
    air: InProcessAir, tmp_path: Path
) -> None:
    order = Order(beurer_em70.PROFILE, Selector(address=ADDRESS), tmp_path / "unit.tape", 1.0, simulated=True)
    recording = asyncio.create_task(recorded(air, order))
    await asyncio.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(LinkError, match="nothing was recorded: not a Beurer EM 70"):
        await recording
    assert not (tmp_path / "unit.tape").exists()


async def test_a_file_that_is_there_is_told_before_anybody_is_connected(air: InProcessAir, tmp_path: Path) -> None:
    (tmp_path / "unit.tape").touch()
    with pytest.raises(TapeError, match="there already"):
        await recorded(air, ordered(tmp_path, polar.PROFILE))
    assert not air.hosts[ADDRESS].is_connected


def test_what_came_of_it_is_told_in_a_line() -> None:
    assert str(Recorded(10, 1000, 1, 0, 0, 0)) == "10 lines, 1000 octets, 1 connection"
    told = str(Recorded(10, 1000, 2, 3, 1, 4))
    assert told.startswith("10 lines, 1000 octets, 2 connections; 3 packets made no sense")
    assert told.endswith("1 values were left out, 4 masked")
