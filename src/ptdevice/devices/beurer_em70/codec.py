"""The meaning of the Beurer EM 70's bytes. What to tell it, where it is commanded, is in `steering`.

The unit is polled once a second for its state and says the rest by itself: keys, end of treatment, overload, low battery.
A notification normally holds one frame. Should one be cut or two be joined on the way, frames are put together by their
length; after a bad checksum the search goes on at the next 0x5A. Half a frame whose rest does not come at once is thrown away,
so that it neither holds up the next answer nor gives it a wrong time.

What is known about the output: level 0 is off. A level above 0 is on only when the unit also says that output has been used;
the vendor's app reads a 0 in the first octet as an overload, so then it is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.beurer_em70 import wire
from ptdevice.devices.beurer_em70.steering import Steering
from ptdevice.devices.every import Every
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import (
    DeviceFault,
    DeviceInformation,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    TreatmentEnded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event
    from ptdevice.model.command import Admitted

POLL_S = 1.0  # the vendor's app polls once a second
JOIN_S = 0.5  # pieces of one frame come within a few connection intervals of 20-50 ms, the next answer after a second

# The only bytes that an observer sends. The vendor's app sends them too; they were captured on air. There is a query for the
# version as well, but nobody has seen its bytes on air, and no unproven byte is sent to a stimulator that is observed.
STATE_QUERY = Write("control", wire.frame(wire.STATE, b"\0"))
QUERIES = frozenset({STATE_QUERY})


class Em70Codec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._buffer = b""  # never longer than one frame between two packets
        self._heard_at = float("-inf")
        self._poll = Every(POLL_S)
        self._steering = Steering()

    def due(self, now: float) -> list[Write]:
        """The state once a second, on a fixed schedule; a stall is not made up for."""
        if not self._poll.is_due(now):
            return []
        self._steering.asked()
        return [STATE_QUERY]

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """One step towards what was admitted. Raises RefusedError."""
        return self._steering.encode(admitted, now)

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet; where bytes had to be thrown away, WireError after all that could be read."""
        if packet.port != "control":
            yield from sig.decode(packet)
            return
        if not packet.data:
            raise WireError("an empty notification", packet.port, packet.data)
        wrong = ""
        if self._buffer and packet.at - self._heard_at > JOIN_S:
            wrong, self._buffer = f"half a frame ({self._buffer.hex(' ')}) whose rest never came", b""
        self._heard_at = packet.at
        self._buffer += packet.data
        while self._buffer:
            try:
                total = wire.frame_length(self._buffer)
                if total is None:
                    break  # half a frame: the rest is still on its way
                command, info = wire.parse(self._buffer[:total])
                event = self._meaning(packet.at, command, info)
            except wire.FrameError as error:
                wrong = wrong or str(error)
                following = self._buffer.find(wire.START, 1)
                self._buffer = self._buffer[following:] if following > 0 else b""
            else:
                self._buffer = self._buffer[total:]
                if event is not None:
                    yield event
        if wrong:
            raise WireError(wrong, packet.port, packet.data)

    def _meaning(self, at: float, command: int, info: bytes) -> Event | None:
        """What a whole frame says; None for answers that say nothing new. Raises FrameError."""
        if command == wire.STATE:
            state = wire.parse_state(info)
            status = _status(at, state)
            self._steering.state(at, state)
            return status
        if command == wire.ENDED:
            return TreatmentEnded(at)
        if command in _FAULTS:
            return DeviceFault(at, _FAULTS[command])
        if command in {wire.ADD, wire.CUT, wire.SET, wire.BUTTON}:
            if len(info) != 1 or info[0] > wire.LEVEL_MAX:
                raise wire.FrameError("a level outside 0-15")
            if command in {wire.ADD, wire.CUT}:
                self._steering.stepped(at, info[0])
            else:
                self._steering.level(at, info[0], by_hand=command == wire.BUTTON)
            return LevelChanged(at, info[0], by_hand=command == wire.BUTTON)
        if command == wire.VERSION:
            if len(info) != 2:
                raise wire.FrameError("a version of not two octets")
            return DeviceInformation(at, "unit_version", f"hardware {info[0]}, software {info[1]}")
        if command in {wire.PROGRAMME, wire.LOCK, wire.PAUSE, wire.POWER_OFF}:
            return None  # acknowledgements; the next state says what became of it
        raise wire.FrameError(f"an unknown command 0x{command:02x}")


_FAULTS = {wire.OVERLOAD: FaultKind.OVERLOAD, wire.LOW_BATTERY: FaultKind.LOW_BATTERY}


def _status(at: float, state: wire.State) -> StimulationStatus:
    if state.level > wire.LEVEL_MAX or state.minutes > 60 or state.seconds > 59:
        raise wire.FrameError("a state outside the unit's range")
    running = Output.ON if state.used else Output.UNKNOWN
    output = running if state.level else Output.OFF
    return StimulationStatus(
        at,
        output,
        state.level,
        wire.LEVEL_MAX,
        programme=state.programme,
        mode=state.mode,
        remaining_s=state.minutes * 60 + state.seconds,
    )
