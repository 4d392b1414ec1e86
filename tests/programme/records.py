"""A person's days, written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta

from ptdevice.model import Measure, SetOutcome
from ptdevice.motion.exercises import EXERCISES
from ptdevice.programme.adherence import Ledger, midnight_ns
from ptdevice.programme.diary import Diary
from ptdevice.programme.prescription import Dose, Prescribed, Programme
from ptdevice.programme.presence import Presence

FIRST = date(2026, 12, 1)  # a Tuesday
SIT_UPS = Prescribed(EXERCISES["sit_up"], Dose(repetitions=10), sets=2)
PLANK = Prescribed(EXERCISES["plank"], Dose(hold_s=60))
PROGRAMME = Programme("core", 1, "k3f7q", FIRST, date(2026, 12, 31), (SIT_UPS, PLANK))


def on(number: int) -> date:
    """The day of this number; 1 is the first."""
    return FIRST + timedelta(days=number - 1)


def after(day: date) -> int:
    """Just after a day, in wall nanoseconds."""
    return midnight_ns(day + timedelta(days=1), UTC) + 1


def ledger(*versions: Programme, watched: tuple[int, int] | None = (1, 31)) -> Ledger:
    """A ledger whose gateway was there from one day to the other, both included."""
    presence = Presence()
    if watched is not None:
        presence.add(midnight_ns(on(watched[0]), UTC), midnight_ns(on(watched[1] + 1), UTC))
    return Ledger(versions or (PROGRAMME,), Diary(), presence, UTC)


def outcome(day: date, slot: int, state: str = "completed", why: str = "target", *, done: int = 10) -> SetOutcome:
    """What became of slot 1 or 2 (sit-ups) or 3 (plank, in seconds)."""
    made = SetOutcome(
        "core", 1, day.isoformat(), slot, "sit_up", slot, 2, state, why, 0.0, 0.0, Measure.MOTION,
        prescribed_repetitions=10, done_repetitions=done, set_id=f"{day}-{slot}",
    )  # fmt: skip
    if slot < 3:
        return made
    return replace(
        made, exercise="plank", set_index=1, sets=1, prescribed_repetitions=None, done_repetitions=None, prescribed_s=60,
        done_s=done, measured_by=Measure.CLOCK,
    )  # fmt: skip


def done(book: Ledger, day: date, *slots: int) -> None:
    """These slots were completed."""
    for slot in slots or (1, 2, 3):
        book.diary.add(outcome(day, slot, done=60 if slot == 3 else 10))
