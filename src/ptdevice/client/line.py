"""The records of one gateway and epoch in their order, each once, whatever order and number they arrive in. Pure.

A record comes out when all before it are done, are said never to come, or have been waited for long enough. In the last case
they are still wanted, and come out late, when they come.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")
Span = tuple[int, int]

ROOM = 2000  # records held for their turn; beyond it the last ones are dropped, and asked for again
SPANS = 1000  # of records that will not come, remembered should one come all the same


@dataclass(slots=True)
class Line(Generic[T]):
    """`through`: everything up to here is done, but `missing` (still wanted) and `gone` (said never to come).

    None: it is not known yet where it begins.
    """

    through: int | None = None
    missing: list[Span] = field(default_factory=list)
    gone: list[Span] = field(default_factory=list)
    safe: int = 0  # up to here it is stored that they are done
    told: int = 0  # the newest record that the gateway told of
    dropped: bool = False  # for want of room, since this was last looked at
    held: dict[int, T] = field(default_factory=dict)
    late: dict[int, T] = field(default_factory=dict)
    out: int | None = None  # handed out, and not done

    def take(self, sequence: int, item: T) -> bool:
        """A record has arrived. False: it was here before, or there is no room for it now."""
        if sequence in self.held or sequence in self.late:  # the one that is out is in one of them until it is done
            return False
        if self.through is not None and sequence <= self.through:
            if not _has(self.missing, sequence) and not _has(self.gone, sequence):
                return False
            self.late[sequence] = item  # no more than were missing
            return True
        if len(self.held) >= ROOM:
            self.dropped = True
            last = max(self.held)
            if sequence > last:
                return False
            del self.held[last]
        self.held[sequence] = item
        return True

    def next(self) -> tuple[int, T] | None:
        """The record whose turn it is. It is out until it is `done` or put `back`."""
        if self.out is not None or self.through is None:
            return None
        for sequence in self.late:
            self.out = sequence
            return sequence, self.late[sequence]
        sequence = self.through + 1
        if sequence not in self.held:
            return None
        self.out = sequence
        return sequence, self.held[sequence]

    def done(self) -> None:
        """The one that is out was processed."""
        assert self.out is not None
        assert self.through is not None
        sequence, self.out = self.out, None
        if self.late.pop(sequence, None) is not None:
            self.missing = list(_without(self.missing, sequence))
            self.gone = list(_without(self.gone, sequence))
            return
        del self.held[sequence]
        self.through = sequence
        self._pass_gone()

    def back(self) -> None:
        """The one that is out was not processed."""
        self.out = None

    def begin(self, through: int) -> None:
        """Everything up to here is none of ours."""
        self.through = self.safe = through
        for sequence in [sequence for sequence in self.held if sequence <= through]:
            del self.held[sequence]
        self._pass_gone()

    def never(self, spans: Iterable[Span]) -> None:
        """These will not come, says the gateway. What is done stays done; what was waited for is not waited for any more."""
        for span in spans:
            if self.through is None:
                self.gone.append(span)
                continue
            wanted = (*self.missing, (self.through + 1, max(self.through, span[1])))
            self.gone += [cut for want in wanted if (cut := _cut(want, span)) is not None]
            self.missing = [part for want in self.missing for part in _minus(want, span)]
        self.gone = _tidy(self.gone)[-SPANS:]
        self._pass_gone()

    def give_up(self) -> Span | None:
        """Wait no longer for those before the next that is here; they are still wanted. Which, if any."""
        ahead = min(self.held, default=0)
        if self.through is None:
            if self.held:
                self.begin(ahead - 1)
            return None
        if self.out is not None or ahead <= self.through + 1:
            return None
        waited = (self.through + 1, ahead - 1)
        parts = [waited]
        for span in self.gone:
            parts = [part for each in parts for part in _minus(each, span)]
        self.missing = _tidy([*self.missing, *parts])
        self.through = ahead - 1
        return waited

    def waits(self) -> bool:
        """Whether something is here that cannot come out, because something before it is not here."""
        return self.out is None and bool(self.held) and (self.through is None or min(self.held) > self.through + 1)

    def report(self) -> tuple[int, int, list[Span]]:
        """Up to where everything is stored as done, or gone; the highest that is here; in order, what lacks between them."""
        through = self.through or 0
        here = sorted(self.held)
        highest = max(through, here[-1] if here else 0)
        lacking, before = list(self.missing), through
        for sequence in here:
            if sequence > before + 1:
                lacking.append((before + 1, sequence - 1))
            before = sequence
        for span in self.gone:
            lacking = [part for each in lacking for part in _minus(each, span)]
        lacking = _tidy(part for each in lacking for part in _minus_all(each, self.late))
        if lacking and lacking[-1][1] >= highest:  # nothing above it is here
            highest = lacking.pop()[0] - 1
        solid = min(through, self.safe, *(first - 1 for first, _ in self.missing[:1]))
        return solid, highest, lacking

    def position(self) -> str:
        """How far it has come, as text to be stored."""
        return json.dumps({"through": self.through, "missing": self.missing, "gone": self.gone})

    @classmethod
    def at(cls, position: str) -> Line[T]:
        """As it was. Raises ValueError."""
        said: Any = json.loads(position)
        try:
            missing, gone = ([(int(a), int(b)) for a, b in said[name]] for name in ("missing", "gone"))
            through = int(said["through"])
            return cls(through, missing, gone, safe=through)
        except (KeyError, TypeError) as error:
            raise ValueError(position) from error

    def _pass_gone(self) -> None:
        while self.through is not None and (
            span := next((s for s in self.gone if s[0] <= self.through + 1 <= s[1]), None)
        ):
            ahead = [sequence for sequence in self.held if self.through < sequence <= span[1]]
            if ahead:  # one came all the same
                self.through = min(ahead) - 1
                return
            self.through = span[1]


def _has(spans: Iterable[Span], sequence: int) -> bool:
    return any(first <= sequence <= last for first, last in spans)


def _cut(span: Span, other: Span) -> Span | None:
    first, last = max(span[0], other[0]), min(span[1], other[1])
    return (first, last) if first <= last else None


def _minus(span: Span, other: Span) -> Iterator[Span]:
    (first, last), (start, end) = span, other
    if end < first or start > last:
        yield span
        return
    if first < start:
        yield first, start - 1
    if end < last:
        yield end + 1, last


def _minus_all(span: Span, sequences: Iterable[int]) -> list[Span]:
    parts = [span]
    for sequence in sequences:
        parts = [part for each in parts for part in _minus(each, (sequence, sequence))]
    return parts


def _without(spans: Iterable[Span], sequence: int) -> Iterator[Span]:
    for span in spans:
        yield from _minus(span, (sequence, sequence))


def _tidy(spans: Iterable[Span]) -> list[Span]:
    """In order, and what touches joined."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found
