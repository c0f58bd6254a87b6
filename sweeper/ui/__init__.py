"""The window: the second composition root, and the only part that knows Qt.

Nothing here computes: the core does, on its own thread, and ``bridge`` is the one way between the two.
Views draw what the core hands over, in the reader's language and theme. Qt and the plotting library are
imported when a window is really opened, so that ``import sweeper.ui`` costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window: ``[--demo] [--lang CODE] [--theme NAME] [FILE...]``. Returns the exit code."""
    from sweeper.ui.app import run

    return run(argv)
