"""The files of a simulated Bluetens, and the octets that arrive for its shell: lines, and after `cat` the content of a file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIFO_MAX = 128  # octets that wait for the end of their line


def digest(content: str) -> str:
    """The unit's own digest of a file."""
    return hashlib.md5(content.encode("ascii", "replace"), usedforsecurity=False).hexdigest()


class Console:
    """What came in and is not done yet. `files` are those of the unit, by name."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = dict(files)
        self._fifo = b""
        self._receiving: tuple[str, int] | None = None  # a file, and how long it will be

    def hang_up(self) -> None:
        """The link is gone, and half a line or half a file with it."""
        self._fifo, self._receiving = b"", None

    def lines(self, data: bytes) -> Iterator[list[str]]:
        """The words of each line in turn; a whole file comes as [""]. Each is to be done before the next is asked for."""
        self._fifo += data
        while True:
            if self._receiving is not None:
                name, length = self._receiving
                if len(self._fifo) < length:
                    return
                content, self._fifo = self._fifo[:length], self._fifo[length:]
                self._receiving = None
                self.files[name] = content.decode("ascii", "replace")
                yield [""]
                continue
            line, end, rest = self._fifo.partition(b"\n")
            if not end:
                self._fifo = self._fifo[-FIFO_MAX:]
                return
            self._fifo = rest
            _, lead, words = line.replace(b"\r", b"").partition(b">")
            if lead:
                yield words.decode("ascii", "replace").split()

    def do(self, words: list[str]) -> list[str] | None:
        """What is said about files, line by line; None where it is about something else."""
        match words:
            case ["md5", name]:
                return [digest(self.files[name]) if name in self.files else "100: failure"]
            case ["cat", name, length] if length.startswith(("-l=", "-s=")) and length[3:].isdecimal():
                self._receiving = (name, int(length[3:]))
                return []
            case [""]:
                return ["", "3: end of cat"]
        return None
