"""What leaves the window as a file: the report, and after a crash the results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.ui import recipes, words

if TYPE_CHECKING:
    from sweeper.report.collect import Collector


def report(collected: Collector, path: Path) -> None:
    """Write the HTML report in the language now spoken. Raises ``OSError``."""
    from sweeper.report import html

    page = html.render(collected, library=recipes.library(), language=words.spoken())
    path.write_text(page, "utf-8")


def results(collected: Collector, path: Path) -> None:
    """Write the results document, as a crash leaves it. Raises ``OSError``."""
    from sweeper.report import results as made

    path.write_text(made.encode(made.document(collected, library=recipes.library())), "utf-8")
