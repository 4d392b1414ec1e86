"""Whose turn it is, by hand; and by chance: whatever is asked in whatever order, one at a time, and nobody starves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.ble.turns import AGED_S, BLIND_S, BLIND_URGENT_S, SCAN_S, Claim, Rank, Turns

START = 1000.0  # long after the clock began: nothing was scanned before


def order(turns: Turns, now: float, turn_s: float = 0.0) -> list[Claim]:
    """Who goes, one after the other, where every turn takes so long and nobody waits for the scan."""
    went = []
    while (claim := turns.grant(now, seeking=False)) is not None:
        went.append(claim)
        now += turn_s
        turns.leave(claim, now)
    return went


def test_who_waits_longest_goes_first() -> None:
    turns = Turns()
    asked = [turns.ask(Rank.NORMAL, START + number) for number in range(5)]
    assert order(turns, START + 5) == asked


def test_a_stop_that_may_be_owed_goes_first_and_what_failed_goes_last() -> None:
    turns = Turns()
    suspect, normal, urgent = (turns.ask(rank, START) for rank in (Rank.SUSPECT, Rank.NORMAL, Rank.URGENT))
    assert order(turns, START) == [urgent, normal, suspect]


def test_nobody_goes_while_another_is_at_it() -> None:
    turns = Turns()
    first, second = turns.ask(Rank.NORMAL, START), turns.ask(Rank.URGENT, START)
    assert turns.grant(START, seeking=False) is second
    assert turns.grant(START + 3600, seeking=False) is None
    turns.leave(second, START + 3600)
    assert turns.grant(START + 3600, seeking=False) is first


def test_who_does_not_want_it_any_more_is_passed_over() -> None:
    turns = Turns()
    first, second = turns.ask(Rank.NORMAL, START), turns.ask(Rank.NORMAL, START)
    turns.leave(first, START)
    assert order(turns, START) == [second]


def test_who_has_waited_long_gets_every_second_turn_however_urgent_the_others_are() -> None:
    turns = Turns()
    aged = [turns.ask(Rank.SUSPECT, START), turns.ask(Rank.NORMAL, START + 1)]
    now = START + 1 + AGED_S
    urgent = [turns.ask(Rank.URGENT, now) for _ in range(3)]
    assert order(turns, now) == [urgent[0], aged[0], urgent[1], aged[1], urgent[2]]


def test_a_suspect_that_has_waited_long_goes_before_those_who_have_not() -> None:
    turns = Turns()
    suspect = turns.ask(Rank.SUSPECT, START)
    normal = turns.ask(Rank.NORMAL, START + AGED_S)
    assert order(turns, START + AGED_S) == [suspect, normal]


def test_after_a_long_time_of_turns_the_scan_has_its_share() -> None:
    turns = Turns()
    first, second = turns.ask(Rank.NORMAL, START), turns.ask(Rank.NORMAL, START)
    assert turns.grant(START, seeking=True) is first
    done = START + BLIND_S
    turns.leave(first, done)
    assert turns.grant(done, seeking=True) is None
    assert turns.due(done) == done + SCAN_S
    assert turns.grant(done + SCAN_S, seeking=True) is second


def test_where_nobody_waits_to_be_found_the_next_goes_at_once() -> None:
    turns = Turns()
    first, second = turns.ask(Rank.NORMAL, START), turns.ask(Rank.NORMAL, START)
    turns.grant(START, seeking=True)
    turns.leave(first, START + BLIND_S)
    assert turns.grant(START + BLIND_S, seeking=False) is second


def test_short_turns_with_short_pauses_between_do_not_keep_the_scan_from_its_share() -> None:
    turns, now, went = Turns(), START, 0
    while now < START + 60:
        claim = turns.ask(Rank.NORMAL, now)
        if turns.grant(now, seeking=True) is None:
            break
        now += 1.0
        turns.leave(claim, now)
        now += 0.1
        went += 1
    assert went == BLIND_S


def test_a_stop_that_may_be_owed_does_not_wait_for_the_scan_at_first() -> None:
    turns = Turns()
    first, second, third = (turns.ask(Rank.URGENT, START) for _ in range(3))
    turns.grant(START, seeking=True)
    turns.leave(first, START + BLIND_S)
    assert turns.grant(START + BLIND_S, seeking=True) is second
    turns.leave(second, START + BLIND_URGENT_S)
    assert turns.grant(START + BLIND_URGENT_S, seeking=True) is None
    assert turns.waiting == [third]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "leave", "give up", "look"]),
        st.sampled_from(list(Rank)),
        st.floats(0.0, 25.0),  # until the next step; a turn lasts 25 s at most
        st.booleans(),
    ),
    max_size=80,
)


@given(STEPS)
def test_whatever_is_asked_one_at_a_time_and_everybody_in_a_while(steps: list[tuple[str, Rank, float, bool]]) -> None:
    turns, now = Turns(), START
    passed_over: dict[Claim, int] = {}  # aged ones, and how many went before them since
    for what, rank, wait_s, seeking in steps:
        if what == "ask":
            turns.ask(rank, now)
        elif what == "leave" and turns.holder is not None:
            turns.leave(turns.holder, now)
        elif what == "give up" and turns.waiting:
            turns.leave(turns.waiting[-1], now)
        before = turns.holder
        granted = turns.grant(now, seeking=seeking)
        assert granted is None or (before is None and granted is turns.holder)
        assert turns.holder not in turns.waiting
        if granted is None and turns.holder is None and turns.waiting:
            due = turns.due(now)
            assert due is not None
            assert now < due <= now + SCAN_S
            assert turns.grant(due, seeking=True) is not None
        passed_over = {claim: count for claim, count in passed_over.items() if claim in turns.waiting}
        aged = [claim for claim in turns.waiting if now - claim.since >= AGED_S]
        for claim in aged:
            older = sum(other.since <= claim.since for other in turns.waiting)
            passed_over[claim] = passed_over.get(claim, 2 * older) - (granted is not None)
            assert passed_over[claim] >= -1  # every second turn is an aged one's, the oldest first
        now += wait_s


@given(st.integers(1, 8), st.integers(1, 8), st.floats(0.1, 25.0))
def test_units_that_fail_for_ever_starve_nobody(failing: int, healthy: int, turn_s: float) -> None:
    """The failing ones ask again at once, urgent; each healthy one asks once."""
    turns, now = Turns(), START
    for _ in range(failing):
        turns.ask(Rank.URGENT, now)
    waiting = {turns.ask(Rank.NORMAL, now) for _ in range(healthy)}
    went = 0
    while waiting:
        claim = turns.grant(now, seeking=False)
        assert claim is not None
        now += turn_s
        went += 1
        turns.leave(claim, now)
        if claim in waiting:
            waiting.remove(claim)
        else:
            turns.ask(Rank.URGENT, now)
        assert went <= AGED_S / turn_s + 2 * (healthy + failing) + 2
