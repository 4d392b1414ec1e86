"""A run of ten minutes, written by hand: what subscribers were told, and what was true beside it."""

from __future__ import annotations

from tests.simulators.story import NAMES, START_NS, Pen

from ptdevice.model import Alarm, SetProgress
from ptdevice.mqtt import contract, telemetry, topics
from ptdevice_sim.clinic.log import Happened, Run

UNKNOWN_FROM, UNKNOWN_TO = 300.0, 360.0
HOSTILE = '<script>alert("x")</script> & \x1b[2J'


def evening(*, title: str = "An evening", alarm: str = "Look at the unit.") -> Run:
    """Level 4 from 60 s to 500 s; link lost 300-360 s; the broker away 420-440 s; a set of three at 120 s."""
    pen = Pen()
    units = [
        contract.UnitInfo(alias="back", device="beurer_em70", title="Stimulator", kinds=["stimulator"], level_max=15),
        contract.UnitInfo(alias="chest", device="polar", title="Strap", kinds=["sensor"]),
    ]
    pen.say(0.1, topics.info(NAMES, units, version="1", stamp=pen.stamp(0.1)))
    pen.status(0.2, "online")
    for alias in ("back", "chest"):
        pen.availability(0.2, alias, "unknown", "starting")
        pen.availability(2.0, alias, "online")
    pen.state(2.0, "back", {"output": "off", "level": 0, "level_max": 15, "contact": "unknown"})
    pen.state(60.0, "back", {"output": "on", "level": 4, "level_max": 15, "contact": "ok"})
    _set(pen)
    pen.availability(UNKNOWN_FROM, "back", "unknown", "link_lost")
    pen.state(UNKNOWN_FROM, "back", {"output": "unknown", "level": 4, "level_max": 15, "contact": "unknown"})
    pen.record(UNKNOWN_FROM, Alarm(UNKNOWN_FROM, "link_lost_while_on", alarm), "back")
    pen.availability(UNKNOWN_TO, "back", "online")
    pen.state(UNKNOWN_TO, "back", {"output": "on", "level": 4, "level_max": 15, "contact": "ok"})
    pen.status(420.0, "offline")
    pen.status(441.0, "online")
    pen.state(500.0, "back", {"output": "off", "level": 0, "level_max": 15, "contact": "ok"})
    truth = [
        Happened(0.0, "back", "output", {"output": "off", "level": 0}),
        *(Happened(59.0 + i, "back", "press", {"key": "up", "times": 4}) for i in range(4)),
        Happened(60.0, "back", "output", {"output": "on", "level": 4}),
        *(
            Happened(123.0 + 4 * i, "chest", "repetition", {"turn_s": 121.4 + 4 * i, "range_deg": 61.0})
            for i in range(4)
        ),
        Happened(300.0, "back", "vanish", {"for": 60.0}),
        Happened(360.0, "back", "vanish_over", {}),
        Happened(420.0, "broker", "broker", {"broker": "down", "for": 20.0}),
        Happened(440.0, "broker", "broker_over", {}),
        Happened(500.0, "back", "output", {"output": "off", "level": 0}),
    ]
    return Run(title, 7, START_NS, 600.0, tuple(pen.said), tuple(truth))


def _set(pen: Pen) -> None:
    set_id = pen.new_id(120)
    for i in range(160):
        t_s = 118 + i / 10
        angle = 60.0 * (1 - abs(t_s % 4 - 2) / 2)
        progress = SetProgress("sit_up", "moving", 0, angle, None)
        pen.say(t_s, telemetry.exercise(NAMES, "chest", progress, stamp=pen.stamp(t_s)))
    for i in range(3):
        pen.repetition(i + 1, set_id, start=120.0 + 4 * i, range_deg=60 + i)
