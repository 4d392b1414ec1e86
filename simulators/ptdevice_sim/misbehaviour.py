"""How a simulated stimulator may misbehave to whoever commands it. All off: it does as it is told and says what is so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Misbehaviour:
    """Switches, to be turned at any time. A unit of which a switch makes no sense ignores it; its docstring says which."""

    ignores_stop: bool = False  # hears it, answers it, and goes on
    ignores_levels: bool = False  # hears what it is told about its level, and keeps it
    says_level: int | None = None  # what it says that its level is
    keeps_acks: bool = False  # says nothing about what it was told; what it is asked, it answers
    acks_late_s: float = 0.0  # answers to what it was told come so late
    wrong_sums: bool = False  # of all that it says, where its protocol has any

    def level(self, true: int) -> int:
        """What it says of this level."""
        return true if self.says_level is None else self.says_level
