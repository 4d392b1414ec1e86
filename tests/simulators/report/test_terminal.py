"""The same run as text: what every row says, and that a terminal is safe from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulators.report.evening import HOSTILE, evening

from ptdevice_sim.report.terminal import COLUMNS, LABEL, render

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


def test_a_terminal_is_not_told_what_to_do() -> None:
    assert "\x1b" not in render(replace(evening(alarm=HOSTILE), title=HOSTILE))


def test_two_unknown_seconds_are_not_hidden_by_the_rest_of_their_column() -> None:
    assert rows(evening())["level"][0] == "?"
