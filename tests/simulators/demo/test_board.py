from __future__ import annotations

import pytest
from tests.simulators.demo import messages
from tests.simulators.demo.messages import hear

from ptdevice import model
from ptdevice.mqtt import topics
from ptdevice_sim.demo.board import RECENT, Board


def test_a_record_becomes_a_line_that_says_when_of_whom_and_what() -> None:
    [line] = hear(Board(), messages.event(messages.repetition(3), 1), at=7.5)
    assert line is not None
    assert (line.at, line.unit, line.kind) == (7.5, "chest", "exercise/repetition")
    assert line.sentence == "no. 3: 51°, tempo 0.7 : 0.1 : 0.9 s"


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (messages.a_set(1, None), "1 repetition (target)"),
        (messages.a_set(8, 7), "8 repetitions, recounted 7 (target)"),
        (messages.segment(4, 12.34), "level 4 of 15, 12.3 s confirmed"),
        (model.Gap("motion", 1.0, 3.5, "link_lost"), "motion: nothing for 2.5 s (link_lost)"),
        (model.Alarm(1.0, "overload", "Check the pads."), "Check the pads."),
        (
            model.StimulationSession(
                "s",
                "observed",
                0,
                9,
                model.SessionEnd.UNVERIFIED,
                model.StopReason.LINK_LOST,
                8.0,
                5,
                3.0,
                5,
                15,
                1,
                0.5,
                model.Output.UNKNOWN,
            ),
            "ended_unverified (link_lost), 8.0 s confirmed, output unknown",
        ),
    ],
)
def test_every_kind_of_record_has_its_sentence(record: model.Record, sentence: str) -> None:
    [line] = hear(Board(), messages.event(record, 1))
    assert line is not None
    assert line.sentence == sentence


def test_a_record_of_the_gateway_itself_is_its_own() -> None:
    [line] = hear(Board(), messages.event(model.ClockStep(1.0, 3600.0), 1, unit=None))
    assert line is not None
    assert line.unit == "gateway"


def test_records_are_counted_by_kind_and_confirmed_time_is_added_up() -> None:
    board = Board()
    hear(
        board,
        messages.event(messages.repetition(), 1),
        messages.event(messages.segment(1, 1.5), 2),
        messages.event(messages.segment(2, 2.0), 3),
        messages.event(messages.a_set(1, 1), 4),
    )
    assert board.counts == {"exercise/repetition": 1, "stimulation/segment": 2, "exercise/set": 1}
    assert board.records == 4
    assert board.delivered_s == 3.5
    assert board.recounts == [1]


def test_a_number_that_never_came_is_a_hole_even_the_first() -> None:
    board = Board()
    hear(board, *(messages.event(messages.repetition(), sequence) for sequence in (2, 3, 6)))
    assert board.holes == 3  # 1, 4, 5


def test_a_number_that_comes_late_is_no_hole() -> None:
    board = Board()
    hear(board, *(messages.event(messages.repetition(), sequence) for sequence in (1, 3, 2)))
    assert board.holes == 0


def test_a_record_that_comes_again_is_counted_once_and_has_no_second_line() -> None:
    board = Board()
    _, again = hear(board, *[messages.event(messages.segment(1, 1.5), 1)] * 2)
    assert again is None
    assert (board.records, board.duplicates, board.delivered_s, board.holes) == (1, 1, 1.5, 0)


def test_availability_has_a_line_when_it_changes_only() -> None:
    online = messages.availability("back", "online", "data")
    lost = messages.availability("back", "unknown", "link_lost")
    lines = hear(Board(), online, online, lost)
    assert [line.sentence if line else None for line in lines] == ["online (data)", None, "unknown (link_lost)"]


def test_state_and_titles_are_remembered_without_a_line() -> None:
    board = Board()
    assert hear(board, messages.info(), messages.state("chest", battery_pct=90)) == [None, None]
    assert board.units["chest"].title == "Polar H10"
    assert board.units["chest"].value("battery_pct") == 90
    assert board.units["chest"].value("level") is None


def test_the_gateway_says_why_it_is_offline() -> None:
    board = Board()
    message = topics.status(messages.NAMES, "offline", boot_id="boot", version="1", reason="stopped")
    [line] = hear(board, message)
    assert line is not None
    assert (board.gateway, line.sentence) == ("offline", "offline (stopped)")


def test_a_live_repetition_has_a_line_and_the_rest_of_the_live_values_have_none() -> None:
    lines = hear(
        Board(),
        messages.heart(70),
        messages.progress(0),
        messages.progress(0),
        messages.progress(1),
        messages.progress(0),
    )
    assert [line.sentence if line else None for line in lines] == [None, None, None, "1 repetition seen", None]


def test_what_happened_first_is_remembered_with_its_time() -> None:
    board = Board()
    hear(board, messages.availability("chest", "unknown", "starting"), at=0.1)
    hear(board, messages.availability("chest", "online", "data"), messages.progress(0), at=1.4)
    hear(board, messages.progress(1), at=5.0)
    hear(board, messages.event(messages.repetition(), 1), at=9.0)
    hear(board, messages.event(messages.repetition(), 2), at=11.0)
    assert board.first == {"data": 1.4, "live repetition": 5.0, "repetition": 9.0}


def test_a_day_of_records_takes_no_more_room_than_the_last_few() -> None:
    board = Board()
    hear(board, *(messages.event(messages.repetition(), sequence) for sequence in range(1, 3 * RECENT)))
    assert len(board.recent) == RECENT


def test_commands_and_their_answers_are_none_of_the_boards_business() -> None:
    assert Board().feed("ptdevice-sim/v1/demo/pi-sim/cmd/gateway/ping", b"{}", 1.0) is None


@pytest.mark.parametrize("payload", [b"", b"\xff\x8b", b"[" * 5000, b"[]", b"null", b"{}", b'{"units": [7]}'])
@pytest.mark.parametrize("levels", ["status", "info", "unit/chest/availability", "unit/chest/state", "evt/gap"])
def test_nonsense_of_somebody_else_is_counted_and_ends_nothing(levels: str, payload: bytes) -> None:
    board = Board()
    assert board.feed(f"ptdevice-sim/v1/demo/pi-sim/{levels}", payload, 1.0) is None
    assert (board.nonsense, board.records) == (1, 0)


def test_requests_are_not_looked_into() -> None:
    board = Board()
    assert board.feed("ptdevice-sim/v1/demo/pi-sim/cmd/chest/begin_set", b"\xff", 1.0) is None
    assert board.nonsense == 0
