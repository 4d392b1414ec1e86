"""Remotes: what was pressed, and what came of it."""

from ptdevice.model import Meaning, Press
from ptdevice.mqtt.contract.types import Body, Count, Level, Open, Time


class RemotePressData(Body):
    """evt/remote/press: a button of a remote was pressed; `button` counts from 1.

    `meaning` (pause, pain, rate) is what it was configured to mean for the unit `target`; `effective`, whether it did that:
    there may have been no set to pause or to end. `rating` is the pain from 0 to 10 that it stands for, where it rates.
    """

    at: Time
    button: Count
    press: Open[Press]
    meaning: Open[Meaning] | None
    target: Level | None
    effective: bool
    rating: int | None = None
