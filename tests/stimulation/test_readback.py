"""Whether a unit does what it was told, by its own word. Pure."""

from __future__ import annotations

from ptdevice.stimulation.readback import FOLLOW_S, Readback


def readback(told: int = 5, *, hands: bool = True) -> Readback:
    """A unit that is at the level that it was told, since 100 s."""
    made = Readback(100.0, step_s=0.5, tells_hands=hands)
    made.take_over(told, 100.0)
    return made


def test_s17_more_than_one_step_above_counts_the_second_time_within_two_seconds() -> None:
    unit = readback()
    assert not unit.differs(7, 101.0)
    assert unit.differs(7, 103.0)


def test_s17_the_second_time_after_more_than_two_seconds_is_the_first_again() -> None:
    unit = readback()
    assert not unit.differs(7, 101.0)
    assert not unit.differs(7, 103.1)
    assert unit.differs(7, 104.0)


def test_s17_one_step_above_is_borne() -> None:
    unit = readback()
    assert not any(unit.differs(6, 101.0 + n) for n in range(10))


def test_s17_falling_without_a_hand_counts_where_hands_are_told_of() -> None:
    told, silent = readback(9), readback(9, hands=False)
    assert not told.differs(6, 101.0)
    assert told.differs(3, 102.0)
    assert not silent.differs(6, 101.0)
    assert not silent.differs(3, 102.0)


def test_s17_on_its_way_down_it_is_given_time_but_may_not_rise() -> None:
    unit = readback(9)
    unit.tell(3, 101.0)
    assert not any(unit.differs(9 - n, 101.0 + n / 2) for n in range(1, 5))
    assert not unit.differs(7, 103.1)
    assert unit.differs(9, 103.2)


def test_s17_after_its_time_to_come_down_it_has_to_be_there() -> None:
    unit = readback(9)
    unit.tell(3, 101.0)
    assert not unit.differs(9, 105.9)  # 2 s, and half a second for each of six steps
    assert not unit.differs(9, 106.1)
    assert unit.differs(9, 107.0)


def test_s17_what_does_not_follow_for_five_seconds_is_told() -> None:
    unit = readback(5)
    unit.tell(6, 101.0)
    assert not unit.lags(101.0 + FOLLOW_S - 0.1)
    assert unit.lags(101.0 + FOLLOW_S)
    assert not unit.differs(6, 107.0)
    assert not unit.lags(200.0)
