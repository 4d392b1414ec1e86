"""`[log]`: how much is said, and in which form."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from typing import Literal

from pydantic import Field

from ptdevice.config.section import Section
from ptdevice.whose import Subsystem

Weight = Literal["debug", "info", "warning", "error"]


class LogLevels(Section):
    """Parts of the program that say more, or less, than `log.level`."""

    ble: Weight | None = None
    """The radio. "debug" shows Bluetooth addresses, as it does for each of these. Default: `log.level`."""
    devices: Weight | None = None
    """Units, their connections, and what they say; "debug" has octets that made no sense. Default: `log.level`."""
    stimulation: Weight | None = None
    """What stimulators do and are told, and alarms. Default: `log.level`."""
    exercise: Weight | None = None
    """Sets and programmes. Default: `log.level`."""
    mqtt: Weight | None = None
    """The broker, delivery and Home Assistant. Default: `log.level`."""
    journal: Weight | None = None
    """The record on disk. Default: `log.level`."""
    gateway: Weight | None = None
    """All else. Default: `log.level`."""

    def said(self) -> dict[Subsystem, str]:
        """Those that are not as `log.level`."""
        found: dict[Subsystem, Weight | None] = {
            "ble": self.ble,
            "devices": self.devices,
            "stimulation": self.stimulation,
            "exercise": self.exercise,
            "mqtt": self.mqtt,
            "journal": self.journal,
            "gateway": self.gateway,
        }
        return {name: level for name, level in found.items() if level is not None}


class Log(Section):
    """The log goes to systemd's journal, or else to standard error."""

    level: Weight = "info"
    """The least important thing to log. Only "debug" shows Bluetooth addresses."""
    format: Literal["auto", "text", "json", "journal"] = "auto"
    """"auto": to systemd's journal, with fields, where standard error leads there, else lines of text; "json": objects."""
    levels: LogLevels = Field(default_factory=LogLevels)
    """Levels of parts of the program, in a table of their own."""
