from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.history.evening import SET, STIMULATION, drafts, entries

from ptdevice.history.episodes import WALK, called, clock, episodes, summary
from ptdevice.mqtt.topics import type_of

if TYPE_CHECKING:
    from ptdevice.mqtt.topics import Draft


def without(kind: str) -> list[Draft]:
    return [row for row in drafts() if row.type != type_of(kind)]


def test_the_evening_had_a_set_and_a_stimulation_in_that_order() -> None:
    first, second = episodes(entries())
    assert (first.id, second.id) == (SET, STIMULATION)
    assert (second.unit, second.subject) == ("back", "k3f7q")
    assert second.start == datetime(2026, 9, 21, 14, 15, 25, tzinfo=UTC)
    assert second.end == datetime(2026, 9, 21, 14, 45, 25, tzinfo=UTC)
    assert len(first.of("exercise.repetition")) == 10


def test_a_stimulation_that_was_cut_off_is_told_from_its_segments_as_not_finished() -> None:
    (cut,) = [each for each in episodes(entries(without("stimulation.session"))) if each.id == STIMULATION]
    assert cut.whole is None
    assert (cut.start.minute, cut.end.minute) == (15, 45)
    assert summary(cut) == "not finished: 29:59 confirmed so far, up to level 6 of 15"


def test_a_set_that_was_cut_off_is_told_from_its_repetitions_as_not_finished() -> None:
    (cut,) = [each for each in episodes(entries(without("exercise.set"))) if each.id == SET]
    assert summary(cut) == "sit_up: not finished, 10 repetitions so far"


def test_a_finished_one_has_the_times_of_the_row_that_ends_it_in_whatever_order_rows_come() -> None:
    for rows in (drafts(), list(reversed(drafts()))):
        (whole,) = [each for each in episodes(entries(rows)) if each.id == STIMULATION]
        assert (whole.end - whole.start).total_seconds() == 1800


def test_one_row_of_a_clock_that_was_not_set_makes_the_whole_episode_undated() -> None:
    rows = [replace(row, clock="unsynced") if row.type == type_of("exercise.set") else row for row in drafts()]
    dated = {each.id: each.dated for each in episodes(entries(rows))}
    assert dated == {SET: False, STIMULATION: True}


def test_each_bout_of_a_walk_is_one_of_its_own() -> None:
    bout = {
        "set_id": "w",
        "exercise": "walking",
        "start": "2026-09-21T10:00:00.000000Z",
        "end": "2026-09-21T10:03:00.000000Z",
    }
    rows = [
        replace(
            drafts()[0],
            type=type_of("exercise.bout"),
            data=json.dumps(bout | {"index": n, "steps": 300, "cadence_spm": 100}),
        )
        for n in (1, 2)
    ]
    walks = episodes(entries(rows))
    assert [(each.kind, each.id) for each in walks] == [(WALK, "w/1"), (WALK, "w/2")]
    assert summary(walks[0]) == "300 steps, 100 a minute"


def test_the_words_for_the_evening() -> None:
    one, other = episodes(entries())
    assert summary(one) == "sit_up: 10 repetitions, 60 deg, ended: idle"
    assert summary(other) == (
        "29:59 confirmed, 0:01 unknown, level 4.1 on average, 6 at most, of 15, ended: timer, on lumbar_left"
    )


def test_an_end_that_nobody_saw_is_said_so() -> None:
    rows = [
        replace(row, data=json.dumps(json.loads(row.data) | {"state": "ended_unverified", "reason": "link_lost"}))
        if row.type == type_of("stimulation.session")
        else row
        for row in drafts()
    ]
    assert "how it ended nobody saw: link_lost" in summary(episodes(entries(rows))[1])


@pytest.mark.parametrize("name", [STIMULATION, STIMULATION[-8:], STIMULATION[:12]])
def test_an_episode_is_called_by_its_id_or_either_end_of_it(name: str) -> None:
    assert [each.id for each in called(episodes(entries()), name)] == [STIMULATION]


def test_the_middle_of_an_id_names_nothing() -> None:
    assert list(called(episodes(entries()), STIMULATION[9:20])) == []


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00"), (59.6, "1:00"), (754, "12:34"), (3600, "1:00:00")])
def test_a_length_of_time_in_words(seconds: float, said: str) -> None:
    assert clock(seconds) == said
