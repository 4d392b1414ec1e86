"""An assessment as somebody enters it, and when it hints at seeing a clinician. It sorts; it never diagnoses.

Referral at two to six weeks without recovery, or where it comes back often, is what primary care is advised to consider;
longer is no reason to say less. A red flag is one at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import Assessment, Recurrence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Category, RedFlag

EARLY_WEEKS, LATE_WEEKS = 2, 6
HINT = "A hint, not a diagnosis: consider seeing a clinician"
REASONS = {
    "red_flag": "an answer was given that should be looked at soon",
    "two_to_six_weeks": "it has lasted for two to six weeks",
    "more_than_six_weeks": "it has lasted for more than six weeks",
    "frequent_recurrence": "it comes back often",
}


def assess(
    at: float, category: Category, onset_weeks: int, recurrence: Recurrence, red_flags: Iterable[RedFlag]
) -> Assessment:
    """The record of an assessment, with its hint. `onset_weeks`: full weeks since it began, 0 or more."""
    flags = tuple(sorted(set(red_flags)))
    reasons: list[str] = []
    if flags:
        reasons.append("red_flag")
    if EARLY_WEEKS <= onset_weeks <= LATE_WEEKS:
        reasons.append("two_to_six_weeks")
    elif onset_weeks > LATE_WEEKS:
        reasons.append("more_than_six_weeks")
    if recurrence is Recurrence.FREQUENT:
        reasons.append("frequent_recurrence")
    text = f"{HINT}, because {', and '.join(REASONS[reason] for reason in reasons)}." if reasons else None
    return Assessment(at, category, onset_weeks, recurrence, flags, bool(reasons), tuple(reasons), text)
