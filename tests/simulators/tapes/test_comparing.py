"""Two sequences of events side by side, from tapes or from files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.tapes.studio import em70, keys, take

from ptdevice.errors import TapeError
from ptdevice_sim.tapes.comparing import differences, open_events

if TYPE_CHECKING:
    from pathlib import Path

BATTERY = {"t": 1.0, "event": "battery", "percent": 90}
RATE = {"t": 2.5, "event": "heart_rate", "bpm": 60}


def told(got: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    return [str(difference) for difference in differences(got, expected)]


def test_equal_sequences_have_no_differences() -> None:
    assert told([BATTERY, RATE], [BATTERY, RATE]) == []


def test_each_field_that_differs_is_told_with_both_values() -> None:
    assert told([BATTERY | {"percent": 80, "t": 1.1}], [BATTERY]) == [
        "event 1, 1.100000 s: battery: t is 1.1, expected 1.0; percent is 80, expected 90"
    ]


def test_another_kind_of_event_is_told_field_by_field() -> None:
    (text,) = told([RATE], [BATTERY])
    assert 'event is "heart_rate", expected "battery"' in text
    assert "percent is null, expected 90" in text
    assert "bpm is 60, expected null" in text


def test_what_is_missing_at_the_end_and_what_is_too_much_is_told() -> None:
    assert told([BATTERY], [BATTERY, RATE]) == ["event 2, 2.500000 s: missing: heart_rate"]
    assert told([BATTERY, RATE], [BATTERY]) == ["event 2, 2.500000 s: not expected: heart_rate"]


def test_long_values_are_cut() -> None:
    (text,) = told([BATTERY | {"percent": list(range(100))}], [BATTERY])
    assert len(text) < 150


def test_a_tape_and_its_events_in_a_file_are_the_same(tmp_path: Path) -> None:
    made = take(em70(), keys)
    tape, events = tmp_path / "a.tape", tmp_path / "a.events"
    tape.write_bytes(made.octets)
    events.write_text("".join(json.dumps(event) + "\n" for event in made.events))
    with open_events(tape) as ours, open_events(events) as theirs:
        assert list(differences(ours, theirs)) == []
    with open_events(events) as again:
        assert len(list(again)) == len(made.events)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", r"x:1: an empty file, not a tape"),
        ('{"t":1,"event":"a"}\noops\n', r"x:2: not a line of JSON"),
        ('{"t":1,"event":"a"}\n{"t":1}\n', r"x:2: not an event"),
        ('{"t":1,"event":"a"}\n{"t":"1","event":"b"}\n', r"x:2: not an event"),
        ('{"t":1,"event":"a"}\n[]\n', r"x:2: not an event"),
    ],
)
def test_a_file_that_is_neither_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(TapeError, match=why), open_events(tmp_path / "x") as events:
        list(events)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="No such file"), open_events(tmp_path / "x"):
        pass


def test_a_tape_of_an_unknown_device_needs_to_be_told_which(tmp_path: Path) -> None:
    made = take(em70(), keys)
    nameless = made.octets.replace(b'"device":"beurer_em70"', b'"device":null', 1)
    (tmp_path / "x").write_bytes(nameless)
    (tmp_path / "y").write_bytes(made.octets.replace(b'"device":"beurer_em70"', b'"device":"fridge"', 1))
    with pytest.raises(TapeError, match="say --device"), open_events(tmp_path / "x"):
        pass
    with pytest.raises(TapeError, match="no device 'fridge' is known here"), open_events(tmp_path / "y"):
        pass
    with open_events(tmp_path / "x", "beurer_em70") as events:
        assert list(events) == made.events
