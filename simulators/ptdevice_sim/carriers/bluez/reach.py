"""A unit and the adapters in whose reach it is: one piece of firmware, one device on each adapter, one link at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice_sim.carriers.bluez.security import Security
from ptdevice_sim.host import MARK, Host

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.device import Device
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Service, Unit


class Reach:
    """The `Carrier` of its host."""

    def __init__(self, unit: Unit, faults: Faults | None, security: Security | None) -> None:
        self.host = Host(unit, faults)
        self.security = security or Security()
        self.devices: list[Device] = []
        self.refuses = False  # a phone has it, and it advertises all the same: a link comes up and breaks at once
        self._phone = False

    @property
    def linked(self) -> bool:
        """Whether it has a link that keeps it from advertising, through whichever adapter, or with a phone."""
        return any(device.linked for device in self.devices) or (self._phone and not self.refuses)

    def take(self, *, refuses: bool = False) -> None:
        """A phone connects to it. It advertises no more, or (`refuses`) goes on and breaks every other link."""
        self.drop(0)
        self._phone, self.refuses = True, refuses
        self.host.on_connected()

    def let_go(self) -> None:
        """The phone lets it go."""
        self._phone = self.refuses = False
        self.host.on_disconnected()
        self.readvertise()

    def update(self, services: tuple[Service, ...]) -> None:
        """New firmware: the unit restarts with other services."""
        self.drop(0)
        self.host.services = (*services, MARK)

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
