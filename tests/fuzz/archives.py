"""Mutations of archives that their checksums let through: members are changed and packed again.

A changed byte in an archive is nearly always refused for its checksum, and what reads the members sees
nothing of it. So a member's content, a value of its database, its name, kind or packing is changed, and every
sum that stands over it is made anew: the archive's, and those in a bundle's manifest.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from sweeper.errors import DAMAGED_ARCHIVE

NAMES = (
    *("../out", "/out", "a/../../out", "a\\b", "C:out", "con.toml", "ble/con.toml", "", ".", "..", "x" * 300),
    *(
        "job.sqlite",
        "JOB.SQLITE",
        "manifest.json",
        "evidence/x",
        "photos/x",
        "photos/",
        "ble/x.toml",
        "\u202ex",
    ),
)
"""Names that a job or a bundle has, nearly has, or must not have."""
KINDS = (0o100644, 0o100444, 0o120777, 0o040755, 0o020666, 0o104755, 0)
SQLITE = b"SQLite format 3\0"
Change = Callable[[bytes], bytes]
Members = list[tuple[str, int, int, bytes]]
"""Name, kind and rights, packing, content."""


def repacked(dice: random.Random, data: bytes, change: Change) -> bytes:
    """The archive with one to three members changed; as it is where it cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()[:50]
            members = [
                (info.filename, info.external_attr >> 16, info.compress_type, archive.read(info))
                for info in infos
                if info.file_size < 1 << 20
            ]
    except (*DAMAGED_ARCHIVE, OSError):
        return change(data) if not data.startswith(b"PK") else data[: dice.randrange(len(data) + 1)]
    for _ in range(dice.choice((1, 1, 2, 3))):
        _change(dice, members, change)
    if dice.random() < 0.7:
        members = _with_sums(members)
    return _packed(members)


def _change(dice: random.Random, members: Members, change: Change) -> None:
    if not members:
        return
    at = dice.randrange(len(members))
    name, kind, packing, content = members[at]
    what = dice.random()
    if what < 0.75:
        members[at] = (name, kind, packing, _content(dice, content, change))
    elif what < 0.82:
        members[at] = (dice.choice((*NAMES, name + "x")), kind, packing, content)
    elif what < 0.88:
        members[at] = (name, dice.choice(KINDS), packing, content)
    elif what < 0.92:
        other = zipfile.ZIP_STORED if packing else zipfile.ZIP_DEFLATED
        members[at] = (name, kind, other, content)
    elif what < 0.96:
        members.append((dice.choice((name, *NAMES)), kind, packing, content[:2000]))
    else:
        del members[at]


def _content(dice: random.Random, content: bytes, change: Change) -> bytes:
    if content.startswith(SQLITE) and dice.random() < 0.8:
        with suppress(sqlite3.Error, ValueError, LookupError, OverflowError):
            return _value(dice, content, change)
    return change(content)


def _value(dice: random.Random, content: bytes, change: Change) -> bytes:
    """A database with one value of one row changed, or of another type."""
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(content)
        tables = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        filled = [t for t in tables if base.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0]]
        table = dice.choice(filled)
        rows = base.execute(f'SELECT rowid, * FROM "{table}"').fetchall()
        columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
        row = dice.choice(rows)
        column = dice.randrange(len(columns))
        base.execute(
            f'UPDATE "{table}" SET "{columns[column]}" = ? WHERE rowid = ?',
            (_other(dice, row[column + 1], change), row[0]),
        )
        base.commit()
        return base.serialize()


def _other(dice: random.Random, value: Any, change: Change) -> Any:
    if dice.random() < 0.1:
        return dice.choice((None, 0, -1, 1 << 62, 1e308, "", b"", "x", b"\xff", float("inf")))
    if isinstance(value, bytes):
        return change(value)
    if isinstance(value, str):
        return change(value.encode()).decode("utf-8", "replace")
    return dice.choice((value, 0, 1, -1, 1 << 40, 1e9, None))


def _with_sums(members: Members) -> Members:
    """A bundle's manifest names the sums of what is really there."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, _, _, content in members}
    made = []
    for name, kind, packing, content in members:
        if name == "manifest.json":
            with suppress(ValueError, RecursionError, AttributeError, TypeError, LookupError):
                told = json.loads(content)
                told["files"] = {n: sums.get(n, s) for n, s in told["files"].items() if isinstance(s, str)}
                content = json.dumps(told).encode()
        made.append((name, kind, packing, content))
    return made


def _packed(members: Members) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as archive:  # names twice
        for name, kind, packing, content in members:
            info = zipfile.ZipInfo(name or "-", (2026, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 3, kind << 16, packing
            with suppress(UnicodeError):
                archive.writestr(info, content)
    return out.getvalue()
