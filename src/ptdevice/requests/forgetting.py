"""The request that everything about one person be deleted here: rows, retained values, sums; what is left says how many rows.

It is carried out in the background, one at a time: nothing else that is asked for waits for the disk.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import JournalError
from ptdevice.journal.forgetting import Words
from ptdevice.model import Assignment, Audit, Decision, Forgotten
from ptdevice.model.privacy import Reason
from ptdevice.mqtt import topics
from ptdevice.mqtt.commands import Command, Outcome
from ptdevice.mqtt.contract import Forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.mqtt.topics import Draft, Stamp
    from ptdevice.recorder import Recorder
    from ptdevice.requests import Handlers
    from ptdevice.requests.assignments import Assignments
    from ptdevice.wearers import Wearers

log = logging.getLogger(__name__)

ANSWER_S = 3.0  # within which it is usually done; if not, evt/forgotten tells when it is
ELSEWHERE = "Exports, copies of the journal and what subscribers have are not reached from here."


class Rows(Protocol):
    """The journal, as far as it is seen from here."""

    async def count(self, subject: str) -> int:
        """How many rows this person has."""
        ...

    async def forget(self, subject: str, words: Words) -> int:
        """Delete them for good. Returns how many."""
        ...


class Forgetting:
    """Carries it out, but for codes of the configuration, which would only begin to collect again.

    `forget(subject)` is told to all who sum up what they know of persons.
    """

    def __init__(
        self,
        rows: Rows,
        wearers: Wearers,
        assignments: Assignments,
        recorder: Recorder,
        forget: Callable[[str], None],
        stamp: Callable[[], Stamp],
        new_id: Callable[[], str],
    ) -> None:
        self._rows, self._wearers, self._assignments = rows, wearers, assignments
        self._recorder, self._forget_sums = recorder, forget
        self._stamp, self._new_id = stamp, new_id
        self._asked: asyncio.Queue[tuple[str, str, asyncio.Future[Outcome]]] = asyncio.Queue(1)

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {Forget: self._forget}

    async def run(self) -> None:
        """Until cancelled: carry out what was asked for."""
        while True:
            subject, by, answer = await self._asked.get()
            try:
                outcome = await self._carry_out(subject, by)
            except JournalError as error:
                log.warning("records could not be deleted: %s", error)
                outcome = Outcome("failed", "journal", f"{error} Ask again: what was deleted until then is deleted.")
            if not answer.done():
                answer.set_result(outcome)

    async def _forget(self, command: Command) -> Outcome:
        request = command.request
        assert isinstance(request, Forget)
        subject = request.subject
        if request.dry_run:
            return Outcome("done", detail=f"{await self._rows.count(subject)} records would be deleted. {ELSEWHERE}")
        refusal = self._objection(subject)
        if refusal is not None:
            return refusal
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((subject, request.requester, answer))
        done, _ = await asyncio.wait({answer}, timeout=ANSWER_S)
        return (
            answer.result() if done else Outcome("accepted", detail="It goes on; evt/forgotten tells when it is done.")
        )

    def _objection(self, subject: str) -> Outcome | None:
        if subject in self._assignments.known:
            text = "The configuration names this subject. Take it out there first, or its records begin anew."
            return Outcome("refused", "configured", text)
        for unit in self._worn_by(subject):
            if (open_ := self._assignments.open_on(unit)) is not None:
                return Outcome("refused", "open", f"{open_.capitalize()} on {unit} is open. End it first.")
        if self._recorder.trouble is not None:
            return Outcome("refused", "journal", "Records cannot be written now, so none can be deleted.")
        if self._asked.full():
            return Outcome("refused", "busy", "Another person is being forgotten. Ask again when that is done.")
        return None

    def _worn_by(self, subject: str) -> list[str]:
        return [unit for unit, whose in self._wearers.items() if whose == subject]

    async def _carry_out(self, subject: str, by: str) -> Outcome:
        for unit in self._worn_by(subject):
            self._assignments.release(unit, self._stamp().mono_s, Reason.FORGOTTEN, by)
        await self._recorder.settled()  # what waits for the disk is deleted, too
        rows = await self._rows.forget(subject, words(self._stamp, self._new_id, by, channel="mqtt"))
        self._forget_sums(subject)
        log.info("%d records of one person were deleted, as %s asked", rows, by)
        return Outcome("done", detail=f"{rows} records were deleted. {ELSEWHERE}")


def words(stamp: Callable[[], Stamp], new_id: Callable[[], str], by: str, *, channel: str) -> Words:
    """How it is written down."""

    def forgotten(rows: int, ranges: tuple[tuple[int, int], ...]) -> Draft:
        now = stamp()
        return topics.draft(Forgotten(now.mono_s, rows, ranges, by), unit=None, subject=None, stamp=now)

    def unworn(unit: str) -> Draft:
        now = stamp()
        nobody = Assignment(now.mono_s, assigned=False, reason=Reason.FORGOTTEN, by=by)
        return topics.draft(nobody, unit=unit, subject=None, stamp=now)

    def audited() -> Draft:
        now = stamp()
        signed = Audit(now.mono_s, by, channel, "forget", Decision.ALLOWED, "forget")
        return topics.draft(signed, unit=None, subject=None, stamp=now)

    return Words(forgotten, unworn, audited, new_id)
