"""Two sequences of events side by side. Either comes from a tape, through its codec, or from a file of events."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ptdevice.devices import CATALOGUE
from ptdevice.errors import TapeError
from ptdevice.tape.reading import Tape
from ptdevice_sim.tapes.playing import Playing, event_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from ptdevice.devices.device import Profile

    Body = dict[str, Any]

LINE_LIMIT = 1 << 20  # octets; an event of 512 samples has 40 000
LONGEST = 60  # characters of a value that are shown


@dataclass(frozen=True, slots=True)
class Difference:
    """Event number `number`, counted from 1, of the first sequence or (if it has none) of the second."""

    number: int
    t_s: float
    text: str

    def __str__(self) -> str:
        return f"event {self.number}, {self.t_s:.6f} s: {self.text}"


def differences(got: Iterable[Body], expected: Iterable[Body]) -> Iterator[Difference]:
    """Where the two differ, one after the other. Nothing is looked for further on: a missing event shifts all that follow."""
    for number, (ours, theirs) in enumerate(zip_longest(got, expected), 1):
        if ours == theirs:
            continue
        if ours is None or theirs is None:
            there, what = (theirs, "missing") if ours is None else (ours, "not expected")
            yield Difference(number, there["t"], f"{what}: {there['event']}")
            continue
        changed = [key for key in {**theirs, **ours} if ours.get(key) != theirs.get(key)]
        words = [f"{key} is {_shown(ours.get(key))}, expected {_shown(theirs.get(key))}" for key in changed]
        yield Difference(number, ours["t"], f"{ours['event']}: {'; '.join(words)}")


@contextmanager
def open_events(path: Path, device: str | None = None) -> Iterator[Iterator[Body]]:
    """The events of a tape, or of a file of events. Raises TapeError."""
    with opened(path) as file:
        if file.readline(LINE_LIMIT).startswith(b'{"t"'):
            file.seek(0)
            yield _events(file, path)
        else:
            file.seek(0)
            tape = Tape(file, str(path))
            yield (event_body(event) for event in Playing(tape, profile_of(tape, device)))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to read. Raises TapeError."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise TapeError(f"{path}: {error.strerror}") from error
    with file:
        yield file


def profile_of(tape: Tape, device: str | None) -> Profile:
    """The device as it was said, else as the tape says. Raises TapeError."""
    name = device or tape.header.device
    if name is None:
        raise TapeError("the tape does not tell what device it is of; say --device")
    if name not in CATALOGUE:
        raise TapeError(f"no device {name!r} is known here; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _events(file: BinaryIO, path: Path) -> Iterator[Body]:
    for number, line in enumerate(iter(lambda: file.readline(LINE_LIMIT), b""), 1):
        try:
            body = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TapeError(f"{path}:{number}: not a line of JSON: {error}") from error
        if not isinstance(body, dict) or type(body.get("t")) not in {int, float} or "event" not in body:
            raise TapeError(f"{path}:{number}: not an event: it has no t or no event")
        yield body


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
