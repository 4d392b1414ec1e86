"""Whose log line it is: a part of the program's, and the unit's on whose behalf a task runs, where it runs for one."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

# Named after the rooms, for readers of the log: not every module is one of its own.
Subsystem = Literal["ble", "devices", "stimulation", "exercise", "mqtt", "journal", "gateway"]

UNIT: ContextVar[str | None] = ContextVar("unit", default=None)

# For a line that may tell whose unit it is in a form that nobody can find and hide, such as octets: it is written only where
# the configuration lets addresses be shown.
REVEALING = {"revealing": True}
