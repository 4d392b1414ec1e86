"""What people enter before stimulation is commanded. Codes, no names and no free text. See `ptdevice.model` for times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Screening:
    """What followed from the answers to a questionnaire, for `valid_days` days from `at` on. The answers are not kept.

    `result` is clear, needs_clearance or blocked; `reasons` are the questions that it rests on, `cautions` those to keep in
    mind, `cleared` those that somebody cleared.
    """

    at: float
    questionnaire: str
    version: int
    result: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    cleared: tuple[str, ...]
    valid_days: int
    entered_by: str


@dataclass(frozen=True, slots=True)
class ElectrodePlacement:
    """Somebody has looked: the pads of this channel are at `site`, `pads` of them, each with `area_cm2` on the skin."""

    at: float
    channel: str | None
    site: str
    area_cm2: float
    pads: int
    entered_by: str


@dataclass(frozen=True, slots=True)
class Reinstated:
    """A clinician has looked at a red flag and says that plans may go on."""

    at: float
    entered_by: str
