"""Logs of Bluetooth advertisements as tables: CSV of scripts and apps, among them WiGLE's.

The first line with columns for time, sender and level is the header; a line before it, such as WiGLE's
``WigleWifi-1.4,...``, is passed over. Commas, semicolons or tabs separate. A column ``Type`` that tells Wi-Fi
or mobile cells apart is heeded: only Bluetooth is read, the rest is counted. Names of columns: see
``advert_fields``. Rows that cannot be read are told with their line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from sweeper.recording.advert_fields import LEVEL, WHEN, WHO, advert_of, folded, is_sender
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement
from sweeper.text import say

FORMAT = "ble-csv"
HEAD_LINES = 8
"""Lines within which the header is looked for."""
MOST_HEADER = 4_096
"""Characters of a header; a longer line is no list of names, and samples have few line ends."""
MOST_FIELD = 1 << 17
"""Characters of one field, Python's own limit; a longer one is no log."""
BLUETOOTH = ("ble", "bt", "bluetooth", "le")
OTHERS = ("wifi", "wlan", "gsm", "lte", "wcdma", "cdma", "nr", "nfc")


def is_table(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is such a table, with a Bluetooth row to show for it."""
    if b"\0" in head:
        return False
    lines = head.decode("utf-8-sig", "backslashreplace").splitlines()
    found = _header(lines[:HEAD_LINES])
    if found is None:
        return False
    at, names, mark = found
    for row in _rows(iter(lines[at + 1 :][:200]), names, mark):
        if _bluetooth(row) and is_sender(next((row[w] for w in WHO if row.get(w)), None)):
            return advert_of(row) is not None
    return False


def adverts(file: BinaryIO, problems: Problems) -> Iterator[Advertisement]:
    """Advertisements in file order, ``time_s`` in UTC seconds."""
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="backslashreplace", newline="")
    try:
        head: list[str] = []
        while len(head) < HEAD_LINES and (line := text.readline(MOST_FIELD)):
            head.append(line)
            found = _header(head)
            if found is not None:
                yield from _of_rows(text, found[1], found[2], len(head), problems)
                return
    finally:
        text.detach()


def parse_tail(lines: list[bytes], head: bytes) -> float | None:
    """The time of the last row among the last lines of a file that starts with ``head``."""
    found = _header(head.decode("utf-8-sig", "backslashreplace").splitlines()[:HEAD_LINES])
    if found is None:
        return None
    last: float | None = None
    texts = (line.decode("utf-8", "backslashreplace") for line in lines)
    for row in _rows(texts, found[1], found[2]):
        advert = advert_of(row)
        last = advert.time_s if advert is not None else last
    return last


def _of_rows(
    text: Iterator[str], names: list[str], mark: str, before: int, problems: Problems
) -> Iterator[Advertisement]:
    number = before
    for row in _rows(text, names, mark):
        number += 1
        if not row:
            problems.count(say("lines that are no row"), say("at line {number}", number=number))
            continue
        if not _bluetooth(row):
            problems.count(say("rows of other radios"), say("at line {number}", number=number))
            continue
        advert = advert_of(row)
        if advert is None:
            problems.count(say("rows without a time or sender"), say("at line {number}", number=number))
        else:
            yield advert


def _header(lines: list[str]) -> tuple[int, list[str], str] | None:
    """Which line is the header, its names, and what separates them."""
    for at, line in enumerate(lines):
        if len(line) > MOST_HEADER:
            continue
        for mark in (",", ";", "\t"):
            names = [folded(name) for name in line.strip().split(mark)]
            if all(any(name in group for name in names) for group in (WHEN, WHO, LEVEL)):
                return at, names, mark
    return None


def _rows(lines: Iterator[str], names: list[str], mark: str) -> Iterator[dict[str, str]]:
    """Rows by folded names; an unreadable line is an empty row."""
    reader = csv.reader(lines, delimiter=mark)
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield {}
            continue
        if values:
            yield dict(zip(names, values, strict=False))


def _bluetooth(row: dict[str, str]) -> bool:
    """Whether a row's ``Type`` allows it to be Bluetooth."""
    kind = row.get("type", "").strip().lower()
    return kind in BLUETOOTH or kind not in OTHERS
