"""Prescriptions of stimulation as files: what they mean, and every problem at once with its place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from ptdevice.config import load
from ptdevice.config.prescriptions import read_prescriptions
from ptdevice.errors import ConfigError
from ptdevice.programme.prescription import Days, Weekday

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = """\
[prescription]
name = "lumbar-tens"
version = 1
person = "k3f7q2xa"
prescriber = "pt-17"
valid_from = 2026-12-01
valid_until = 2026-12-31
days = ["monday", "friday"]
device = "dglab_coyote3"
mode = "conventional"
rate_hz = 80.0
pulse_us = 200.0
max_level = 40
minutes = 30
per_day = 2
min_gap_min = 90
sites = ["lumbar_left"]
[pain]
stop_at = 5
"""


def problems(tmp_path: Path, *texts: str, persons: set[str] | None = None) -> list[str]:
    for number, text in enumerate(texts, 1):
        (tmp_path / f"{number}.toml").write_text(text)
    with pytest.raises(ConfigError) as told:
        read_prescriptions(tmp_path, persons)
    return [problem.replace(str(tmp_path), "") for problem in told.value.problems]


def test_a_right_file_means_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(RIGHT)
    (read,) = read_prescriptions(tmp_path, {"k3f7q2xa"})
    assert (read.name, read.version, read.person, read.prescriber) == ("lumbar-tens", 1, "k3f7q2xa", "pt-17")
    assert (read.first, read.last) == (date(2026, 12, 1), date(2026, 12, 31))
    assert (read.device, read.rate_hz, read.pulse_us, read.max_level) == ("dglab_coyote3", 80.0, 200.0, 40)
    assert (read.minutes, read.per_day, read.min_gap_min) == (30, 2, 90)
    assert read.days == Days(frozenset({Weekday.MONDAY, Weekday.FRIDAY}))
    assert (read.pain.stop_at, read.pain.max_rise) == (5, 3)
    assert read.sites == frozenset({"lumbar_left"})


@pytest.mark.parametrize(
    ("said", "instead", "told"),
    [
        ("minutes = 30", "minutes = 61", "prescription.minutes: must be from 5 to 60, is 61"),
        ("per_day = 2", "per_day = 7", "prescription.per_day: must be from 1 to 6, is 7"),
        ("pulse_us = 200.0", "pulse_us = 501.0", "prescription.pulse_us: must be from 20 to 500, is 501.0"),
        ("rate_hz = 80.0", "rate_hz = nan", "prescription.rate_hz: must be a finite number, is nan"),
        ("rate_hz = 80.0", "rate_hz = inf", "prescription.rate_hz: must be a finite number, is inf"),
        ("max_level = 40", "max_level = -1", "prescription.max_level: must be from 1 to 2047, is -1"),
        ("max_level = 40", "max_level = 201", "prescription.max_level: a dglab_coyote3 has 200 levels, is 201"),
        ("max_level = 40", 'max_level = "40"', 'prescription.max_level: must be a whole number, is "40"'),
        ("max_level = 40\n", "", "prescription.max_level: is missing"),
        ('sites = ["lumbar_left"]', 'sites = ["chest"]', 'prescription.sites.1: unknown site "chest"'),
        ('sites = ["lumbar_left"]', "sites = []", "prescription.sites: must be a list with something in it, is []"),
        ('device = "dglab_coyote3"', 'device = "polar"', 'prescription.device: unknown stimulator "polar"; known: beurer_em70'),
        ('mode = "conventional"', 'mode = "strong"', 'prescription.mode: must be one of "conventional", "acupuncture_like"'),
        ("valid_until = 2026-12-31", "valid_until = 2026-11-30", "prescription.valid_until: must not be before valid_from"),
        ('days = ["monday", "friday"]', 'days = ["monday"]\nevery_days = 2', "prescription.every_days: there are days already"),
        ("stop_at = 5", "stop_at = 11", "pain.stop_at: must be from 1 to 10, is 11"),
        ("stop_at = 5", "stopp_at = 5", 'pain.stopp_at: unknown key, did you mean "stop_at"?'),
        ("version = 1", "version = true", "prescription.version: must be a whole number, is true"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, said: str, instead: str, told: str) -> None:
    assert said in RIGHT
    (only,) = problems(tmp_path, RIGHT.replace(said, instead))
    assert only.startswith("/1.toml:")
    assert told in only


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    first = RIGHT.replace("minutes = 30", "minutes = 99").replace("per_day = 2", "per_day = 0")
    told = problems(tmp_path, first, "nonsense")
    assert [each.split(":")[0] for each in told] == ["/1.toml", "/1.toml", "/2.toml"]


def test_two_versions_in_force_at_once_are_none(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, RIGHT, RIGHT.replace("version = 1", "version = 2"))
    assert "overlaps with version 1" in told


def test_a_person_whom_nobody_here_is_may_be_a_slip(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, RIGHT, persons={"k3f7q2xb"})
    assert told.endswith('no unit of this gateway has the subject "k3f7q2xa", did you mean "k3f7q2xb"?')


def test_days_need_a_place_where_they_begin(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/x.toml").write_text(RIGHT)
    config = tmp_path / "c.toml"
    text = (
        '[gateway]\nsite = "s"\nname = "g"\n[prescriptions]\nfolder = "plans"\n[units.tens]\ndevice = "dglab_coyote3"\n'
    )
    config.write_text(text + 'subject = "k3f7q2xa"\n')
    with pytest.raises(ConfigError) as told:
        load(config, {})
    assert "needs programmes.timezone" in str(told.value)
    settings = load(config, {}, [("programmes.timezone", "Europe/Berlin")])
    assert [each.name for each in settings.prescriptions.all] == ["lumbar-tens"]
