"""The kinds of values that a configuration is made of: limits, words, shapes, paths; and how a wrong one is told."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from ptdevice.mqtt.topics import is_level

LONGEST_SHOWN = 60  # characters of a wrong value that are repeated in a message
SAID = "ptdevice"  # the type of an error whose text is already fit for people


def wrong(text: str) -> PydanticCustomError:
    """An error in our own words."""
    return PydanticCustomError(SAID, "{text}", {"text": text})


@dataclass(frozen=True, slots=True)
class Within:
    """A limit: both ends belong to it."""

    lowest: float
    highest: float

    def __call__(self, value: float) -> float:
        """Pass `value` on, or raise."""
        if not self.lowest <= value <= self.highest:
            raise wrong(f"must be from {self.lowest:.16g} to {self.highest:.16g}, is {shown(value)}")
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word from a list that the program knows."""

    what: str
    known: frozenset[str]

    def __call__(self, value: str) -> str:
        """Pass `value` on, or raise."""
        if value not in self.known:
            hint = did_you_mean(value, self.known)
            raise wrong(f"unknown {self.what} {shown(value)}{hint}; known: {', '.join(sorted(self.known))}")
        return value


@dataclass(frozen=True, slots=True)
class Shape:
    """A form of text. `secret`: what does not fit is not repeated, it might be a password put in the wrong place."""

    pattern: re.Pattern[str]
    what: str
    secret: bool = False

    def __call__(self, value: str) -> str:
        """Pass `value` on, or raise."""
        if self.pattern.fullmatch(value) is None:
            raise wrong(f"must be {self.what}" + ("" if self.secret else f", is {shown(value)}"))
        return value


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint, where something known is close."""
    close = get_close_matches(word, sorted(known), n=1)
    return f', did you mean "{close[0]}"?' if close else ""


def shown(value: object) -> str:
    """A value for a message: as TOML would have it, and short."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def level(value: str) -> str:
    """A level of an MQTT topic."""
    if not is_level(value):
        raise wrong(f"must be 1 to 32 of a-z, 0-9, _ and - (it becomes part of MQTT topics), is {shown(value)}")
    return value


def time_zone(value: str) -> str:
    """An IANA time zone that this host knows."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        text = f'must be a time zone like "Europe/Berlin", is {shown(value)}'
        raise wrong(text + "; if it is right, the host lacks the package tzdata") from None
    return value


def pairs(value: object) -> object:
    """Lists of two numbers, as TOML has them, as tuples."""
    if isinstance(value, list) and all(isinstance(pair, list) for pair in value):
        return tuple((pair[0], float(pair[1])) if _is_point(pair) else tuple(pair) for pair in value)
    return value


def _is_point(pair: list[object]) -> bool:
    return len(pair) == 2 and type(pair[1]) in {int, float}


def _path(value: object, info: ValidationInfo) -> object:
    """Text as a path; a relative one starts at the folder of the configuration file."""
    if not isinstance(value, str):
        return value
    if not value or "\0" in value:
        raise wrong("must be a path")
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / value


def _upper(value: str) -> str:
    return value.upper()


VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")

Level = Annotated[str, AfterValidator(level)]
Topic = Annotated[
    str,
    AfterValidator(
        Shape(
            re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,7}"), 'a topic like "homeassistant", no wildcard'
        )
    ),
]
FilePath = Annotated[Path, BeforeValidator(_path)]
Word = Annotated[
    str,
    AfterValidator(
        Shape(re.compile(r"[^\s\x00-\x1f\x7f](.{0,253}[^\s\x00-\x1f\x7f])?"), "text without spaces around it")
    ),
]
Address = Annotated[
    str,
    AfterValidator(
        Shape(re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"), 'a Bluetooth address like "AA:BB:CC:DD:EE:FF"')
    ),
    AfterValidator(_upper),
]
# What pressing a remote may mean.
Wish = Literal[
    "pause", "pain",
    "rate_0", "rate_1", "rate_2", "rate_3", "rate_4", "rate_5", "rate_6", "rate_7", "rate_8", "rate_9", "rate_10",
]  # fmt: skip
