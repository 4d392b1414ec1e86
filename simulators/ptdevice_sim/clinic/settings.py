"""The daemon's configuration, as a scenario means it: its own sections, and the units that are simulated."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ptdevice.config import Settings
from ptdevice.config.programmes import prescribed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ptdevice_sim.clinic.scenario import Scenario

FOLDER = "/var/lib/ptdevice"  # where messages say that the journal is, whatever folder a run uses
JOURNAL = "journal.sqlite"
GIVEN = {"site": "clinic", "name": "gateway-1"}
FIXED: tuple[tuple[str, ...], ...] = (
    ("gateway", "simulated"),
    ("journal", "path"),
    ("programmes", "folder"),
    ("units",),
)  # what a scenario does not choose here
UNIT_KEYS = {
    "device": "device",
    "worn_by": "subject",
    "exercise": "exercise",
    "target_repetitions": "target_repetitions",
    **{key: key for key in ("remote_for", "on_press", "on_double_press", "on_long_press")},
}


def address(alias: str) -> str:
    """The unit's Bluetooth address: a static random one (the two top bits set), the same wherever the scenario is played."""
    octets = hashlib.sha256(alias.encode()).digest()[:6]
    return bytes((octets[0] | 0xC0, *octets[1:])).hex(":").upper()


def sections(settings: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], journal: str) -> dict[str, Any]:
    """The configuration as plain data, to be validated by the daemon's own models."""
    given = dict(settings)
    for section, first, then in (
        ("gateway", GIVEN, {"simulated": True}),
        ("journal", {}, {"path": journal}),
        ("programmes", {"timezone": "UTC"}, {}),
    ):
        table = given.get(section, {})
        if isinstance(table, dict):
            given[section] = {**first, **table, **then}
    given["units"] = {alias: _unit(alias, table) for alias, table in units.items()}
    return given


def settings_of(scenario: Scenario, folder: Path) -> Settings:
    """The validated configuration, with its journal in this folder."""
    units = {alias: table.model_dump(exclude_none=True) for alias, table in scenario.units.items()}
    settings = Settings.model_validate(sections(scenario.settings, units, str(folder / JOURNAL)))
    programmes = tuple(prescribed(each, settings.exercises.known) for each in scenario.programmes)
    settings.programmes._all = programmes  # noqa: SLF001 - `load` does the same with those of a folder
    return settings


def _unit(alias: str, table: Mapping[str, Any]) -> dict[str, Any]:
    return {theirs: table[ours] for ours, theirs in UNIT_KEYS.items() if ours in table} | {"address": address(alias)}
