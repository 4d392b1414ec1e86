"""Tapes on every carrier: recorded there they replay without differences, and served there they are the unit again."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.tapes.studio import body_from, em70, keys, take

from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.model import HeartRate, MotionSamples, StimulationStatus
from ptdevice.tape.reading import Tape
from ptdevice.tape.recorder import Recorder
from ptdevice_sim.tapes.playing import Playing, event_body
from ptdevice_sim.tapes.unit import TapeUnit
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told
    from tests.simulators.tapes.studio import Take

    from ptdevice_sim.unit import Unit

pytestmark = pytest.mark.parametrize("name", AIRS)


async def recorded(name: str, unit: Unit, device: str, kinds: tuple[type, ...]) -> tuple[bytes, float, Told]:
    """A few seconds of this unit on this carrier: the tape, its time 0, and what the connection told."""
    lines: list[bytes] = []
    ports = {port.name: port.uuid for port in CATALOGUE[device].ports}
    tap = Recorder(lines.append, device=device, ports=ports, mark=SIMULATED_SERVICE, software="test")
    async with AIRS[name]() as air:
        air.publish(unit)
        radio_tapped = Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend, tap=tap)
        async with radio_tapped as radio, observed(radio, device, unit) as told:
            await until(lambda: all(sum(isinstance(e, kind) for e in told.events) >= 2 for kind in kinds))
    assert tap.start_s is not None
    return b"".join(lines), tap.start_s, told


@pytest.mark.parametrize(
    ("unit", "device", "kinds"),
    [
        (em70, "beurer_em70", (StimulationStatus,)),
        (lambda: PolarSensor(LyingStill()), "polar", (MotionSamples, HeartRate)),
    ],
)
def test_recorded_in_real_time_it_replays_with_zero_differences(name: str, unit: Any, device: str, kinds: Any) -> None:
    octets, zero, told = asyncio.run(recorded(name, unit(), device, kinds))
    playing = Playing(Tape(io.BytesIO(octets), "t"), CATALOGUE[device])
    events = [event_body(event) for event in playing]
    heard = [body_from(event, zero) for event in told.events]
    # An announced value is on the tape when the read has ended, and was delivered when it was announced.
    loose = [{key: value for key, value in event.items() if key != "t"} for event in events]
    assert loose == [{key: value for key, value in event.items() if key != "t"} for event in heard]
    assert max(abs(ours["t"] - theirs["t"]) for ours, theirs in zip(events, heard, strict=True)) < 0.05
    assert playing.report.faithful
    assert playing.wire_errors == 0


@pytest.fixture(scope="module")
def made() -> Take:
    return take(em70(), keys)


async def test_served_it_is_the_unit_again(name: str, made: Take) -> None:
    unit = TapeUnit(made.tape)
    async with AIRS[name]() as air, radio_on(air) as radio:
        air.publish(unit)
        async with observed(radio, "beurer_em70", unit) as told:
            await until(lambda: sum(isinstance(event, StimulationStatus) for event in told.events) >= 3)
    heard = [body_from(event, told.events[0].at) for event in told.events]
    expected = made.events[: len(heard)]
    assert [{**event, "t": 0} for event in heard] == [{**event, "t": 0} for event in expected]
    assert unit.served.unexpected == unit.served.missing == 0
