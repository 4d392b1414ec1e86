"""Who may try, how soon and how long; and what is said of a failure."""

from __future__ import annotations

import pytest

from ptdevice.ble.admission import TOLD_S, UNWELL, Admission, Terms
from ptdevice.ble.breaker import SHORT_S, TRIPS
from ptdevice.ble.turns import Rank
from ptdevice.errors import Code, LinkError, RadioError

NOW, CONNECT_S = 1000.0, 20.0


def failing(admission: Admission, unit: str, times: int = TRIPS, code: Code = "connect_failed") -> LinkError:
    """What is said of the last of so many failures."""
    return [admission.failed(unit, LinkError("connecting failed", code), NOW, 8.0) for _ in range(times)][-1]


def terms(admission: Admission, unit: str = "chest", at: float = NOW, *, urgent: bool = False) -> Terms:
    return admission.terms(unit, at, urgent=urgent, connect_s=CONNECT_S)


def test_who_has_not_failed_has_the_whole_time() -> None:
    assert terms(Admission()) == Terms(Rank.NORMAL, CONNECT_S)
    assert terms(Admission(), urgent=True) == Terms(Rank.URGENT, CONNECT_S)


def test_who_keeps_failing_waits_goes_last_and_gets_a_short_try() -> None:
    admission = Admission()
    failing(admission, "chest")
    assert admission.due("chest") == NOW + 72.0
    assert terms(admission, at=NOW + 72.0) == Terms(Rank.SUSPECT, SHORT_S)


def test_a_stop_that_may_be_owed_goes_first_all_the_same_and_as_short() -> None:
    admission = Admission()
    failing(admission, "chest")
    assert terms(admission, urgent=True) == Terms(Rank.URGENT, SHORT_S)


def test_one_that_keeps_failing_changes_nothing_for_another() -> None:
    admission = Admission()
    failing(admission, "chest", 50)
    assert admission.due("back") == 0.0
    assert terms(admission, "back") == Terms(Rank.NORMAL, CONNECT_S)
    assert admission.well


def test_that_it_is_tried_rarely_is_said_with_what_failed_and_when_it_is_tried_next() -> None:
    said = failing(Admission(), "chest")
    assert said.code == "backing_off"
    assert "connecting failed (3 times in a row" in str(said)
    assert "in 72 s at the earliest, and then for 8 s at most" in str(said)


def test_a_cause_that_is_known_keeps_its_code() -> None:
    said = failing(Admission(), "chest", code="held_by_another_host")
    assert said.code == "held_by_another_host"
    assert "3 times in a row" in str(said)


def test_a_pause_that_is_shorter_than_the_usual_ones_is_not_worth_a_word() -> None:
    admission, error = Admission(), LinkError("refused", "connect_failed")
    for _ in range(10):
        assert admission.failed("chest", error, NOW, TOLD_S / 10) is error


@pytest.mark.parametrize("code", ["radio_unavailable", "no_adverts", "out_of_slots"])
def test_what_is_not_the_units_fault_is_not_held_against_it(code: Code) -> None:
    admission = Admission()
    failing(admission, "chest", 10, code)
    assert admission.due("chest") == 0.0
    assert admission.well


def test_success_makes_all_as_before() -> None:
    admission = Admission()
    failing(admission, "chest")
    admission.succeeded("chest")
    assert terms(admission) == Terms(Rank.NORMAL, CONNECT_S)


def test_where_several_units_fail_in_a_row_it_is_the_adapter_that_is_doubted() -> None:
    admission = Admission()
    failing(admission, "chest", UNWELL - 1)
    assert admission.well
    failing(admission, "back", 1)
    assert not admission.well
    admission.succeeded("back")
    assert admission.well


def test_out_of_slots_is_told_before_it_is_tried_where_the_adapter_has_said_so() -> None:
    admission = Admission()
    for address in ("A", "B", "C"):
        admission.slots.lease(address, NOW)
    admission.has_room("hci0", NOW)
    failing(admission, "chest", 1, "out_of_slots")
    admission.slots.give_back("C", NOW)
    with pytest.raises(LinkError, match="hci0 carries 2 connections, as it said when one more was tried") as full:
        admission.has_room("hci0", NOW)
    assert full.value.code == "out_of_slots"
    assert not isinstance(full.value, RadioError)
