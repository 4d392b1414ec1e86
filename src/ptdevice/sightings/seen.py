"""What was seen on air. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.devices.device import Advertisement


@dataclass(frozen=True, slots=True)
class Heard:
    """One that advertises. `aliases` are the units of the configuration that it would be taken for."""

    address: str
    said: Advertisement
    rssi_dbm: int | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected:
    """One that has a connection to this host, by whatever program, and so does not advertise."""

    address: str
    name: str | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one connection that was tried for this. `code` is that of availability; `data`: it worked."""

    address: str
    device: str
    code: str
    text: str
