"""What tests need around the virtual dongle: the library, a scene, and programs started upon it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.virtual_dongle.build import build, compiler


class Dongle:
    """A scene file and the environment in which programs find the virtual dongle that plays it."""

    def __init__(self, folder: Path) -> None:
        if compiler() is None:
            pytest.skip("no C compiler for the virtual dongle")
        self.library = build()
        self.path = folder / "dongle.scene"

    def plays(self, scene: str) -> Dongle:
        """Writes the scene; running programs take it up with their next read."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(scene, encoding="utf-8")
        fresh.replace(self.path)
        return self

    @property
    def environment(self) -> Mapping[str, str]:
        """For a child process: Debian's programs by the loader's path, ours by ``SWEEPER_LIBRTLSDR``."""
        return {
            **os.environ,
            "VDONGLE_SCENE": str(self.path),
            "LD_LIBRARY_PATH": str(self.library.parent),
            "SWEEPER_LIBRTLSDR": str(self.library),
        }

    def run(self, command: Sequence[str], timeout_s: float = 60) -> subprocess.CompletedProcess[bytes]:
        """A program run to its end."""
        return subprocess.run(
            command, capture_output=True, env=self.environment, timeout=timeout_s, check=False
        )
