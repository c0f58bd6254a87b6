"""The table of a batch once more as Parquet files, one a table, for pandas, DuckDB, Polars and Spark.

They are made from the SQLite file, so both say the same. Types stand here and are not guessed from what was
heard: a column in which nothing was heard has the same type as in the next archive.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sweeper.batch.table import COLUMNS
from sweeper.errors import InputError, Reason, Unavailable
from sweeper.text import say

NUMBERS = frozenset(
    [
        "rate_hz",
        "center_hz",
        "duration_s",
        "start_utc_s",
        "start_hz",
        "stop_hz",
        "dwell_s",
        "floor_dbfs_per_hz",
        "seconds",
        "width_hz",
        "power_dbfs",
        "snr_db",
        "start_s",
        "stop_s",
        "first_s",
        "last_s",
        "raised_s",
        "confidence",
    ]
)
COUNTS = frozenset(["records", "adverts", "frames", "lost", "sightings", "rssi_dbm", "signature_version"])
"""Columns of floating-point and of whole numbers; all others are text, lists and mappings as JSON."""
ROWS = 50_000
"""Rows of a group: some megabytes, whatever the table holds."""


def ready() -> None:
    """Raises ``Unavailable`` where the library is not installed: before hours of work, not after."""
    _library()


def build(source: Path, folder: Path) -> list[Path]:
    """Write ``folder/TABLE.parquet`` for each table of the SQLite file; each appears whole or not at all."""
    made = []
    try:
        folder.mkdir(exist_ok=True)
        with closing(sqlite3.connect(source)) as database:
            for table, columns in COLUMNS.items():
                target = folder / f"{table}.parquet"
                fresh = target.with_suffix(".new")
                _table(database, table, ("recording", *columns), fresh)
                fresh.replace(target)
                made.append(target)
    except OSError as error:
        raise InputError(str(folder), say("cannot be written: {error}", error=error.strerror)) from None
    return made


def _table(database: sqlite3.Connection, table: str, columns: tuple[str, ...], target: Path) -> None:
    arrow, writer = _library()
    schema = arrow.schema([(column, _kind(column, arrow)) for column in columns])
    listed = ", ".join(f'"{column}"' for column in columns)
    # Table and columns are names of ours.
    rows = database.execute(f"SELECT {listed} FROM {table} ORDER BY rowid")  # noqa: S608  # nosec B608
    with writer(target, schema) as file:
        while part := rows.fetchmany(ROWS):
            values = zip(*part, strict=True)
            arrays = [
                arrow.array([None if v is None else _as(column, v) for v in column_values], field.type)
                for column, column_values, field in zip(columns, values, schema, strict=True)
            ]
            file.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _kind(column: str, arrow: Any) -> Any:
    if column in NUMBERS:
        return arrow.float64()
    return arrow.int64() if column in COUNTS else arrow.string()


def _as(column: str, value: Any) -> float | int | str:
    if column in NUMBERS:
        return float(value)
    return int(value) if column in COUNTS else str(value)


def _library() -> tuple[Any, Any]:
    """The modules ``pyarrow`` and its writer of Parquet."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise Unavailable(
            "Parquet",
            Reason.LIBRARY_MISSING,
            say("pyarrow is not installed"),
            say("pip install 'sweeper[parquet]'"),
        ) from None
    return pyarrow, ParquetWriter
