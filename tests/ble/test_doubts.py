"""What speaks against an adapter, and what for it."""

from __future__ import annotations

import pytest

from ptdevice.ble.doubts import Doubt, Evidence, Operation, Patience

P = Patience()


def evidence(*, wanted_at: float | None = 0.0) -> Evidence:
    found = Evidence()
    if wanted_at is not None:
        found.want(wanted_at, wanted=True)
    return found


def waited(found: Evidence, *seconds: float) -> Evidence:
    """Somebody waits, and it is looked at then."""
    for now in seconds:
        found.want(now, wanted=True)
    return found


def storm(found: Evidence, operation: Operation, *times: float) -> Evidence:
    for at in times:
        found.refused(operation, at)
    return found


def test_silence_counts_from_when_somebody_began_to_wait_or_was_last_heard() -> None:
    found = evidence()
    assert waited(found, 1.0, P.silence_s - 1).doubt(0.0, P) is None
    assert waited(found, P.silence_s).doubt(0.0, P) is Doubt.SILENCE
    found.heard_at = P.silence_s + 0.5
    assert waited(found, P.silence_s + 1, 2 * P.silence_s).doubt(0.0, P) is None
    assert waited(found, 2 * P.silence_s + 1).doubt(0.0, P) is Doubt.SILENCE


def test_silence_while_nobody_waits_is_no_silence() -> None:
    found = evidence()
    found.want(10.0, wanted=False)
    found.want(1e6, wanted=False)
    assert found.waited_s == 10.0
    assert found.doubt(1e6, P) is None


def test_silence_counts_over_tries_with_pauses_between() -> None:
    found = evidence()
    for second in range(1, 200):
        found.want(float(second), wanted=second % 50 < 30)
    assert found.waited_s == pytest.approx(120, abs=5)


def test_a_mute_link_is_doubted_where_nobody_was_heard_since() -> None:
    found = evidence()
    found.mute(5.0)
    assert found.doubt(5.0 + P.mute_s - 1, P) is None
    assert found.doubt(5.0 + P.mute_s, P) is Doubt.MUTE
    found.heard_at = 6.0
    assert found.doubt(5.0 + P.mute_s, P) is None


@pytest.mark.parametrize(("operation", "doubt"), [("scan", Doubt.BUSY_SCANNING), ("connect", Doubt.BUSY_CONNECTING)])
def test_refusals_count_from_the_third_in_a_row_and_over_ten_seconds(operation: Operation, doubt: Doubt) -> None:
    found = evidence(wanted_at=None)
    assert storm(found, operation, 0.0, 10.0).doubt(11.0, P) is None
    assert storm(found, operation, 10.5).doubt(11.0, P) is doubt
    found = evidence(wanted_at=None)
    assert storm(found, operation, 0.0, 1.0, 2.0, 3.0).doubt(11.0, P) is None


def test_one_answer_between_them_begins_the_count_anew() -> None:
    found = storm(evidence(wanted_at=None), "scan", 0.0, 10.0)
    found.answered("scan", 11.0)
    assert storm(found, "scan", 12.0, 13.0).doubt(14.0, P) is None


@pytest.mark.parametrize("doubt", [Doubt.SILENCE, Doubt.MUTE])
def test_somebody_who_is_heard_speaks_against_silence_and_not_against_a_storm(doubt: Doubt) -> None:
    found = evidence()
    found.heard_at = 10.0
    assert found.against(doubt, 9.0)
    assert not found.against(doubt, 10.0)
    assert not found.against(Doubt.BUSY_CONNECTING, 9.0)
    assert not found.against(Doubt.BUSY_SCANNING, 9.0)


def test_an_answer_speaks_against_a_storm_of_its_own_kind() -> None:
    found = evidence()
    found.answered("connect", 10.0)
    assert found.against(Doubt.BUSY_CONNECTING, 9.0)
    assert not found.against(Doubt.BUSY_CONNECTING, 10.0)
    assert not found.against(Doubt.BUSY_SCANNING, 9.0)
    found.answered("scan", 10.0)
    assert found.against(Doubt.BUSY_SCANNING, 9.0)


def test_a_storm_is_only_tested_by_another_try() -> None:
    found = storm(evidence(), "scan", 5.0)
    assert not found.tried(Doubt.BUSY_SCANNING, 5.0)
    assert found.tried(Doubt.BUSY_SCANNING, 4.0)
    assert not found.tried(Doubt.BUSY_CONNECTING, 4.0)


def test_what_is_forgotten_speaks_against_it_no_longer() -> None:
    found = storm(waited(evidence(), 30.0), "scan", 0.0, 10.0, 20.0)
    found.mute(5.0)
    found.forget()
    assert found.doubt(30.0, P) is None
    assert found.waited_s == 0.0
