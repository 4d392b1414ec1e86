"""The parts of the program by which the log can be turned up and down, and which loggers belong to each. Pure."""

from __future__ import annotations

from typing import get_args

from ptdevice.whose import Subsystem

SUBSYSTEMS: tuple[Subsystem, ...] = get_args(Subsystem)

# By the beginning of a logger's name; the longest that fits counts. What is in none of them is the gateway's.
LOGGERS: dict[str, Subsystem] = {
    "ptdevice": "gateway",
    "ptdevice.ble": "ble",
    "bleak": "ble",
    "ptdevice.connection": "devices",
    "ptdevice.bedside": "devices",
    "ptdevice.keys": "devices",
    "ptdevice.remote": "devices",
    "ptdevice.stimulation": "stimulation",
    "ptdevice.requests.stimulation": "stimulation",
    "ptdevice.commander": "stimulation",
    "ptdevice.orphans": "stimulation",
    "ptdevice.outstanding": "stimulation",
    "ptdevice.aftermath": "stimulation",
    "ptdevice.alarms": "stimulation",
    "ptdevice.signals": "stimulation",
    "ptdevice.charts": "stimulation",
    "ptdevice.doses": "stimulation",
    "ptdevice.casebook": "exercise",
    "ptdevice.motion": "exercise",
    "ptdevice.mqtt": "mqtt",
    "ptdevice.deliveries": "mqtt",
    "ptdevice.home_assistant": "mqtt",
    "ptdevice.journal": "journal",
    "ptdevice.recorder": "journal",
    "ptdevice.archivist": "journal",
    "ptdevice.upgrade": "journal",
}


def subsystem_of(logger: str) -> Subsystem:
    """The subsystem of a logger."""
    while logger not in LOGGERS:
        parent, _, _ = logger.rpartition(".")
        if not parent:
            return "gateway"
        logger = parent
    return LOGGERS[logger]
