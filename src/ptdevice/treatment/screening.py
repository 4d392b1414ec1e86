"""The questions before stimulation is commanded, in a version, and what follows from the answers. No diagnosis.

    absolute          a yes blocks, whoever says otherwise
    needs_clearance   a yes blocks until somebody who may do so has cleared it
    caution           a yes is told and blocks nothing

An answer that is missing or "unknown" blocks as a yes does, but for cautions: unknown is not no. The lists of makers, textbooks
and regulators differ; this one takes the stricter where they do. Sources by letter:

    F  FDA, guidance on powered muscle stimulators (510(k), 1999), attachments I and II: contraindications, warnings
    S  AS 60601.2.10, instructions for use: implants only after specialist advice; HF surgery; short-wave therapy
    H  21 CFR 882.5891, special controls: bath and shower, sleeping
    T  textbooks: electrotherapy.org, contraindications; Physiotherapy Canada 62(5), 2010
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

QUESTIONNAIRE = "stimulation"
VERSION = 1
VALID_DAYS = 30  # a screening is at most as old as this


class Weight(StrEnum):
    """What a yes means."""

    ABSOLUTE = "absolute"
    NEEDS_CLEARANCE = "needs_clearance"
    CAUTION = "caution"


class Answer(StrEnum):
    """What was answered."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """What follows. Only `clear` lets a stimulator be commanded."""

    CLEAR = "clear"
    NEEDS_CLEARANCE = "needs_clearance"
    BLOCKED = "blocked"


ABSOLUTE, CLEARANCE, CAUTION = Weight.ABSOLUTE, Weight.NEEDS_CLEARANCE, Weight.CAUTION

QUESTIONS: Mapping[str, tuple[Weight, str]] = {
    "cardiac_pacemaker": (ABSOLUTE, "F"),
    "other_implanted_electronics": (CLEARANCE, "S"),
    "pregnancy": (ABSOLUTE, "F; makers: absolute"),
    "epilepsy": (CLEARANCE, "F"),
    "heart_disease": (CLEARANCE, "F"),
    "cancer_near_the_pads": (ABSOLUTE, "F"),
    "swollen_infected_or_inflamed_skin": (ABSOLUTE, "F"),
    "phlebitis_or_thrombosis": (ABSOLUTE, "F"),
    "damaged_or_irradiated_skin": (ABSOLUTE, "T"),
    "skin_without_normal_sensation": (CLEARANCE, "F"),
    "bleeding_disorder": (CLEARANCE, "F, T"),
    "recent_surgery": (CLEARANCE, "F"),
    "undiagnosed_pain": (CLEARANCE, "T"),
    "cannot_report_what_is_felt": (ABSOLUTE, "T"),
    "child": (CLEARANCE, "F"),
    "surgery_or_short_wave_equipment_in_use": (ABSOLUTE, "S"),
    "electronic_monitor_in_use": (CLEARANCE, "H"),
    "electrode_allergy": (CLEARANCE, "T"),
    "will_drive_or_use_machines": (ABSOLUTE, "F"),
    "will_bathe_shower_or_sleep": (ABSOLUTE, "H"),
    "skin_irritation_under_pads_before": (CAUTION, "F"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` are the questions that it rests on, in the order of the questionnaire; `cautions` those to keep in mind."""

    result: Result
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]


def judge(answers: Mapping[str, Answer], cleared: Collection[str] = ()) -> Verdict:
    """What follows from these answers. `cleared` are the questions that somebody cleared who may; an absolute one cannot be."""
    blocked: list[str] = []
    needing: list[str] = []
    cautions: list[str] = []
    for name, (weight, _) in QUESTIONS.items():
        answer = answers.get(name, Answer.UNKNOWN)
        if answer is Answer.NO:
            continue
        if weight is CAUTION:
            cautions.append(name)
        elif weight is ABSOLUTE:
            blocked.append(name)
        elif name not in cleared:
            needing.append(name)
    if blocked:
        return Verdict(Result.BLOCKED, (*blocked, *needing), tuple(cautions))
    return Verdict(Result.NEEDS_CLEARANCE if needing else Result.CLEAR, tuple(needing), tuple(cautions))


def table() -> str:
    """The questions as Markdown, for docs/prescriptions.md."""
    rows = [f"| `{name}` | {weight} | {source} |" for name, (weight, source) in QUESTIONS.items()]
    return "\n".join(["| question | a yes | source |", "|---|---|---|", *rows, ""])
