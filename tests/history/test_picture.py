from __future__ import annotations

from datetime import datetime

from tests.history.evening import entries

from ptdevice.history import picture
from ptdevice.history.episodes import SET, STIMULATION, Episode, episodes

MINUTE = "2026-09-21T10:{:02}:00.000000Z"


def segment(
    begin: int, end: int, level: int, *, delivered_s: float | None = None, contact: str = "ok"
) -> dict[str, object]:
    delivered = (end - begin) * 60.0 if delivered_s is None else delivered_s
    times = {"start": MINUTE.format(begin), "end": MINUTE.format(end)}
    return {**times, "level": level, "level_max": 15, "delivered_s": delivered, "contact": contact}


def session(*segments: dict[str, object], minutes: int) -> Episode:
    start, end = (datetime.fromisoformat(MINUTE.format(minute)) for minute in (0, minutes))
    parts = {"stimulation.segment": list(segments)}
    return Episode(STIMULATION, "id", "back", None, start, end, dated=True, parts=parts)


def test_levels_are_drawn_from_below_and_time_from_the_left() -> None:
    lines = picture.stimulation(session(segment(0, 16, 1), segment(16, 32, 2), minutes=32), blocks=False)
    assert lines[:3] == [
        "    2 |" + " " * 32 + "#" * 32,
        "    1 |" + "#" * 64,
        "    0 +" + "-" * 64,
    ]
    assert lines[3].split() == ["0:00", "32:00"]
    assert len(lines) == 4


def test_time_that_nothing_confirms_is_unknown_and_not_off() -> None:
    lines = picture.stimulation(session(segment(0, 16, 1), segment(16, 32, 1, delivered_s=0), minutes=32), blocks=False)
    assert lines[0] == "    1 |" + "#" * 32
    assert lines[1] == "    0 +" + "-" * 32 + "?" * 32
    assert "nothing confirms" in lines[-1]


def test_a_level_of_zero_that_is_confirmed_is_drawn_as_zero() -> None:
    lines = picture.stimulation(session(segment(0, 32, 0), minutes=32), blocks=False)
    assert lines[0] == "    0 +" + "-" * 64


def test_many_levels_share_the_lines_and_the_highest_is_named() -> None:
    lines = picture.stimulation(session(segment(0, 32, 200), minutes=32), blocks=True)
    assert lines[0].startswith("  200 |█")
    assert len(lines) == picture.ROWS + 2


def test_pads_without_contact_are_told() -> None:
    lines = picture.stimulation(session(segment(0, 2, 3, contact="open"), minutes=2), blocks=True)
    assert lines[-1].strip() == "the pads had no contact for 2:00"


def test_nothing_is_wider_than_a_terminal() -> None:
    for episode in episodes(entries()):
        for line in picture.stimulation(episode, blocks=True) + picture.repetitions(episode, blocks=True):
            assert len(line) < 80


def movement(index: int | None, range_deg: int, **more: object) -> dict[str, object]:
    times = {"start": MINUTE.format(index or 30), "range_deg": range_deg}
    return {**times, **({} if index is None else {"index": index, "tempo_s": [1.4, 0.3, 1.2]}), **more}


def exercised(*moves: dict[str, object]) -> Episode:
    whole = session(minutes=1)
    whole.kind, whole.parts = (
        SET,
        {
            "exercise.repetition": [each for each in moves if "index" in each],
            "exercise.rejected": [each for each in moves if "index" not in each],
        },
    )
    return whole


def test_the_greatest_range_has_the_longest_bar_and_each_its_tempo() -> None:
    one, other = picture.repetitions(exercised(movement(1, 60), movement(2, 30)), blocks=False)
    assert one == f"   1   60 deg {'#' * 24} 1.4/0.3/1.2 s"
    assert other == f"   2   30 deg {'#' * 12}{' ' * 12} 1.4/0.3/1.2 s"


def test_blocks_show_eighths_of_a_column() -> None:
    _, other = picture.repetitions(exercised(movement(1, 64), movement(2, 1)), blocks=True)
    assert "▍" in other


def test_what_was_incorrect_and_what_was_not_counted_say_why_in_their_place() -> None:
    moves = exercised(
        movement(1, 60, rejected="too_fast", gap=True), movement(None, 20, rejected="short_rom"), movement(40, 60)
    )
    first, second, third = picture.repetitions(moves, blocks=False)
    assert first.endswith("incorrect: too_fast samples were missing")
    assert second.startswith("   -   20 deg")
    assert second.endswith("not counted: short_rom")
    assert third.startswith("  40")


def test_holds_have_a_line_each() -> None:
    whole = exercised()
    whole.parts["exercise.hold"] = [{"index": 1, "held_s": 31.2, "sway_deg": 1.24, "breaks": 2}]
    assert picture.holds(whole) == ["   1  held 0:31, sway 1.2 deg, 2 breaks"]
