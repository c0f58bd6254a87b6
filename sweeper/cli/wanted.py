"""What becomes of a scan, alike in every scanning command: documents, job, signatures, known devices."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from sweeper.cli.job import job_option, kept, who_option
from sweeper.cli.known import book_for, known_option
from sweeper.cli.options import json_option, load_library, signatures_option, warn
from sweeper.cli.output import give
from sweeper.cli.words import _
from sweeper.known import Book
from sweeper.report.collect import Collector
from sweeper.session import Outcome, Sink
from sweeper.signatures import Library

F = TypeVar("F", bound=Callable[..., Any])


class Wanted(NamedTuple):
    """The options of ``wanted_options`` as they were given."""

    known_file: str | None
    report: str | None
    json_out: str | None
    folders: tuple[Path, ...]
    job_folder: Path | None
    who: str

    def library(self) -> Library:
        """The bundled signatures and those of the folders."""
        return load_library(self.folders)

    def known(self, *, live: bool) -> Book | None:
        """The list of known devices; a replay uses none unless told."""
        return book_for(self.known_file, live=live)

    def kept(self, what: str, library: Library, **made: object) -> AbstractContextManager[list[Sink]]:
        """The sinks that keep the scan in the job, if one was named; see ``cli.job.kept``."""
        return kept(self.job_folder, self.who, what, library=library, **made)

    def give(
        self, collected: Collector, library: Library, outcome: Outcome | None = None, **more: Any
    ) -> None:
        """Say what was not heard, and write what was asked for; see ``cli.output.give``."""
        for line in outcome.unheard if outcome is not None else ():
            warn(line)
        give(collected, library, json_out=self.json_out, report=self.report, **more)


def wanted_options(function: F) -> F:
    """``--known --report --json --signatures --job --keep-iq --who``, given to the command as ``wanted``."""

    @functools.wraps(function)
    def gathered(**given: Any) -> Any:
        own = {name: given.pop(name) for name in Wanted._fields}
        return function(wanted=Wanted(**own), **given)

    report_option = click.option("--report", metavar="FILE", help=_("Write the HTML report there."))
    command: Any = gathered
    for option in (who_option, job_option, signatures_option, json_option, report_option, known_option):
        command = option(command)
    return command  # type: ignore[no-any-return]
