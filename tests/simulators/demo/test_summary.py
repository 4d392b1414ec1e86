from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulators.demo import messages
from tests.simulators.demo.messages import hear

from ptdevice_sim.demo.board import Board
from ptdevice_sim.demo.summary import Truth, rows

if TYPE_CHECKING:
    from ptdevice import model

TRUTH = Truth(complete=True, engine="Mosquitto", values=50, samples=1800, repetitions=2, stimulated_s=9.5, on_disk=4)


def board(*sequences: int) -> Board:
    """Two repetitions, a set of them, and nine seconds of stimulation, of which these numbers arrived."""
    board = Board()
    records: list[model.Record] = [
        messages.repetition(1),
        messages.repetition(2),
        messages.a_set(2, 2),
        messages.segment(3, 9.0),
    ]
    hear(board, *(messages.event(records[sequence - 1], sequence) for sequence in sequences or (1, 2, 3, 4)))
    return board


def value(name: str, of: Board, truth: Truth = TRUTH) -> str:
    [row] = [row for row in rows(of, truth) if row.what == name]
    return row.value


def bad(of: Board, truth: Truth = TRUTH) -> list[str]:
    return [row.what for row in rows(of, truth) if not row.good]


def test_a_demo_in_which_all_went_well() -> None:
    assert bad(board()) == []
    assert value("repetitions counted", board()) == "2 of 2; recounted 2"
    assert value("records in all", board()) == "4 at the broker, 4 on disk"
    assert value("stimulation confirmed", board()) == "9.0 s; the output was on for 9.5 s"
    assert value("over the radio", board()) == "50 notifications, 1800 acceleration samples"
    assert value("records exercise/repetition", board()) == "2"


def test_somebody_else_spoke_in_the_gateway_s_name() -> None:
    disturbed = board()
    disturbed.feed("ptdevice-sim/v1/demo/pi-sim/status", b"nonsense", 1.0)
    assert bad(disturbed) == ["messages that made no sense"]


def test_nothing_arrived() -> None:
    assert "records in all" in bad(Board(), replace(TRUTH, on_disk=0))


def test_a_record_in_the_middle_is_missing() -> None:
    assert bad(board(1, 2, 4)) == ["records in all", "holes in the sequence"]


def test_the_last_record_is_missing() -> None:
    assert bad(board(1, 2, 3)) == ["records in all"]


def test_a_repetition_was_not_counted() -> None:
    assert bad(board(), replace(TRUTH, repetitions=3)) == ["repetitions counted"]


def test_a_repetition_was_counted_that_nobody_did() -> None:
    assert bad(board(), replace(TRUTH, repetitions=1)) == ["repetitions counted"]


def test_what_is_cut_short_may_lack_what_had_no_time_to_happen() -> None:
    assert bad(board(), replace(TRUTH, complete=False, repetitions=3)) == []
    assert bad(Board(), replace(TRUTH, complete=False, repetitions=0, on_disk=0)) == []


def test_what_is_cut_short_still_loses_nothing_that_is_on_disk() -> None:
    assert bad(board(1, 2, 3), replace(TRUTH, complete=False)) == ["records in all"]


def test_of_a_recording_nobody_knows_the_truth() -> None:
    unknown = replace(TRUTH, repetitions=None)
    assert value("repetitions counted", board(), unknown) == "2, truth unknown; recounted 2"
    assert bad(board(), unknown) == []
