"""The meaning of a Health Thermometer's octets. It speaks by itself, and is told nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.health_thermometer import wire
from ptdevice.errors import WireError
from ptdevice.model import Temperature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet, Write
    from ptdevice.model import Event

HOTTEST_C = 1000.0  # beyond it, and below -273.15, a number is no temperature of anything worn


class ThermometerCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._place: int | None = None  # where nothing else is said

    def due(self, now: float) -> list[Write]:  # noqa: ARG002 - Codec's shape
        """Nothing."""
        return []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        try:
            match packet.port:
                case "temperature":
                    yield self._measured(packet)
                case "temperature_type":
                    self._place = wire.parse_place(packet.data)
                case _:
                    yield from sig.decode(packet)
        except wire.HtsError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    def _measured(self, packet: Packet) -> Temperature:
        told = wire.parse_measurement(packet.data)
        if told.celsius is not None and not -273.15 <= told.celsius <= HOTTEST_C:
            raise wire.HtsError(f"a temperature of {told.celsius:g} degrees")
        place = self._place if told.place is None else told.place
        return Temperature(packet.at, told.celsius, wire.PLACES.get(place) if place is not None else None)
