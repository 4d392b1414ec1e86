"""A button without a link pauses a set, or ends it because it hurts; it begins nothing. Through the whole gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.simulators.clinic.played import bodies, play, records, values

from ptdevice.model import ButtonPressed, Press
from ptdevice.remote import RECORDED, Remote

if TYPE_CHECKING:
    from ptdevice.model import Record

HEAD = """\
title = "A test"
duration = "{duration}"
[people.k3f7q]
exercises = [{{ time = "00:00:08", sets = [10] }}]
[units.chest]
device = "polar"
worn_by = "k3f7q"
exercise = "sit_up"
[units.button]
device = "bthome"
remote_for = "chest"
on_press = "pause"
on_long_press = "pain"
"""


def test_a_long_press_ends_the_open_set_because_it_hurts() -> None:
    run = play("00:00:25 button = 'button'; how = 'long_press'", duration="70s", head=HEAD)
    first, *_ = records(run, "exercise/set")
    assert (first["reason"], first["stopping"]) == ("ended", "pain")
    (press,) = records(run, "remote/press")
    assert (press["button"], press["press"], press["meaning"]) == (1, "long_press", "pain")
    assert (press["target"], press["effective"]) == ("chest", True)
    (event,) = bodies(run, "/evt/remote/press")
    assert event["source"].endswith("/button")


def test_a_press_pauses_it() -> None:
    run = play("00:00:25 button = 'button'", duration="60s", head=HEAD)
    (press,) = records(run, "remote/press")
    assert (press["meaning"], press["effective"]) == ("pause", True)
    assert len(records(run, "exercise/repetition")) < 10


def test_where_there_is_no_set_a_press_has_no_effect_and_begins_none() -> None:
    run = play("00:00:02 button = 'button'; how = 'long_press'", duration="70s", head=HEAD)
    (press,) = records(run, "remote/press")
    assert (press["meaning"], press["effective"]) == ("pain", False)
    (done,) = records(run, "exercise/set")
    assert done["repetitions"] == 10


@pytest.mark.parametrize("how", ["double_press", "triple_press", "hold"])
def test_what_has_no_meaning_is_recorded_and_does_nothing(how: str) -> None:
    run = play(f"00:00:25 button = 'button'; how = '{how}'", duration="70s", head=HEAD)
    (press,) = records(run, "remote/press")
    assert (press["press"], press["meaning"], press["target"], press["effective"]) == (how, None, None, False)
    (done,) = records(run, "exercise/set")
    assert done["repetitions"] == 10


RATING = HEAD.replace('on_press = "pause"', 'on_press = "rate_4"').replace('"pain"', '"rate_9"')


@pytest.mark.parametrize(("when", "moment"), [("00:00:02", "before"), ("00:00:25", "during"), ("00:01:25", "after")])
def test_a_press_rates_pain_at_the_moment_that_it_is(when: str, moment: str) -> None:
    run = play(f"{when} button = 'button'", duration="100s", head=RATING)
    (press,) = records(run, "remote/press")
    assert (press["meaning"], press["rating"], press["target"], press["effective"]) == ("rate", 4, "chest", True)
    (pain,) = records(run, "pain")
    assert (pain["rating"], pain["moment"]) == (4, moment)
    assert records(run, "exercise/set")[0]["repetitions"] == 10


def test_a_rating_that_is_too_much_ends_the_set() -> None:
    run = play("00:00:25 button = 'button'; how = 'long_press'", duration="70s", head=RATING)
    assert (records(run, "pain")[0]["rating"], records(run, "exercise/set")[0]["stopping"]) == (9, "pain")


BELT = """\
title = "A test"
duration = "{duration}"
[people.k3f7q]
[units.back]
device = "beurer_em70"
worn_by = "k3f7q"
[units.button]
device = "bthome"
remote_for = "back"
on_press = "rate_3"
"""


def test_pain_is_rated_before_during_and_after_stimulation_too() -> None:
    presses = [f"{when} button = 'button'" for when in ("00:00:10", "00:00:30", "00:00:50")]
    turns = ["00:00:20 press = 'back'; times = 3", "00:00:40 press = 'back'; key = 'down'; times = 3"]
    run = play(*sorted(presses + turns), duration="60s", head=BELT)
    assert [pain["moment"] for pain in records(run, "pain")] == ["before", "during", "after"]
    assert {press["target"] for press in records(run, "remote/press")} == {"back"}


def test_a_flood_of_ratings_is_one() -> None:
    run = play(*(f"00:00:{second} button = 'button'" for second in (20, 22, 26)), duration="40s", head=RATING)
    assert [press["effective"] for press in records(run, "remote/press")] == [True, False, True]
    assert len(records(run, "pain")) == 2


def test_of_a_flood_of_presses_only_so_many_are_recorded_and_later_ones_again() -> None:
    kept: list[Record] = []
    remote = Remote("button", None, {}, lambda _, records: kept.extend(records))
    for i in range(1000):
        remote.hear(ButtonPressed(100.0 + i / 100, 1, Press.PRESS))
    assert len(kept) == RECORDED == 60
    remote.hear(ButtonPressed(161.0, 1, Press.PRESS))
    assert len(kept) == 61


def test_a_remote_for_nobody_is_recorded_and_its_battery_told() -> None:
    head = 'title = "A test"\nduration = "{duration}"\n[units.button]\ndevice = "bthome"\nbattery_pct = 60\n'
    run = play("00:00:10 button = 'button'", duration="30s", head=head)
    (press,) = records(run, "remote/press")
    assert (press["press"], press["meaning"], press["target"]) == ("press", None, None)
    assert values(run, "button", "battery_pct") == [60]
