"""The same run as text: what every row says, and that a terminal is safe from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.simulators.report.evening import HOSTILE, evening

from ptdevice_sim.report.terminal import COLUMNS, LABEL, render
from ptdevice_sim.report.words import happened

if TYPE_CHECKING:
    from ptdevice_sim.clinic.log import Run


def rows(run: Run) -> dict[str, str]:
    return {line[: LABEL - 1].strip(): line[LABEL:] for line in render(run).splitlines()}


def at(row: str, t_s: float) -> str:
    """The character at this second of ten minutes."""
    return row[int(t_s / 600 * (COLUMNS - LABEL))]


def test_no_line_is_longer_than_a_hundred_columns() -> None:
    lines = render(evening(alarm="word " * 60)).splitlines()
    assert max(map(len, lines)) == COLUMNS
    assert [line[-3:] for line in lines if " word" in line] == ["..."]


def test_it_says_first_that_it_is_simulated() -> None:
    assert render(evening()).splitlines()[0] == "Simulated: not a person's data. Not a medical device."


def test_the_level_is_a_height_while_on_a_dot_while_off_and_a_question_mark_while_unknown() -> None:
    level = rows(evening())["level"]
    assert [at(level, t_s) for t_s in (30, 200, 330, 430, 480, 550)] == ["·", "▃", "?", "?", "▃", "·"]


def test_the_true_level_goes_on_where_nothing_was_known() -> None:
    level = rows(evening())["true level"]
    assert [at(level, t_s) for t_s in (30, 330, 430, 550)] == ["·", "▃", "▃", "·"]


def test_links_and_outages_have_their_signs() -> None:
    table = rows(evening())
    assert [at(table["gateway"], t_s) for t_s in (200, 430, 550)] == ["─", "!", "─"]
    assert [at(table["broker"], t_s) for t_s in (200, 430, 550)] == ["─", "!", "─"]


def test_repetitions_are_counted_beside_the_truth() -> None:
    table = rows(evening())
    assert table["counted"].split()[-1] == "3"
    assert table["true"].split()[-1] == "4"
    assert at(table["angle"], 122) != " "


def test_the_last_records_are_told_and_how_many_there_are() -> None:
    told = render(evening(), rows=2)
    assert "records: the last 2 of 4" in told
    assert "00:05:00  back       alarm                Look at the unit." in told
    assert "repetition 1:" not in told


def test_what_happened_is_marked_and_told() -> None:
    told = render(evening())
    assert (
        "\nwhat happened\n00:01:02  back       press, key up (4 times)\n00:05:00  back       vanish, for 60 s\n" in told
    )
    assert "what happened: the last 1 of 5\n00:07:20  broker     is over\n" in render(evening(), rows=1)
    marks = rows(evening())["happened"]
    assert [at(marks, t_s) for t_s in (62, 120, 300, 361, 420)] == ["1", " ", "1", "1", "1"]


@pytest.mark.parametrize(
    ("what", "detail", "told"),
    [
        ("clock_jump", {"clock_jump": -90.0}, "clock jump -90 s"),
        (
            "bad_radio",
            {"for": 0.4, "corrupt": 0.5, "loss": 0.0, "late": 0.0, "late_by": 0.2},
            "bad radio, for 0.4 s, corrupt 0.5",
        ),
        ("bad_radio", {"for": 60.0, "late": 0.1, "late_by": 0.2}, "bad radio, for 60 s, late 0.1, late by 0.2 s"),
    ],
)
def test_what_happened_is_told_with_its_units(what: str, detail: dict[str, float], told: str) -> None:
    who = "clock" if what == "clock_jump" else "belt"
    assert happened(who, what, detail) == told


def test_a_terminal_is_not_told_what_to_do() -> None:
    assert "\x1b" not in render(replace(evening(alarm=HOSTILE), title=HOSTILE))


def test_two_unknown_seconds_are_not_hidden_by_the_rest_of_their_column() -> None:
    assert rows(evening())["level"][0] == "?"
