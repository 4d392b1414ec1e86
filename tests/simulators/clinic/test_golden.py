"""Every shipped scenario says what it said when somebody last looked at it and found it right.

    ptdevice-sim run NAME -q --expect tests/simulators/clinic/golden/NAME.jsonl --update

writes the golden file anew; read its difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulators.clinic import played

from ptdevice_sim.clinic.loading import shipped
from ptdevice_sim.kit import golden

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.timeout(600)  # the longest is a week; a busy machine plays it in minutes
@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scenario_says_what_it_is_known_to_say(name: str) -> None:
    assert golden.compare(played.shipped(name).said, FOLDER / f"{name}.jsonl") == []


def test_there_is_no_golden_file_without_its_scenario() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(shipped())
