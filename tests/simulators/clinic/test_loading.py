"""Whatever is wrong with a scenario is told at once, with its line and its key, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ptdevice.errors import ConfigError
from ptdevice_sim.clinic.actions import ACTIONS
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.loading import find, load, loads, shipped

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = """\
title = "x"
duration = "10m"
[people.k3f7q]
[units.chest]
device = "polar"
worn_by = "k3f7q"
[units.back]
device = "beurer_em70"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text, name="my.toml")
    return caught.value.problems


def with_entry(*lines: str) -> str:
    return RIGHT + "[[at]]\n" + "\n".join(lines) + "\n"


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
title = ""
duration = "10:00"
sed = 3
[people.k3f7q]
exercises = [{ time = "00:01:00", sets = [0] }]
[people."Anna Berg"]
[units.chest]
device = "polarr"
worn_by = "k3f7"
[units.back]
device = "beurer_em70"
skew_ppm = nan
[settings.telemetry]
motoin = true
[[at]]
time = "00:01:00"
drop_link = "chset"
fro = "8s"
[[at]]
time = "00:02:00"
press = "back"
key = "sideways"
"""
    assert problems(text) == [
        'my.toml:1: title: must be some text, is ""',
        'my.toml:2: duration: must be a span like "8s", "1.5h" or "00:03:00", is "10:00"',
        'my.toml:3: sed: unknown key, did you mean "seed"?',
        "my.toml:5: people.k3f7q.exercises[1].sets[1]: must be from 1 to 200, is 0",
        'my.toml:6: people.Anna Berg: must be a code of 1 to 32 of a-z, 0-9, _ and -, is "Anna Berg"',
        'my.toml:8: units.chest.device: unknown device "polarr", did you mean "polar"?; known: '
        + ", ".join(sorted(DEVICES)),
        'my.toml:9: units.chest.worn_by: there is no [people.k3f7], did you mean "k3f7q"?',
        "my.toml:12: units.back.skew_ppm: must be a finite number, is nan",
        "my.toml:12: units.back.skew_ppm: is of no use for a beurer_em70",
        'my.toml:14: settings.telemetry.motoin: unknown key, did you mean "motion"?',
        'my.toml:17: at[1].drop_link: there is no [units.chset], did you mean "chest"?',
        'my.toml:18: at[1].fro: unknown key, did you mean "for"?',
        'my.toml:22: at[2].key: must be one of "up", "down", is "sideways"',
    ]


def test_a_missing_table_or_key_is_told() -> None:
    assert problems("") == [
        "my.toml:1: title: is missing",
        "my.toml:1: duration: is missing",
        "my.toml:1: units: is missing",
    ]
    assert problems(with_entry('freeze = "back"')) == [
        "my.toml:9: at[1].time: is missing",
        "my.toml:9: at[1].for: is missing",
    ]


def test_an_entry_has_one_action() -> None:
    (told,) = problems(with_entry('time = "00:01:00"'))
    assert told.startswith("my.toml:9: at[1]: no action; known: press, ")
    (told,) = problems(with_entry('time = "00:01:00"', 'drop_lnk = "back"'))
    assert told.startswith('my.toml:9: at[1]: unknown action drop_lnk, did you mean "drop_link"?; known: ')
    (told,) = problems(with_entry('time = "00:01:00"', 'drop_link = "back"', 'broker = "down"', 'for = "8s"'))
    assert told == "my.toml:9: at[1]: one action for each [[at]], here are drop_link and broker"


def test_the_line_is_that_of_the_entry_with_the_problem() -> None:
    entry = '[[at]]\ntime = "00:01:00"\npress = "back"\ntimes = {times}\n'
    text = RIGHT + entry.format(times=1) + entry.format(times=0) + entry.format(times=3)
    assert problems(text) == ["my.toml:16: at[2].times: must be from 1 to 100, is 0"]


def test_a_key_that_is_missing_has_the_line_of_its_own_entry_and_not_of_the_next_that_has_it() -> None:
    text = (
        RIGHT + '[[at]]\ntime = "00:01:00"\nfreeze = "back"\n[[at]]\ntime = "00:02:00"\nfreeze = "back"\nfor = "1s"\n'
    )
    assert problems(text) == ["my.toml:9: at[1].for: is missing"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (('take_off = "back"',), "at[1].take_off: back is a beurer_em70, to which this cannot happen"),
        (('press = "chest"',), "at[1].press: chest is a polar, to which this cannot happen"),
        (('press = "back"', 'until = "00:02:00"'), "at[1].until: needs every"),
        (('press = "back"', 'every = "1m"', 'until = "00:00:30"'), "at[1].until: is not after time"),
        (('press = "back"', 'every = "1m"', 'until = "00:01:00"'), "at[1].until: is not after time"),
        (('freeze = "back"', 'for = "1m"', 'every = "30s"'), "at[1].every: it begins again before it is over"),
        (('freeze = "back"', 'for = "30s"', 'every = "30s"'), "at[1].every: it begins again before it is over"),
    ],
)
def test_entries_that_make_no_sense_are_refused(lines: tuple[str, ...], told: str) -> None:
    (problem,) = problems(with_entry('time = "00:01:00"', *lines))
    assert problem.endswith(told)


def test_nothing_happens_after_the_end() -> None:
    (problem,) = problems(with_entry('time = "00:10:00"', 'appear = "back"'))
    assert problem == "my.toml:10: at[1].time: the scenario has ended by then, after 10m"


def test_spans_of_one_kind_do_not_overlap_for_one_unit() -> None:
    freeze = '[[at]]\ntime = "{}"\nfreeze = "{}"\nfor = "30s"\n'
    loads(
        RIGHT
        + freeze.format("00:01:00", "back")
        + freeze.format("00:01:30", "back")
        + freeze.format("00:01:10", "chest")
    )
    (problem,) = problems(RIGHT + freeze.format("00:01:00", "back") + freeze.format("00:01:29", "back"))
    assert problem == "my.toml:14: at[2].time: begins before the one of at[1] is over"
    broker = '[[at]]\ntime = "{}"\nbroker = "{}"\nfor = "30s"\n'
    assert problems(RIGHT + broker.format("00:01:00", "down") + broker.format("00:01:29", "refuses"))


def test_a_sensor_must_be_worn_by_somebody() -> None:
    assert problems(RIGHT.replace('worn_by = "k3f7q"\n', "")) == [
        "my.toml:4: units.chest: nobody wears it; a polar needs worn_by"
    ]


def test_the_daemons_own_rules_hold_for_units_and_settings() -> None:
    assert problems(RIGHT + 'exercise = "sit_up"\n') == [
        "my.toml:9: units.back.exercise: beurer_em70 has no motion sensor, so it cannot count"
    ]
    assert problems(RIGHT + "[settings.telemetry]\nbatch_ms = 50\n") == [
        "my.toml:10: settings.telemetry.batch_ms: must be from 100 to 250, is 50"
    ]


def test_what_makes_a_run_a_simulation_cannot_be_set() -> None:
    text = (
        RIGHT + '[settings.gateway]\nsimulated = false\n[settings.journal]\npath = "/etc/passwd"\n[settings.units.x]\n'
    )
    assert problems(text) == [
        "my.toml:10: settings.gateway.simulated: a scenario has its own; leave it out",
        "my.toml:12: settings.journal.path: a scenario has its own; leave it out",
        "my.toml:13: settings.units: a scenario has its own; leave it out",
    ]


def test_exercises_need_a_set() -> None:
    text = RIGHT.replace("[people.k3f7q]", '[people.k3f7q]\nexercises = [{ time = "00:00:05", sets = [] }]')
    assert problems(text) == ["my.toml:4: people.k3f7q.exercises[1].sets: must have at least one set, e.g. [10, 8]"]


def test_a_start_needs_its_offset() -> None:
    (problem,) = problems(RIGHT.replace('title = "x"', 'title = "x"\nstart = 2026-03-02T09:00:00'))
    assert problem == "my.toml:2: start: needs its offset, e.g. 2026-03-02T09:00:00Z"


def test_a_recording_is_read_from_the_folder_of_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "walk.csv").write_text("t_s,chest_ax,chest_ay,chest_az\n0,0,0,9.8\n1,0,0,9.8\n")
    file = tmp_path / "my.toml"
    file.write_text(RIGHT.replace("[people.k3f7q]", '[people.k3f7q]\nrecording = "walk.csv"'))
    assert load(file).people["k3f7q"].recording == tmp_path / "walk.csv"
    file.write_text(RIGHT.replace("[people.k3f7q]", '[people.k3f7q]\nrecording = "run.csv"'))
    with pytest.raises(ConfigError, match=r"my\.toml:4: people\.k3f7q\.recording: .*run\.csv: cannot be read"):
        load(file)


def test_a_recording_is_looked_at_in_one_go_with_what_else_is_wrong(tmp_path: Path) -> None:
    text = RIGHT.replace("[people.k3f7q]", f'[people.k3f7q]\nrecording = "{tmp_path}/none.csv"')
    found = problems(text.replace('title = "x"', ""))
    assert [line.split(":")[1] for line in found] == ["1", "4"], found


@pytest.mark.parametrize("device", ["capture2go", "movella_dot", "movesense", "thingy52", "witmotion"])
def test_a_unit_with_a_gyroscope_does_not_wear_a_recording_without(tmp_path: Path, device: str) -> None:
    (tmp_path / "walk.csv").write_text("t_s,chest_ax,chest_ay,chest_az\n0,0,0,9.8\n1,0,0,9.8\n")
    text = RIGHT.replace("[people.k3f7q]", '[people.k3f7q]\nrecording = "walk.csv"')
    loads(text, folder=tmp_path)  # an H10 has none either
    with pytest.raises(
        ConfigError, match=rf":7: units\.chest\.worn_by: walk\.csv has no gyroscope at chest .*{device}"
    ):
        loads(text.replace("polar", device), folder=tmp_path)
    columns = ",".join(f"chest_{kind}{axis}" for kind in "ag" for axis in "xyz")
    (tmp_path / "walk.csv").write_text(f"t_s,{columns}\n0,0,0,9.8,0,0,0\n1,0,0,9.8,0,0,0\n")
    loads(text.replace("polar", device), folder=tmp_path)


@pytest.mark.parametrize("value", ["[]", "{}", '["polar"]', "3"])
def test_a_device_that_is_no_text_is_told_whatever_happens_to_the_unit(value: str) -> None:
    text = RIGHT.replace('"polar"', value) + '[[at]]\ntime = "1s"\npress = "chest"\n'
    assert any(": units.chest.device: must be text in quotes" in line for line in problems(text))


@pytest.mark.parametrize("key", ["people", "units", "settings"])
def test_what_should_be_a_table_is_told_in_words(key: str) -> None:
    text = f'title = "x"\nduration = "1s"\n{key} = 3\n'
    assert f"my.toml:3: {key}: must be a table, is 3" in problems(text)


def test_a_limit_is_told_in_full() -> None:
    assert problems("seed = -1\n" + RIGHT) == ["my.toml:1: seed: must be from 0 to 9007199254740992, is -1"]


def test_a_shipped_scenario_is_found_by_its_name_and_a_file_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find("sham_tens") == shipped()["sham_tens"]
    assert find("my.toml").name == "my.toml"
    (tmp_path / "plain").write_text(RIGHT)
    assert find(str(tmp_path / "plain")) == tmp_path / "plain"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sham_tens").mkdir()
    assert find("sham_tens") == shipped()["sham_tens"], "a folder of that name, of a CI's artefacts, is in nobody's way"
    with pytest.raises(ConfigError, match='no scenario sham_tns, did you mean "sham_tens"'):
        find("sham_tns")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scenario_is_right_and_says_what_it_shows(name: str) -> None:
    assert load(shipped()[name]).title
    comment = shipped()[name].read_text(encoding="utf-8").partition("\n\n")[0]
    assert all(line.startswith("# ") for line in comment.splitlines())
    assert "\n# What it shows: " in comment


def test_every_action_happens_in_some_shipped_scenario_or_has_its_test_here() -> None:
    told = {key for path in shipped().values() for key in ACTIONS if f"\n{key} = " in path.read_text(encoding="utf-8")}
    assert set(ACTIONS) - told == {
        "appear",
        "button",
        "end_set",
        "pads_on",
        "put_on",
    }  # test_engine, test_devices, test_remote


PROGRAMME = """
[[programmes]]
[programmes.programme]
name = "core"
version = 1
person = "k3f7q"
valid_from = 2026-03-01
valid_until = 2026-03-31
[[programmes.exercises]]
exercise = "sit_up"
repetitions = 8
"""


def with_programme(old: str = "", new: str = "") -> str:
    """A scenario with somebody to whom something is prescribed."""
    people = 'title = "x"\nduration = "1m"\n[people.k3f7q]\n[units.chest]\ndevice = "polar"\nworn_by = "k3f7q"\n'
    return people + PROGRAMME.replace(old, new)


def test_a_scenario_may_prescribe() -> None:
    (each,) = loads(with_programme()).programmes
    assert (each.programme.name, each.exercises[0].repetitions) == ("core", 8)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("repetitions = 8", "repetitions = 0", "scenario:17: programmes[1].exercises[1].repetitions: must be from 1"),
        ("repetitions = 8", "hold_s = 8", "scenario:17: programmes[1].exercises[1].hold_s: sit_up is no hold"),
        ('person = "k3f7q"', 'person = "k3f7x"', "scenario:12: programmes[1].programme.person: there is no [people.k3f7x]"),
        ("version = 1", "verison = 1", 'scenario:11: programmes[1].programme.verison: unknown key, did you mean "version"?'),
    ],
)  # fmt: skip
def test_a_wrong_programme_is_told_with_its_line(old: str, new: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(with_programme(old, new))
    assert any(line.startswith(problem) for line in caught.value.problems), caught.value.problems
