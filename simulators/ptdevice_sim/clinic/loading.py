"""From a file to a scenario, or to every problem at once. Shipped scenarios are found by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ptdevice.config.document import parse, read
from ptdevice.config.values import did_you_mean
from ptdevice.errors import ConfigError
from ptdevice_sim.clinic import rules
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.problems import placed, problem
from ptdevice_sim.clinic.scenario import Scenario
from ptdevice_sim.recording import RecordingError, WornRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.config.document import Document
    from ptdevice_sim.clinic.problems import Problem

SHIPPED = "scenarios"
TURNING = [name for name, played in DEVICES.items() if played.feels_turns]


def load(path: Path) -> Scenario:
    """Read a scenario's file. Raises ConfigError with every problem, each with its line."""
    return _scenario(read(path), path.parent)


def loads(text: str, *, name: str = "scenario", folder: Path | None = None) -> Scenario:
    """A scenario from text; `folder` is where relative paths in it start. Raises ConfigError."""
    return _scenario(parse(text, name), folder or Path())


def shipped() -> dict[str, Path]:
    """The scenarios that come along, by name."""
    folder = resources.files("ptdevice_sim") / SHIPPED
    files = sorted(Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {file.stem: file for file in files}


def find(name: str) -> Path:
    """The file that is meant: a path, or the name of a shipped scenario. Raises ConfigError."""
    path, known = Path(name), shipped()
    if path.suffix == ".toml" or (name not in known and path.exists()):
        return path
    if name not in known:
        raise ConfigError(
            [f"there is no scenario {name}{did_you_mean(name, known)}; `ptdevice-sim run --list` shows all"]
        )
    return known[name]


def _scenario(document: Document, folder: Path) -> Scenario:
    problems: list[Problem] = []
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(document.data, context={"folder": folder})
    except ValidationError as error:
        problems += [problem(detail) for detail in error.errors(include_url=False)]
    problems += rules.broken(document.data)
    problems += _recordings(document.data, folder)
    if scenario is None or problems:
        raise ConfigError(placed(document, problems))
    return scenario


def _recordings(data: dict[str, Any], folder: Path) -> Iterator[Problem]:
    """Recordings that cannot be read, or not be worn by those who wear them."""
    for code, person in rules.tables(data.get("people")).items():
        given, place = person.get("recording"), person.get("place")
        if not isinstance(given, str) or not isinstance(place, str | None) or not given or "\0" in given:
            continue  # the models say so
        try:
            worn = WornRecording(folder / given, place=place)
        except RecordingError as error:
            yield ("people", code, "recording"), str(error)
            continue
        for alias, unit in rules.tables(data.get("units")).items():
            if unit.get("worn_by") == code and unit.get("device") in TURNING and not worn.has_angular_rate:
                text = f"{given} has no gyroscope at {worn.place} (_gx, _gy, _gz); a {unit['device']} needs it"
                yield ("units", alias, "worn_by"), text
