"""What an installation begins with: who the gateway is, and nothing that it observes yet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ptdevice.config import load
from ptdevice.errors import ConfigError

STARTING = Path(__file__).parents[2] / "config/starting.toml"


def test_all_that_it_misses_is_a_unit() -> None:
    with pytest.raises(ConfigError) as caught:
        load(STARTING, {})
    assert [problem.split(": ")[1] for problem in caught.value.problems] == ["units"]


def test_with_the_unit_that_it_shows_it_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "ptdevice.toml"
    lines = STARTING.read_text(encoding="utf-8").split("\n[mqtt]\n")
    file.write_text(lines[0] + "\n[mqtt]\n" + re.sub(r"(?m)^# ", "", lines[1]), encoding="utf-8")
    settings = load(file, {})
    assert list(settings.units) == ["chest"]
    assert settings.units["chest"].command is None
