"""What the window remembers between runs: theme, language, text size, sizes of panels, the last recordings.

Nothing about what was heard is kept here.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from PySide6.QtCore import QSettings, QStandardPaths

from sweeper import language
from sweeper.ui import theme
from sweeper.ui.theme import Style

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)
"""Text sizes offered: 100 to 200 %."""


JOBS_KNOWN = 20
"""Job folders remembered."""


class Tuning(msgspec.Struct, frozen=True):
    """How a receiver is used: gain in dB (``None``: found by itself), the crystal's error in ppm."""

    gain_db: float | None = None
    ppm: float = 0.0
    antenna: str = ""


class Settings:
    """Typed access to the settings file; ``path`` is for tests."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = (
            QSettings(str(path), QSettings.Format.IniFormat)
            if path is not None
            else QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "sweeper", "sweeper")
        )
        self._folder = path.parent if path is not None else None

    def text(self, key: str, default: str = "") -> str:
        value = self._store.value(key, default)
        return value if isinstance(value, str) else default

    def put(self, key: str, value: object) -> None:
        self._store.setValue(key, value)

    def raw(self, key: str) -> object:
        """A value as Qt keeps it (geometry, splitter sizes); ``None`` if there is none."""
        return self._store.value(key)

    def flag(self, key: str, default: bool) -> bool:
        return self.text(key, "yes" if default else "no") == "yes"

    def put_flag(self, key: str, value: bool) -> None:
        self.put(key, "yes" if value else "no")

    @property
    def theme(self) -> str:
        """``light``, ``dark``, ``night`` or ``system``."""
        return self.text("theme", theme.SYSTEM)

    @property
    def language(self) -> str:
        """The chosen language, or what the environment asks for."""
        return self.text("language") or language.detect(os.environ)

    @property
    def scale(self) -> float:
        """Text size: one of ``SCALES``."""
        try:
            wanted = float(self.text("scale", "1.0"))
        except ValueError:
            return 1.0
        return min(SCALES, key=lambda each: abs(each - wanted))

    @property
    def style(self) -> Style:
        """The style that these settings ask for now."""
        return Style(theme.chosen_scheme(self.theme), self.scale)

    @property
    def last(self) -> list[str]:
        """The recordings opened last, those that are still there."""
        paths = [line for line in self.text("last").split("\n") if line]
        return [path for path in paths if Path(path).exists()]

    @property
    def jobs(self) -> list[str]:
        """Folders of jobs that were open, newest first, those that are still there."""
        lines = self.text("jobs").split("\n")
        return [line for line in lines if line and (Path(line) / "job.sqlite").is_file()]

    @property
    def last_job(self) -> str:
        """The folder of the job that was open last, or nothing."""
        return next(iter(self.jobs), "")

    def remember_job(self, folder: str) -> None:
        others = [line for line in self.jobs if line != folder]
        self.put("jobs", "\n".join([folder, *others][:JOBS_KNOWN]))

    def remember(self, paths: list[str]) -> None:
        self.put("last", "\n".join(str(Path(path).resolve()) for path in paths))

    @property
    def folder(self) -> Path:
        """Where a guided sweep keeps its progress."""
        if self._folder is not None:
            return self._folder
        place = QStandardPaths.StandardLocation.AppDataLocation
        return Path(QStandardPaths.writableLocation(place))

    @property
    def known_path(self) -> Path:
        """Where the known devices are kept: the program's own file, a test's beside its settings."""
        if self._folder is not None:
            return self._folder / "known.json"
        from sweeper import known

        return known.home()

    def tuning(self, name: str) -> Tuning:
        """How the receiver of this name is used."""
        try:
            return msgspec.json.decode(self.text(f"tuning-{name}") or "{}", type=Tuning)
        except (ValueError, RecursionError):
            return Tuning()

    def tune(self, name: str, tuning: Tuning) -> None:
        self.put(f"tuning-{name}", msgspec.json.encode(tuning).decode())
