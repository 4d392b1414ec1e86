"""What people enter by hand is recorded as they said it, where the clock can judge it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from ptdevice.model import Modality, ModalityEntry, Record
from ptdevice.mqtt.commands import DONE
from ptdevice.mqtt.contract import LogModality
from ptdevice.mqtt.topics import Stamp, draft
from ptdevice.requests.entries import Entries
from ptdevice.wearers import Wearers

NOW_NS = round(datetime(2026, 11, 24, 16, 36, tzinfo=UTC).timestamp()) * 1_000_000_000


@dataclass
class Desk:
    synced: bool = True
    wearers: Wearers = field(default_factory=lambda: Wearers({"back": "k3f7q"}))
    kept: list[tuple[str | None, list[Record]]] = field(default_factory=list)

    def stamp(self) -> Stamp:
        return Stamp("boot", NOW_NS, 1000.0, self.synced)

    def log(self, **changes: Any) -> str:
        """What became of it."""
        entries = Entries(lambda unit, records: self.kept.append((unit, records)), self.stamp, self.wearers)
        outcome = entries.log("back", request(**changes))
        assert (outcome == DONE) == (outcome.state == "done")
        return outcome.rule or outcome.state


def request(**changes: Any) -> LogModality:
    body = {
        "id": "1",
        "requester": "tablet",
        "kind": "heat",
        "start": "2026-11-24T16:00:00Z",
        "minutes": 20,
        "entered_by": "t7",
    } | changes
    return LogModality.model_validate_json(json.dumps(body))


def test_an_entry_is_recorded_with_its_own_time_and_that_of_its_entering() -> None:
    desk = Desk()
    assert desk.log(site="lumbar") == "done"
    assert desk.kept == [("back", [ModalityEntry(1000.0, 1000.0 - 36 * 60, Modality.HEAT, 20, "lumbar", "t7")])]
    row = draft(desk.kept[0][1][0], unit="back", subject="k3f7q", stamp=desk.stamp())
    assert json.loads(row.data) == {
        "at": "2026-11-24T16:36:00.000000Z",
        "start": "2026-11-24T16:00:00.000000Z",
        "kind": "heat",
        "minutes": 20,
        "site": "lumbar",
        "entered_by": "t7",
    }


@pytest.mark.parametrize(
    ("start", "minutes", "became"),
    [
        ("2026-11-24T16:16:00Z", 20, "done"),  # just over
        ("2026-11-24T16:17:00Z", 20, "done"),  # the clock of whoever asks is a little fast
        ("2026-11-24T16:17:01Z", 20, "not_over"),
        ("2027-11-24T16:00:00Z", 1, "not_over"),
        ("2026-11-17T16:36:00Z", 20, "done"),
        ("2026-11-17T16:35:59Z", 20, "too_old"),
        ("2026-11-24T16:00:00.5Z", 20, "done"),
        ("2026-11-24T17:00:00+01:00", 20, "malformed"),
        ("2026-11-24T16:00:00", 20, "malformed"),
        ("2026-13-24T16:00:00Z", 20, "malformed"),
        ("yesterday", 20, "malformed"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(start: str, minutes: int, became: str) -> None:
    desk = Desk()
    assert desk.log(start=start, minutes=minutes) == became
    assert bool(desk.kept) == (became == "done")


def test_without_a_clock_nothing_is_entered() -> None:
    desk = Desk(synced=False)
    assert desk.log() == "clock_unsynced"
    assert desk.kept == []


@pytest.mark.parametrize("kind", list(Modality))
def test_every_modality_can_be_entered(kind: Modality) -> None:
    desk = Desk()
    assert desk.log(kind=kind.value) == "done"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "voodoo"},
        {"minutes": 0},
        {"minutes": 181},
        {"minutes": 20.5},
        {"site": "left side, lower back"},
        {"entered_by": "Anna M."},
        {"entered_by": None},
        {"note": "felt better"},
    ],
)
def test_there_is_no_room_for_names_free_text_or_anything_that_is_not_on_the_list(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**wrong)
