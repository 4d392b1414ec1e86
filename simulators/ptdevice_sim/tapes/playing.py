"""A tape through the daemon's own connection and codec, in virtual time, as events."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from ptdevice.connection import Connection
from ptdevice.link import Selector
from ptdevice_sim.tapes.deck import Deck
from ptdevice_sim.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.connection import LinkReport
    from ptdevice.devices.device import Profile
    from ptdevice.model import Event
    from ptdevice.tape.reading import Tape
    from ptdevice_sim.tapes.deck import Report

STEP_S = 1.0  # of virtual time; what is heard in it is what is in memory
CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Playing:
    """One tape on its way through a codec. Iterate once for the events; then `report` and `wire_errors` are complete."""

    def __init__(self, tape: Tape, profile: Profile) -> None:
        self._tape, self._profile = tape, profile
        self.wire_errors = 0
        self.report: Report

    def __iter__(self) -> Iterator[Event]:
        """The events, with times of the tape. Raises TapeError, after what came before it."""
        heard: deque[Event] = deque()
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            deck, connection, running = runner.run(self._begin(heard))
            self.report = deck.report
            while not (deck.ended.is_set() or running.done()):
                runner.run(asyncio.sleep(STEP_S))
                while heard:
                    yield heard.popleft()
            self.wire_errors = connection.progress.wire_errors
        if deck.error is not None:
            raise deck.error

    async def _begin(self, heard: deque[Event]) -> tuple[Deck, Connection, asyncio.Task[None]]:
        deck = Deck(self._tape, self._profile)
        connection = Connection(
            self._profile.name,
            self._profile,
            Selector(),
            deck.open,
            simulated=deck.simulated,
            hear=heard.append,
            report=_nothing,
            rng=random.Random(0),  # noqa: S311 - the jitter of pauses
        )
        return deck, connection, asyncio.create_task(connection.run(), name="connection")


def event_body(event: Event) -> dict[str, Any]:
    """An event as a JSON object: `t` in seconds of the tape, to a microsecond, `event`, then the event's own fields."""
    body = {"t": round(event.at, 6), "event": CAPITAL.sub("_", type(event).__name__).lower()}
    fields = dataclasses.asdict(event)
    del fields["at"]
    # A round trip, so that tuples are lists and enumerations words, as they are when the line is read again.
    read_again: dict[str, Any] = json.loads(json.dumps(body | fields))
    return read_again


def _nothing(_report: LinkReport) -> None:
    """Reachability is not what is looked at here."""
