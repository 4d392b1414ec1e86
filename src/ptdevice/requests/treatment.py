"""Requests about a person before stimulation: the answers to the questions, where the pads are, and a clinician's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.model import ElectrodePlacement, Reinstated, Screening
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import ConfirmPads, Reinstate, Screen
from ptdevice.treatment.prescription import FORBIDDEN_SITES, SITES
from ptdevice.treatment.screening import QUESTIONNAIRE, QUESTIONS, VERSION, Answer, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.devices.device import Profile
    from ptdevice.model import Record
    from ptdevice.requests import Handlers


class TreatmentRequests:
    """`profiles` by unit, `subject_of(unit)` who uses it, `keep(unit, records)` takes it; `now` in gateway seconds."""

    def __init__(
        self,
        profiles: Mapping[str, Profile],
        subject_of: Callable[[str], str | None],
        keep: Callable[[str, list[Record]], None],
        now: Callable[[], float],
    ) -> None:
        self._profiles, self._subject_of, self._keep, self._now = profiles, subject_of, keep, now

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {Screen: self._screen, ConfirmPads: self._confirm_pads, Reinstate: self._reinstate}

    def _screen(self, command: Command) -> Outcome:
        request, unit = command.request, command.unit
        assert isinstance(request, Screen)
        assert unit is not None
        if self._subject_of(unit) is None:
            return _nobody(unit)
        if (request.questionnaire, request.version) != (QUESTIONNAIRE, VERSION):
            text = f"This version asks {QUESTIONNAIRE} {VERSION}, and its questions are others."
            return Outcome("refused", "unknown_questionnaire", text)
        if unknown := {*request.answers, *request.cleared} - QUESTIONS.keys():
            text = f"There is no question {', '.join(sorted(unknown))}; known: {', '.join(QUESTIONS)}."
            return Outcome("refused", "unknown_question", text)
        answers = {name: Answer(answer) for name, answer in request.answers.items()}
        verdict = judge(answers, request.cleared)
        record = Screening(
            self._now(),
            QUESTIONNAIRE,
            VERSION,
            verdict.result,
            verdict.reasons,
            verdict.cautions,
            tuple(name for name in QUESTIONS if name in request.cleared),
            request.valid_days,
            request.entered_by,
        )
        self._keep(unit, [record])
        because = f": {', '.join(verdict.reasons)}" if verdict.reasons else ""
        return Outcome("done", detail=f"{verdict.result}{because}")

    def _confirm_pads(self, command: Command) -> Outcome:
        request, unit = command.request, command.unit
        assert isinstance(request, ConfirmPads)
        assert unit is not None
        profile = self._profiles[unit]
        if Kind.STIMULATOR not in profile.kinds:
            return Outcome("refused", "no_stimulator", f"{unit} is no stimulator; it has no pads.")
        channels: tuple[str | None, ...] = profile.channels or (None,)
        if request.channel not in channels:
            named = ", ".join(profile.channels) or "none; leave it out"
            return Outcome("refused", "unknown_channel", f"{unit} has no channel {request.channel}; known: {named}.")
        if self._subject_of(unit) is None:
            return _nobody(unit)
        if request.site in FORBIDDEN_SITES:
            return Outcome("refused", "site_not_allowed", f"No pad may lie at {request.site}: take it off.")
        if request.site not in SITES:
            text = f"There is no site {request.site}; known: {', '.join(sorted(SITES))}."
            return Outcome("refused", "unknown_site", text)
        pads = ElectrodePlacement(
            self._now(), request.channel, request.site, request.area_cm2, request.pads, request.entered_by
        )
        self._keep(unit, [pads])
        return DONE

    def _reinstate(self, command: Command) -> Outcome:
        request, unit = command.request, command.unit
        assert isinstance(request, Reinstate)
        assert unit is not None
        if self._subject_of(unit) is None:
            return _nobody(unit)
        self._keep(unit, [Reinstated(self._now(), request.entered_by)])
        return DONE


def _nobody(unit: str) -> Outcome:
    return Outcome("refused", "no_subject", f"{unit} has no subject, so nobody would know whose it is.")
