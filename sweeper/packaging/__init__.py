"""What turns the program into packages: Linux integration files, manual pages, completions, the builders.

    python -m sweeper.packaging share FOLDER      desktop file, icon, man pages, completions … as under /usr
    python -m sweeper.packaging reference FILE    the command reference as Markdown, for the documentation
    python -m sweeper.packaging deb FOLDER        the Debian package; archive FOLDER: the self-contained one

Manual pages, completions and the reference come from the command line's own definitions and are never kept.
The folder ``linux`` holds what no program can derive. Nothing here runs while the program listens.
"""

from __future__ import annotations

from pathlib import Path

APP_ID = "io.sweeper.Sweeper"
"""Name of the desktop file, the icon, the metainfo and the Flatpak; the window tells it to the desktop."""

LINUX = Path(__file__).parent / "linux"
