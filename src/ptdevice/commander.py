"""One commanded unit at the daemon: its conductor inside, its connection and a key outside, and what is owed between them.

Everything that happens (an event, a press, a request, a tick) goes to the conductor; then what it owes is done, and the stop
first: before anything is recorded, audited or said. The stop is a task here, because nobody who asks for it may have to wait;
the connection says the last one by itself (`Connection`), whatever becomes of this.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.keys import Key
from ptdevice.model import Decision, StopReason
from ptdevice.stimulation.commanded import HALTING, KNOWLEDGE, Knowledge
from ptdevice.stimulation.conducted import GOING
from ptdevice.stimulation.plan import demand

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from ptdevice.connection import Connection
    from ptdevice.model import Admitted, Event, Record
    from ptdevice.outstanding import Mark
    from ptdevice.stimulation.conductor import Conductor
    from ptdevice.stimulation.plan import Armed, Plan
    from ptdevice.stimulation.session import Origin
    from ptdevice.stimulation.view import View

TICK_S = 0.1  # a lease, a ramp and a timer are kept to this


class Commander:
    """Of one unit. `keep(records)` takes what is to be recorded, audits among it; `key` is a wired key, where there is one."""

    def __init__(
        self,
        alias: str,
        conductor: Conductor,
        keep: Callable[[list[Record]], None],
        key: Path | None = None,
        mark: Mark | None = None,
    ) -> None:
        self.alias = alias
        self.changed: Callable[[], None] | None = None  # there is something to tell of the session
        self._conductor, self._keep = conductor, keep
        self._key = Key(key, self._on_press) if key is not None else None
        self._mark = mark
        self._connection: Connection | None = None
        self._expect: Callable[[Origin, StopReason | None], None] = lambda *_: None
        self._tasks: set[asyncio.Task[None]] = set()  # stops, and notes that nobody has to be stopped any more
        self._ending: StopReason | None = None
        self._arming = 0  # wishes on their way, which may have noted the unit
        self._eased_at = float("-inf")  # when somebody last wanted less

    @property
    def open(self) -> bool:
        """Whether a session has not ended."""
        return self._conductor.open is not None

    def attach(self, connection: Connection, expect: Callable[[Origin, StopReason | None], None]) -> None:
        """The unit's connection, and who is told whose doing its sessions are."""
        self._connection, self._expect = connection, expect

    # --- what the connection and the unit tell ---

    def due(self, now: float) -> Sequence[Admitted]:
        """What the unit may be told now."""
        admitted = self._conductor.due(now)
        self._settle()
        return admitted

    def hear(self, event: Event) -> None:
        """The unit has spoken."""
        self._conductor.hear(event)
        self._settle()

    def reached(self, online: bool, now: float) -> None:  # noqa: FBT001 - it is or it is not
        """Whether the unit is heard."""
        if online:
            self._conductor.link_restored(now)
        else:
            self._conductor.link_lost(now)
        self._settle()

    async def run(self) -> None:
        """Time passes, until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(TICK_S)
                assert self._connection is not None
                heard_at = self._connection.progress.last_packet_at
                self._conductor.tick(loop.time(), heard_at if heard_at is not None else float("-inf"))
                self._settle()
        finally:
            if self._key is not None:
                self._key.close()

    # --- wishes for less: they are not refused ---

    def stop(self, reason: StopReason = StopReason.REMOTE, **by: str) -> bool:
        """Stop. False: the unit cannot be reached now."""
        self._eased_at = self._now()
        self._conductor.stop(self._now(), reason, **by)
        return self._settle()

    def emergency(self, **by: str) -> bool:
        """Stop at once, whatever it does."""
        self._eased_at = self._now()
        self._conductor.emergency(self._now(), **by)
        return self._settle()

    def pause(self, **by: str) -> bool:
        """To zero, and ready to resume."""
        self._eased_at = self._now()
        self._conductor.pause(self._now(), **by)
        return self._settle()

    def lower(self, level: int, **by: str) -> bool:
        """At most this. False: nothing is open that could be lowered."""
        self._eased_at = self._now()
        lowered = self._conductor.lower(level, self._now(), **by)
        self._settle()
        return lowered

    # --- wishes for more: RefusedError. `asked_at` is when it was asked for: what somebody stopped after that is void ---

    def local(self) -> str | None:
        """Why nobody at the unit could confirm by a key beside it; None: somebody can."""
        return self._key.trouble() if self._key is not None else "no key is configured"

    async def arm(self, plan: Callable[[], Plan], asked_at: float, **by: str) -> Armed:
        """Make ready what a press starts. Whoever comes after this process knows of it before that can be."""
        assert self._connection is not None
        self._arming += 1
        try:
            with self._told_of("arm", by):
                plan()  # what is refused needs no note
                if self._mark is not None and not await self._mark.begin(self._connection.link):
                    raise RefusedError("journal_down", "That the unit is commanded could not be noted on the disk.")
                self._not_overtaken(asked_at)  # the disk may have taken its time
                return self._conductor.arm(plan(), self._now(), **by)
        finally:
            self._arming -= 1

    def hold(self, session_id: str, token: str) -> None:
        """The controller is there."""
        self._conductor.hold(session_id, token, self._now())

    def resume(self, token: str, asked_at: float, **by: str) -> None:
        """Make ready what a press resumes."""
        with self._told_of("resume", by):
            self._not_overtaken(asked_at)
            self._conductor.resume(token, self._now(), **by)

    def raise_level(self, token: str, level: int, asked_at: float, **by: str) -> None:
        """Make ready what a press raises."""
        with self._told_of("raise", by):
            self._not_overtaken(asked_at)
            self._conductor.raise_level(token, level, self._now(), **by)

    def acknowledge(self, **by: str) -> None:
        """A person has looked at a fault."""
        with self._told_of("acknowledge", by):
            self._conductor.acknowledge(self._now(), **by)

    def view(self) -> View:
        """The session as it stands."""
        return self._conductor.view(self._now())

    # --- inside ---

    @contextlib.contextmanager
    def _told_of(self, action: str, by: dict[str, str]) -> Iterator[None]:
        """What is refused is kept too; then what is owed is done."""
        try:
            yield
        except RefusedError as refusal:
            self._conductor.owed.audit(self._now(), action, Decision.DENIED, refusal.rule, by, refusal.reasons)
            raise
        finally:
            self._settle()

    def _not_overtaken(self, asked_at: float) -> None:
        """A stop empties what waits: also a wish for more that was made before it and comes to its turn after it."""
        demand(asked_at > self._eased_at, "overtaken", "Somebody wanted less after this was asked for; ask again.")

    def _on_press(self) -> None:
        self._conductor.key(self._now())
        self._settle()

    def _settle(self) -> bool:
        """Do what is owed, stop first. False: a stop was owed and there is nobody to tell it to."""
        owed, reached = self._conductor.owed.take(), True
        if owed.halt:
            assert self._connection is not None
            reached = self._connection.link is not None
            self._begin(self._halt(), f"stop {self.alias}")
        self._tell()
        if owed.records or owed.audits:
            self._keep([*owed.audits, *owed.records])
        return reached

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _halt(self) -> None:
        assert self._connection is not None
        if await self._connection.halt():
            self._conductor.halted(self._now())

    def _tell(self) -> None:
        """Whose doing the unit's sessions are, and why the last one is being ended, or was."""
        session = self._conductor.session
        if session is not None:
            if session.state in GOING:
                self._ending = None
            elif session.reason is not None:
                self._ending = session.reason
            elif session.state in HALTING:
                self._ending = StopReason.REMOTE  # a pause
            self._expect("commanded" if session.open else "observed", self._ending)
        over = session is None or (KNOWLEDGE[session.state] is Knowledge.ZERO and not session.open)
        if over and self._mark is not None and self._mark.noted and not self._arming:
            self._begin(self._mark.zero(), f"zero {self.alias}")
        if self.changed is not None:
            self.changed()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
