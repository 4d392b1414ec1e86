from __future__ import annotations

import pytest
from tests.devices.commanding import Bench
from tests.devices.vectors import load, named

from ptdevice.devices.beurer_em70 import wire
from ptdevice.devices.beurer_em70.steering import LESS, MORE, STEP_S, STOP, Steering
from ptdevice.link import Write
from ptdevice.model.command import Admitted, Wish

VECTORS = load("beurer_em70")
T0 = 100.0


def admitted(level: int, now: float, programme: str | None = None) -> Admitted:
    return Admitted(Wish(level, programme=programme), now, now + 1.0)


def state(level: int, programme: int = 9) -> wire.State:
    return wire.State(1, programme, 1, level, 29, 0x3B, 59)


def at(level: int) -> Steering:
    steering = Steering()
    steering.asked()
    steering.state(T0, state(level))
    return steering


def test_steps_are_the_captured_octets() -> None:
    assert Write("control", named(VECTORS, "one level more").data) == MORE
    assert Write("control", named(VECTORS, "one level less").data) == LESS


def test_the_stop_sets_level_0() -> None:
    assert wire.parse(STOP.data) == (wire.SET, b"\0")


def test_the_choice_of_a_programme_is_its_number() -> None:
    assert at(0).encode(admitted(1, T0, "9"), T0) == [MORE]  # it is chosen already
    assert at(0).encode(admitted(1, T0, "16"), T0) == [Write("control", wire.frame(wire.PROGRAMME, b"\x10"))]


def test_a_programme_is_not_chosen_while_current_flows_and_the_way_is_down_only() -> None:
    assert at(3).encode(admitted(5, T0, "16"), T0) == []
    assert at(3).encode(admitted(2, T0, "16"), T0) == [LESS]


def test_nothing_is_stepped_from_a_level_that_is_not_known_or_was_told_long_ago() -> None:
    assert Steering().encode(admitted(3, T0), T0) == []
    assert at(1).encode(admitted(3, T0 + 3.1), T0 + 3.1) == []
    assert at(1).encode(admitted(3, T0 + 2.9), T0 + 2.9) == [MORE]


def test_a_step_waits_for_its_answer_and_half_a_second() -> None:
    steering = at(1)
    assert steering.encode(admitted(5, T0), T0) == [MORE]
    assert steering.encode(admitted(5, T0 + 0.6), T0 + 0.6) == []
    steering.stepped(T0 + 0.7, 2)
    assert steering.encode(admitted(5, T0 + 0.7), T0 + 0.7) == [MORE]
    steering.stepped(T0 + 0.8, 3)
    assert steering.encode(admitted(5, T0 + 0.7 + STEP_S - 0.01), T0 + 0.7 + STEP_S - 0.01) == []


def test_where_the_answer_is_lost_a_state_counts_that_must_be_younger_than_the_step() -> None:
    steering = at(1)
    steering.asked()  # on its way when the step is sent
    assert steering.encode(admitted(5, T0 + 0.1), T0 + 0.1) == [MORE]
    steering.state(T0 + 0.7, state(1))  # made before the step
    assert steering.encode(admitted(5, T0 + 0.7), T0 + 0.7) == []
    steering.asked()
    steering.state(T0 + 1.2, state(2))
    assert steering.encode(admitted(5, T0 + 1.2), T0 + 1.2) == [MORE]


def test_the_answer_to_an_earlier_step_is_not_taken_for_that_to_the_last() -> None:
    steering = at(1)
    steering.encode(admitted(3, T0), T0)
    steering.asked()
    steering.state(T0 + 1.0, state(2))
    assert steering.encode(admitted(3, T0 + 1.0), T0 + 1.0) == [MORE]
    steering.stepped(T0 + 1.6, 2)  # of the first one, late
    assert steering.encode(admitted(3, T0 + 1.6), T0 + 1.6) == []


def test_a_unit_that_says_less_than_it_does_is_not_stepped_above_what_is_admitted() -> None:
    steering, steps = at(0), 0
    for second in range(1, 60):
        now = T0 + second
        steps += steering.encode(admitted(2, now), now) == [MORE]
        steering.asked()
        steering.state(now + 0.1, state(0))
    assert steps == 2


@pytest.mark.parametrize("press", [1, 3])
def test_a_person_who_presses_plus_at_the_same_time_is_followed_down_again(press: int) -> None:
    bench = Bench("beurer_em70")
    bench.run(4.0, 2)
    for _ in range(press):
        bench.do(lambda unit, now: unit.press_up(now))
    bench.run(4.0, 2)
    assert bench.level == 2
