"""Tables as Parquet, with the types of the model and the units of its quantities; needs the extra `parquet`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ptdevice.errors import ExportError
from ptdevice.history import table

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from ptdevice.history.table import Column

ROWS = 10_000  # held in memory, and written as one group

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:  # it is an extra
    pa = pq = None


class ParquetTable:
    """One file for one kind of record. Raises ExportError where pyarrow is not installed."""

    def __init__(self, path: Path, kind: str, marks: dict[str, str]) -> None:
        if pa is None:
            raise ExportError("Parquet needs pyarrow, which is not installed: pip install 'ptdevice[parquet]'")
        columns = table.columns(kind)
        self._times = [column.name for column in columns if column.type == "time"]
        self._schema = pa.schema(
            [
                pa.field(each.name, _type(each), metadata={"unit": each.unit} if each.unit is not None else None)
                for each in columns
            ],
            metadata=marks,
        )
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def write(self, row: dict[str, Any]) -> None:
        """Add a row of `table.row`."""
        self._rows.append(row | {name: datetime.fromisoformat(row[name]) for name in self._times if row.get(name)})
        if len(self._rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._rows:
            self._flush()
        self._writer.close()


def _type(column: Column) -> Any:
    """Text for words, microseconds in UTC for times, lists for lists."""
    if column.items is not None:
        return pa.list_(_type(column.items))
    return {
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "string": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
    }[column.type]
