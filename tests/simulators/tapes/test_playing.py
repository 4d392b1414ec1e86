"""A tape played to the daemon's own connection and codec says what the unit said when it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.simulators.tapes.studio import em70, exercises, keys, polar, take

from ptdevice.devices import CATALOGUE
from ptdevice_sim.tapes.playing import Playing, event_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulators.tapes.studio import Story

    from ptdevice_sim.unit import Unit

TAKES = [
    pytest.param(polar, exercises, id="H10"),
    pytest.param(lambda: polar(model="Sense"), exercises, id="Verity Sense"),
    pytest.param(lambda: polar(no_data_on_restart=True), exercises, id="H10 without data after a restart"),
    pytest.param(em70, keys, id="EM 70"),
    pytest.param(lambda: em70(layout=9), keys, id="EM 70 with the longer state"),
]


@pytest.mark.parametrize(("unit", "story"), TAKES)
@pytest.mark.parametrize("start", [0.0, 86_400.123456789])
def test_it_replays_with_zero_differences(unit: Callable[[], Unit], story: Story, start: float) -> None:
    made = take(unit(), story, start=start)
    playing = Playing(made.tape(), CATALOGUE[made.device])
    events = [event_body(event) for event in playing]
    assert len(events) > 100
    assert {event["event"] for event in events} >= {"battery", "device_information"}
    assert events == made.events
    assert playing.wire_errors == 0
    assert playing.report.faithful
    assert playing.report.writes > 3
    assert playing.report.packets > 100
