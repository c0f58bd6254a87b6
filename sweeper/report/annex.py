"""The CSV annex: the results document's rows as tables for a spreadsheet, one file each.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, and a network's name may
be one. Such text gets an apostrophe in front, as the spreadsheets themselves write it; numbers stay numbers.
Files are UTF-8 with a byte order mark, without which Excel takes Cyrillic for Latin.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from sweeper.text import safe_text

TABLES: Mapping[str, tuple[str, ...]] = {
    "findings": (
        "id", "level", "kind", "title", "subject", "raised_s", "confidence", "signature", "why", "benign",
        "next", "evidence",
    ),
    "emissions": (
        "id", "source", "center_hz", "width_hz", "power_dbfs", "snr_db", "start_s", "stop_s", "kind",
        "features",
    ),
    "bursts": ("emission", "start_s", "duration_s", "center_hz", "snr_db"),
    "devices": (
        "id", "medium", "address", "kind", "state", "vendor", "model", "signature", "first_s", "last_s",
        "sightings", "rssi_dbm",
    ),
    "coverage": (
        "medium", "source", "start_hz", "stop_hz", "dwell_s", "seconds", "floor_dbfs_per_hz", "adverts",
        "channels", "frames", "lost",
    ),
    "inputs": (
        "path", "medium", "format", "rate_hz", "center_hz", "duration_s", "records", "sha256", "problems",
    ),
    "status": ("subject", "state", "reason", "detail", "count"),
}  # fmt: skip
"""File name -> columns; every column is a key of the results document."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
"""What spreadsheets take for the beginning of a formula or command."""


def files(document: Mapping[str, Any]) -> dict[str, bytes]:
    """A results document as CSV files: name -> content."""
    rows: dict[str, list[Mapping[str, Any]]] = {
        name: list(document.get(name, ())) for name in TABLES if name != "bursts"
    }
    rows["bursts"] = [
        {"emission": emission["id"], **burst}
        for emission in rows["emissions"]
        for burst in emission["bursts"]
    ]
    return {
        f"{name}.csv": csv_file(
            columns, [[cell(row.get(column)) for column in columns] for row in rows[name]]
        )
        for name, columns in TABLES.items()
    }


def csv_file(columns: tuple[str, ...], rows: list[list[str | int | float]]) -> bytes:
    """A heading and rows of cells, as the spreadsheets want it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def cell(value: Any) -> str | int | float:
    """One cell: numbers as they are, lists of text joined, anything deeper as JSON, text made harmless."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        value = "; ".join(str(item) for item in value)
    elif not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = safe_text(value)
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
