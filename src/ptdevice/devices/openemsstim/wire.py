"""The words of openEMSstim: one command of letters and numbers, without an end mark, and nothing in return.

    C0I40T1000G    channel 0 or 1, intensity 0 to 100, so many milliseconds, go

Source: the firmware of PedroLopes/openEMSstim (EMSSystem.cpp, EMSChannel.cpp, Rn4020BTLe.cpp) and its guide to the protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SERVICE_UUID = "454d532d-5365-7276-6963-652d424c4531"  # in ASCII "EMS-Service-BLE1"
CONTROL_UUID = "454d532d-5374-6575-6572-756e672d4348"  # in ASCII "EMS-Steuerung-CH"

INTENSITY_MAX = 100
TIME_MAX_MS = 5000  # of the firmware; what is longer is cut to it
COMMAND_MAX = 20  # octets that fit a write; the longest command has 12

_COMMAND = re.compile(r"C([01])I([0-9]{1,3})T([0-9]{1,4})G")


class CommandError(ValueError):
    """Not a command that any unit should hear."""


@dataclass(frozen=True, slots=True)
class Command:
    """Let channel 0 or 1 through at `intensity` for `ms` from now on."""

    channel: int
    intensity: int
    ms: int


def command(it: Command) -> bytes:
    """In octets. Raises CommandError; the firmware reads memory that is not its own where the channel is none."""
    if it.channel not in (0, 1) or not 0 <= it.intensity <= INTENSITY_MAX or not 0 <= it.ms <= TIME_MAX_MS:
        raise CommandError(f"no command: {it}")
    return f"C{it.channel}I{it.intensity}T{it.ms}G".encode("ascii")


def parse(data: bytes) -> Command:
    """The inverse of `command`. Raises CommandError."""
    match = _COMMAND.fullmatch(data.decode("ascii", "replace"))
    if match is None:
        raise CommandError("no whole command")
    it = Command(*(int(group) for group in match.groups()))
    command(it)
    return it
