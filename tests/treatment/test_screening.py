"""What follows from the answers before stimulation."""

from __future__ import annotations

import pytest

from ptdevice.treatment.screening import QUESTIONS, Answer, Result, Weight, judge

NO = dict.fromkeys(QUESTIONS, Answer.NO)


def of(weight: Weight) -> list[str]:
    return [name for name, (each, _) in QUESTIONS.items() if each is weight]


def test_only_no_to_everything_is_clear() -> None:
    assert judge(NO).result is Result.CLEAR
    assert judge(NO).reasons == judge(NO).cautions == ()


def test_no_answer_at_all_blocks() -> None:
    assert judge({}).result is Result.BLOCKED


@pytest.mark.parametrize("answer", [Answer.YES, Answer.UNKNOWN])
@pytest.mark.parametrize("name", of(Weight.ABSOLUTE))
def test_an_absolute_question_blocks_and_nobody_can_clear_it(name: str, answer: Answer) -> None:
    verdict = judge(NO | {name: answer}, cleared=[name])
    assert (verdict.result, verdict.reasons) == (Result.BLOCKED, (name,))


@pytest.mark.parametrize("answer", [Answer.YES, Answer.UNKNOWN])
@pytest.mark.parametrize("name", of(Weight.NEEDS_CLEARANCE))
def test_a_question_that_needs_clearance_waits_for_it(name: str, answer: Answer) -> None:
    asked = judge(NO | {name: answer})
    assert (asked.result, asked.reasons) == (Result.NEEDS_CLEARANCE, (name,))
    assert judge(NO | {name: answer}, cleared=[name]).result is Result.CLEAR


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_that_was_not_answered_counts_as_unknown(name: str) -> None:
    left_out = {each: answer for each, answer in NO.items() if each != name}
    assert judge(left_out) == judge(NO | {name: Answer.UNKNOWN})


@pytest.mark.parametrize("name", of(Weight.CAUTION))
def test_a_caution_is_told_and_blocks_nothing(name: str) -> None:
    verdict = judge(NO | {name: Answer.YES})
    assert (verdict.result, verdict.cautions) == (Result.CLEAR, (name,))


def test_what_blocks_is_told_with_what_needs_clearance_beside_it() -> None:
    verdict = judge(NO | {"child": Answer.YES, "cardiac_pacemaker": Answer.YES})
    assert verdict.reasons == ("cardiac_pacemaker", "child")


def test_the_questions_that_every_label_has_are_absolute() -> None:
    for name in ("cardiac_pacemaker", "pregnancy", "cancer_near_the_pads", "phlebitis_or_thrombosis"):
        assert QUESTIONS[name][0] is Weight.ABSOLUTE
