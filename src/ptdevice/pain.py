"""Pain that is rated during stimulation, a red flag, and a screening that speaks against it, end it.

Where the unit is only observed, somebody is told to.

The rule is that of the prescription under which the session runs; an observed one has none, so the usual rule counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import Alarm, Assessment, Moment, Output, PainRating, Screening, StopReason
from ptdevice.programme.prescription import PainRule
from ptdevice.treatment.screening import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptdevice.bedside import Bedside
    from ptdevice.charts import Charts
    from ptdevice.model import Record

STOPPED = (
    "Pain was rated {rating}: the stimulation is being stopped. Rest; whoever prescribes should see the ratings first."
)
BY_HAND = (
    "Pain was rated {rating} during stimulation: switch the unit off. Whoever prescribes should see the ratings first."
)
FLAGGED = "A red flag was answered with yes during stimulation: {what}. Somebody who may has to look before it goes on."

SCREENED = "The questions before stimulation were answered during it, and the answers speak against it: {what}."


class PainWatch:
    """`rule(unit)` is that of the prescription under which a unit was armed last; `keep(unit, records)` takes what is said."""

    def __init__(
        self,
        bedsides: Mapping[str, Bedside],
        charts: Charts,
        wearers: Mapping[str, str | None],
        rule: Callable[[str], PainRule | None],
        keep: Callable[[str, list[Record]], None],
    ) -> None:
        self._bedsides, self._charts, self._wearers, self._rule, self._keep = bedsides, charts, wearers, rule, keep

    def note(self, unit: str | None, records: Sequence[Record]) -> None:
        """Take in what is being kept, before it is noted elsewhere."""
        if unit is None:
            return
        for record in records:
            match record:
                case PainRating(moment=Moment.DURING):
                    self._rated(unit, record)
                case Assessment() if record.red_flags:
                    self._flagged(unit, record)
                case Screening() if record.result != Result.CLEAR:
                    self._screened(unit, record)
                case _:
                    pass

    def _rated(self, unit: str, rating: PainRating) -> None:
        for alias, bedside in self._stimulated(unit):
            rule = self._rule(alias) or PainRule()
            if self._charts.pain_stops(alias, rule, rating.rating, rating.at):
                told = _stop(bedside, StopReason.PAIN, "person")
                text = (STOPPED if told else BY_HAND).format(rating=rating.rating)
                self._keep(alias, [Alarm(rating.at, "pain_stop", text)])

    def _flagged(self, unit: str, assessment: Assessment) -> None:
        for alias, bedside in self._stimulated(unit):
            told = _stop(bedside, StopReason.REMOTE, "red_flag")
            what = "it is being stopped" if told else "switch the unit off"
            self._keep(alias, [Alarm(assessment.at, "red_flag_stop", FLAGGED.format(what=what))])

    def _screened(self, unit: str, screening: Screening) -> None:
        for alias, bedside in self._stimulated(unit):
            told = _stop(bedside, StopReason.REMOTE, "screening")
            what = "it is being stopped" if told else "switch the unit off"
            self._keep(alias, [Alarm(screening.at, "screening_stop", SCREENED.format(what=what))])

    def _stimulated(self, unit: str) -> list[tuple[str, Bedside]]:
        """The stimulators of whoever uses this unit that are, or may be, on."""
        person = self._wearers.get(unit)
        return [
            (alias, bedside)
            for alias, bedside in self._bedsides.items()
            if (alias == unit or (person is not None and self._wearers.get(alias) == person)) and _going_on(bedside)
        ]


def _stop(bedside: Bedside, reason: StopReason, actor: str) -> bool:
    """Whether the unit could be told."""
    return bedside.commander is not None and bedside.commander.stop(reason, actor=actor, channel="system")


def _going_on(bedside: Bedside) -> bool:
    if bedside.commander is not None and bedside.commander.open:
        return True
    therapy = bedside.therapy
    return therapy.output is Output.ON or therapy.delivered_s is not None
