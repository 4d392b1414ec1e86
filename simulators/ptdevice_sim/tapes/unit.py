"""A tape as a unit: the same GATT table, the same answers, the same notifications at the same times.

The tape's clock starts with the first subscription, at the tape's own first subscription. What was sent goes out when the clock
comes to it. Where the tape has a write the clock stops until the central makes it, or until `patience_s` is over; so an answer
never comes before its question. A write that is a little early is answered when it was answered then. Other writes:

* one that was answered before and is not due again yet (a poll that comes more often) gets the last answer once more;
* one that comes later on the tape makes the clock jump to it; what is jumped over is counted;
* anything else is taken without an answer, counted, and told.

Every connection plays the tape's next link, after the last one the first again. At the end of its link the unit leaves. A value
that the capture holds only in part is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.errors import TapeError
from ptdevice.privacy import HIDDEN
from ptdevice.tape.words import WRITES, Direction
from ptdevice_sim.tapes.reel import Reel
from ptdevice_sim.tapes.survey import survey, table
from ptdevice_sim.unit import Advertising, AttError, DropLink, Notify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.tape.reading import Tape
    from ptdevice.tape.words import Entry
    from ptdevice_sim.unit import Output

    Written = tuple[str, bytes]

PATIENCE_S = 3.0
EARLY_S = 0.5  # a write that comes so much earlier than on the tape is the one on the tape
ANSWER_S = 1.0  # the first value within this time after a write is its answer
AHEAD = 512  # entries that are looked at for a write to come
RESOLUTION_S = 1e-6  # of a tape's times
ANSWERS = 256  # different writes whose answers are kept
TOLD = 10  # writes whose bytes are kept for the report
READ_NOT_PERMITTED = 0x02  # Core spec Vol 3 Part F 3.4.1.1
MTU_MIN, MTU_MAX = 247, 517


@dataclass(slots=True)
class Served:
    """What centrals did, against the tape. Counts of writes but for `skipped` and `cut`, which are values not sent."""

    as_recorded: int = 0
    repeated: int = 0
    unexpected: int = 0
    missing: int = 0
    skipped: int = 0
    cut: int = 0
    words: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = (
            f"{self.as_recorded} writes as recorded, {self.repeated} more often than that, {self.unexpected} not on the tape, "
            f"{self.missing} on the tape and not made; {self.skipped} values skipped, {self.cut} not whole in the capture"
        )
        return "\n  ".join([counts, *self.words])

    def tell(self, text: str) -> None:
        """Keep the first few."""
        if len(self.words) < TOLD:
            self.words.append(text)


class TapeUnit:
    """A unit of which a tape is all that is known. `open_tape` gives the tape from its start, each time. Raises TapeError."""

    def __init__(
        self,
        open_tape: Callable[[], Tape],
        *,
        address: str = "F1:7A:9E:00:00:01",
        patience_s: float = PATIENCE_S,
    ) -> None:
        tape = open_tape()
        try:
            found = survey(tape)
        finally:
            tape.close()
        if not found.links:
            raise TapeError("nobody was connected on this tape: there is nothing to serve")
        self.header, self.links, self.truncated = tape.header, found.links, tape.truncated
        self.address = address
        # Where a serial number was taken out of the name there are zeros, so that it keeps its form.
        self.advertising = Advertising((tape.header.name or "TAPE").replace(HIDDEN, "00000000").encode())
        self.services = table(tape, found)
        self.mtu = min(max(found.longest + 3, MTU_MIN), MTU_MAX)
        self.served = Served()
        self._patience_s = patience_s
        self._first = found.first_sent | found.first_read
        self._reel = Reel(
            open_tape, frozenset(each.uuid for service in self.services for each in service.characteristics)
        )
        self._values: dict[str, bytes] = {}
        self._answers: dict[Written, Notify] = {}
        self._asked: tuple[Written, float] | None = (
            None  # the last write that was as recorded, and its time on the tape
        )
        self._shift: float | None = None  # what the tape's clock is behind the simulation's; None: it does not run
        self._early: list[Entry] = []  # writes that were made, and to which the clock has not come
        self._stopped_at: float | None = None  # since when it stands still, waiting for a write

    def close(self) -> None:
        """Close the tape."""
        self._reel.close()

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """The tape's next link begins."""
        self._reel.next_link()
        self._values = dict(self._first)
        self._answers.clear()
        self._early.clear()
        self._shift = self._stopped_at = self._asked = None
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """The rest of this link is not played."""
        self._shift = None

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """The first one starts the tape's clock."""
        if enabled and self._shift is None:
            self._shift = now - self._reel.first_subscription()
        return self._play(now)

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """The last value up to now; before there is any, the first to come."""
        if uuid not in self._values:
            raise AttError(READ_NOT_PERMITTED)
        return self._values[uuid]

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        """See above. Raises AttError where it was refused then."""
        said, written = self._play(now), (uuid, data)
        ahead = self._reel.ahead(AHEAD)
        place = next(
            (i for i, entry in enumerate(ahead) if is_write(entry, written) and entry not in self._early), None
        )
        soon = place is not None and self._is_soon(ahead[: place + 1], now)
        if written in self._answers and not soon:
            self.served.repeated += 1
            return [*said, self._answers[written]]
        if place is None:
            self.served.unexpected += 1
            self.served.tell(f"{data.hex(' ')} was written to {uuid}; the tape has no such write to come")
            return said
        self.served.as_recorded += 1
        if soon and self._shift is not None and seconds(ahead[place]) + self._shift > now + RESOLUTION_S:
            self._early.append(ahead[place])
        else:
            self._move(place, now)
        _refuse(ahead[place + 1 :], uuid)
        return said + self._play(now)

    def tick(self, now: float) -> Sequence[Output]:
        """What the tape's clock has come to."""
        return self._play(now)

    def next_due(self) -> float | None:
        """The next entry, or the end of patience."""
        entry = self._reel.peek()
        if self._shift is None or entry is None:
            return None
        return seconds(entry) + self._shift if self._stopped_at is None else self._stopped_at + self._patience_s

    # --- inside ---

    def _play(self, now: float) -> list[Output]:
        said: list[Output] = []
        now += RESOLUTION_S
        while self._shift is not None:
            entry = self._reel.peek()
            if entry is None or entry.direction is Direction.DISCONNECTED:
                if entry is None or seconds(entry) + self._shift <= now:
                    self._shift = None
                    said.append(DropLink())
                break
            at = seconds(entry) + self._shift
            if at > now:
                break
            if entry in self._early:
                self._early.remove(entry)
                self._asked = ((entry.uuid, entry.data), seconds(entry))
            elif entry.direction in WRITES:
                self._stopped_at = at if self._stopped_at is None else self._stopped_at
                if now < self._stopped_at + self._patience_s:
                    break
                self._miss(entry)
                self._shift, self._stopped_at = self._stopped_at + self._patience_s - seconds(entry), None
            said += self._sent(self._reel.pop())
        return said

    def _sent(self, entry: Entry) -> list[Output]:
        """What goes out for this entry."""
        if entry.direction is Direction.READ:
            self._values[entry.uuid] = entry.data
        if entry.direction not in {Direction.NOTIFY, Direction.INDICATE}:
            return []
        if entry.missing:
            self.served.cut += 1
            return []
        notify = Notify(entry.uuid, entry.data)
        if self._asked is not None and seconds(entry) - self._asked[1] <= ANSWER_S and len(self._answers) < ANSWERS:
            self._answers[self._asked[0]] = notify
        self._asked = None
        return [notify]

    def _is_soon(self, entries: Sequence[Entry], now: float) -> bool:
        """Whether the last of these is the next write of all, and its time has come, or nearly."""
        if any(entry.direction in WRITES and entry not in self._early for entry in entries[:-1]):
            return False
        return self._shift is None or seconds(entries[-1]) + self._shift - now <= EARLY_S

    def _move(self, place: int, now: float) -> None:
        """Set the clock to the write at this place; whatever is before it is left out."""
        for _ in range(place):
            entry = self._reel.pop()
            if entry.direction not in WRITES:
                self.served.skipped += len(self._sent(entry))
            elif entry not in self._early:
                self._miss(entry)
        write = self._reel.pop()
        self._asked = ((write.uuid, write.data), seconds(write))
        self._shift, self._stopped_at = now - seconds(write), None
        self._early.clear()

    def _miss(self, entry: Entry) -> None:
        self.served.missing += 1
        self.served.tell(f"{entry.data.hex(' ')} was not written to {entry.uuid}, as it was then")


def seconds(entry: Entry) -> float:
    """Its time on the tape."""
    return entry.t_us / 1e6


def is_write(entry: Entry, written: Written) -> bool:
    """Whether this was written then; with or without response is the central's affair."""
    return entry.direction in WRITES and (entry.uuid, entry.data) == written


def _refuse(following: Sequence[Entry], uuid: str) -> None:
    """Raise AttError where the write that these follow was refused."""
    for entry in following:
        if entry.direction in WRITES:
            return
        if entry.direction is Direction.ERROR and entry.uuid == uuid:
            raise AttError(entry.data[0])
