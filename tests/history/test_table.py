from __future__ import annotations

import json

import pytest
from tests.history.evening import NAMES, entries

from ptdevice.history import table
from ptdevice.history.table import Column
from ptdevice.mqtt.contract import EVENTS


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_no_table_has_a_column_twice_and_every_row_says_first_whether_it_is_simulated(kind: str) -> None:
    names = [column.name for column in table.columns(kind)]
    assert len(names) == len(set(names))
    assert names[0] == "simulated"
    assert names[len(table.ENVELOPE) :] == list(EVENTS[kind].model_fields)


def test_columns_have_the_types_and_units_of_the_published_model() -> None:
    columns = {column.name: column for column in table.columns("stimulation.session")}
    assert columns["start"] == Column("start", "time")
    assert columns["delivered_s"] == Column("delivered_s", "number", unit="s")
    assert columns["level_mean"].type == "number"
    assert columns["gaps"].type == "integer"
    assert columns["reason"].type == "string"
    assert columns["level_times"].items == Column("level_times", "array", Column("level_times", "number"))
    assert {column.name: column.type for column in table.columns("clock")}["synced"] == "boolean"


def test_a_row_has_every_field_of_its_record_as_it_was() -> None:
    for entry in entries():
        row = table.row(entry, NAMES)
        assert json.loads(entry.draft.data).items() <= row.items()
        assert (row["sequence"], row["event_id"], row["subject"]) == (entry.sequence, entry.id, "k3f7q")
        assert row["simulated"] is True


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-3, "-3"),
        (0.1, "0.1"),
        ("plain", "plain"),
        ([[3, 899.0]], "[[3,899.0]]"),
        ("=1+1", "'=1+1"),
        ("-cmd", "'-cmd"),
        ("@here", "'@here"),
    ],
)
def test_a_cell_of_a_csv_file(value: object, cell: str) -> None:
    assert table.cell(value) == cell
