"""A simulated BTHome v2 button: it only advertises.

Known behaviour: docs/devices/bthome.md. Choices where nothing is known: a press is advertised for BURST_S; then, and from the
beginning, so is what a beacon says, packet number and battery, under a number of its own. The mark of simulation is in the
advertisement, because there is no connection in which it could be found. `encrypted` shows what cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.bthome import wire
from ptdevice.link import SIMULATED_SERVICE
from ptdevice_sim.unit import Advertising, AttError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output, Service

BURST_S = 1.5
ADVERTISE_MS = 100.0
READ_NOT_PERMITTED, WRITE_NOT_PERMITTED = 0x02, 0x03
# The octet of the last object, by what was done to the button.
PRESSES = {"press": 1, "double_press": 2, "triple_press": 3, "long_press": 4, "hold": 0x80}
SECRET = bytes.fromhex("41 a4 72 66 c9 5f 73 00 11 22 33 78 23 72 14")  # as encrypted service data looks


class BthomeButton:
    """One unit with one button."""

    mtu = 23
    services: tuple[Service, ...] = ()

    def __init__(
        self,
        *,
        address: str = "DC:4F:22:1A:2B:3C",
        battery_pct: int = 90,
        encrypted: bool = False,
        first_number: int = 0,
    ) -> None:
        self.address = address
        self.battery_pct = battery_pct
        self._encrypted = encrypted
        self._number = first_number
        self._quiet_at = float("inf")  # when the burst is over
        self.advertising = self._says()

    # --- what happens to the unit ---

    def press(self, now: float, how: str = "press") -> None:
        """Somebody presses the button; `how` is one of PRESSES."""
        self._quiet_at = now + BURST_S
        self._next(PRESSES[how])

    def battery_at(self, percent: int) -> None:
        """So much is left from here on."""
        self.battery_pct = percent
        self._next()

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """There is nothing to be had."""
        return ()

    def disconnected(self, now: float) -> None:
        """It advertised all the while."""

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """There is nothing to be subscribed to."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Nothing can be read."""
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing can be written."""
        raise AttError(WRITE_NOT_PERMITTED)

    def tick(self, now: float) -> Sequence[Output]:
        """The end of a burst."""
        if now >= self._quiet_at:
            self._quiet_at = float("inf")
            self._next()
        return ()

    def next_due(self) -> float | None:
        """When the burst ends."""
        return self._quiet_at if self._quiet_at < float("inf") else None

    # --- inside ---

    def _next(self, press: int | None = None) -> None:
        self._number = (self._number + 1) % 256
        self.advertising = self._says(press)

    def _says(self, press: int | None = None) -> Advertising:
        objects = [(wire.PACKET_ID, bytes((self._number,))), (wire.BATTERY, bytes((self.battery_pct,)))]
        if press is not None:
            objects.append((wire.BUTTON, bytes((press,))))
        said = SECRET if self._encrypted else wire.data(*objects)
        return Advertising(
            name=b"Button",
            service_uuids=(SIMULATED_SERVICE,),
            service_data={wire.SERVICE_UUID: said},
            interval_ms=ADVERTISE_MS,
        )
