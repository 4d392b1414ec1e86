"""A unit for the bench: one characteristic of each sort, errors on demand, and no behaviour of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.sig import assigned
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

SERVICE = assigned(0xFFF0)
NOTIFIED, WRITTEN, COMMANDED, INDICATED = (assigned(0xFFF0 + i) for i in (1, 2, 3, 4))
NAME = "BENCH"


class BenchUnit:
    """What it is told to say goes out at the next `host.poke()`."""

    mtu = 100

    def __init__(
        self, address: str = "C0:DE:00:00:00:01", *, name: bytes = b"BENCH\0\0", advertises: str = SERVICE
    ) -> None:
        self.address = address
        self.advertising = Advertising(name, (advertises,), {0x0822: b"\1\2\3"}, tx_power=4, interval_ms=20)
        self.services: tuple[Service, ...] = (
            Service(
                SERVICE,
                (
                    Characteristic(NOTIFIED, frozenset({"notify"})),
                    Characteristic(WRITTEN, frozenset({"read", "write"})),
                    Characteristic(COMMANDED, frozenset({"read", "write-without-response"})),
                    Characteristic(INDICATED, frozenset({"indicate"})),
                ),
            ),
        )
        self.value = b"hello"
        self.refuse: int | None = None  # the ATT error that reads and writes get
        self.connects = 0
        self.connected_now = False
        self.subscribed: list[tuple[str, bool]] = []
        self._outbox: list[Output] = []

    def say(self, *values: bytes, uuid: str = NOTIFIED) -> None:
        """Send these values."""
        self._outbox += [Notify(uuid, value) for value in values]

    def leave(self) -> None:
        """End the link."""
        self._outbox.append(DropLink())

    def connected(self, now: float) -> Sequence[Output]:
        self.connects += 1
        self.connected_now = True
        self._outbox.clear()
        return ()

    def disconnected(self, now: float) -> None:
        self.connected_now = False

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - Unit's shape
        self.subscribed.append((uuid, enabled))
        return ()

    def read(self, uuid: str, now: float) -> bytes:
        self._perhaps_refuse()
        return self.value

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        self._perhaps_refuse()
        self.value = data
        return ()

    def tick(self, now: float) -> Sequence[Output]:
        said, self._outbox = self._outbox, []
        return said

    def next_due(self) -> float | None:
        return None

    def _perhaps_refuse(self) -> None:
        if self.refuse is not None:
            raise AttError(self.refuse)
