"""A TOML file as plain data, and where each key stands in it.

tomllib reads; it does not tell on which line it read. So the text is walked a second time, by a scanner that knows only what it
needs: strings and comments (so that nothing inside them counts), brackets, headers and keys. What stands inside an inline table
has the line of that table. The scanner never fails: text that is not TOML only gives it fewer lines to tell.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ptdevice.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KeyPath = tuple[str, ...]

LARGEST_BYTES = 1_000_000  # a hundred units with every key commented are 100 kB; /dev/zero has no end

_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<text> \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<bare> [A-Za-z0-9_-]+ )
    | (?P<newline> \n )
    | (?P<space> [^\S\n]+ )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file. `lines`: every line on which a key or a table's header stands."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, list[int]] = field(default_factory=dict)


def read(path: Path) -> Document:
    """Read a TOML file. Raises ConfigError with one problem: a file that is not TOML has only its first fault."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except PermissionError as error:
        raise ConfigError([f"{path}: cannot be read: Permission denied; put sudo before the command"]) from error
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    if len(raw) > LARGEST_BYTES:
        raise ConfigError([f"{path}: larger than {LARGEST_BYTES // 1000} kB; this is not a configuration file"])
    try:
        text = raw.decode("utf-8-sig")  # Windows editors put a mark in front, which means nothing
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"{path}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        raise ConfigError([problem]) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """TOML text as a document. Raises ConfigError."""
    text = text.replace("\r\n", "\n")
    lines = find_lines(text)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ConfigError([f"{name}: nested too deeply to be read"]) from None
    except ValueError as error:  # TOMLDecodeError is one; a number with 5000 digits raises the plain kind
        raise ConfigError([_syntax_problem(name, str(error), text, lines)]) from None
    return Document(name, data, lines)


def find_lines(text: str) -> dict[KeyPath, list[int]]:
    """Every key path in this text and the lines on which it is set or its table begins."""
    found: dict[KeyPath, list[int]] = {}
    table: KeyPath = ()
    for line, header, keys in _statements(text):
        if header:
            table = keys
        path = table if header else table + keys
        found.setdefault(path, []).append(line)
        for end in range(1, len(path)):  # `a.b = 1` and `[a.b]` make `a` as well
            found.setdefault(path[:end], [line])
    return found


def _statements(text: str) -> Iterator[tuple[int, bool, KeyPath]]:
    """(line, is a header, keys) of each statement: what stands before `=`, or between the brackets of a header."""
    line, start, depth = 1, 1, 0
    keys: list[str] = []
    header = value = False
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token.group()
        if kind == "newline" and (depth == 0 or not value):
            if header and keys:
                yield start, True, tuple(keys)
            keys, header, value, depth, start = [], False, False, 0, line + 1
        elif value:
            depth += (word in {"[", "{"}) - (word in {"]", "}"}) if kind == "sign" else 0
        elif kind == "bare":
            keys.append(word)
        elif kind == "text":
            keys.append(_unquoted(word))
        elif word == "[" and not keys:
            header = True
        elif word == "=" and not header:
            if keys:
                yield start, False, tuple(keys)
            value = True
        line += word.count("\n")
    if header and keys:
        yield start, True, tuple(keys)


def _unquoted(word: str) -> str:
    if word.startswith("'"):
        return word[1:-1]
    try:
        return str(tomllib.loads(f"key = {word}")["key"])
    except ValueError:
        return word[1:-1]


def _syntax_problem(name: str, message: str, text: str, lines: dict[KeyPath, list[int]]) -> str:
    place = _AT_LINE.search(message)
    at_end = "(at end of document)" in message
    line = int(place[1]) if place else text.count("\n") + 1
    if place or at_end:
        for path, places in lines.items():
            if line in places[1:]:
                return f"{name}:{line}: {'.'.join(path)} stands here a second time; it is on line {places[0]} already"
    what = message.partition(" (at ")[0]
    if at_end:
        return f"{name}:{line}: not valid TOML: {what}: the file ends too early"
    return f"{name}:{line}:{place[2]}: not valid TOML: {what}" if place else f"{name}: not valid TOML: {what}"
