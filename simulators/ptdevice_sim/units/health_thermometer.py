"""A simulated thermometer with the SIG's Health Thermometer Service, in a heat pack on somebody's back.

Known behaviour: docs/devices/health-thermometer.md. Choices: it measures every ten seconds while somebody listens, in
hundredths of a degree; the pack warms up from `room_c` to `pack_c` with a time constant of two minutes from second 0 of the
simulation on.
`fail` takes the value away: it measures on, and says that it has none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.health_thermometer import wire
from ptdevice_sim import gatt
from ptdevice_sim.unit import Advertising, AttError, Characteristic, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

INTERVAL_S = 10
WARMING_S = 120.0
BODY = 2  # the Temperature Type
READ_NOT_PERMITTED = 0x02

THERMOMETER = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.MEASUREMENT_UUID, frozenset({"indicate"})),
        Characteristic(wire.TYPE_UUID, gatt.READ),
        Characteristic(wire.INTERVAL_UUID, gatt.READ),
    ),
)


class HealthThermometer:
    """One unit."""

    mtu = 23

    def __init__(
        self,
        *,
        address: str = "C9:18:09:2B:3C:4D",
        battery_pct: int = 90,
        room_c: float = 21.5,
        pack_c: float = 41.0,
    ) -> None:
        self.address = address
        self.advertising = Advertising(
            name=b"Thermometer", service_uuids=(wire.SERVICE_UUID, sig.BATTERY_SERVICE), interval_ms=500.0
        )
        information, self._information = gatt.device_information(
            {"manufacturer_name": b"ptdevice", "model_number": b"Simulated heat pack"}
        )
        self.services = (THERMOMETER, gatt.BATTERY, information)
        self.battery_pct = battery_pct
        self.has_failed = False
        self._room_c, self._pack_c = room_c, pack_c
        self._next = float("inf")
        self._outbox: list[Output] = []

    # --- what happens to the unit ---

    def battery_at(self, percent: int) -> None:
        """So much is left from here on."""
        self.battery_pct = percent
        self._outbox.append(Notify(sig.BATTERY_LEVEL, bytes((percent,))))

    def fail(self) -> None:
        """The sensor is broken from here on."""
        self.has_failed = True

    def temperature_c(self, now: float) -> float:
        """What is true."""
        return self._pack_c - (self._pack_c - self._room_c) * math.exp(-now / WARMING_S)

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing yet: it measures for who listens."""
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """Nobody listens any more."""
        self._next = float("inf")
        self._outbox.clear()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - Unit's shape
        """The first measurement comes at once."""
        if uuid == wire.MEASUREMENT_UUID:
            self._next = now if enabled else float("inf")
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Place, interval, battery, device information."""
        if uuid == wire.TYPE_UUID:
            return bytes((BODY,))
        if uuid == wire.INTERVAL_UUID:
            return INTERVAL_S.to_bytes(2, "little")
        if uuid == sig.BATTERY_LEVEL:
            return bytes((self.battery_pct,))
        if uuid in self._information:
            return self._information[uuid]
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing takes writes."""
        raise AttError(0x03)  # write not permitted

    def tick(self, now: float) -> Sequence[Output]:
        """A measurement now and then."""
        said, self._outbox = self._outbox, []
        while self._next <= now:
            value = None if self.has_failed else self.temperature_c(self._next)
            said.append(Notify(wire.MEASUREMENT_UUID, wire.measurement(value)))
            self._next += INTERVAL_S
        return said

    def next_due(self) -> float | None:
        """The next measurement, or now."""
        if self._outbox:
            return 0.0
        return self._next if self._next < float("inf") else None
