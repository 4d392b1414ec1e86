"""When an assessment hints at seeing a clinician, and that it says no more than that."""

from __future__ import annotations

import itertools
import re

import pytest

from ptdevice.model import Category, Recurrence, RedFlag
from ptdevice.programme.assessment import REASONS, assess


@pytest.mark.parametrize(
    ("weeks", "reasons"),
    [
        (0, ()),
        (1, ()),
        (2, ("two_to_six_weeks",)),
        (6, ("two_to_six_weeks",)),
        (7, ("more_than_six_weeks",)),
        (520, ("more_than_six_weeks",)),
    ],
)
def test_how_long_it_has_lasted_hints_from_two_weeks_on(weeks: int, reasons: tuple[str, ...]) -> None:
    record = assess(1.0, Category.NONSPECIFIC, weeks, Recurrence.FIRST, [])
    assert (record.referral_hint, record.hint_reasons) == (bool(reasons), reasons)


@pytest.mark.parametrize(
    ("recurrence", "hint"), [(Recurrence.FIRST, False), (Recurrence.RECURRENT, False), (Recurrence.FREQUENT, True)]
)
def test_frequent_recurrence_hints(recurrence: Recurrence, *, hint: bool) -> None:
    assert assess(1.0, Category.NONSPECIFIC, 0, recurrence, []).referral_hint is hint


@pytest.mark.parametrize("flag", list(RedFlag))
def test_every_red_flag_hints_at_any_time(flag: RedFlag) -> None:
    record = assess(1.0, Category.NONSPECIFIC, 0, Recurrence.FIRST, [flag])
    assert (record.hint_reasons, record.red_flags) == (("red_flag",), (flag,))


def test_a_flag_that_is_said_twice_is_kept_once_and_in_order() -> None:
    flags = [RedFlag.SEVERE_NIGHT_PAIN, RedFlag.CANCER_HISTORY, RedFlag.SEVERE_NIGHT_PAIN]
    assert assess(1.0, Category.NONSPECIFIC, 0, Recurrence.FIRST, flags).red_flags == (
        RedFlag.CANCER_HISTORY,
        RedFlag.SEVERE_NIGHT_PAIN,
    )


def test_the_category_alone_hints_at_nothing_for_it_is_the_assessor_s_own_word() -> None:
    assert not any(assess(1.0, category, 0, Recurrence.FIRST, []).referral_hint for category in Category)


def test_all_reasons_are_told_and_the_text_is_a_hint_and_no_diagnosis() -> None:
    record = assess(1.0, Category.SPECIFIC_SPINAL, 4, Recurrence.FREQUENT, [RedFlag.MAJOR_TRAUMA])
    assert record.hint_reasons == ("red_flag", "two_to_six_weeks", "frequent_recurrence")
    assert record.text is not None
    assert record.text.startswith("A hint, not a diagnosis: consider seeing a clinician")


def test_no_text_names_a_disease_or_tells_what_somebody_has() -> None:
    for weeks, recurrence, flags in itertools.product((0, 3, 9), Recurrence, ([], list(RedFlag))):
        for category in Category:
            text = assess(1.0, category, weeks, recurrence, flags).text or ""
            assert not re.search(r"\b(you have|suffer|stenosis|radiculopathy|cancer|fracture|must|should see)\b", text)
    assert set(REASONS) == {"red_flag", "two_to_six_weeks", "more_than_six_weeks", "frequent_recurrence"}
