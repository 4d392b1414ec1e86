from __future__ import annotations

import contextlib

import pytest
from benchmarks.accuracy import people
from benchmarks.accuracy.people import changed, loss
from benchmarks.recordings import Set, Signal

from ptdevice.motion import swing

NOTHING = Signal([], [], None, 25.0)


def each(dataset: str, person: str = "a") -> Set:
    return Set(dataset, person, "squat", 10, (), NOTHING)


def test_numbers_are_other_ones_for_a_while_only() -> None:
    before = swing.TURN
    with contextlib.suppress(KeyError), changed([(swing, "TURN")], (0.1,)):
        assert swing.TURN == 0.1
        raise KeyError

    assert before == swing.TURN


@pytest.mark.parametrize(("dataset", "losses"), [("exermote", [2, 0, 1, 3]), ("mex", [1, 0, 0, 2])])
def test_one_repetition_is_forgiven_where_truth_is_uncertain_by_one(dataset: str, losses: list[int]) -> None:
    assert [loss(each(dataset), error) for error in (-2, 0, 1, 3)] == losses


def test_whoever_is_left_out_has_no_say() -> None:
    here, there = (0.5,), (0.6,)
    # Two sets of the person left out, which `there` counts right, and one of somebody else, who is better off `here`.
    row = people.row("left out", [0, 1], {here: [4, 4, 0], there: [0, 0, 1]}, in_use=there)

    assert row == ["left out", "2", "0.5", "0 (in use: 1)", "1", "0", "8", "8"]


def test_of_tied_settings_the_nearest_is_taken_and_the_worst_is_told() -> None:
    near, far = (0.5,), (0.9,)
    row = people.row("left out", [0], {far: [3, 0], near: [1, 0]}, in_use=near)

    assert row == ["left out", "1", "0.5", "0 (in use: 0)", "2", "1", "1", "3"]
