"""What might be changed, for whoever prescribes to decide. Nothing here changes a programme, and no suggestion is applied.

One exercise at a time, after so many sessions in a row on which the dose was met without notable pain, or was not met. What is
unknown neither adds to a row nor breaks it. The rule is a published home programme's (PMC7783996, table 2); no standard
one exists (doi 10.2147/JPR.S539160).
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from ptdevice.model import Direction, Moment, Suggestion
from ptdevice.motion.machine import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptdevice.programme.adherence import Ledger
    from ptdevice.programme.prescription import Programme, Slot

SESSIONS_AT_MOST = 30  # looked back at


class _Session(Enum):
    MET = auto()
    BELOW = auto()
    NEITHER = auto()  # the dose was met, with pain


def suggestions(ledger: Ledger, day: date, *, at: float, now_ns: int) -> list[Suggestion]:
    """What this day suggests, once it is over."""
    version = ledger.version(day)
    if version is None:
        return []
    found = [*_by_dose(ledger, version, day, at, now_ns)]
    rise = _next_day_rise(ledger, day)
    if rise is not None and rise >= version.pain.next_day_rise:
        text = (
            f"Pain before exercise was rated {rise} higher than the time before. Whoever prescribes may consider less."
        )
        found.append(Suggestion(at, version.name, version.version, None, Direction.SIMPLIFY, "pain_next_day", 1, text))
    return found


def _by_dose(ledger: Ledger, version: Programme, day: date, at: float, now_ns: int) -> Iterator[Suggestion]:
    for exercise in dict.fromkeys(slot.exercise.name for slot in version.plan(day)):
        row = list(_sessions(ledger, version, exercise, day, now_ns))
        length = next((n for n, session in enumerate(row) if session is not row[0]), len(row))
        if not row or not length:
            continue
        if row[0] is _Session.MET and length % version.progress_after == 0:
            what = f"was met in {length} sessions in a row, with pain below {version.pain.caution_at}"
            direction, reason, more = Direction.PROGRESS, "dose_met", "more"
        elif row[0] is _Session.BELOW and length % version.simplify_after == 0:
            what, direction, reason, more = (
                f"was not met in {length} sessions in a row",
                Direction.SIMPLIFY,
                "dose_not_met",
                "less",
            )
        else:
            continue
        text = f"The dose of {exercise} {what}. Whoever prescribes may consider {more}; one change at a time."
        yield Suggestion(at, version.name, version.version, exercise, direction, reason, length, text)


def _sessions(ledger: Ledger, version: Programme, exercise: str, day: date, now_ns: int) -> Iterator[_Session]:
    """How each session went, the newest first. Empty where this day's is unknown."""
    seen = 0
    while day >= version.first and seen < SESSIONS_AT_MOST:
        slots = [slot for slot in version.plan(day) if slot.exercise.name == exercise]
        if slots:
            if not any(ledger.unknown(day, slot, now_ns) for slot in slots):
                yield _session(ledger, version, slots, day)
            elif not seen:
                return
            seen += 1
        day -= timedelta(days=1)


def _session(ledger: Ledger, version: Programme, slots: list[Slot], day: date) -> _Session:
    outcomes = [ledger.diary.outcome(version, day, slot) for slot in slots]
    if not all(outcome is not None and outcome.state == State.COMPLETED for outcome in outcomes):
        return _Session.BELOW
    worst = ledger.diary.worst(day, Moment.DURING, Moment.AFTER)
    return _Session.MET if worst is None or worst < version.pain.caution_at else _Session.NEITHER


def _next_day_rise(ledger: Ledger, day: date) -> int | None:
    """By how much pain before exercise is above that of the last day on which it was rated."""
    today = ledger.diary.worst(day, Moment.BEFORE)
    earlier = [each for each in ledger.diary.ratings if each.day < day and each.moment is Moment.BEFORE]
    if today is None or not earlier:
        return None
    last = max(each.day for each in earlier)
    before = ledger.diary.worst(last, Moment.BEFORE)
    return today - before if before is not None else None
