"""Through which of several adapters."""

from __future__ import annotations

import pytest

from ptdevice.ble.choosing import Offer, best


@pytest.mark.parametrize(
    ("offers", "chosen"),
    [
        ([Offer(-70, 0), Offer(-50, 0)], 1),  # heard better
        ([Offer(-50, 0, full=True), Offer(-85, 3)], 1),  # a free slot, however faint
        ([Offer(-50, 0, failing=True), Offer(-80, 0)], 1),  # where it has not just failed
        ([Offer(-50, 0, well=False), Offer(-80, 0)], 1),  # by an adapter that is well
        ([Offer(-50, 3), Offer(-55, 1)], 1),  # alike: the one with fewer links
        ([Offer(-50, 3), Offer(-57, 1)], 0),  # not alike
        ([Offer(None, 0), Offer(-90, 0)], 1),  # strength unknown
        ([Offer(-60, 1), Offer(-60, 1)], 0),  # for want of a reason, the first
    ],
)
def test_the_best_one_is_taken(offers: list[Offer], chosen: int) -> None:
    assert best(offers) == chosen


def test_the_order_of_the_adapters_does_not_matter_where_there_is_a_reason() -> None:
    offers = [Offer(-50, 0, full=True), Offer(-60, 2), Offer(-60, 1)]
    assert offers[best(offers)] == list(reversed(offers))[best(list(reversed(offers)))]
