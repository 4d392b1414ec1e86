from __future__ import annotations

from ptdevice_sim.clinic import actions
from ptdevice_sim.clinic.loading import loads
from ptdevice_sim.clinic.timeline import bouts, steps

HEAD = 'title = "x"\nduration = "{}"\n[units.back]\ndevice = "beurer_em70"\n'


def happenings(duration: str, *entries: str) -> list[tuple[float, str, bool]]:
    text = HEAD.format(duration) + "".join("[[at]]\n" + entry.replace("; ", "\n") + "\n" for entry in entries)
    return [(step.t_s, actions.action_of(step.entry), step.over) for step in steps(loads(text))]


def test_a_span_has_a_beginning_and_an_end() -> None:
    found = happenings("1m", 'time = "00:00:10"; freeze = "back"; for = "8s"')
    assert found == [(10.0, "freeze", False), (18.0, "freeze", True)]


def test_things_are_in_the_order_of_time_and_then_of_the_file() -> None:
    found = happenings(
        "1m",
        'time = "00:00:20"; appear = "back"',
        'time = "00:00:10"; vanish = "back"',
        'time = "00:00:20"; drop_link = "back"',
    )
    assert [what for _, what, _ in found] == ["vanish", "appear", "drop_link"]


def test_a_key_is_pressed_as_fast_as_a_thumb_can() -> None:
    assert [at_s for at_s, _, _ in happenings("1m", 'time = "00:00:10"; press = "back"; times = 3')] == [
        10.0,
        10.6,
        11.2,
    ]


def test_an_entry_repeats_until_its_until_which_is_not_included() -> None:
    every = 'time = "00:00:10"; press = "back"; every = "10s"'
    assert [at_s for at_s, _, _ in happenings("1m", every)] == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert [at_s for at_s, _, _ in happenings("1m", every + '; until = "00:00:30"')] == [10.0, 20.0]


def test_repetitions_do_not_drift_over_a_week() -> None:
    found = happenings("7d", 'time = "18:00:00.1"; press = "back"; every = "1d"')
    assert [at_s for at_s, _, _ in found] == [64_800.1 + day * 86_400 for day in range(7)]


def test_what_would_end_after_the_scenario_does_not_end() -> None:
    assert happenings("1m", 'time = "00:00:55"; freeze = "back"; for = "8s"') == [(55.0, "freeze", False)]


def test_bouts_of_exercise_are_in_order_and_repeat() -> None:
    people = '[people.k]\nexercises = [{ time = "00:00:30" }, { time = "00:00:05", every = "20s" }]\n'
    person = loads(HEAD.format("1m") + people).people["k"]
    assert [at_s for at_s, _ in bouts(person.exercises, 60.0)] == [5.0, 25.0, 30.0, 45.0]


def test_a_bout_of_exercise_does_not_begin_after_the_end_whatever_its_until_says() -> None:
    people = '[people.k]\nexercises = [{ time = "00:00:05", every = "20s", until = "2d 00:00:00" }]\n'
    person = loads(HEAD.format("1m") + people).people["k"]
    assert [at_s for at_s, _ in bouts(person.exercises, 60.0)] == [5.0, 25.0, 45.0]
