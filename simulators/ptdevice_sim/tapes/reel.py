"""A tape link by link, round and round; of each only as much is in memory as was looked at."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from ptdevice.tape.words import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptdevice.tape.reading import Tape
    from ptdevice.tape.words import Entry

LOOK = 64  # entries in which the first subscription of a link is looked for


class Reel:
    """The entries of one link at a time, without its `connected`; of characteristics, only of `wanted` ones.

    `open_tape` gives a tape that has at least one link.
    """

    def __init__(self, open_tape: Callable[[], Tape], wanted: frozenset[str]) -> None:
        self._open_tape, self._wanted = open_tape, wanted | {""}
        self._tape: Tape | None = None
        self._source: Iterator[Entry] = iter(())
        self._link: Iterator[Entry] = iter(())
        self._ahead: deque[Entry] = deque()
        self._connected = False  # the next link's beginning was come upon already

    def next_link(self) -> None:
        """Wind on to the next link; after the last comes the first."""
        self._ahead.clear()
        while not self._connected:
            for entry in self._source:
                if entry.direction is Direction.CONNECTED:
                    self._connected = True
                    break
            else:
                self.close()
                self._tape = self._open_tape()
                self._source = iter(self._tape)
        self._link = self._entries()

    def close(self) -> None:
        """Close the tape."""
        if self._tape is not None:
            self._tape.close()

    def peek(self) -> Entry | None:
        """What comes next; None at the end of this link."""
        return next(iter(self.ahead(1)), None)

    def pop(self) -> Entry:
        """Take what comes next."""
        return self._ahead.popleft()

    def ahead(self, count: int) -> list[Entry]:
        """What comes next, so many entries of it, or as many as there are on this link."""
        self._ahead.extend(islice(self._link, max(count - len(self._ahead), 0)))
        return list(islice(self._ahead, count))

    def first_subscription(self) -> float:
        """When this link's first subscription was, in s; where it has none, when the first thing was."""
        ahead = self.ahead(LOOK)
        times = [entry.t_us / 1e6 for entry in ahead if entry.direction is Direction.SUBSCRIBE]
        return (times or [entry.t_us / 1e6 for entry in ahead] or [0.0])[0]

    def _entries(self) -> Iterator[Entry]:
        self._connected = False
        for entry in self._source:
            if entry.direction is Direction.CONNECTED:
                self._connected = True
                return
            if entry.uuid in self._wanted:
                yield entry
            if entry.direction is Direction.DISCONNECTED:
                return
