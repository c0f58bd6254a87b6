"""Renders every bundled recording anew from its scene: ``python tests/recordings/render.py [FOLDER]``.

``recordings/scenes/devices/X.toml`` becomes the files of X under ``recordings/devices``, ``clean`` alike.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sweeper import synth

RECORDINGS = Path(__file__).parent.parent.parent / "recordings"
GROUPS = ("devices", "clean")


def scenes() -> Iterator[tuple[str, Path]]:
    """(group, scene file) of every bundled recording."""
    for group in GROUPS:
        for path in sorted((RECORDINGS / "scenes" / group).glob("*.toml")):
            yield group, path


def render(folder: Path) -> list[Path]:
    """Writes all recordings below ``folder`` and names them."""
    return [made for group, path in scenes() for made in synth.write(synth.load(path), folder / group)]


if __name__ == "__main__":
    for made in render(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDINGS):
        print(made)
