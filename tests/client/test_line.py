"""The order of one gateway's records, whatever order they arrive in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.client.line import ROOM, Line


def fed(*sequences: int, through: int = 0) -> Line[str]:
    line: Line[str] = Line(through, safe=through)
    for sequence in sequences:
        line.take(sequence, str(sequence))
    return line


def drained(line: Line[str]) -> list[int]:
    found = []
    while (following := line.next()) is not None:
        found.append(following[0])
        line.done()
        line.safe = line.through or 0
    return found


def test_records_come_out_in_order_whatever_order_they_came_in() -> None:
    assert drained(fed(3, 1, 2)) == [1, 2, 3]


def test_a_record_comes_out_once() -> None:
    line = fed(1, 1, 2)
    assert drained(line) == [1, 2]
    assert not line.take(2, "2")
    assert drained(line) == []


def test_a_record_that_is_out_is_not_taken_a_second_time() -> None:
    line = fed(1)
    line.next()
    assert not line.take(1, "1")
    line.done()
    assert drained(line) == []


def test_a_record_that_was_not_processed_comes_out_again() -> None:
    line = fed(1)
    assert line.next() == (1, "1")
    assert line.next() is None
    line.back()
    assert line.next() == (1, "1")


def test_nothing_comes_out_past_a_gap() -> None:
    line = fed(1, 3)
    assert drained(line) == [1]
    assert line.waits()


def test_a_report_tells_what_is_done_what_is_here_and_what_lacks() -> None:
    line = fed(1, 2, 5, 6, 9)
    assert drained(line) == [1, 2]
    assert line.report() == (2, 9, [(3, 4), (7, 8)])


def test_a_report_counts_as_done_only_what_is_stored_as_done() -> None:
    line = fed(1, 2)
    line.next()
    line.done()
    assert line.report() == (0, 2, [])
    line.safe = 1
    assert line.report() == (1, 2, [])


def test_what_will_not_come_holds_nothing_up_and_is_not_asked_for() -> None:
    line = fed(1, 4, 8)
    drained(line)
    line.never([(2, 3), (5, 6)])
    assert drained(line) == [4]
    assert line.report() == (6, 8, [(7, 7)])


def test_what_was_said_never_to_come_comes_out_when_it_comes_and_once() -> None:
    line = fed(1, 4)
    line.never([(2, 3)])
    assert drained(line) == [1, 4]
    assert line.take(3, "3")
    assert drained(line) == [3]
    assert not line.take(3, "3")
    assert line.take(2, "2")


def test_what_is_done_stays_done_though_it_is_said_never_to_come() -> None:
    line = fed(1, 2)
    drained(line)
    line.never([(1, 5)])
    assert not line.take(2, "2")
    assert line.take(4, "4")


def test_after_long_enough_those_behind_a_gap_go_on_and_it_is_still_wanted() -> None:
    line = fed(1, 4, 5)
    drained(line)
    assert line.give_up() == (2, 3)
    assert drained(line) == [4, 5]
    assert line.report() == (1, 5, [(2, 3)])
    assert line.take(2, "2")
    assert drained(line) == [2]
    assert line.report() == (2, 5, [(3, 3)])
    line.never([(3, 3)])
    assert line.report() == (5, 5, [])


def test_a_gap_above_which_nothing_is_here_is_told_as_not_heard_yet() -> None:
    line = fed(1, 4)
    drained(line)
    line.give_up()
    again = Line[str].at(line.position())  # what was held is forgotten
    assert again.report() == (1, 1, [])


def test_gaps_that_touch_are_told_as_one() -> None:
    line = fed(1, 3)
    drained(line)
    line.give_up()
    line = Line[str].at(line.position())  # 2 is still wanted, 3 was held and is forgotten
    line.take(4, "4")
    assert line.report() == (1, 4, [(2, 3)])


def test_it_goes_on_from_its_position() -> None:
    line = fed(1, 2, 5)
    drained(line)
    line.give_up()
    drained(line)
    line.never([(3, 3)])
    again = Line[str].at(line.position())
    assert (again.through, again.missing, again.gone) == (5, [(4, 4)], [(3, 3)])
    assert [again.take(sequence, "") for sequence in (2, 3, 4, 5)] == [False, True, True, False]


@pytest.mark.parametrize("position", ["", "{}", "[]", '{"through": null, "missing": [], "gone": []}', '{"through": 1}'])
def test_a_position_that_is_none_is_refused(position: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Line[str].at(position)


def test_before_it_is_known_where_it_begins_nothing_comes_out() -> None:
    line: Line[str] = Line()
    for sequence in (7, 5, 6):
        line.take(sequence, "")
    assert line.next() is None
    line.begin(5)
    assert drained(line) == [6, 7]


def test_where_nobody_says_where_it_begins_it_begins_with_what_is_here() -> None:
    line: Line[str] = Line()
    line.take(7, "")
    line.give_up()
    assert drained(line) == [7]


def test_room_is_bounded_and_the_next_in_turn_always_finds_some() -> None:
    line = fed(*range(2, ROOM + 10))
    assert (len(line.held), line.dropped) == (ROOM, True)
    assert line.take(1, "1")
    assert drained(line) == list(range(1, ROOM + 1))


ARRIVALS = st.lists(st.integers(1, 25), max_size=120)


@given(ARRIVALS, st.sets(st.integers(1, 25), max_size=5), st.data())
def test_every_record_comes_out_exactly_once_however_it_comes(
    arrivals: list[int], gone: set[int], data: st.DataObject
) -> None:
    line: Line[str] = Line(0)
    out: list[int] = []
    for sequence in arrivals:
        if sequence not in gone:
            line.take(sequence, "")
        match data.draw(st.integers(0, 5)):
            case 0:
                line.give_up()
            case 1:
                line.never([(each, each) for each in sorted(gone)])
            case 2:
                line = Line[str].at(line.position())  # a crash: what was held comes again
            case 3:
                out += drained(line)
        through, highest, lacking = line.report()
        before = through
        for first, last in lacking:  # as the gateway insists on
            assert before < first <= last < highest
            before = last + 1
    for _ in range(2):
        for sequence in range(1, 26):
            if sequence not in gone:
                line.take(sequence, "")
        line.never([(each, each) for each in sorted(gone)])
        out += drained(line)
    assert sorted(out) == [sequence for sequence in range(1, 26) if sequence not in gone]
    assert line.report()[0] == 25
