"""Who shares a clock with whom, and why not."""

from __future__ import annotations

import pytest

from ptdevice.devices.movella_dot.messages import SyncResult
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.unit import UnitClock

ONE, TWO = UnitClock(1_000, 20.0), UnitClock(2_000, -20.0)


def both(room: DotRoom, *, apart_s: float = 1.0) -> DotRoom:
    room.begin("root", "root", 0.0, ONE)
    room.begin("other", "root", apart_s, TWO)
    return room


def test_the_root_keeps_its_clock_and_the_other_takes_it() -> None:
    room = both(DotRoom())
    assert room.end("root", 14.0) == (SyncResult.OK, ONE)
    assert room.end("other", 14.0) == (SyncResult.OK, ONE)


def test_the_order_in_which_they_come_back_does_not_matter() -> None:
    room = both(DotRoom())
    assert room.end("other", 14.0) == (SyncResult.OK, ONE)


def test_whoever_comes_back_early_keeps_its_own_clock() -> None:
    assert both(DotRoom()).end("other", 12.9) == (SyncResult.NOT_STARTED, TWO)


def test_whoever_begins_long_after_the_root_keeps_its_own_clock() -> None:
    assert both(DotRoom(), apart_s=5.1).end("other", 30.0) == (SyncResult.START_TIME, TWO)


def test_what_synchronising_leaves_grows_from_nothing() -> None:
    room = both(DotRoom(residual_ppm=4.0))
    _, root = room.end("root", 14.0)
    _, other = room.end("other", 15.0)
    assert root == ONE
    assert other.ns(15.0) == root.ns(15.0)
    assert other.ns(3615.0) - root.ns(3615.0) == pytest.approx(4 * 3_600_000, abs=2)


@pytest.mark.parametrize("root_s_root", [None, "somebody else"])
def test_without_its_root_it_hears_nobody(root_s_root: str | None) -> None:
    room = DotRoom()
    room.begin("other", "root", 0.0, TWO)
    if root_s_root:
        room.begin("root", root_s_root, 0.0, ONE)
    assert room.end("other", 14.0) == (SyncResult.FEW_SAMPLES, TWO)


def test_a_root_that_was_switched_off_is_heard_no_more() -> None:
    room = both(DotRoom())
    room.forget("root")
    assert room.end("other", 14.0)[0] is SyncResult.FEW_SAMPLES
    room.forget("nobody")


def test_a_verdict_is_what_comes_of_it() -> None:
    assert both(DotRoom(SyncResult.SKEW)).end("other", 14.0) == (SyncResult.SKEW, TWO)
