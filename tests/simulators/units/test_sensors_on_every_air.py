"""Each sensor with a gyroscope streams on each carrier, and again after its link was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import observed, radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.units.poses import Pose

from ptdevice.model import MotionSamples, StreamChanged
from ptdevice_sim.units.capture2go import Capture2Go
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.thingy52 import Thingy52
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.unit import Unit

UNITS: dict[str, Callable[[Pose], Unit]] = {
    "movella_dot": MovellaDot,
    "capture2go": Capture2Go,
    "movesense": Movesense,
    "thingy52": Thingy52,
    "witmotion": lambda body: WitMotion(body, rate_code=8),
}


@pytest.mark.parametrize("name", AIRS)
@pytest.mark.parametrize("device", UNITS)
async def test_it_streams_and_streams_again_after_a_lost_link(name: str, device: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = UNITS[device](Pose((0.0, 0.5, 0.25), (100.0, -50.0, 25.0)))
        host = air.publish(unit)
        async with observed(radio, device, unit) as told:

            def samples() -> list[MotionSamples]:
                return [event for event in told.events if isinstance(event, MotionSamples)]

            await until(lambda: len(samples()) >= 20)
            before = len(samples())
            host.drop_link()
            await until(lambda: len(samples()) >= before + 20)
    assert told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert {(event.stream, event.running) for event in told.events if isinstance(event, StreamChanged)} <= {
        ("motion", True),
        ("heart_rate", True),
    }
    for event in samples():
        assert all(force == pytest.approx((0.0, 4.903325, 2.4516625), abs=3e-3) for force in event.acceleration)
        assert all(spin == pytest.approx((100.0, -50.0, 25.0), abs=0.04) for spin in event.angular_rate)
    assert told.progress.wire_errors == 0
