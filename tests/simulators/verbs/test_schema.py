"""The published form of a scenario: what `ptdevice-sim schema` prints, what docs/ has, and what the page explains."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ptdevice_sim.cli import main
from ptdevice_sim.clinic.actions import ACTIONS
from ptdevice_sim.clinic.loading import loads, shipped
from ptdevice_sim.clinic.scenario import Exercises, Person, Scenario, Unit
from ptdevice_sim.clinic.schema import schema
from ptdevice_sim.clinic.times import seconds

DOCS = Path(__file__).parents[3] / "docs"


def test_the_verb_prints_what_the_documents_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == (DOCS / "scenario.schema.json").read_text(encoding="utf-8"), (
        "renew it: ptdevice-sim schema > docs/scenario.schema.json"
    )


def test_every_action_is_a_form_of_its_own_that_takes_nothing_strange() -> None:
    forms = [
        form for form in schema()["$defs"].values() if "time" in form["properties"] and "sets" not in form["properties"]
    ]
    assert len(forms) == len(ACTIONS)
    assert all(form["additionalProperties"] is False for form in forms)


def test_defaults_of_spans_are_written_as_spans_are() -> None:
    pause = schema()["$defs"]["Exercises"]["properties"]["pause"]
    assert seconds(pause["default"]) == 45.0
    assert re.fullmatch(pause["pattern"], pause["default"])


def test_nothing_in_it_is_null() -> None:
    assert "null" not in json.dumps(schema())


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_patterns_take_every_time_of_the_shipped_scenarios(name: str) -> None:
    pattern = schema()["properties"]["duration"]["pattern"]
    text = shipped()[name].read_text(encoding="utf-8")
    times = re.findall(r'^(?:time|for|every|until|duration) = "(.*)"', text, re.MULTILINE)
    assert times
    assert all(re.fullmatch(pattern, time) for time in times)


def keys(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_page_explains_every_key_and_every_action_and_every_shipped_scenario() -> None:
    page = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z_]+)`", page)) | set(re.findall(r"`([a-z_]+) = ", page))
    tables = keys(Scenario) - {"people", "units", "settings", "at"} | keys(Person) | keys(Exercises) | keys(Unit)
    actions = set[str]().union(*(keys(model) for model in ACTIONS.values()))
    assert tables | actions | set(shipped()) <= told


def test_the_example_on_the_page_is_right() -> None:
    page = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert [type(entry).__name__ for entry in loads(example).at] == ["Press", "DropLink"]
