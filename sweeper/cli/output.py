"""Where a session's outcome goes: the JSON document, the report, the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from sweeper.cli import show
from sweeper.cli.words import spoken
from sweeper.errors import InputError
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.signatures import Library


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
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InputError(target, f"cannot be written: {error.strerror}") from None


def give(
    collected: Collector,
    library: Library,
    *,
    json_out: str | None,
    report: str | None,
    sweep: Mapping[str, float] | None = None,
) -> None:
    """Everything that was asked for; the summary unless standard output carries the document."""
    if json_out is not None:
        put(results_text(collected, library, one_line=False, sweep=sweep), json_out)
    if report is not None:
        from sweeper.report import formats

        put(formats.made(report, collected, library=library, language=spoken()), report)
    if json_out != "-":
        show.show(collected)
    for target in (json_out, report):
        if target not in (None, "-"):
            show.written(str(target))
