"""What really flows through the pads of a simulated stimulator, whatever it says: the truth that a stop is measured by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Flow:
    """One unit's output, of all its channels. Levels are the unit's own; times are simulation seconds.

    A unit keeps it: `at` is called with the time at which something became so, which may lie a little back.
    """

    levels: tuple[int, ...] = (0,)
    began_at: float | None = None  # when it last began to flow
    fell_at: float | None = None  # when it last fell to zero
    highest: int = 0  # of all levels at which it ever flowed
    rises: int = 0  # how often it began; waves that follow each other begin each time

    @property
    def flows(self) -> bool:
        """Whether current flows in any channel."""
        return any(self.levels)

    def at(self, now: float, *levels: int) -> None:
        """From `now` on so much flows in each channel; 0 is none."""
        before, self.levels = self.flows, levels
        self.highest = max(self.highest, *levels)
        if self.flows and not before:
            self.began_at, self.fell_at, self.rises = now, None, self.rises + 1
        elif before and not self.flows:
            self.fell_at = now
