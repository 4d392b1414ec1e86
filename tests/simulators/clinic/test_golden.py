"""Every shipped scenario says what it said when somebody last looked at it and found it right.

    ptdevice-sim run NAME -q --expect tests/simulators/clinic/golden/NAME.jsonl --update

writes the golden file anew; read its difference before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.mqtt.valid import objections
from tests.simulators.clinic import played

from ptdevice_sim.clinic.loading import shipped
from ptdevice_sim.kit import golden

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.timeout(600)  # the longest is a week; a busy machine plays it in minutes
@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scenario_says_what_it_is_known_to_say(name: str) -> None:
    assert golden.compare(played.shipped(name).said, FOLDER / f"{name}.jsonl") == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(shipped()))
def test_everything_that_a_shipped_scenario_says_is_valid(name: str) -> None:
    run = played.shipped(name)
    assert run.said
    for said in run.said:
        assert objections(said.topic, json.loads(said.payload), qos=said.qos, retain=said.retain) == []


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: str(file.stem))
def test_every_line_of_a_golden_file_is_valid(file: Path) -> None:
    _, *lines = file.read_text(encoding="utf-8").splitlines()
    assert lines
    for line in map(json.loads, lines):
        body = line["payload"]
        if body.get("monous") == "<monous>":  # a golden file has words for what differs from run to run
            body["monous"] = 0
        assert objections(line["topic"], body, qos=line["qos"], retain=line["retain"]) == []


def test_there_is_no_golden_file_without_its_scenario() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(shipped())
