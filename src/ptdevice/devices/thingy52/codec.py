"""The meaning of a Thingy:52's motion service: bring it to the wanted rate, time its samples by their arrival.

The stream begins with the subscription, at the rate that the unit has in its flash, and its configuration is read when the link
opens. So it is told only where it has another rate, and the other fields stay as they are:

    learning → (it has the wanted rate) streaming;  (another, or no configuration within REPLY_S) told, and streaming

A write is answered by the unit, so what it was told it has. Samples before the rate is known are left out, and so are those of
SETTLE_S after a change. A stream that stops is begun again by the next link, because only a subscription begins it.

Acceleration comes with its sign turned round, as the firmware wants it. The unit's own orientation is not used: its heading is
the magnetometer's, and up is found from acceleration and angular rate, alike for all sensors.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.arrival import ArrivalTimes
from ptdevice.devices.thingy52 import wire
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import ButtonPressed, DeviceInformation, MotionSamples, Press, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.devices.arrival import Run
    from ptdevice.link import Packet
    from ptdevice.model import Event, Vector

STANDARD_GRAVITY = 9.80665  # m/s^2, CGPM 1901; the unit speaks in shares of it
WANTED_HZ = 50  # a notification each; at 200 Hz the unit's own queue overflows
REPLY_S = 3.0  # what is read when the link opens is there at once; this allows for a bad radio
SETTLE_S = 1.0  # samples of the old rate that are under way
STREAM = "motion"


class ThingyCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._config: wire.Config | None = None
        self._line: ArrivalTimes[wire.Raw] | None = None  # there while the rate is known
        self._begun: float | None = None  # when `due` was first asked
        self._settled = float("-inf")  # from when on samples have the wanted rate
        self._running = False

    def due(self, now: float) -> list[Write]:
        """The configuration, where another is wanted."""
        if self._begun is None:
            self._begun = now
        if self._line is not None or (self._config is None and now < self._begun + REPLY_S):
            return []
        self._line = ArrivalTimes(WANTED_HZ)
        has = self._config or wire.Config()
        if has.rate_hz == WANTED_HZ and self._config is not None:
            return []
        self._settled = now + SETTLE_S
        return [Write("config", wire.config(replace(has, rate_hz=WANTED_HZ)))]

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        try:
            match packet.port:
                case "raw":
                    yield from self._raw(packet.at, wire.parse_raw(packet.data))
                case "config":
                    self._config = wire.parse_config(packet.data)
                case "firmware":
                    yield DeviceInformation(packet.at, "firmware_revision", wire.parse_firmware(packet.data))
                case "button":
                    if wire.parse_button(packet.data):
                        yield ButtonPressed(packet.at, 1, Press.PRESS)
                case _:
                    yield from sig.decode(packet)
        except wire.ThingyError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    def _raw(self, at: float, sample: wire.Raw) -> Iterator[Event]:
        if self._line is None or at < self._settled:
            return
        if not self._running:
            self._running = True
            yield StreamChanged(at, STREAM, running=True, reason=f"{WANTED_HZ} Hz")
        for run in self._line.take(at, (sample,)):
            yield _samples(run, self._line.rate_hz)


def _samples(run: Run[wire.Raw], rate_hz: float) -> MotionSamples:
    return MotionSamples(
        run.at,
        rate_hz,
        run.device_ns,
        tuple([_scaled(sample.acceleration, -wire.G_PER_COUNT * STANDARD_GRAVITY) for sample in run.samples]),
        tuple([_scaled(sample.angular_rate, wire.DEG_S_PER_COUNT) for sample in run.samples]),
    )


def _scaled(counts: wire.Counts, scale: float) -> Vector:
    x, y, z = counts
    return (x * scale, y * scale, z * scale)
