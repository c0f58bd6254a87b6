"""The documentation as a site: ``docs/`` and what is made from the code, put together and built by MkDocs.

    python -m sweeper.packaging site FOLDER      (``make docs``; needs the extra ``docs``)

The pages of ``docs/`` are copied, the command reference and the changelog are added, the menu is
written, and MkDocs builds strictly: a broken link or a missing picture ends the build.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from sweeper.packaging import reference, wheels

MENU: dict[str, list[str]] = {
    "First sweep": [
        "first-car.md",
        "first-flat.md",
        "first-technician.md",
        "cannot-know.md",
        "installing.md",
    ],
    "What is heard": ["bluetooth.md", "wifi.md", "wifi-cameras.md", "radio.md", "accuracy.md"],
    "Reference": ["commands.md", "formats.md", "scenes.md", "signatures.md"],
    "Inside": ["extending.md", "benchmarks.md", "scale.md", "security.md", "decisions.md", "changes.md"],
}
"""The order of pages; one that is in none of the groups comes last under *More*."""


def build(checkout: Path, work: Path, out: Path) -> Path:
    """Build the site into ``out``. Raises ``CalledProcessError`` where MkDocs warns of anything."""
    source = wheels.empty(work.resolve() / "site-source")
    pages = source / "docs"
    shutil.copytree(checkout / "docs", pages, ignore=shutil.ignore_patterns("mkdocs.yml"))
    shutil.copy(checkout / "CHANGELOG.md", pages / "changes.md")
    shutil.copy(checkout / "sweeper/ui/icons/sweeper.svg", pages / "icon.svg")
    (pages / "commands.md").write_text(reference.markdown(), "utf-8")
    unused_pictures(pages)
    settings = (checkout / "docs/mkdocs.yml").read_text("utf-8")
    (source / "mkdocs.yml").write_text(f"{settings}\nnav: {json.dumps(menu(pages))}\n", "utf-8")
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # an advertisement, not about this site
    words = ["mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out.resolve())]
    wheels.run([sys.executable, "-m", *words], folder=source)
    return out


def menu(pages: Path) -> list[dict[str, str | list[str]]]:
    """The pages that there are, in MkDocs' form."""
    there = sorted(path.name for path in pages.glob("*.md"))
    known = [name for group in MENU.values() for name in group] + ["index.md"]
    groups = {**MENU, "More": [name for name in there if name not in known]}
    found = {title: [name for name in names if name in there] for title, names in groups.items()}
    made: list[dict[str, str | list[str]]] = [{"Start": "index.md"}]
    made += [{title: names} for title, names in found.items() if names]
    return made


def unused_pictures(pages: Path) -> None:
    """Leave out pictures that no page shows: there is one for each language, theme and size."""
    text = "".join(path.read_text("utf-8") for path in pages.glob("*.md"))
    for picture in (pages / "screenshots").glob("*.png"):
        if picture.name not in text:
            picture.unlink()
