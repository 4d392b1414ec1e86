"""Who is called to synchronise, and when."""

from __future__ import annotations

import pytest

from ptdevice.devices.movella_dot.meeting import Meeting, Standing

WILLING, SYNCHRONISED, FAILED = Standing.WILLING, Standing.SYNCHRONISED, Standing.FAILED


def pair() -> Meeting:
    return Meeting("one", ["one", "other"])


def test_nobody_is_called_while_one_is_not_there() -> None:
    meeting = pair()
    assert not any(meeting.called("one", WILLING, float(second)) for second in range(60))


def test_both_are_called_within_a_second_of_the_second_one_coming_and_once_only() -> None:
    meeting = pair()
    assert not meeting.called("one", WILLING, 10.0)
    assert meeting.called("other", WILLING, 10.5)
    assert meeting.called("one", WILLING, 11.0)
    assert not meeting.called("one", WILLING, 11.1)
    assert not meeting.called("other", WILLING, 11.2)


def test_who_was_there_and_has_lost_its_link_is_not_there() -> None:
    meeting = pair()
    assert not meeting.called("one", WILLING, 10.0)
    assert not meeting.called("other", WILLING, 13.0)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (SYNCHRONISED, SYNCHRONISED, False),
        (SYNCHRONISED, WILLING, True),
        (FAILED, WILLING, False),
        (FAILED, SYNCHRONISED, False),
    ],
)
def test_it_takes_one_that_wants_it_and_none_that_failed(one: Standing, other: Standing, *, expected: bool) -> None:
    meeting = pair()
    meeting.called("one", one, 10.0)
    assert meeting.called("other", other, 10.0) is expected


def test_a_call_that_was_missed_is_over_after_a_while() -> None:
    meeting = pair()
    meeting.called("one", WILLING, 10.0)
    assert meeting.called("other", WILLING, 10.0)
    assert not meeting.called("one", WILLING, 15.0)


def test_who_comes_back_without_success_is_not_called_again() -> None:
    meeting = pair()
    meeting.called("one", WILLING, 10.0)
    meeting.called("other", WILLING, 10.0)
    meeting.called("one", WILLING, 10.5)
    assert not meeting.called("one", FAILED, 30.0)
    assert not meeting.called("other", FAILED, 30.2)
