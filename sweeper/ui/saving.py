"""What leaves the window as a file: the report, and after a crash the results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sweeper import language
from sweeper.ui import recipes, words

if TYPE_CHECKING:
    from sweeper.report.collect import Collector


FILTERS = "HTML (*.html);;PDF (*.pdf);;Word (*.docx);;JSON (*.json);;CSV (*.zip)"
"""What a report can be saved as, for the file dialog."""


def named(path: str, chosen: str) -> Path:
    """The path with the ending of the filter that was chosen in the dialog.

    >>> named("/tmp/sweep.html", "PDF (*.pdf)").name
    'sweep.pdf'
    """
    ending = chosen.partition("*")[2].rstrip(")")
    return Path(path).with_suffix(ending) if ending else Path(path)


def spoken_in(code: str) -> language.Language:
    """The language of a report: ``code``, or where it is empty the one now spoken."""
    return language.get(code) if code else words.spoken()


def report(collected: Collector, path: Path, code: str = "", places: dict[str, str] | None = None) -> None:
    """Write the report in the language ``code`` (empty: the one now spoken), as the name's ending asks for.
    ``places`` tells by finding where it is.

    Raises ``OSError``, and ``Unavailable`` where the library for this format is not installed.
    """
    from sweeper.report import formats
    from sweeper.report.model import JobPart

    made = formats.made(
        path.name,
        collected,
        library=recipes.library(),
        language=spoken_in(code),
        job=JobPart(places=places) if places else None,
    )
    path.write_bytes(made)


def results(collected: Collector, path: Path) -> None:
    """Write the results document, as a crash leaves it. Raises ``OSError``."""
    from sweeper.report import results as made

    path.write_text(made.encode(made.document(collected, library=recipes.library())), "utf-8")
