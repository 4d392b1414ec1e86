"""Everything about a person that speaks against a session now. No objection is not a permission: the guard comes after.

The order is that in which they are told; all are told, so that somebody who mends one does not find the next at the next try.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.treatment.prescription import FORBIDDEN_SITES
from ptdevice.treatment.screening import Result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from ptdevice.model import ElectrodePlacement, Screening
    from ptdevice.treatment.history import History
    from ptdevice.treatment.prescription import StimulationPrescription

PADS_S = 1800.0  # pads that were confirmed longer ago may have been moved or peeled off
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Objection:
    """`rule` is its stable name."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whoever uses a unit, at a moment: `now` in gateway seconds, `now_ns` since 1970, `today` at their place.

    `screened_days` is the age of the screening in whole days. `pads` are the placements that were confirmed, by channel.
    """

    now: float
    now_ns: int
    today: date
    screening: Screening | None
    screened_days: int | None
    pads: Mapping[str | None, ElectrodePlacement]
    history: History
    suspended: bool = False  # a red flag was answered with yes, and no clinician has said since that it may go on


def objections(
    person: Person, prescription: StimulationPrescription, device: str, channels: Collection[str | None], per_day: int
) -> Sequence[Objection]:
    """All of them. `per_day` is the ceiling of the installation and of this program; the prescription may be stricter."""
    return [
        *_prescription(person, prescription, device),
        *_screening(person),
        *_pads(person, prescription, channels),
        *_often(person, prescription, per_day),
    ]


def _prescription(person: Person, prescription: StimulationPrescription, device: str) -> Iterator[Objection]:
    named = f"{prescription.name} {prescription.version}"
    if person.suspended:
        text = "A red flag was answered with yes. A clinician has to look, and to say `reinstate`, before anything goes on."
        yield Objection("suspended", text)
    if not prescription.in_force(person.today):
        text = f"{named} is in force from {prescription.first} to {prescription.last}, not on {person.today}."
        yield Objection("prescription_expired", text)
    elif not prescription.due(person.today):
        yield Objection("not_today", f"{named} is not for today, {person.today}.")
    if prescription.device != device:
        yield Objection("other_device", f"{named} is for a {prescription.device}; levels mean nothing on a {device}.")


def _screening(person: Person) -> Iterator[Objection]:
    screening = person.screening
    if screening is None or person.screened_days is None:
        yield Objection("screening_missing", "The questions before stimulation were not answered; ask for `screen`.")
    elif person.screened_days < 0 or person.screened_days >= screening.valid_days:
        text = f"The answers are {person.screened_days} days old and were valid for {screening.valid_days}; ask again."
        yield Objection("screening_expired", text)
    elif screening.result != Result.CLEAR:
        rule = "screening_blocked" if screening.result == Result.BLOCKED else "screening_needs_clearance"
        yield Objection(rule, f"Not for this person now: {', '.join(screening.reasons)}.")


def _pads(
    person: Person, prescription: StimulationPrescription, channels: Collection[str | None]
) -> Iterator[Objection]:
    for channel in channels:
        of = f" of channel {channel}" if channel is not None else ""
        pads = person.pads.get(channel)
        if pads is None or not 0 <= person.now - pads.at <= PADS_S:
            text = (
                f"The pads{of} were not confirmed within {PADS_S / MINUTE_S:.0f} min; look at them and `confirm_pads`."
            )
            yield Objection("pads_not_confirmed", text)
        elif pads.site in FORBIDDEN_SITES or pads.site not in prescription.sites:
            allowed = ", ".join(sorted(prescription.sites))
            yield Objection("site_not_allowed", f"The pads{of} are at {pads.site}; prescribed is {allowed}.")


def _often(person: Person, prescription: StimulationPrescription, ceiling: int) -> Iterator[Objection]:
    per_day = min(prescription.per_day, ceiling)
    done = person.history.today(person.now_ns)
    if done >= per_day:
        yield Objection("per_day", f"{done} sessions today, and {per_day} are the most.")
    since_s = person.history.since_last_s(person.now_ns)
    if since_s is not None and since_s < prescription.min_gap_min * MINUTE_S:
        left = (prescription.min_gap_min * MINUTE_S - since_s) / MINUTE_S
        yield Objection(
            "min_gap", f"The last session is over for {since_s / MINUTE_S:.0f} min; wait {left:.0f} min more."
        )
