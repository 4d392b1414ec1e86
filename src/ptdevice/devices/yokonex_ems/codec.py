"""The meaning of a YOKONEX EMS's frames, for an observer: two channels, a battery, a step counter and an accelerometer.

The unit says by itself what changes, and is asked all the same: its channels once a second, its accelerometer ten times a
second, which is as often as the vendor allows to write. A notification holds whole frames.

What is known about the output: a channel that is switched off, and does not discharge, is off. One that is switched on, with
its electrodes attached and discharging, is on; whatever else it says, it is unknown. A channel that spoke on this link and then
answers none of SILENT questions is unknown too, however much the other says: the link is rebuilt.

What is known about movement: counts. Their scale is found from gravity (`gravity`); until then no samples come. Nothing tells
the scale of the angular rates, so they are left out. A sample's time is that of its arrival, as it is taken when it is asked
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.every import Every
from ptdevice.devices.yokonex_ems import wire
from ptdevice.devices.yokonex_ems.gravity import GravityScale
from ptdevice.errors import LinkError, WireError
from ptdevice.link import Write
from ptdevice.model import Battery, Contact, MotionSamples, Output, Steps, StimulationStatus, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event

CHANNELS = {wire.ABOUT_A: "a", wire.ABOUT_B: "b"}
ANGLE_S = 0.1
PERIODS_S = {
    wire.ABOUT_A: 1.0,
    wire.ABOUT_B: 1.0,
    wire.ABOUT_ANGLE: ANGLE_S,
    wire.ABOUT_STEPS: 10.0,
    wire.ABOUT_BATTERY: 60.0,
}

SILENT = 5  # questions in a row without an answer; of a unit that is silent as a whole the profile says as many

# The only bytes that we send: questions, by the vendor's own document. What switches the step counter or the stream of angles
# on is none: it sets the counter to 0.
QUESTIONS = {about: Write("write", wire.query(about), acked=False) for about in PERIODS_S}
QUERIES = frozenset(QUESTIONS.values())

CONTACTS = {wire.NO_ELECTRODE: Contact.OPEN, wire.DISCHARGING: Contact.OK, wire.IDLE: Contact.OK}


class YokonexCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._asking = {about: Every(period_s) for about, period_s in PERIODS_S.items()}
        self._scale = GravityScale()
        self._open: dict[int, int] = {}  # questions about a channel since its last word; it is here once it has spoken

    def due(self, now: float) -> list[Write]:
        """What is due, each on its schedule; a stall is not made up for. Raises LinkError for a channel that fell silent."""
        asked = []
        for about, every in self._asking.items():
            if every.is_due(now):
                asked.append(QUESTIONS[about])
                if about in self._open:
                    self._open[about] += 1
        for about, questions in self._open.items():
            if questions > SILENT:
                raise LinkError(f"channel {CHANNELS[about]} answers no more, the unit does; reconnecting", "silent")
        return asked

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one notification. Raises WireError."""
        if packet.port != "notify":
            raise WireError("unexpected data", packet.port, packet.data)
        rest = packet.data
        try:
            while True:
                about, payload, rest = wire.split(rest)
                event = self._meaning(packet.at, about, payload)
                if event is not None:
                    yield event
                if not rest:
                    return
        except wire.FrameError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    def _meaning(self, at: float, about: int, payload: bytes) -> Event | None:
        """What a whole frame says. Raises FrameError."""
        match about:
            case wire.ABOUT_A | wire.ABOUT_B:
                channel = wire.parse_channel(payload)
                self._open[about] = 0
                return _status(at, CHANNELS[about], channel)
            case wire.ABOUT_BATTERY:
                if payload[0] > 100:
                    raise wire.FrameError("a battery above 100 %")
                return Battery(at, payload[0])
            case wire.ABOUT_STEPS:
                return Steps(at, int.from_bytes(payload, "big"))
            case wire.ABOUT_ANGLE:
                return self._sample(at, wire.parse_angle(payload)[:3])
            case wire.ABOUT_ERROR if payload[0] == wire.NOT_IMPLEMENTED and wire.ABOUT_ANGLE in self._asking:
                # Some question is too much for this unit; it goes on to be asked for what a stimulator must know.
                del self._asking[wire.ABOUT_ANGLE], self._asking[wire.ABOUT_STEPS]
                return StreamChanged(at, "motion", running=False, reason="the unit does not implement it")
        return None  # the motor, and what it thinks of a question: the next one is asked all the same

    def _sample(self, at: float, counts: tuple[int, ...]) -> MotionSamples | None:
        scale = self._scale.take(counts)
        if scale is None:
            return None
        x, y, z = (count * scale for count in counts)
        return MotionSamples(at, 1 / ANGLE_S, (round(at * 1e9),), ((x, y, z),))


def _status(at: float, name: str, channel: wire.Channel) -> StimulationStatus:
    discharges = channel.electrode == wire.DISCHARGING
    output = Output.UNKNOWN  # also where it is switched off, and discharges all the same
    if channel.on and discharges and channel.level > 0:
        output = Output.ON
    elif not channel.on and not discharges:
        output = Output.OFF
    return StimulationStatus(
        at,
        output,
        channel.level,
        wire.LEVEL_MAX,
        mode=channel.mode if channel.on else None,
        contact=CONTACTS[channel.electrode],
        channel=name,
    )
