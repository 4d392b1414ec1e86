"""The meaning of BTHome advertisements: which are new, and what they say.

An advertisement is repeated, many times within a second or two, and an operating system may tell the last one again much later.
What is exactly as the last one was, is that one; and so is, within WINDOW_S, one whose packet number lies a little behind. A
unit that numbers nothing is believed to mean something new by the same octets once they have not been heard for WINDOW_S.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.bthome import wire
from ptdevice.errors import WireError
from ptdevice.model import Battery, ButtonPressed, Press, StreamChanged, Temperature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet, Write
    from ptdevice.model import Event

WINDOW_S = 4.0  # bthome-ble takes numbers from further behind for new ones after as long
BEHIND = 64  # likewise: of 256 numbers, so many are behind the newest

PRESSES = {
    1: Press.PRESS,
    2: Press.DOUBLE_PRESS,
    3: Press.TRIPLE_PRESS,
    4: Press.LONG_PRESS,
    5: Press.LONG_DOUBLE_PRESS,
    6: Press.LONG_TRIPLE_PRESS,
    0x80: Press.HOLD,
}
ENCRYPTED = "its advertisements are encrypted, which is not understood; set the unit up without encryption"


class BthomeCodec:
    """One unit, for as long as it is listened to."""

    def __init__(self) -> None:
        self._last = b""
        self._last_at = float("-inf")
        self._number: int | None = None
        self._told = False  # that it is encrypted

    def due(self, now: float) -> list[Write]:  # noqa: ARG002 - Codec's shape
        """Nothing: nobody can be spoken to."""
        return []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one advertisement. Raises WireError."""
        try:
            said = wire.parse(packet.data)
        except wire.BthomeError as error:
            raise WireError(str(error), packet.port, packet.data) from error
        if said.objects is None:
            if not self._told:
                self._told = True
                yield StreamChanged(packet.at, "advertisements", running=False, reason=ENCRYPTED)
            raise WireError(ENCRYPTED, packet.port, packet.data)
        if self._told:
            # Set up anew, or somebody else's with a false address: either way, what is understood is told of.
            self._told = False
            yield StreamChanged(packet.at, "advertisements", running=True, reason="no longer encrypted")
        if self._is_new(packet, said):
            yield from _events(packet.at, said)

    def _is_new(self, packet: Packet, said: wire.Advertised) -> bool:
        numbers = said.values(wire.PACKET_ID)
        number = numbers[0][0] if numbers else None
        since, same = packet.at - self._last_at, packet.data == self._last
        behind = (self._number - number) % 256 if self._number is not None and number is not None else None
        self._last_at = packet.at
        if same and (number is not None or since < WINDOW_S):
            return False
        if behind is not None and behind < BEHIND and since < WINDOW_S:
            return False
        self._last, self._number = packet.data, number
        return True


def _events(at: float, said: wire.Advertised) -> Iterator[Event]:
    for value in said.values(wire.BATTERY):
        yield Battery(at, value[0] if value[0] <= 100 else None)
    for number, value in said.objects or ():
        if number in wire.TEMPERATURES:
            count = int.from_bytes(value, "little", signed=True)
            yield Temperature(at, round(count * wire.TEMPERATURES[number], 2))
    for button, value in enumerate(said.values(wire.BUTTON), 1):
        if value[0] in PRESSES:
            yield ButtonPressed(at, button, PRESSES[value[0]])
