from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.history.evening import entries

from ptdevice.history.question import Question, day_of, moment

BERLIN = ZoneInfo("Europe/Berlin")


def ns(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 10**9  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-09-21", ns(2026, 9, 20, 22)),  # midnight in Berlin, in summer
        ("2026-12-01", ns(2026, 11, 30, 23)),  # and in winter
        ("2026-09-21T10:30", ns(2026, 9, 21, 8, 30)),
        ("2026-09-21T10:30Z", ns(2026, 9, 21, 10, 30)),
        ("2026-09-21T10:30:15+05:30", ns(2026, 9, 21, 5, 0, 15)),
    ],
)
def test_a_day_and_a_time_of_the_place_unless_it_says_otherwise(text: str, when: int) -> None:
    assert moment(text, BERLIN) == when


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "20260921T"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moment(text, UTC)


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    since, until = day_of("2026-10-25", BERLIN)
    assert until - since == 25 * 3600 * 10**9


def test_rows_of_a_unit_and_of_a_person() -> None:
    rows = entries()
    assert {row.draft.unit for row in rows if Question(unit="back").asks(row)} == {"back"}
    assert not [row for row in rows if Question(subject="somebody").asks(row)]
    assert len([row for row in rows if Question(unit="chest", subject="k3f7q").asks(row)]) == 14


def test_a_question_tells_its_span_and_the_open_ends_as_open() -> None:
    assert Question().span() == (None, None)
    assert Question(since_ns=ns(2026, 9, 21)).span() == ("2026-09-21T00:00:00.000000Z", None)
