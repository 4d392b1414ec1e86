"""What docs/tapes.md shows is a tape, and what it lists is what there is."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

from ptdevice.tape.reading import Tape
from ptdevice.tape.words import VALUE_MAX, VERSION, Direction, Entry

TEXT = (Path(__file__).parents[1] / "docs/tapes.md").read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_example_is_a_tape() -> None:
    tape = Tape(io.BytesIO(example().encode()), "docs/tapes.md")
    assert tape.header.device == "polar"
    assert list(tape)[-2] == Entry(
        398_114, Direction.NOTIFY, "fb005c82-02e7-f387-1cad-8acd2d8df0c8", bytes.fromhex("0230ddd7"), 229
    )


def test_every_key_of_the_header_and_of_a_line_is_explained() -> None:
    header, *lines = (json.loads(line) for line in example().splitlines())
    for key in {*header, *(key for line in lines for key in line)}:
        assert re.search(rf"^\| `{key}`[ ,|]", TEXT, re.MULTILINE) or f"or `{key}` |" in TEXT, key


def test_every_direction_is_explained() -> None:
    table = TEXT[TEXT.index("| `dir` | has") : TEXT.index("### Strictness")]
    assert set(re.findall(r"`([a-z-]+)`", table)) - {"dir"} == set(Direction)


def test_version_and_limit_are_told() -> None:
    assert f"the version of the format: {VERSION}" in TEXT
    assert f"at most {VALUE_MAX} octets" in TEXT
