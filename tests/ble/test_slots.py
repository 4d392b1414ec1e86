"""Slots of an adapter: leased, given back, learned from its own refusal, and compared with what BlueZ says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.ble.slots import LEARNT_S, SETTLE_S, Audit, Slots

NOW = 1000.0
A, B, C = "C0:DE:00:00:00:0A", "C0:DE:00:00:00:0B", "C0:DE:00:00:00:0C"


def leased(*addresses: str) -> Slots:
    slots = Slots()
    for address in addresses:
        slots.lease(address, NOW)
    return slots


def test_how_many_it_carries_is_not_known_until_it_says_so() -> None:
    assert not leased(*(f"C0:DE:00:00:01:{number:02X}" for number in range(50))).full(NOW)


def test_a_refusal_tells_how_many_it_carries() -> None:
    slots = leased(A, B, C)
    slots.refused(NOW)
    slots.give_back(C, NOW)
    assert slots.room(NOW) == 2
    assert slots.full(NOW)


def test_a_link_that_ends_makes_room() -> None:
    slots = leased(A, B, C)
    slots.refused(NOW)
    slots.give_back(C, NOW)
    slots.give_back(B, NOW)
    assert not slots.full(NOW)


def test_what_it_said_is_forgotten_after_a_while() -> None:
    slots = leased(A, B)
    slots.refused(NOW)
    slots.give_back(B, NOW)
    assert slots.full(NOW + LEARNT_S - 1)
    assert not slots.full(NOW + LEARNT_S)


def test_a_refusal_of_the_only_one_is_others_doing_and_tells_nothing() -> None:
    slots = leased(A)
    slots.refused(NOW)
    assert slots.room(NOW) is None


def test_one_link_more_than_it_said_shows_that_it_carries_more() -> None:
    slots = leased(A, B)
    slots.refused(NOW)
    slots.carried()
    assert slots.room(NOW) is None


def test_what_it_carries_within_what_it_said_changes_nothing() -> None:
    slots = leased(A, B, C)
    slots.refused(NOW)
    slots.give_back(C, NOW)
    slots.carried()
    assert slots.room(NOW) == 2


def test_a_unit_has_one_lease() -> None:
    slots = leased(A)
    with pytest.raises(KeyError):
        slots.lease(A, NOW)


def test_a_lease_without_a_link_is_found_once_it_is_no_more_being_made() -> None:
    slots = leased(A, B)
    assert slots.audit(frozenset({A}), NOW + SETTLE_S - 1) == Audit((), ())
    assert slots.audit(frozenset({A}), NOW + SETTLE_S) == Audit((B,), ())


def test_a_link_that_outlives_its_lease_is_found_and_others_links_are_none_of_ours() -> None:
    slots = leased(A)
    slots.give_back(A, NOW, confirmed=False)
    assert slots.audit(frozenset({A, C}), NOW + SETTLE_S - 1) == Audit((), ())
    assert slots.audit(frozenset({A, C}), NOW + SETTLE_S) == Audit((), (A,))


def test_a_link_that_ended_and_is_made_anew_by_another_program_is_not_ours() -> None:
    slots = leased(A)
    slots.give_back(A, NOW, confirmed=False)
    slots.audit(frozenset(), NOW + SETTLE_S)
    assert slots.audit(frozenset({A}), NOW + 2 * SETTLE_S) == Audit((), ())


def test_a_link_whose_end_was_confirmed_is_not_ours_whoever_makes_it_anew() -> None:
    slots = leased(A)
    slots.give_back(A, NOW)
    assert slots.audit(frozenset({A}), NOW + SETTLE_S) == Audit((), ())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["lease", "give back", "refused", "carried", "audit"]), st.integers(0, 5), st.floats(0, 40)
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_the_leases_are_those_that_were_given_and_not_given_back(
    steps: list[tuple[str, int, float]],
) -> None:
    slots, now, held = Slots(), NOW, set[str]()
    for what, number, wait_s in steps:
        address = f"C0:DE:00:00:00:{number:02X}"
        if what == "lease" and address not in held:
            slots.lease(address, now)
            held.add(address)
        elif what == "give back" and address in held:
            slots.give_back(address, now)
            held.discard(address)
        elif what == "refused" and held:
            slots.refused(now)
        elif what == "carried":
            slots.carried()
        else:
            found = slots.audit(frozenset(held), now)
            assert found == Audit((), ())  # nothing leaked: what is leased is connected, and nothing else of ours
        assert slots.leased == len(held)
        room = slots.room(now)
        assert room is None or room >= 1
        now += wait_s


def test_whoever_has_its_lease_holds_it_until_it_is_given_back() -> None:
    slots = Slots()
    slots.lease("a", 0.0)
    assert slots.holds("a")
    slots.give_back("a", 1.0)
    assert not slots.holds("a")
