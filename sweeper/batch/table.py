"""All documents of a batch as one SQLite file: rows of inputs, bands, emissions, bursts, devices, findings.

Rows stand in the order of the documents' names, so the same documents give the same table. Texts are data
here, never part of a statement.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Document = dict[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "inputs": "medium format rate_hz center_hz duration_s records start_utc_s sha256 problems",
        "coverage": "medium start_hz stop_hz dwell_s floor_dbfs_per_hz seconds adverts channels frames lost",
        "emissions": "id center_hz width_hz power_dbfs snr_db start_s stop_s kind features",
        "bursts": "emission start_s duration_s center_hz snr_db",
        "devices": "id medium address kind state vendor model signature first_s last_s sightings rssi_dbm "
        "facts",
        "findings": "id level kind title subject raised_s signature signature_version confidence why benign "
        "next",
        "status": "subject state reason detail",
    }.items()
}
"""Table -> columns beside ``recording``; lists and mappings are stored as JSON text."""


def build(documents: Iterable[tuple[str, Document]], target: Path) -> dict[str, int]:
    """Write ``target`` anew from ``(recording, document)`` pairs; gives the number of rows of each table.

    The file appears whole or not at all.
    """
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    counts = dict.fromkeys(COLUMNS, 0)
    with closing(sqlite3.connect(fresh)) as database, database:
        for table, columns in COLUMNS.items():
            listed = ", ".join(f'"{column}"' for column in ("recording", *columns))
            database.execute(f"CREATE TABLE {table} ({listed})")
        for name, document in documents:
            for table, columns in COLUMNS.items():
                rows = [(name, *_values(row, columns)) for row in _rows(document, table)]
                marks = ", ".join("?" * (len(columns) + 1))
                # Table and columns are names of ours; what was heard goes in by the marks.
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608  # nosec B608
                counts[table] += len(rows)
        database.execute("CREATE INDEX findings_level ON findings (level, kind)")
    fresh.replace(target)
    return counts


def _rows(document: Document, table: str) -> Iterator[Document]:
    if table != "bursts":
        yield from document.get(table, ())
        return
    for emission in document.get("emissions", ()):
        for burst in emission["bursts"]:
            yield {**burst, "emission": emission["id"]}


def _values(row: Document, columns: Sequence[str]) -> list[object]:
    return [_plain(row.get(column)) for column in columns]


def _plain(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value
