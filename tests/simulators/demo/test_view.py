from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType
from tests.simulators.demo import messages
from tests.simulators.demo.messages import hear

from ptdevice_sim.demo.board import Board
from ptdevice_sim.demo.summary import Row
from ptdevice_sim.demo.view import progress, screen, table_of

SUBSCRIBE = "mosquitto_sub -h 127.0.0.1 -p 65535 -v -t 'ptdevice-sim/v1/#'"


def drawn(what: RenderableType, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=1000, color_system=None, legacy_windows=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def lines(board: Board, width: int = 100, height: int = 30, elapsed_s: float = 12.3) -> list[str]:
    what = screen(
        board,
        elapsed_s=elapsed_s,
        duration_s=60,
        broker="amqtt (in process)",
        subscribe=SUBSCRIBE,
        width=width,
        height=height,
    )
    return drawn(what, width)


def busy() -> Board:
    """A board on which much has happened."""
    board = Board()
    hear(board, messages.info(), messages.availability("chest", "online", "data"), messages.heart(88))
    hear(board, messages.availability("back", "online", "data"), messages.progress(3, angle_deg=45.0))
    hear(board, messages.state("chest", battery_pct=90, contact="ok"))
    hear(board, messages.state("back", level=6, level_max=15, output="on", remaining_s=1794, battery_pct=80))
    hear(board, *(messages.event(messages.repetition(number), number) for number in range(1, 40)))
    return board


@pytest.mark.parametrize(("width", "height"), [(60, 24), (80, 24), (100, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("board", [Board(), busy()], ids=["empty", "busy"])
def test_the_screen_fits_in_and_nothing_wraps(board: Board, width: int, height: int) -> None:
    shown = lines(board, width, height)
    assert len(shown) == height
    assert max(map(len, shown)) <= width


def test_an_empty_board_says_what_is_waited_for() -> None:
    shown = "\n".join(lines(Board()))
    assert "waiting for the stimulator" in shown
    assert "waiting for the motion sensor" in shown


def test_a_busy_board_is_shown_as_it_is() -> None:
    shown = "\n".join(lines(busy()))
    for expected in (
        "12 of 60 s", "● online (data)", "90 %", "♥ 88", "ok",
        "6/15", "output on", "timer 29:54", "repetitions 3 of 8", "last range 51°", "45°",
        "records at the broker: 39", "no. 39: 51°", SUBSCRIBE, "Not a medical device",
    ):  # fmt: skip
        assert expected in shown


def test_the_level_is_a_bar_of_its_own_scale() -> None:
    [line] = [line for line in lines(busy()) if "level" in line and "█" in line]
    assert line.count("█") == 12  # two cells per level
    assert line.count("░") == 18


def test_the_angle_is_a_bar_of_a_right_angle() -> None:
    [line] = [line for line in lines(busy()) if "trunk" in line]
    assert abs(line.count("█") - line.count("░")) <= 1


def test_the_latest_records_are_the_ones_that_are_shown() -> None:
    shown = "\n".join(lines(busy(), 80, 24))
    assert "no. 39:" in shown
    assert "no. 31:" not in shown


def test_the_output_of_a_stimulator_that_is_not_heard_is_unknown() -> None:
    board = busy()
    hear(board, messages.availability("back", "unknown", "link_lost"))
    [line] = [line for line in lines(board) if "output" in line]
    assert "output unknown" in line
    assert "timer" not in line


def test_the_time_does_not_go_beyond_the_end() -> None:
    assert "60 of 60 s" in lines(Board(), elapsed_s=60.4)[0]


def test_how_it_stands_in_one_line() -> None:
    told = progress(busy())
    assert (
        told == "2 of 2 units online; level 6/15, output on; moving, 39 repetitions recorded; heart 88/min; 39 records"
    )


def test_the_table_at_the_end_has_a_line_for_each_fact_even_where_there_is_little_room() -> None:
    shown = drawn(table_of([Row("records in all", "12 at the broker, 12 on disk"), Row("holes", "0", good=False)]), 80)
    words = [" ".join(line.split()) for line in shown]
    assert "records in all 12 at the broker, 12 on disk" in words
    assert "holes 0" in words
