"""An export: a new folder with the records, and a manifest that says what they are and how to tell whether they are whole.

It is written under another name and gets its own when it is complete: what was interrupted is not taken for an export. Only its
owner may read it, as the journal.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any, Protocol

from ptdevice import __version__
from ptdevice.errors import ExportError
from ptdevice.history import table
from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ptdevice.history.question import Question
    from ptdevice.journal.reading import Reading
    from ptdevice.mqtt.topics import Entry, Names

VERSION = 1  # of the manifest's form
FORMATS = ("csv", "jsonl", "parquet")
MANIFEST, RECORDS = "manifest.json", "records.jsonl"


class Sink(Protocol):
    """Where records go, and how many of each kind there were, by file."""

    rows: dict[str, int]

    def take(self, entry: Entry) -> None:
        """Write one."""
        ...


def export(reading: Reading, question: Question, names: Names, folder: Path, form: str, made: str) -> dict[str, Any]:
    """Write an export and give back its manifest; `made` is now. Raises ExportError, and JournalError of the reading."""
    if folder.exists():
        raise ExportError(f"{folder} is there already. Name a new folder.")
    partial = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        try:
            manifest = _write(reading, question, names, partial, form, made)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(
                partial, ignore_errors=True
            )  # half an export is somebody's health data that nobody looks after
            raise
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror}") from error
    return manifest


def _write(reading: Reading, question: Question, names: Names, folder: Path, form: str, made: str) -> dict[str, Any]:
    found: dict[str, Any] = {"first": None, "last": None, "unsynced": 0}
    with contextlib.ExitStack() as open_files:
        sink = _sink(form, folder, names, open_files)
        for entry in _asked(reading, question):
            sink.take(entry)
            found["first"] = found["first"] or entry.sequence
            found["last"] = entry.sequence
            found["unsynced"] += entry.draft.clock != "synced"
    since, until = question.span()
    manifest = {
        "ptdevice_export": VERSION,
        "software": f"ptdevice {__version__}",
        "made": made,
        "format": form,
        "contract": contract.MAJOR,
        "site": names.site,
        "gateway": names.gateway,
        "simulated": names.simulated,
        "epoch": reading.epoch,
        "subject": question.subject,
        "unit": question.unit,
        "since": since,
        "until": until,
        "first_sequence": found["first"],
        "last_sequence": found["last"],
        "records": sum(sink.rows.values()),
        "records_of_an_untrusted_clock": found["unsynced"],
        "numbers_without_a_record": reading.missing() if not reading.lost else None,
        "unreadable": [list(span) for span in reading.lost],
        "files": [_described(folder / name, rows) for name, rows in sorted(sink.rows.items())],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (folder / MANIFEST).chmod(0o600)
    return manifest


def _asked(reading: Reading, question: Question) -> Iterable[Entry]:
    return (entry for entry in reading.entries(None, question.since_ns, question.until_ns) if question.asks(entry))


def _described(path: Path, rows: int) -> dict[str, Any]:
    path.chmod(0o600)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "records": rows, "bytes": path.stat().st_size, "sha256": digest}


def _sink(form: str, folder: Path, names: Names, open_files: contextlib.ExitStack) -> Sink:
    match form:
        case "jsonl":
            return _Lines(folder / RECORDS, names, open_files)
        case "csv":
            return _Tables(folder, names, lambda kind: _csv(folder / f"{kind}.csv", kind, open_files), ".csv")
        case _:
            from ptdevice.history.parquet import ParquetTable  # noqa: PLC0415 - heavy, and an extra

            marks = {"simulated": json.dumps(names.simulated), "ptdevice_contract": str(contract.MAJOR)}
            return _Tables(
                folder,
                names,
                lambda kind: open_files.enter_context(ParquetTable(folder / f"{kind}.parquet", kind, marks)).write,
                ".parquet",
            )


class _Lines:
    """The CloudEvents, byte for byte as they are published, one a line."""

    def __init__(self, path: Path, names: Names, open_files: contextlib.ExitStack) -> None:
        self.rows = {path.name: 0}
        self._file = open_files.enter_context(path.open("wb"))
        self._names, self._name = names, path.name

    def take(self, entry: Entry) -> None:
        self._file.write(topics.event(self._names, entry).payload + b"\n")
        self.rows[self._name] += 1


class _Tables:
    """A file for each kind that there is."""

    def __init__(
        self, folder: Path, names: Names, begin: Callable[[str], Callable[[dict[str, Any]], object]], suffix: str
    ) -> None:
        self.rows: dict[str, int] = {}
        self._folder, self._names, self._begin, self._suffix = folder, names, begin, suffix
        self._writers: dict[str, Callable[[dict[str, Any]], object]] = {}

    def take(self, entry: Entry) -> None:
        kind = topics.kind_of(entry.draft.type)
        if kind not in self._writers:
            self._writers[kind] = self._begin(kind)
            self.rows[kind + self._suffix] = 0
        self._writers[kind](table.row(entry, self._names))
        self.rows[kind + self._suffix] += 1


def _csv(path: Path, kind: str, open_files: contextlib.ExitStack) -> Callable[[dict[str, Any]], object]:
    names = [column.name for column in table.columns(kind)]
    writer = csv.writer(open_files.enter_context(path.open("w", encoding="utf-8", newline="")))
    writer.writerow(names)
    return lambda row: writer.writerow([table.cell(row.get(name)) for name in names])
