"""Filters: MQTT's own, below the gateway's prefix."""

from __future__ import annotations

import pytest

from ptdevice_sim.kit.selection import DEFAULT, below_prefix, selects

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1/"


@pytest.mark.parametrize(
    ("pattern", "topic", "taken"),
    [
        ("evt/#", "evt/exercise/repetition", True),
        ("evt/#", "evt", True),
        ("evt/exercise", "evt/exercise/repetition", False),
        ("evt/exercise/repetition/more", "evt/exercise/repetition", False),
        ("unit/+/state", "unit/back/state", True),
        ("unit/+/state", "unit/back/availability", False),
        ("unit/+", "unit/back/state", False),
        ("#", "status", True),
    ],
)
def test_a_filter_takes_what_mqtt_would(pattern: str, topic: str, *, taken: bool) -> None:
    assert selects((pattern,), PREFIX + topic) is taken


def test_without_any_filter_records_status_and_availability_count() -> None:
    topics = [
        "evt/alarm",
        "status",
        "unit/a/availability",
        "unit/a/state",
        "unit/a/telemetry/motion",
        "diag/health",
        "res/x",
    ]
    assert [topic for topic in topics if selects(DEFAULT, PREFIX + topic)] == topics[:3]


def test_a_topic_below_the_prefix_does_not_say_which_gateway() -> None:
    assert below_prefix(f"{PREFIX}unit/a/state") == "unit/a/state"
