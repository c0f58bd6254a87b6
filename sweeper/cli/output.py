"""Where a session's outcome goes: the JSON document, the report, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from sweeper.cli import show
from sweeper.cli.words import spoken
from sweeper.errors import InputError
from sweeper.recording.sweep_csv import lines
from sweeper.records import Opened, Record, SweepPass
from sweeper.report import privacy, results
from sweeper.report.collect import Collector
from sweeper.signatures import Library
from sweeper.text import say


class TraceLog:
    """The sink that writes every stitched pass as CSV, levels to the file and maxima beside it.

    ``sweep.csv`` and ``sweep.max.csv``; lines are written as passes end, so a long watch keeps what it has.
    Raises ``InputError`` where the files cannot be written.
    """

    def __init__(self, target: str) -> None:
        path = Path(target)
        self._start_utc_s: dict[str, float] = {}
        self.paths = (path, path.with_name(f"{path.stem}.max{path.suffix}"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files = [one.open("w", encoding="ascii") for one in self.paths]
        except OSError as error:
            raise InputError(target, say("cannot be written: {error}", error=error.strerror)) from None

    def __call__(self, record: Record) -> None:
        if isinstance(record, Opened):
            self._start_utc_s[record.source] = record.start_utc_s or 0.0
        elif isinstance(record, SweepPass):
            trace, start_utc_s = record.trace, self._start_utc_s.get(record.source, 0.0)
            for file, levels_db in zip(self._files, (trace.mean_db, trace.max_db), strict=True):
                file.writelines(lines(trace, levels_db, start_utc_s))
                file.flush()

    def close(self) -> None:
        """End the files and tell where they are."""
        for file, path in zip(self._files, self.paths, strict=True):
            file.close()
            show.written(str(path))


def results_text(
    collected: Collector, library: Library, *, one_line: bool, sweep: Mapping[str, float] | None = None
) -> str:
    """The results document as text, with a final line break."""
    made = results.document(collected, library=library, render=spoken().phrase, sweep=sweep)
    return results.encode(made, indent=None if one_line else 2) + "\n"


def put(content: str | bytes, target: str) -> None:
    """Write to a file, or to standard output for ``-``."""
    data = content.encode() if isinstance(content, str) else content
    if target == "-":
        _printed(data)
        return
    path = Path(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InputError(target, say("cannot be written: {error}", error=error.strerror)) from None


DISGUISE = "sweeper.disguise"
"""Where a command that keeps its sweep in a job leaves the job's pseudonyms for what it writes."""


def _disguised(collected: Collector) -> Collector:
    """What may leave: with a job, other people's identifiers are pseudonyms; without one, as recorded."""
    context = click.get_current_context(silent=True)
    pseudonym = context.meta.get(DISGUISE) if context is not None else None
    return collected if pseudonym is None else privacy.disguised(collected, pseudonym)


def _printed(data: bytes) -> None:
    """To standard output. A reader that went away is ``main``'s affair; a full disk is told, once."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What could not be written stays in the buffer; Python would complain once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise InputError("standard output", say("cannot be written: {error}", error=error.strerror)) from None


def give(
    collected: Collector,
    library: Library,
    *,
    json_out: str | None,
    report: str | None,
    sweep: Mapping[str, float] | None = None,
) -> None:
    """Everything that was asked for; the summary unless standard output carries the document."""
    leaving = _disguised(collected) if json_out is not None or report is not None else collected
    if json_out is not None:
        put(results_text(leaving, library, one_line=False, sweep=sweep), json_out)
    if report is not None:
        from sweeper.report import formats

        put(formats.made(report, leaving, library=library, language=spoken()), report)
    if json_out != "-":
        show.show(collected)
    for target in (json_out, report):
        if target not in (None, "-"):
            show.written(str(target))
