"""What each channel of a unit last said of its output, and when. Unknown until it has said something. Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ptdevice.model import Output

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outputs:
    """Of the channels by name; None is the only one of a unit that names none."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._said: dict[str | None, tuple[Output, float]] = dict.fromkeys(channels or (None,), (Output.UNKNOWN, -inf))

    def learn(self, channel: str | None, output: Output, at: float) -> None:
        """A channel has spoken. One that the profile does not name is a bug: KeyError."""
        if channel not in self._said:
            raise KeyError(channel)
        self._said[channel] = output, at

    def all_are(self, output: Output, at: float) -> None:
        """What the unit says of itself as a whole, or what nobody sees any more."""
        self._said = dict.fromkeys(self._said, (output, at))

    def off_since(self, at: float) -> bool:
        """Whether every channel has said, at this moment or later, that it is off."""
        return all(output is Output.OFF and said >= at for output, said in self._said.values())

    @property
    def together(self) -> Output:
        """On where any is on, off only where all are off; else unknown."""
        outputs = {output for output, _ in self._said.values()}
        if Output.ON in outputs:
            return Output.ON
        return Output.UNKNOWN if Output.UNKNOWN in outputs else Output.OFF
