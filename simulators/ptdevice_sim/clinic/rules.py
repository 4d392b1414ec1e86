"""Rules between the tables of a scenario. They look at the plain data, so that they are told in one go with what else is wrong.

Data of a wrong type is none of their business: the models have said so already.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ptdevice.config import Settings, rules, words
from ptdevice.config.programmes import contradictions
from ptdevice.config.values import did_you_mean, shown
from ptdevice.motion.exercises import EXERCISES
from ptdevice_sim.clinic.actions import ACTIONS, UNIT_ACTIONS
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.settings import FIXED, FOLDER, sections
from ptdevice_sim.clinic.times import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ptdevice_sim.clinic.problems import Place, Problem

OWN_KEYS = frozenset().union(*(played.keys for played in DEVICES.values()))  # what only some devices know
EVERY_UNIT = UNIT_ACTIONS - frozenset({"press", "pads_off", "take_off", "put_on"})


def broken(data: dict[str, Any]) -> Iterator[Problem]:
    """Every rule that this scenario breaks."""
    people, units = tables(data.get("people")), tables(data.get("units"))
    if not units and "units" in data:
        yield ("units",), "a scenario needs a unit, e.g. [units.chest]"
    for code, person in people.items():
        yield from _person(("people", code), person, data.get("duration"))
    for alias, unit in units.items():
        yield from _unit(("units", alias), unit, people)
    for i, given in enumerate(_list(data.get("programmes"))):
        if isinstance(given, dict):
            yield from _programme(("programmes", i), given, people)
    entries: list[tuple[Place, dict[str, Any]]] = [
        (("at", i), entry) for i, entry in enumerate(_list(data.get("at"))) if isinstance(entry, dict)
    ]
    for place, entry in entries:
        yield from _repeats(place, entry, data.get("duration"))
        yield from _target(place, entry, units)
    yield from _overlaps(entries)
    yield from _settings(data.get("settings", {}), units)


def tables(value: Any) -> dict[str, dict[str, Any]]:
    """Those entries of a table that are tables themselves."""
    return {name: table for name, table in value.items() if isinstance(table, dict)} if isinstance(value, dict) else {}


def _person(place: Place, person: dict[str, Any], duration: Any) -> Iterator[Problem]:
    for i, bout in enumerate(_list(person.get("exercises"))):
        if isinstance(bout, dict):
            yield from _repeats((*place, "exercises", i), bout, duration)
    if "recording" in person and "exercises" in person:
        yield (*place, "exercises"), "a recording moves this body already; keep one of the two"
    for key in ("place", "recording_time"):
        if key in person and "recording" not in person:
            yield (*place, key), "is of use only with a recording"


def _unit(place: Place, unit: dict[str, Any], people: Collection[str]) -> Iterator[Problem]:
    device, wearer = unit.get("device"), unit.get("worn_by")
    played = DEVICES.get(device) if isinstance(device, str) else None
    if isinstance(wearer, str) and wearer not in people:
        yield (*place, "worn_by"), f"there is no [people.{wearer}]{did_you_mean(wearer, people)}"
    if played is None:
        return
    if played.needs_wearer and wearer is None:
        yield place, f"nobody wears it; a {device} needs worn_by"
    for key in sorted(OWN_KEYS & unit.keys() - played.keys):
        yield (*place, key), f"is of no use for a {device}"
    model = unit.get("model")
    if "model" in played.keys and isinstance(model, str) and model not in played.models:
        hint = did_you_mean(model, played.models)
        yield (*place, "model"), f"unknown model {shown(model)}{hint}; known: {', '.join(sorted(played.models))}"


def _programme(place: Place, given: dict[str, Any], people: Collection[str]) -> Iterator[Problem]:
    for where, text in contradictions(given, EXERCISES):
        yield (*place, *where), text
    person = tables(given).get("programme", {}).get("person")
    if isinstance(person, str) and person not in people:
        yield (*place, "programme", "person"), f"there is no [people.{person}]{did_you_mean(person, people)}"


def _target(place: Place, entry: dict[str, Any], units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    for action in UNIT_ACTIONS & entry.keys():
        alias = entry[action]
        if not isinstance(alias, str):
            continue
        device = units.get(alias, {}).get("device")
        played = DEVICES.get(device) if isinstance(device, str) else None
        if alias not in units:
            yield (*place, action), f"there is no [units.{alias}]{did_you_mean(alias, units)}"
        elif played is not None and action not in EVERY_UNIT | played.hands.keys():
            yield (*place, action), f"{alias} is a {device}, to which this cannot happen"


def _repeats(place: Place, entry: dict[str, Any], duration: Any) -> Iterator[Problem]:
    time, until, end = (_seconds(value) for value in (entry.get("time"), entry.get("until"), duration))
    if time is not None and end is not None and time >= end:
        yield (*place, "time"), f"the scenario has ended by then, after {duration}"
    if "until" in entry and "every" not in entry:
        yield (*place, "until"), "needs every"
    elif until is not None and time is not None and until <= time:
        yield (*place, "until"), "is not after time"


def _overlaps(entries: list[tuple[Place, dict[str, Any]]]) -> Iterator[Problem]:
    """Two spans of one kind at once: where the first ends, the second would end too."""
    spans: dict[tuple[str, Any], list[tuple[float, float, Place]]] = {}
    for place, entry in entries:
        time, span = _seconds(entry.get("time")), _seconds(entry.get("for"))
        every = _seconds(entry.get("every"))
        if span is not None and every is not None and every <= span:
            yield (*place, "every"), "it begins again before it is over"
        for action in ACTIONS.keys() & entry.keys():
            if time is not None and span is not None and every is None:
                target = entry[action] if action in UNIT_ACTIONS else None
                spans.setdefault((action, str(target)), []).append((time, time + span, place))
    for found in spans.values():
        found.sort(key=lambda span: span[:2])
        for (_, end, first), (begin, _, place) in pairwise(found):
            if begin < end:
                yield (*place, "time"), f"begins before the one of at[{int(first[1]) + 1}] is over"


def _settings(settings: Any, units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    if not isinstance(settings, dict):
        return
    for path in FIXED:
        table: Any = settings
        for key in path[:-1]:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and path[-1] in table:
            yield ("settings", *path), "a scenario has its own; leave it out"
    plain = sections(settings, units, FOLDER)
    try:
        Settings.model_validate(plain)
    except ValidationError as error:
        found = [words.problem(detail) for detail in error.errors(include_url=False)]
        # What is wrong with a unit's own keys the scenario's models have said.
        yield from ((("settings", *path), text) for path, text in found if path[0] != "units")
    for path, text in rules.broken(plain):
        if path[0] != "units":
            yield ("settings", *path), text
        elif len(path) == 3:
            yield path, text


def _seconds(value: Any) -> float | None:
    return seconds(value) if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
