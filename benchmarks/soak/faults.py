"""What goes wrong, how often and for how long; the order is a matter of the seed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

Where = Literal["unit", "radio", "broker", "consumer", "daemon"]
GAP_S = (2.0, 8.0)  # from the end of one to the next


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. `begin` and `end` are what the ward, or whoever runs the process, is told to do."""

    name: str
    where: Where
    weight: int
    begin: str
    end: str | None = None
    lasts_s: tuple[float, float] = (0.0, 0.0)


KINDS = (
    Kind("link lost", "unit", 8, "drop"),
    Kind("out of reach", "unit", 2, "vanish", "appear", (3.0, 15.0)),
    Kind("connect refused, three times", "unit", 2, "refuse"),
    Kind("link lost during discovery, twice", "unit", 2, "lose_discovery"),
    Kind("silent on a link", "unit", 2, "freeze", "thaw", (3.0, 20.0)),
    Kind("corrupt packets (1 in 20)", "unit", 2, "corrupt", "mend", (3.0, 10.0)),
    Kind("lost packets (1 in 5)", "unit", 2, "lose", "mend", (3.0, 10.0)),
    Kind("bluetoothd killed and restarted", "radio", 2, "crash", "restart", (0.5, 4.0)),
    Kind("adapter off and on", "radio", 2, "power_off", "power_on", (1.0, 6.0)),
    Kind("adapter unplugged and replugged", "radio", 1, "unplug", "plug", (1.0, 6.0)),
    Kind("broker killed and restarted", "broker", 2, "kill", "start", (0.2, 6.0)),
    Kind("broker stands still", "broker", 2, "freeze", "thaw", (2.0, 15.0)),
    Kind("consumer killed and restarted", "consumer", 1, "kill", "start", (0.0, 3.0)),
)
DAEMON = Kind("daemon killed and restarted", "daemon", 1, "kill", "start", (0.0, 2.0))


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls whom: after `gap_s` of peace, for `lasts_s`."""

    kind: Kind
    unit: str | None
    gap_s: float
    lasts_s: float


def plan(rng: random.Random, units: Sequence[str], kinds: Sequence[Kind]) -> Iterator[Fault]:
    """Fault after fault, without an end."""
    weights = [kind.weight for kind in kinds]
    while True:
        (kind,) = rng.choices(kinds, weights)
        yield Fault(
            kind,
            rng.choice(units) if kind.where == "unit" else None,
            rng.uniform(*GAP_S),
            rng.uniform(*kind.lasts_s),
        )
