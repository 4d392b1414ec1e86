"""What is wrong with a scenario, in words, each with the line on which it can be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from ptdevice.config.schema import parts
from ptdevice.config.values import SAID, did_you_mean, shown
from ptdevice.config.words import KINDS
from ptdevice_sim.clinic.actions import ACTIONS
from ptdevice_sim.clinic.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from ptdevice.config.document import Document, KeyPath

Place = tuple[str | int, ...]  # a key path in which an entry of a list is a number
Problem = tuple[Place, str]

WORDS = KINDS | {
    "tuple_type": "a list",
    "dict_type": "a table",
    "datetime_type": "a date and time like 2026-03-02T09:00:00Z, without quotes",
    "string_too_short": "some text",
}


def problem(error: ErrorDetails) -> Problem:
    """Where it is wrong, and what."""
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    kind, value = error["type"], error["input"]
    # Inside an entry of the timeline pydantic names the action as well, which is no key on the way.
    if place[:1] == ("at",) and len(place) > 3 and place[2] in ACTIONS:
        place = (*place[:2], *place[3:])
    if kind == SAID:
        return place, str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        return place, _unknown(error["loc"])
    if kind == "missing":
        return place, "is missing"
    if kind == "literal_error":
        wanted = "one of " + str(error["ctx"]["expected"]).replace("'", '"').replace(" or ", ", ")
    else:
        wanted = WORDS.get(kind, error["msg"])
    instead = (
        ", is a table"
        if isinstance(value, dict)
        else ", is a list"
        if isinstance(value, list)
        else f", is {shown(value)}"
    )
    return place, f"must be {wanted}{instead}"


def placed(document: Document, problems: Sequence[Problem]) -> list[str]:
    """Each problem with file, line and key path, in file order."""
    found = [(_line(document, place), name(place), text) for place, text in problems]
    return [
        f"{document.name}:{line}: {key}: {text}" if key else f"{document.name}:{line}: {text}"
        for line, key, text in sorted(found, key=lambda entry: entry[0])
    ]


def name(place: Place) -> str:
    """A place as people read it: `at[3].for`, counted from 1."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _unknown(loc: tuple[str | int, ...]) -> str:
    model = _model(loc[:-1])
    known = [field.alias or key for key, field in model.model_fields.items()] if model else []
    word = str(loc[-1])
    return f"unknown key{did_you_mean(word, known) or '; known: ' + ', '.join(known)}"


def _model(loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model of the table at this place."""
    model: type[BaseModel] = Scenario
    at = list(loc)
    if at[:1] == ["at"]:
        return ACTIONS.get(str(at[2])) if len(at) == 3 else None
    while at:
        field = model.model_fields.get(str(at.pop(0)))
        inner = next((found for part in parts(field.annotation) if (found := _inside(part))), None) if field else None
        if inner is None:
            return None
        at = at[1:]  # the name in a mapping, or the number in a list
        model = inner
    return model


def _inside(part: Any) -> type[BaseModel] | None:
    for choice in (part, *get_args(part)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
    return None


def _line(document: Document, place: Place) -> int:
    """The line that sets this key; else the nearest around it."""
    first, last, line = 0, float("inf"), 1
    path: KeyPath = ()
    for part in place:
        if isinstance(part, str):
            path = (*path, part)
            inside = [at for at in document.lines.get(path, []) if first <= at < last]
            line = inside[0] if inside else line
            continue
        heads = [at for at in document.lines.get(path, []) if first <= at < last]
        if part < len(heads):
            line = first = heads[part]
            last = min(last, heads[part + 1] if part + 1 < len(heads) else float("inf"))
    return line
