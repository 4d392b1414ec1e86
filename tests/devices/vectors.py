"""Bytes from outside, with their meaning and their source: one list, used in both directions.

name     a sentence, unique in its file
source   capture (heard on air), vendor (the vendor's document or test), published (somebody else's), derived (ours)
cite     where exactly
port     which port of the profile
hex      the bytes
means    { event = "Battery", percent = 42 }   the one event; fields left out are unknown or have their
                                               defaults. For samples: mg (thousandths of g), or counts with g_per_count
         { events = [{ event = …}, …] }         several at once, in order: one for each channel
         { do = "read_state" }                 what a host asks for; never said by a unit
         { nothing = "why" }                   understood, and says nothing to us
         { error = "part of the text" }        refused
within   how far a number may be off, where the source rounded it (default: not at all)
answers  the vector that the unit answers with this one
before   packets on the same port that come first (hex)
unit     what must be so, or be done, for a simulated unit to say this
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from ptdevice import model
from ptdevice.devices import CATALOGUE
from ptdevice.link import Packet

HERE = Path(__file__).parent
SOURCES = {"capture", "vendor", "published", "derived"}
KINDS = {"event", "events", "do", "nothing", "error"}
AT = 1000.0  # gateway seconds at which everything in a vector arrives
G = 9.80665  # m/s^2


@dataclass(frozen=True)
class Vector:
    name: str
    source: str
    cite: str
    port: str
    data: bytes
    means: dict[str, Any]
    answers: str | None = None
    within: float = 0.0
    before: tuple[bytes, ...] = ()
    unit: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Which of KINDS it is."""
        (kind,) = KINDS & self.means.keys()
        return kind

    def packets(self) -> list[Packet]:
        """What comes before, and the vector itself."""
        return [Packet(AT, self.port, data) for data in (*self.before, self.data)]

    def event(self) -> model.Event:
        """The event that `means` describes."""
        (event,) = self.events()
        return event

    def events(self) -> list[model.Event]:
        """All events that `means` describes."""
        return [self._event(means) for means in self.means.get("events", [self.means])]

    @staticmethod
    def _event(means: dict[str, Any]) -> model.Event:
        given = {key: value for key, value in means.items() if key != "event"}
        if mg := given.pop("mg", None):
            given["acceleration"] = [[value * G / 1000 for value in sample] for sample in mg]
        if counts := given.pop("counts", None):
            scale = given.pop("g_per_count")
            given["acceleration"] = [[value * scale * G for value in sample] for sample in counts]
        kind = getattr(model, means["event"])
        hints = get_type_hints(kind)
        for name, value in given.items():
            if isinstance(value, str) and isinstance(hints[name], type) and hints[name] is not str:
                given[name] = hints[name](value)
        for each in fields(kind):
            if each.default is MISSING and each.default_factory is MISSING and each.name != "at":
                given.setdefault(each.name, None)
        event: model.Event = kind(AT, **given)
        return event


def agree(one: object, other: object, within: float) -> bool:
    """Equal, but for what `within` allows in a number, and for the last digits of a float."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(agree(a, b, within) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return (
            isinstance(one, float | int)
            and isinstance(other, float | int)
            and math.isclose(one, other, rel_tol=1e-8, abs_tol=within)
        )
    return one == other


def same(one: model.Event, other: model.Event, within: float = 0.0) -> bool:
    """Two events of one kind that agree in every field."""
    return type(one) is type(other) and all(
        agree(getattr(one, each.name), getattr(other, each.name), within) for each in fields(one)
    )


def load(name: str) -> list[Vector]:
    """All vectors of a device, or of `sig`."""
    return parse((HERE / name / "vectors.toml").read_text(encoding="utf-8"))


def parse(text: str) -> list[Vector]:
    """Raises ValueError, with the vector's name, for what breaks the rules above."""
    vectors = []
    for entry in tomllib.loads(text)["vector"]:
        name = entry.get("name")
        try:
            data = bytes.fromhex(entry.pop("hex"))
            before = tuple(bytes.fromhex(text) for text in entry.pop("before", ()))
            vector = Vector(data=data, before=before, **entry)
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"{name}: {error!r}") from error
        if vector.source not in SOURCES or len(KINDS & vector.means.keys()) != 1 or not vector.cite:
            raise ValueError(f"{name}: source, meaning or citation is wrong")
        vectors.append(vector)
    names = [vector.name for vector in vectors]
    if len(set(names)) != len(names):
        raise ValueError(f"a name occurs twice: {sorted(names)}")
    for vector in vectors:
        if vector.answers is not None and vector.answers not in names:
            raise ValueError(f"{vector.name}: answers {vector.answers!r}, which is not here")
    return vectors


def every() -> list[tuple[str, Vector]]:
    """(device, vector) of all there are."""
    return [(name, vector) for name in (*sorted(CATALOGUE), "sig") for vector in load(name)]


def named(vectors: list[Vector], name: str) -> Vector:
    return next(vector for vector in vectors if vector.name == name)
