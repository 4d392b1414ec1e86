from __future__ import annotations

import csv
import hashlib
import itertools
import json
import stat
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

import pyarrow.parquet as pq
import pytest
from tests.history.evening import NAMES, drafts, recorded
from tests.mqtt.valid import objections

from ptdevice.errors import ExportError, JournalError
from ptdevice.history.export import FORMATS, export
from ptdevice.history.question import Question, moment
from ptdevice.journal.reading import reading
from ptdevice.mqtt import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.journal.reading import Reading
    from ptdevice.mqtt.topics import Entry

MADE = "2026-09-22T08:00:00.000000Z"


def exported(folder: Path, form: str, question: Question = Question(), journal: Path | None = None) -> dict[str, Any]:  # noqa: B008 - frozen
    with reading(journal or recorded(folder)) as opened:
        return export(opened, question, NAMES, folder / "out", form, MADE)


@pytest.mark.parametrize("form", FORMATS)
def test_the_manifest_counts_and_proves_every_file_and_there_is_no_other(tmp_path: Path, form: str) -> None:
    manifest = exported(tmp_path, form)
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert manifest["records"] == sum(file["records"] for file in manifest["files"]) == 32
    assert (manifest["first_sequence"], manifest["last_sequence"]) == (1, 32)
    assert (manifest["simulated"], manifest["contract"], manifest["made"]) == (True, 1, MADE)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {file["name"] for file in manifest["files"]} | {
        "manifest.json"
    }
    for file in manifest["files"]:
        content = (tmp_path / "out" / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])


@pytest.mark.parametrize("form", FORMATS)
def test_only_its_owner_may_read_it(tmp_path: Path, form: str) -> None:
    exported(tmp_path, form)
    for path in (tmp_path / "out", *(tmp_path / "out").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_json_lines_are_the_events_as_they_are_published_and_valid(tmp_path: Path) -> None:
    exported(tmp_path, "jsonl")
    lines = (tmp_path / "out/records.jsonl").read_bytes().splitlines()
    with reading(tmp_path / "journal.sqlite") as opened:
        messages = [topics.event(NAMES, entry) for entry in opened.entries()]
    assert lines == [message.payload for message in messages]
    for message, line in zip(messages, lines, strict=True):
        assert objections(message.topic, json.loads(line), qos=1, retain=False) == []


def test_csv_has_every_value_of_every_record_and_the_mark_of_simulation_in_each_row(tmp_path: Path) -> None:
    exported(tmp_path, "csv")
    seen = 0
    for draft in drafts():
        with (tmp_path / "out" / f"{topics.kind_of(draft.type)}.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["monous"] == str(draft.mono_us)]
        data = json.loads(draft.data)
        (row,) = [row for row in rows if all(row[k] == v for k, v in data.items() if isinstance(v, str))]
        assert row["simulated"] == "true"
        for name, value in data.items():
            if isinstance(value, bool):
                assert row[name] == str(value).lower()
            elif isinstance(value, int | float):
                assert float(row[name]) == value
            elif value is None:
                assert row[name] == ""
            elif isinstance(value, list):
                assert json.loads(row[name]) == value
        seen += 1
    assert seen == 32


def test_parquet_gives_back_typed_values_units_and_the_mark(tmp_path: Path) -> None:
    exported(tmp_path, "parquet")
    table = pq.read_table(tmp_path / "out/stimulation.session.parquet")
    (row,) = table.to_pylist()
    assert row["simulated"] is True
    assert row["start"].isoformat() == "2026-09-21T14:15:25+00:00"
    assert (row["delivered_s"], row["reason"], row["charge_mc"]) == (1799.0, "timer", None)
    assert row["level_times"] == [[3.0, 899.0], [4.0, 60.0], [5.0, 660.0], [6.0, 180.0]]
    assert table.schema.field("delivered_s").metadata == {b"unit": b"s"}
    assert table.schema.metadata == {b"simulated": b"true", b"ptdevice_contract": b"1"}
    assert len(pq.read_table(tmp_path / "out/exercise.repetition.parquet")) == 10


def test_one_person_and_a_span_of_time(tmp_path: Path) -> None:
    other = [replace(row, subject="zzz") for row in drafts()]
    journal = recorded(tmp_path, [*drafts(), *other])
    question = Question(since_ns=moment("2026-09-21T14:20", UTC), subject="zzz")
    manifest = exported(tmp_path, "jsonl", question, journal)
    lines = [json.loads(line) for line in (tmp_path / "out/records.jsonl").read_bytes().splitlines()]
    assert {line["subject"] for line in lines} == {"zzz"}
    assert min(line["time"] for line in lines) >= "2026-09-21T14:20"
    assert 0 < len(lines) < 32
    assert (manifest["subject"], manifest["since"], manifest["until"]) == ("zzz", "2026-09-21T14:20:00.000000Z", None)


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    journal = recorded(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious").touch()
    with pytest.raises(ExportError, match="there already"):
        exported(tmp_path, "csv", journal=journal)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["precious"]


def test_an_export_that_was_interrupted_has_not_its_name_and_does_not_stand_in_the_way(tmp_path: Path) -> None:
    journal = recorded(tmp_path)
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial/records.jsonl").write_text("half a rec")
    exported(tmp_path, "csv", journal=journal)
    assert not (tmp_path / "out.partial").exists()
    assert not (tmp_path / "out/records.jsonl").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_fails_leaves_nothing_of_anybody_behind(tmp_path: Path, form: str) -> None:
    class Broken:
        """A journal that is damaged further on."""

        def __init__(self, opened: Reading) -> None:
            self._opened, self.lost = opened, opened.lost

        def entries(self, *asked: Any) -> Iterator[Entry]:
            yield from itertools.islice(self._opened.entries(*asked), 10)
            raise JournalError("The disk is gone.")

    with reading(recorded(tmp_path)) as opened, pytest.raises(JournalError):
        export(cast("Reading", Broken(opened)), Question(), NAMES, tmp_path / "out", form, MADE)
    assert not list(tmp_path.glob("out*"))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    journal = recorded(tmp_path)
    with reading(journal) as opened, pytest.raises(ExportError, match="absent/out cannot be written"):
        export(opened, Question(), NAMES, tmp_path / "absent/out", "csv", MADE)


def test_records_of_a_clock_that_was_not_set_are_counted(tmp_path: Path) -> None:
    journal = recorded(tmp_path, [replace(row, clock="unsynced") for row in drafts()[:3]] + drafts()[3:])
    assert exported(tmp_path, "csv", journal=journal)["records_of_an_untrusted_clock"] == 3


def test_more_rows_than_are_held_at_once_all_arrive(tmp_path: Path) -> None:
    journal = recorded(tmp_path, drafts()[:1] * 10_050)
    assert exported(tmp_path, "parquet", journal=journal)["records"] == 10_050
    (file,) = [path for path in (tmp_path / "out").iterdir() if path.suffix == ".parquet"]
    assert pq.read_metadata(file).num_rows == 10_050
