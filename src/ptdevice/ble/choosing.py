"""Through which of several adapters a unit is reached. Pure.

Where there is a free slot before where there is none; where it has not just failed; by an adapter that is well; where it is
heard best, and of two that hear it alike, by the one with fewer links.
"""

from __future__ import annotations

from typing import NamedTuple

ALIKE_DB = 6  # RSSI of one unit at one place differs by so much from one advertisement to the next, by channel alone


class Offer(NamedTuple):
    """One adapter that hears the unit. `rssi` in dBm; `failing`: the unit has failed on it several times in a row."""

    rssi: int | None
    links: int
    full: bool = False
    failing: bool = False
    well: bool = True


def best(offers: list[Offer]) -> int:
    """The position of the best one. Raises ValueError where there is none."""
    loudest = max((offer.rssi for offer in offers if offer.rssi is not None), default=0)

    def order(position: int) -> tuple[bool, bool, bool, bool, int, int]:
        offer = offers[position]
        weak = offer.rssi is None or loudest - offer.rssi > ALIKE_DB
        return offer.full, offer.failing, not offer.well, weak, offer.links, -(offer.rssi or -200)

    return min(range(len(offers)), key=order)
