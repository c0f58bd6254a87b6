"""Recordings as a Source: they enter by the same door as a receiver.

``ReplaySource`` probes its file when it is made, so a file that cannot be read is refused before a session
begins, with one line. ``records`` yields Opened, then the records, then Closed with everything that was
skipped, mended or cut short. Between records it gives the loop a turn, so a replay can be stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from pathlib import Path

from sweeper.errors import InputError
from sweeper.plan import SweepPlan
from sweeper.radio import Source, SourceInfo
from sweeper.recording import Problems, expand, probe, read
from sweeper.recording.files import Digest
from sweeper.recording.overrides import is_container
from sweeper.recording.probing import promises_container
from sweeper.records import AdvertisementBatch, FrameBatch, IqBlock, Opened, Record, Trace, ended
from sweeper.text import say


class ReplaySource:
    """One recording. Raises ``InputError`` where it cannot be read at all.

    ``start_s`` begins that far into the recording and ``stop_s`` ends there; times stay those of the whole
    recording. ``name`` is the source's name in its records; by default the path. Without ``digest`` the
    file's SHA-256 is left out: of a thousand pieces of one file only one needs to read it whole.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        format_name: str | None = None,
        rate_hz: float | None = None,
        center_hz: float | None = None,
        start_s: float = 0.0,
        stop_s: float | None = None,
        name: str | None = None,
        demo: bool = False,
        digest: bool = True,
    ) -> None:
        self.probe = probe(path, format=format_name, rate_hz=rate_hz, center_hz=center_hz)
        self._start_s = start_s
        self._stop_s = stop_s
        self._digest = digest
        self.name = name or self.probe.name
        self._demo = demo

    @property
    def info(self) -> SourceInfo:
        found = self.probe
        return SourceInfo(name=self.name, medium=found.medium, live=False, duration_s=found.duration_s)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, the recording's records in its own order, Closed. The plan has no say: what was recorded
        was recorded."""
        digest = Digest(self.probe.data_path) if self._digest else None
        try:
            yield self._opened()
            problems = Problems()
            count, end_s = 0, 0.0
            with closing(read(self.probe, self.name, problems, self._start_s)) as made:
                for record in made:
                    if self._stop_s is not None and record.time_s >= self._stop_s:
                        break
                    number, until = extent(record)
                    count += number
                    end_s = max(end_s, until)
                    yield record
                    await asyncio.sleep(0)
            if self.probe.duration_s is not None and self._stop_s is None:
                end_s = max(end_s, self.probe.duration_s)
            yield ended(
                problems.said(),
                source=self.name,
                time_s=end_s,
                records=count,
                duration_s=end_s,
                sha256=digest.result() if digest is not None else None,
            )
        finally:
            if digest is not None:
                digest.cancel()

    def _opened(self) -> Opened:
        found = self.probe
        return Opened(
            source=self.name,
            time_s=0.0,
            medium=found.medium,
            path=found.name,
            format=found.format,
            rate_hz=found.rate_hz,
            center_hz=found.center_hz,
            start_utc_s=found.start_utc_s,
            duration_s=found.duration_s,
            demo=self._demo,
            annotations=found.annotations,
        )


def extent(record: Record) -> tuple[int, float]:
    """How many samples (of one channel), sweeps, adverts or frames a record holds, and when it ends."""
    if isinstance(record, IqBlock):
        size = record.samples.size
        return (0 if record.channel else size), record.time_s + size / record.rate_hz
    if isinstance(record, AdvertisementBatch):
        return len(record.adverts), max(advert.time_s for advert in record.adverts)
    if isinstance(record, FrameBatch):
        return len(record.frames), max(record.times_s)
    return (1 if isinstance(record, Trace) else 0), record.time_s


def open_recordings(
    paths: Sequence[str | Path],
    *,
    format_name: str | None = None,
    rate_hz: float | None = None,
    center_hz: float | None = None,
) -> tuple[list[Source], list[InputError]]:
    """A source for each recording that the paths stand for, and why the others are refused.

    One file that is named alone is read as the user says. Over several, or a folder, the overrides fill in
    what a file does not tell: among recordings of several kinds ``--format cu8`` must not turn a packet
    capture into samples.
    """
    opened: list[Source] = []
    refused: list[InputError] = []
    names: dict[str, int] = {}
    entries = expand(paths)
    alone = len(entries) == 1 and entries[0].named
    for entry in entries:
        try:
            source = _open(entry.path, alone, format_name, rate_hz, center_hz)
        except InputError as error:
            refused.append(error)
            continue
        name = source.info.name
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            source.name = f"{name} ({names[name]})"
        opened.append(source)
    if not opened and not refused:
        refused += [InputError(str(path), say("a folder without recordings")) for path in paths]
    return opened, refused


def _open(
    path: Path, alone: bool, format_name: str | None, rate_hz: float | None, center_hz: float | None
) -> ReplaySource:
    if alone or (format_name, rate_hz, center_hz) == (None, None, None):
        return ReplaySource(path, format_name=format_name, rate_hz=rate_hz, center_hz=center_hz)
    try:
        made = ReplaySource(path)
    except InputError:
        if promises_container(path):  # damaged, or metadata without a rate: its samples are not ours to name
            return ReplaySource(path, rate_hz=rate_hz, center_hz=center_hz)
        return ReplaySource(path, format_name=format_name, rate_hz=rate_hz, center_hz=center_hz)
    if not is_container(made.probe.format):
        return ReplaySource(path, format_name=format_name, rate_hz=rate_hz, center_hz=center_hz)
    if made.probe.looks and made.probe.center_hz is None:
        return ReplaySource(path, center_hz=center_hz)
    return made


def source(
    path: str | Path,
    *,
    format_name: str | None = None,
    rate_hz: float | None = None,
    center_hz: float | None = None,
) -> ReplaySource:
    """The factory behind the source name ``replay``."""
    return ReplaySource(path, format_name=format_name, rate_hz=rate_hz, center_hz=center_hz)
