"""How far a lumbar range may be from the truth."""

from __future__ import annotations

from ptdevice.motion.pair.doubt import uncertainty_deg


def test_it_is_never_less_than_what_skin_costs() -> None:
    assert uncertainty_deg(0.0, 0.0, gyroscopes=True) == 8


def test_without_gyroscopes_it_is_more() -> None:
    assert uncertainty_deg(0.0, 0.0, gyroscopes=False) == 10


def test_clocks_that_are_apart_cost_what_the_pelvis_turns_meanwhile() -> None:
    assert uncertainty_deg(60.0, 0.01, gyroscopes=True) == 9
    assert uncertainty_deg(60.0, 0.25, gyroscopes=True) == 17
