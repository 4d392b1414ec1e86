"""What is written for a shell is what a shell takes it for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHELL = ("#!/bin/sh", "#!/usr/bin/env bash")
PLACES = (".ci", "scripts", "packaging", "tests/scripts")


def scripts() -> list[Path]:
    files = [file for place in PLACES for file in sorted((ROOT / place).rglob("*")) if file.is_file()]
    return [file for file in files if file.read_bytes().startswith(tuple(line.encode() for line in SHELL))]


@pytest.mark.parametrize("script", scripts(), ids=lambda file: str(file.relative_to(ROOT)))
def test_shellcheck_finds_nothing(script: Path) -> None:
    checked = subprocess.run(  # noqa: S603 - a file of ours
        ["/usr/bin/env", "shellcheck", str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout
