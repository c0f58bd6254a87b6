"""Records on disk beside a guided sweep: what a part has heard, read back after a restart.

One JSON object, a list for each kind of record. Only the last word on each emission, device, finding and band
is kept, no samples and no spectra.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.report.collect import Collector
from sweeper.ui.jobdesk import Kept
from sweeper.ui.verdicts import Verdict

KINDS: tuple[tuple[str, type[Record]], ...] = (
    ("opened", Opened),
    ("closed", Closed),
    ("emissions", Emission),
    ("devices", Device),
    ("findings", Finding),
    ("coverage", Coverage),
    ("status", Status),
)


class Part(msgspec.Struct):
    """What one file holds."""

    opened: list[Opened] = []
    closed: list[Closed] = []
    emissions: list[Emission] = []
    devices: list[Device] = []
    findings: list[Finding] = []
    coverage: list[Coverage] = []
    status: list[Status] = []
    verdicts: dict[str, Verdict] = {}


def part_of(records: Iterable[Record], verdicts: dict[str, Verdict]) -> Part:
    """The records sorted by kind; kinds that are not kept are left out."""
    made = Part(verdicts=verdicts)
    lists: dict[type[Any], list[Any]] = {kind: getattr(made, name) for name, kind in KINDS}
    for record in records:
        if type(record) in lists:
            lists[type(record)].append(record)
    return made


def write(path: Path, part: Part) -> None:
    """Write a part, whole or not at all. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.encode(part))
    draft.replace(path)


def read(path: Path, what: str) -> Kept:
    """A part read back, as a sweep to show. Raises ``OSError`` or ``msgspec.MsgspecError``."""
    part = msgspec.json.decode(path.read_bytes(), type=Part)
    records: list[Record] = []
    for name, _kind in KINDS:
        records.extend(getattr(part, name))
    collected = Collector()
    for record in records:
        collected(record)
    return Kept(0, what, tuple(records), part.verdicts, collected)
