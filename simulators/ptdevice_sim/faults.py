"""What a bad link does to values, and what a bad day does to connections. Seeded: the same faults in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Shares are probabilities per value, 0 to 1. Counters run down: `refuse_connects` fails that many connects, then none.

    Values of one link never overtake each other: what follows a late one is late as well (the host sees to it).
    """

    loss: float = 0.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    split: float = 0.0  # cut in two notifications
    merge: float = 0.0  # held back and sent in front of the next one of the same characteristic
    late: float = 0.0
    late_s: float = 0.2
    refuse_connects: int = 0
    lose_during_discovery: int = 0
    mute_writes: bool = False  # writes are never answered
    seed: int = 1
    lost: int = 0
    _rng: random.Random = field(init=False)
    _held: dict[str, bytes] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)  # noqa: S311 - reproducible, not secret

    def on_value(self, uuid: str, data: bytes) -> list[tuple[float, bytes]]:
        """What arrives instead of this value: (delay in s, bytes), in order; empty when it is lost."""
        if not (self.loss or self.duplicate or self.corrupt or self.split or self.merge or self.late):
            return [(0.0, data)]
        if self._happens(self.loss):
            self.lost += 1
            return []
        data = self._held.pop(uuid, b"") + data
        if self._happens(self.merge):
            self._held[uuid] = data
            return []
        if data and self._happens(self.corrupt):
            i = self._rng.randrange(len(data))
            data = data[:i] + bytes((data[i] ^ 1 << self._rng.randrange(8),)) + data[i + 1 :]
        delay = self.late_s if self._happens(self.late) else 0.0
        if self._happens(self.split) and len(data) > 1:
            cut = self._rng.randrange(1, len(data))
            return [(delay, data[:cut]), (delay, data[cut:])]
        return [(delay, data)] * (2 if self._happens(self.duplicate) else 1)

    def on_disconnected(self) -> None:
        """What was held back never comes."""
        self._held.clear()

    def refuses_connect(self) -> bool:
        """Whether this connect fails."""
        self.refuse_connects -= 1
        return self.refuse_connects >= 0

    def loses_discovery(self) -> bool:
        """Whether the link breaks during service discovery."""
        self.lose_during_discovery -= 1
        return self.lose_during_discovery >= 0

    def _happens(self, share: float) -> bool:
        return share > 0 and self._rng.random() < share
