"""A posture that is held, seen by the machine alone."""

from __future__ import annotations

from math import cos, radians, sin

import pytest

from ptdevice.motion.holding import Held, HoldMachine
from ptdevice.motion.sway import CAPACITY, Sway

Stretch = tuple[float, float]  # (seconds, degrees)
REST = (0.0, 0.0, 1.0)


def up(degrees: float) -> tuple[float, float, float]:
    return (0.0, sin(radians(degrees)), cos(radians(degrees)))


def play(machine: HoldMachine, *stretches: Stretch, since: float = 0.0) -> list[Held]:
    """Stay for so long at these angles, moving between them at 60 degrees a second."""
    found: list[Held] = []
    t, at = since, stretches[0][1]
    for seconds, degrees in stretches:
        for _ in range(round(seconds / 0.04)):
            at += min(max(degrees - at, -2.4), 2.4)
            held = machine.step(t, up(at))
            found += [held] if held else []
            t += 0.04
    return found


def machine(away_deg: float = 8.0) -> HoldMachine:
    made = HoldMachine(away_deg)
    made.rest = REST
    return made


def test_a_posture_is_held_from_entering_to_leaving() -> None:
    (held,) = play(machine(), (3.0, 0.0), (10.0, 30.0), (4.0, 0.0))
    assert held.start == pytest.approx(3.5, abs=0.2)
    assert held.end == pytest.approx(13.0, abs=0.2)
    assert held.held_s == pytest.approx(9.5, abs=0.3)
    assert (held.breaks, held.break_s) == (0, 0.0)
    assert held.sway_deg < 0.1


def test_rest_is_not_held() -> None:
    assert play(machine(), (20.0, 0.0), (20.0, 7.0), (5.0, 0.0)) == []


def test_where_nothing_is_asked_for_rest_is_held_too() -> None:
    (held,) = play(HoldMachine(0.0), (10.0, 0.0), (7.0, 40.0))
    assert held.held_s == pytest.approx(10.0, abs=0.3)


def test_half_a_second_is_bridged() -> None:
    (held,) = play(machine(), (2.0, 0.0), (5.0, 30.0), (0.3, 18.0), (5.0, 30.0), (4.0, 0.0))
    assert (held.breaks, held.break_s) == (0, 0.0)
    assert held.held_s == pytest.approx(9.8, abs=0.3)


def test_longer_is_a_break_and_no_time_held() -> None:
    (held,) = play(machine(), (2.0, 0.0), (5.0, 30.0), (2.0, 15.0), (5.0, 30.0), (1.5, 15.0), (5.0, 30.0), (4.0, 0.0))
    assert held.breaks == 2
    assert held.break_s == pytest.approx(3.5, abs=0.5)
    assert held.held_s == pytest.approx(15.0 - 0.5, abs=0.5)
    assert held.sway_deg < 0.5  # what happened in breaks is none


def test_a_second_at_rest_ends_it() -> None:
    first, second = play(machine(), (2.0, 0.0), (5.0, 30.0), (2.5, 0.0), (6.0, 30.0), (4.0, 0.0))
    assert (first.breaks, second.breaks) == (0, 0)
    assert second.held_s == pytest.approx(5.5, abs=0.3)


def test_who_does_not_come_back_has_ended_it_where_he_left() -> None:
    (held,) = play(machine(), (2.0, 0.0), (5.0, 30.0), (5.5, 18.0))
    assert held.end == pytest.approx(7.0, abs=0.2)


def test_a_touch_on_the_way_is_no_return() -> None:
    first, *_ = play(machine(), (2.0, 0.0), (5.0, 30.0), (2.0, 15.0), (0.35, 30.0), (5.0, 15.0), (4.0, 0.0))
    assert first.breaks == 0
    assert first.end == pytest.approx(7.0, abs=0.2)


def test_sagging_slowly_is_followed_until_it_is_another_posture() -> None:
    (held,) = play(machine(), (2.0, 0.0), (5.0, 30.0), (5.0, 25.0), (4.0, 0.0))
    assert held.end == pytest.approx(12.0, abs=0.3)
    assert held.sway_deg == pytest.approx(3.5, abs=0.3)  # half of it was 5 degrees from the median


def test_what_was_not_received_was_not_held() -> None:
    made = machine()
    play(made, (2.0, 0.0), (5.0, 30.0))
    assert made.miss(7.0, 9.0) is None
    (held,) = play(made, (5.0, 30.0), (4.0, 0.0), since=9.0)
    assert held.unseen_s == 2.0
    assert held.held_s == pytest.approx(9.5, abs=0.3)


def test_a_long_absence_ends_it() -> None:
    made = machine()
    play(made, (2.0, 0.0), (5.0, 30.0))
    held = made.miss(7.0, 12.5)
    assert held is not None
    assert held.end == pytest.approx(7.0, abs=0.1)
    assert made.posture is None


def test_who_was_not_seen_to_enter_has_not() -> None:
    made = machine()
    play(made, (2.0, 0.0), (0.8, 30.0))
    assert made.miss(2.8, 90_000.0) is None
    play(made, (0.9, 30.0), since=90_000.0)
    assert (made.posture, len(made._sway._times) < 20) == (None, True)


def test_a_short_absence_is_nothing() -> None:
    made = machine()
    play(made, (2.0, 0.0), (5.0, 30.0))
    assert made.miss(7.0, 7.4) is None
    assert made.held_s == pytest.approx(4.5, abs=0.2)


def test_the_end_of_everything_ends_it() -> None:
    made = machine()
    assert made.close() is None
    play(made, (2.0, 0.0), (5.0, 30.0))
    held = made.close()
    assert held is not None
    assert held.end == pytest.approx(7.0, abs=0.1)
    assert made.close() is None


def test_its_time_is_known_while_it_lasts() -> None:
    made = machine()
    play(made, (2.0, 0.0), (0.9, 30.0))
    assert (made.held_s, made.posture) == (0.0, None)
    play(made, (4.0, 30.0), since=2.9)
    assert made.held_s == pytest.approx(4.4, abs=0.2)


# --- sway ---


def test_sway_is_the_root_mean_square_from_the_median() -> None:
    sway = Sway()
    sway.restart(0.0)
    for k in range(3000):
        sway.add(k * 0.02, up(20.0 + 3.0 * sin(k * 0.02 * 1.9)))
    posture, rms = sway.told()
    assert rms == pytest.approx(3.0 / 2**0.5, abs=0.05)
    assert posture == pytest.approx(up(20.0), abs=0.01)


def test_how_often_postures_come_does_not_matter() -> None:
    """For as long at 0 as at 4 degrees, but told ten times as often there."""
    sway = Sway()
    sway.restart(0.0)
    for k in range(100):
        for j in range(10):
            sway.add(2.0 * k + j * 0.1, up(4.0))
        sway.add(2.0 * k + 1.0, up(0.0))
    posture, rms = sway.told()
    assert rms == pytest.approx(2.83, abs=0.1)
    assert posture[1] in (pytest.approx(up(0.0)[1], abs=0.01), pytest.approx(up(4.0)[1], abs=0.01))


def test_sway_is_bounded_however_long_a_hold_lasts() -> None:
    sway = Sway()
    sway.restart(0.0)
    for k in range(2 * CAPACITY):
        sway.add(k * 0.1, up(20.0 + (2.0 if k // 600 % 2 else -2.0)))
    assert len(sway._times) <= CAPACITY
    assert sway.told()[1] == pytest.approx(2.83, abs=1.0)


def test_the_beginning_of_a_long_hold_weighs_as_much_as_its_end() -> None:
    sway = Sway()
    sway.restart(0.0)
    for k in range(3 * CAPACITY):
        sway.add(k * 0.1, up(20.0 if k < 2.25 * CAPACITY else 24.0))
    posture, rms = sway.told()
    assert posture == pytest.approx(up(20.0), abs=0.001)
    assert rms == pytest.approx(2.0, abs=0.1)


def test_no_posture_has_no_sway() -> None:
    assert Sway().told()[1] == 0.0
