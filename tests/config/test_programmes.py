"""Programmes that somebody wrote, as data; or every problem of all files at once, with its place."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from ptdevice.config import load
from ptdevice.config.document import parse
from ptdevice.config.programme_file import ExerciseTable, PainTable, ProgrammeTable
from ptdevice.config.programmes import programme, read_programmes
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import EXERCISES
from ptdevice.programme.prescription import Days, Dose, PainRule, Weekday

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "config/programmes").glob("*.toml"))
GOOD = """\
[programme]
name = "core"
version = 1
person = "k3f7q"
valid_from = 2026-12-01
valid_until = 2026-12-31
[[exercises]]
exercise = "sit_up"
repetitions = 10
"""
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
[programmes]
folder = "programmes"
timezone = "Europe/Berlin"
[units.chest]
device = "polar"
subject = "k3f7q"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        programme(parse(text, "core.toml"), EXERCISES)
    return caught.value.problems


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def test_a_programme_says_whose_it_is_when_and_how_much() -> None:
    made = programme(parse(GOOD, "core.toml"), EXERCISES)
    assert (made.name, made.version, made.person) == ("core", 1, "k3f7q")
    assert (made.first, made.last) == (date(2026, 12, 1), date(2026, 12, 31))
    assert (made.days, made.pain, made.progress_after, made.simplify_after) == (Days(), PainRule(), 3, 3)
    (each,) = made.exercises
    assert (each.exercise, each.dose, each.sets, each.rest_s, each.days) == (
        EXERCISES["sit_up"], Dose(repetitions=10), 1, 60, None,
    )  # fmt: skip


def test_every_key_reaches_the_prescription() -> None:
    text = GOOD.replace("[[exercises]]", "every_days = 2\nprogress_after = 4\nsimplify_after = 5\n[pain]\nstop_at = 7\n"
        "caution_at = 5\nmax_rise = 4\nnext_day_rise = 1\n[[exercises]]") + (
        'sets = 3\nrest_s = 90\ndays = ["monday"]\n[[exercises]]\nexercise = "walking_bouts"\nminutes = 20\n'
        'heart_rate_bpm = [95, 125]\nevery_days = 3\n[[exercises]]\nexercise = "plank"\nhold_s = 30\n'
        '[[exercises]]\nexercise = "walking_bouts"\nminutes = 5\ncadence_spm = [90, 120]\n'
    )  # fmt: skip
    made = programme(parse(text, "core.toml"), EXERCISES)
    assert (made.days, made.progress_after, made.simplify_after) == (Days(every=2), 4, 5)
    assert made.pain == PainRule(7, 5, 4, 1)
    sit_up, walk, plank, stroll = made.exercises
    assert stroll.dose == Dose(minutes=5, cadence_spm=(90, 120))
    assert (sit_up.sets, sit_up.rest_s, sit_up.days) == (3, 90, Days(frozenset({Weekday.MONDAY})))
    assert (walk.dose, walk.days) == (Dose(minutes=20, heart_rate_bpm=(95, 125)), Days(every=3))
    assert plank.dose == Dose(hold_s=30)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version = 1", "version = 0", "core.toml:3: programme.version: must be from 1 to 9999, is 0"),
        ('name = "core"', 'name = "Core!"', "core.toml:2: programme.name: must be 1 to 32 of a-z"),
        ('person = "k3f7q"', 'person = "Ada Lovelace"', "core.toml:4: programme.person: must be a code of 1 to 32 of a-z"),
        ("2026-12-31", "2026-11-30", "core.toml:6: programme.valid_until: must not be before valid_from, 2026-12-01"),
        ("2026-12-31", '"2026-12-31"', "core.toml:6: programme.valid_until: must be a date without quotes, e.g. 2026-12-01"),
        ("2026-12-31", "2026-12-31T08:00:00", "core.toml:6: programme.valid_until: must be a date without"),
        ("[[exercises]]", "days = []\n[[exercises]]", "core.toml:7: programme.days: must be a list with something in it"),
        ("[[exercises]]", 'days = ["someday"]\n[[exercises]]', "core.toml:7: programme.days.1: must be one of"),
        ("[[exercises]]", 'days = ["monday"]\nevery_days = 2\n[[exercises]]', "core.toml:8: programme.every_days: there are"),
        ("[[exercises]]", "surname = 1\n[[exercises]]", 'core.toml:7: programme.surname: unknown key, did you mean "name"?'),
        ("[[exercises]]", "[pain]\nstop_at = 3\n[[exercises]]", "core.toml:7: pain.caution_at: must not be above stop_at, 3"),
        ("[[exercises]]", "[pain]\nstop_at = 11\n[[exercises]]", "core.toml:8: pain.stop_at: must be from 1 to 10, is 11"),
        ('"sit_up"', '"situp"', 'core.toml:8: exercises.1.exercise: unknown exercise "situp", did you mean "sit_up"?'),
        ('"sit_up"', '"juggling"', 'core.toml:8: exercises.1.exercise: unknown exercise "juggling"; known: any,'),
        ('"sit_up"', '"plank"', "core.toml:9: exercises.1.repetitions: plank is not counted but timed; say hold_s or minutes"),
        ("repetitions = 10", "hold_s = 10", "core.toml:9: exercises.1.hold_s: sit_up is no hold; say repetitions or minutes"),
        ("repetitions = 10", "", "core.toml:7: exercises.1: say how much: one of repetitions, hold_s and minutes"),
        ("repetitions = 10", "repetitions = 10\nminutes = 5", "core.toml:10: exercises.1.minutes: there are repetitions"),
        ("repetitions = 10", "repetitions = 101", "core.toml:9: exercises.1.repetitions: must be from 1 to 100"),
        ("repetitions = 10", 'repetitions = "10"', "core.toml:9: exercises.1.repetitions: must be a whole number"),
        ("repetitions = 10", "repetitions = 10\nrest_s = 601", "core.toml:10: exercises.1.rest_s: must be from 0 to 600"),
        ("repetitions = 10", "repetitions = 10\nsets = 11", "core.toml:10: exercises.1.sets: must be from 1 to 10"),
        (
            "repetitions = 10",
            "repetitions = 10\nheart_rate_bpm = [95, 125]",
            "core.toml:10: exercises.1.heart_rate_bpm: is of use only with minutes",
        ),
        (
            "repetitions = 10",
            "minutes = 10\nheart_rate_bpm = [125, 95]",
            "core.toml:10: exercises.1.heart_rate_bpm: must be from the lower to the higher, is [125, 95]",
        ),
        ("repetitions = 10", "minutes = 10\ncadence_spm = [90, 120]", "core.toml:10: exercises.1.cadence_spm: sit_up has"),
        (
            '"sit_up"\nrepetitions = 10',
            '"walking_bouts"\nminutes = 10\nheart_rate_bpm = [95, 120]\ncadence_spm = [90, 120]',
            "core.toml:11: exercises.1.cadence_spm: there is heart_rate_bpm already; keep one of the two",
        ),
        ("repetitions = 10", "minutes = 10\nheart_rate_bpm = [95, 95]", "core.toml:10: exercises.1.heart_rate_bpm: must be"),
        ("repetitions = 10", "minutes = 10\nheart_rate_bpm = [95]", "core.toml:10: exercises.1.heart_rate_bpm: must be a list"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_line_and_what_to_do(old: str, new: str, problem: str) -> None:
    (line,) = problems(GOOD.replace(old, new))
    assert line.startswith(problem)


def test_what_is_missing_is_told_where_it_belongs() -> None:
    assert problems('[programme]\nname = "core"\n') == [
        "core.toml:1: exercises: is missing; write a table for each exercise",
        "core.toml:1: programme.person: is missing",
        "core.toml:1: programme.valid_from: is missing",
        "core.toml:1: programme.valid_until: is missing",
        "core.toml:1: programme.version: is missing",
    ]


def test_a_problem_of_the_second_exercise_is_told_on_its_own_line() -> None:
    text = (
        GOOD + '[[exercises]]\nexercise = "crunch"\nrepetitions = 500\n[[exercises]]\nexercise = "plank"\nhold_s = 0\n'
    )
    assert [line[: line.index(": must")] for line in problems(text)] == [
        "core.toml:12: exercises.2.repetitions",
        "core.toml:15: exercises.3.hold_s",
    ]


def test_what_the_first_exercise_lacks_is_told_at_its_head_though_the_second_has_it() -> None:
    text = GOOD.replace('exercise = "sit_up"\n', "") + '[[exercises]]\nexercise = "crunch"\nrepetitions = 5\n'
    assert problems(text) == ["core.toml:7: exercises.1.exercise: is missing"]


def test_a_day_with_more_sets_than_a_day_has_room_for_is_refused() -> None:
    (line,) = problems(GOOD + "sets = 10\n" + '[[exercises]]\nexercise = "crunch"\nrepetitions = 9\nsets = 10\n' * 6)
    assert "70 sets in one day are more than 60" in line


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    one, other = GOOD.replace("= 10", "= 0"), GOOD.replace("version = 1", "version = 0")
    with pytest.raises(ConfigError) as caught:
        read_programmes(folder(tmp_path, a=one, b=other), EXERCISES)
    assert [line.removeprefix(str(tmp_path)).split(":")[0] for line in caught.value.problems] == ["/a.toml", "/b.toml"]


def test_a_new_version_begins_where_the_old_one_ends(tmp_path: Path) -> None:
    new = GOOD.replace("version = 1", "version = 2").replace("2026-12-31", "2027-12-31").replace("12-01", "12-15")
    with pytest.raises(ConfigError) as caught:
        read_programmes(folder(tmp_path, a=GOOD, b=new), EXERCISES)
    (line,) = caught.value.problems
    assert "b.toml:5: programme.valid_from: overlaps with version 1 in" in line
    one, other = read_programmes(folder(tmp_path, a=GOOD.replace("12-31", "12-14")), EXERCISES)
    assert (one.version, other.version) == (1, 2)


@pytest.mark.parametrize("change", [("k3f7q", "z9z9z"), ('"core"', '"other"')])
def test_different_persons_and_programmes_do_not_clash(tmp_path: Path, change: tuple[str, str]) -> None:
    assert len(read_programmes(folder(tmp_path, a=GOOD, b=GOOD.replace(*change)), EXERCISES)) == 2


def test_the_same_version_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_programmes(folder(tmp_path, a=GOOD, b=GOOD), EXERCISES)
    assert "b.toml:3: programme.version: " in caught.value.problems[0]


def test_a_person_without_a_unit_is_refused_with_those_who_have_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_programmes(folder(tmp_path, a=GOOD), EXERCISES, {"k3f7x", "zzzzz"})
    (line,) = caught.value.problems
    assert line.endswith(
        'a.toml:4: programme.person: no unit of this gateway has the subject "k3f7q", did you mean "k3f7x"?'
    )


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_programmes(tmp_path / "nowhere", EXERCISES)


def test_the_configuration_reads_its_folder(tmp_path: Path) -> None:
    (tmp_path / "programmes").mkdir()
    folder(tmp_path / "programmes", core=GOOD)
    (tmp_path / "p.toml").write_text(CONFIG)
    settings = load(tmp_path / "p.toml", {})
    assert [made.name for made in settings.programmes.all] == ["core"]
    assert settings.programmes.timezone == "Europe/Berlin"


def test_problems_of_configuration_and_programmes_come_together(tmp_path: Path) -> None:
    (tmp_path / "programmes").mkdir()
    folder(tmp_path / "programmes", core=GOOD.replace("= 10", "= 0"))
    (tmp_path / "p.toml").write_text(CONFIG.replace("Europe/Berlin", "Europe/Nowhere"))
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "p.toml", {})
    first, second = caught.value.problems
    assert 'programmes.timezone: must be a time zone like "Europe/Berlin", is "Europe/Nowhere"' in first
    assert "core.toml:9: exercises.1.repetitions" in second


@pytest.mark.parametrize("zone", ["", "/etc/passwd", "../x", "Europe"])
def test_what_is_no_time_zone_is_refused(tmp_path: Path, zone: str) -> None:
    (tmp_path / "programmes").mkdir()
    (tmp_path / "p.toml").write_text(CONFIG.replace("Europe/Berlin", zone))
    with pytest.raises(ConfigError, match="must be a time zone"):
        load(tmp_path / "p.toml", {})


def test_a_folder_needs_a_time_zone(tmp_path: Path) -> None:
    (tmp_path / "programmes").mkdir()
    (tmp_path / "p.toml").write_text(CONFIG.replace('timezone = "Europe/Berlin"\n', ""))
    with pytest.raises(ConfigError, match="needs a timezone"):
        load(tmp_path / "p.toml", {})


# --- what comes along ---


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_what_comes_along_is_valid_and_says_that_it_is_no_advice(file: Path) -> None:
    text = file.read_text("utf-8")
    made = programme(parse(text, str(file)), EXERCISES)
    assert made.name == file.stem
    assert text.startswith("# An example, not advice")
    assert made.plan(made.first + timedelta(days=1)) or made.plan(made.first)


def test_dynamic_stabilisation_takes_fifteen_to_twenty_minutes_on_alternate_days() -> None:
    (file,) = [file for file in SHIPPED if file.stem == "lumbar-stabilisation"]
    made = programme(parse(file.read_text("utf-8"), str(file)), EXERCISES)
    plan = made.plan(made.first)
    at_work = sum(slot.dose.seconds or (slot.dose.repetitions or 0) * 6 for slot in plan)
    resting = sum(slot.rest_s for slot in plan[:-1])
    assert 15 * 60 <= at_work + resting <= 20 * 60
    assert made.plan(made.first + timedelta(days=1)) == ()
    assert made.plan(made.first + timedelta(days=2)) == plan


def test_every_key_is_explained_on_the_page() -> None:
    page = (ROOT / "docs/programmes.md").read_text("utf-8")
    keys = {*ProgrammeTable.model_fields, *PainTable.model_fields, *ExerciseTable.model_fields}
    assert [key for key in sorted(keys) if not re.search(rf"^\| `{key}`", page, re.MULTILINE)] == []
