"""How long each class of records is kept."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from typing import Annotated

from pydantic import AfterValidator

from ptdevice.config.section import Section
from ptdevice.config.values import Within

Days = Annotated[int, AfterValidator(Within(1, 3650))]


class Retention(Section):
    """Days for which classes of records are kept after the broker acknowledged them; docs/privacy.md has what is in each."""

    bulk: Days = 7
    """What says little by itself: movements that did not count, and suggested sets."""
    exercise: Days | None = None
    """Sets, repetitions, programmes and adherence, lumbar measurements, gaps. Default: `journal.retention_days`."""
    stimulation: Days | None = None
    """Sessions, segments, screening, pads. Default: `journal.retention_days`."""
    assessment: Days | None = None
    """Pain, assessments, what was entered by hand. Default: `journal.retention_days`."""
    audit: Days | None = None
    """Decisions, assignments, alarms, what was forgotten, and all else. Default: `journal.retention_days`."""

    def days(self, otherwise: int) -> dict[str, float]:
        """By class; `otherwise` where nothing is said."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: otherwise if days is None else days for name, days in said.items()}
