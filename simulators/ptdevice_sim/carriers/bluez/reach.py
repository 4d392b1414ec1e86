"""A unit and the adapters in whose reach it is: one piece of firmware, one device on each adapter, one link at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice_sim.host import Host

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.device import Device
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Unit


class Reach:
    """The `Carrier` of its host."""

    def __init__(self, unit: Unit, faults: Faults | None) -> None:
        self.host = Host(unit, faults)
        self.devices: list[Device] = []

    @property
    def linked(self) -> bool:
        """Whether it has a link, through whichever adapter. A unit with a link does not advertise."""
        return any(device.linked for device in self.devices)

    def send(self, uuid: str, data: bytes) -> None:
        """A value for those who subscribed."""
        for device in self.devices:
            device.attributes.announce(uuid, data)

    def drop(self, reason: int) -> None:
        """The link breaks."""
        for device in self.devices:
            device.drop(reason)

    def advertise(self, visible: bool) -> None:  # noqa: ARG002, FBT001 - a switch; the discovery looks at the host
        """It comes into reach, or leaves it."""
        self.readvertise()

    def readvertise(self) -> None:
        """The next advertisement says it."""
        for device in self.devices:
            device.heard_at = None
