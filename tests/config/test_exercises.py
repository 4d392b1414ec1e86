"""Exercises that somebody wrote, laid over those that come along; or every problem at once."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ptdevice.config import load
from ptdevice.config.document import parse
from ptdevice.config.exercises import ExerciseTable, contradictions, lay_over
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import EXERCISES, SHIPPED, Axis, Exercise, Kind, Placement, exercise

ROOT = Path(__file__).parents[2]
GATEWAY = '[gateway]\nsite = "clinic-a"\nname = "pi-1"\n'


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        lay_over(parse(text, "my.toml"))
    return caught.value.problems


@pytest.mark.parametrize("name", EXERCISES)
def test_what_comes_along_passes_the_door(name: str) -> None:
    table = ExerciseTable.model_validate(SHIPPED[name])
    assert table.model_fields_set == set(SHIPPED[name])
    assert contradictions(EXERCISES[name]) == []


@pytest.mark.parametrize("name", EXERCISES)
def test_door_and_core_agree_on_every_default(name: str) -> None:
    values = ExerciseTable.model_validate(SHIPPED[name]).model_dump()
    assert exercise(name, values) == EXERCISES[name]


def test_the_file_is_shown_among_the_configurations() -> None:
    assert tomllib.loads((ROOT / "config/exercises.toml").read_text("utf-8")) == SHIPPED


def test_every_key_is_explained_in_the_head_of_the_file() -> None:
    head = (ROOT / "config/exercises.toml").read_text("utf-8").split("\n[", 1)[0]
    assert set(re.findall(r"^#   (\w+) ", head, re.MULTILINE)) == set(ExerciseTable.model_fields)


def test_an_exercise_of_ones_own_is_added() -> None:
    text = '[hip_hinge]\nrepetition = "standing, bent at the hips, and up"\nplacements = ["chest"]\naxis = "mediolateral"\n'
    known = lay_over(parse(text, "my.toml"))
    assert known["hip_hinge"] == Exercise(
        "hip_hinge", (Placement.CHEST,), "standing, bent at the hips, and up", axis=Axis.MEDIOLATERAL
    )
    assert known["hip_hinge"].evidence == "untried"
    assert set(known) == {*EXERCISES, "hip_hinge"}


def test_a_known_name_changes_only_the_keys_that_are_there() -> None:
    changed = lay_over(parse("[sit_up]\nsmallest_deg = 45\nlimit_deg = 100.0\n", "my.toml"))["sit_up"]
    assert (changed.smallest_deg, changed.limit_deg) == (45.0, 100.0)
    assert (changed.repetition, changed.placements) == (
        EXERCISES["sit_up"].repetition,
        EXERCISES["sit_up"].placements,
    )


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    text = """\
lone = 3
[sit_up]
smallest_deg = 500
placements = ["chest", "belly"]
axsis = "any"
[sitt_up]
smallest_deg = 20
["Sit Up"]
repetition = "x"
[curl_up]
bilateral = "yes"
kind = "reps"
evidence = "hearsay"
placements = 3
"""
    assert problems(text) == [
        "my.toml:1: lone: must be a table, e.g. [lone], is 3",
        "my.toml:3: sit_up.smallest_deg: must be from 0 to 180, is 500.0",
        (
            'my.toml:4: sit_up.placements: unknown placement "belly"; known: '
            "chest, lower_back, sacrum, shin, thigh, upper_arm, upper_back, wrist"
        ),
        'my.toml:5: sit_up.axsis: unknown key, did you mean "axis"?',
        'my.toml:6: sitt_up: a new exercise must say what counts as one: repetition = "...", did you mean "sit_up"?',
        'my.toml:8: Sit Up: must be 1 to 32 of a-z, 0-9, _ and - (it becomes part of MQTT topics), is "Sit Up"',
        'my.toml:11: curl_up.bilateral: must be true or false, is "yes"',
        'my.toml:12: curl_up.kind: unknown kind "reps"; known: bouts, hold, repetitions',
        'my.toml:13: curl_up.evidence: must be one of "recordings", "simulation", "untried", is "hearsay"',
        "my.toml:14: curl_up.placements: must be a list, is 3",
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('axis = "longitudinal"\nposture = "upright"', "axis: x turns about the vertical, which gravity does not show"),
        ("smallest_deg = 0.5", "smallest_deg: must be 1 or more: less is noise"),
        ("smallest_deg = 20\ntarget_deg = 20", "target_deg: must be more than smallest_deg, 20, is 20"),
        ("limit_deg = 2", "limit_deg: must be more than smallest_deg, 2, is 2"),
        ("target_deg = 60\nlimit_deg = 50", "target_deg: must not be beyond limit_deg, 50, is 60"),
        ("least_hold_s = 12", "least_hold_s: must be less than hold_s, 12"),
        ('kind = "hold"\nbilateral = true', 'bilateral: is of use only with kind = "repetitions"'),
    ],
)
def test_keys_that_do_not_go_together_are_told(keys: str, told: str) -> None:
    (problem,) = problems(f'[x]\nrepetition = "out and back"\n{keys}\n')
    assert f"x.{told}" in problem


def test_a_hold_may_be_at_rest() -> None:
    made = lay_over(parse('[still]\nrepetition = "lying still"\nkind = "hold"\nsmallest_deg = 0\n', "my.toml"))["still"]
    assert (made.kind, made.smallest_deg) == (Kind.HOLD, 0.0)


# --- in the configuration ---


def test_a_unit_may_be_configured_for_an_exercise_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[hip_hinge]\nrepetition = "down and up"\n', "utf-8")
    file = tmp_path / "f.toml"
    file.write_text(
        GATEWAY + '[exercises]\nfile = "mine.toml"\n[units.chest]\ndevice = "polar"\nexercise = "hip_hinge"\n', "utf-8"
    )
    settings = load(file, {})
    assert settings.exercises.known["hip_hinge"].repetition == "down and up"
    assert "sit_up" in settings.exercises.known


def test_without_a_file_there_is_what_comes_along(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text(GATEWAY + '[units.chest]\ndevice = "polar"\n', "utf-8")
    assert load(file, {}).exercises.known == EXERCISES


def test_problems_of_both_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[sit_up]\nhold_s = -1\n", "utf-8")
    file = tmp_path / "f.toml"
    file.write_text(
        GATEWAY + '[exercises]\nfile = "mine.toml"\n[units.chest]\ndevice = "polar"\ntarget_repetitions = 0\n', "utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    told = [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert told == [
        "f.toml:8: units.chest.target_repetitions: must be from 1 to 1000, is 0",
        "f.toml:8: units.chest.target_repetitions: needs an exercise",
        "mine.toml:2: sit_up.hold_s: must be from 1 to 14400, is -1.0",
    ]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text(GATEWAY + '[exercises]\nfile = "gone.toml"\n[units.chest]\ndevice = "polar"\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert caught.value.problems == [f"{tmp_path / 'gone.toml'}: cannot be read: No such file or directory"]


def test_an_exercise_that_cannot_be_seen_from_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    unit = '[units.chest]\ndevice = "polar"\nexercise = "leg_raise"\nplacement = "{}"\n'
    file.write_text(GATEWAY + unit.format("chest"), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert [problem.replace(str(file), "f.toml") for problem in caught.value.problems] == [
        (
            "f.toml:7: units.chest.placement: leg_raise cannot be seen by a sensor on the breastbone; "
            "wear it on the front of the thigh or on the front of the shin"
        )
    ]
    file.write_text(GATEWAY + unit.format("thigh"), "utf-8")
    assert load(file, {}).units["chest"].placement == "thigh"
