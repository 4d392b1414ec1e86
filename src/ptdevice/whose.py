"""Whose log line it is: a part of the program's, and the unit's on whose behalf a task runs, where it runs for one."""

from __future__ import annotations

import asyncio
from typing import Literal

# Named after the rooms, for readers of the log: not every module is one of its own.
Subsystem = Literal["ble", "devices", "stimulation", "exercise", "mqtt", "journal", "gateway"]

OF_UNITS = frozenset({"unit", "commander"})  # tasks of this name are followed by an alias

# The last name of a logger whose lines may tell whose unit it is in a form that nobody can find and hide. They are written
# only where the configuration lets addresses be shown.
REVEALING = "octets"


def unit() -> str | None:
    """The alias of the unit that the present task looks after, if it looks after one."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None  # another thread, or no loop
    kind, _, alias = task.get_name().partition(" ") if task is not None else ("", "", "")
    return alias if kind in OF_UNITS and alias else None
