"""Reading a tape, strictly and line by line: however long it is, one line at a time is in memory.

A line that is not as it should be is an error that names file and line. One exception: a last line that breaks off is what a
power cut leaves behind; it is left out, and `truncated` tells.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from ptdevice.errors import TapeError
from ptdevice.tape.header import parse_header
from ptdevice.tape.words import OF_THE_LINK, VALUE_MAX, WITHOUT_VALUE, Direction, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER_LIMIT = 1 << 18  # octets; a hundred services of a hundred characteristics
LINE_LIMIT = 4096  # twice the longest honest line: 512 octets in hex, and the names
LATEST_S = 1e9  # thirty years
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HEX = re.compile(r"(?:[0-9a-f]{2})*")
KEYS = frozenset({"t", "dir", "port", "uuid", "hex", "missing"})


class Tape:
    """An open tape: the `header`, and the entries by iterating, once. `name` is what errors call it. Raises TapeError."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name, self._line = file, name, 1
        self.truncated = False
        self._last_us = 0
        text = self._next_line(HEADER_LIMIT)
        if not text:
            self._wrong("an empty file, not a tape")
        self.header = parse_header(self._parsed(text), self._wrong)

    def __iter__(self) -> Iterator[Entry]:
        self._line += 1
        while text := self._next_line(LINE_LIMIT):
            try:
                entry = self._entry(self._parsed(text))
            except TapeError:
                if not text.endswith(b"\n"):
                    self.truncated = True
                    return
                raise
            yield entry
            self._line += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _next_line(self, limit: int) -> bytes:
        try:
            text = self._file.readline(limit + 1)
        except (OSError, EOFError) as error:
            self._wrong(f"cannot be read: {error}")
        if len(text) > limit:
            self._wrong(f"longer than {limit} octets")
        return text

    def _parsed(self, text: bytes) -> dict[str, Any]:
        try:
            body = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            self._wrong(f"not a line of JSON: {error}")
        if not isinstance(body, dict):
            self._wrong("not an object")
        return body

    def _entry(self, body: dict[str, Any]) -> Entry:
        if unknown := body.keys() - KEYS:
            self._wrong(f"unknown keys: {', '.join(sorted(unknown))}")
        try:
            direction = Direction(body.get("dir", ""))
        except ValueError:
            self._wrong(f"dir is none of {', '.join(Direction)}: {body.get('dir')!r}")
        t_us = self._time(body.get("t"))
        uuid = self._characteristic(body, direction)
        data = self._value(body, direction)
        missing = body.get("missing", 0)
        if type(missing) is not int or not 0 <= missing <= VALUE_MAX:
            self._wrong(f"missing is not a number of octets: {missing!r}")
        return Entry(t_us, direction, uuid, data, missing)

    def _time(self, seconds: Any) -> int:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LATEST_S:
            self._wrong(f"t is not a time in seconds: {seconds!r}")
        t_us = round(seconds * 1e6)
        if t_us < self._last_us:
            self._wrong(f"t goes back, from {self._last_us / 1e6:.6f} to {t_us / 1e6:.6f}")
        self._last_us = t_us
        return t_us

    def _characteristic(self, body: dict[str, Any], direction: Direction) -> str:
        port, uuid = body.get("port"), body.get("uuid")
        if direction in OF_THE_LINK:
            if port is not None or uuid is not None:
                self._wrong(f"{direction} has a characteristic")
            return ""
        if (port is None) == (uuid is None):
            self._wrong("neither or both of port and uuid")
        if port is not None:
            known = self.header.ports.get(port) if isinstance(port, str) else None
            return known or self._wrong(f"a port that the header does not name: {port!r}")
        if not isinstance(uuid, str) or not UUID.fullmatch(uuid):
            self._wrong(f"uuid is not 32 small hex digits with dashes: {uuid!r}")
        return uuid

    def _value(self, body: dict[str, Any], direction: Direction) -> bytes:
        text = body.get("hex")
        if direction in WITHOUT_VALUE:
            if text is not None:
                self._wrong(f"{direction} has a value")
            return b""
        if not isinstance(text, str) or not HEX.fullmatch(text):
            self._wrong(f"hex is not small hex digits in pairs: {text!r}")
        data = bytes.fromhex(text)
        if len(data) > VALUE_MAX or (direction is Direction.ERROR and len(data) != 1):
            self._wrong(f"{len(data)} octets in {direction}")
        return data

    def _wrong(self, why: str) -> NoReturn:
        raise TapeError(f"{self._name}:{self._line}: {why}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a key is there twice")
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
