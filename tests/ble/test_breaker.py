"""A circuit breaker: tried rarely in proportion to what it costs, and never given up."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.ble.breaker import LONGEST_S, SHARE, TABLE, TRIPS, Breaker, Seen, State

NOW = 1000.0


def tripped(cost_s: float) -> Breaker:
    breaker = Breaker()
    for _ in range(TRIPS):
        breaker.failed(NOW, cost_s)
    return breaker


def test_the_table_knows_what_to_do_in_every_state() -> None:
    assert set(TABLE) == set(itertools.product(State, Seen))


def test_one_failure_less_than_too_many_changes_nothing() -> None:
    breaker = Breaker()
    for _ in range(TRIPS - 1):
        breaker.failed(NOW, 20.0)
    assert breaker.look(NOW) is State.CLOSED
    assert breaker.until <= NOW


def test_it_opens_for_as_long_as_keeps_its_share_of_the_time_small() -> None:
    breaker = tripped(8.0)
    assert breaker.look(NOW + 71.9) is State.OPEN
    assert breaker.look(NOW + 72.0) is State.HALF_OPEN  # 8 s of 80


def test_what_costs_nothing_is_no_rarer_than_it_was() -> None:
    assert tripped(0.01).look(NOW + 0.1) is State.HALF_OPEN


def test_nobody_waits_longer_than_two_minutes() -> None:
    assert tripped(25.0).look(NOW + LONGEST_S) is State.HALF_OPEN


def test_a_failure_of_the_try_opens_it_again() -> None:
    breaker = tripped(8.0)
    breaker.look(NOW + 100)
    breaker.failed(NOW + 100, 8.0)
    assert breaker.look(NOW + 171) is State.OPEN


def test_one_success_makes_all_as_before() -> None:
    breaker = tripped(8.0)
    breaker.succeeded()
    breaker.failed(NOW, 8.0)
    assert breaker.look(NOW) is State.CLOSED


@given(st.lists(st.floats(0.0, 30.0), min_size=TRIPS, max_size=60))
def test_whatever_its_tries_cost_it_has_its_share_of_the_time_and_goes_on_for_ever(costs: list[float]) -> None:
    breaker, now = Breaker(), NOW
    for number, cost_s in enumerate(costs):
        now = max(now, breaker.until)
        assert breaker.look(now) is not State.OPEN
        began = now
        now += cost_s
        breaker.failed(now, cost_s)
        if number >= TRIPS - 1 and cost_s / SHARE - cost_s <= LONGEST_S:
            assert cost_s <= SHARE * (breaker.until - began) + 1e-6  # s; a share of a tiny cost is all rounding
        assert breaker.until - now <= LONGEST_S + 1e-6
