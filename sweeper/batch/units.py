"""What a batch has to do: recordings, and pieces of the long ones.

Only sample recordings are cut: a burst is over in milliseconds, whereas following, networks and cameras are
told by what happens over the whole of a log. A piece owns the time from ``start_s`` to ``stop_s`` and also
hears ``OVERLAP_S`` on either side, so that whatever lies across a cut is heard whole by both.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from sweeper.errors import InputError
from sweeper.radio.replay import ReplaySource, open_recordings
from sweeper.recording import expand
from sweeper.records import Medium
from sweeper.text import say

PIECE_S = 60.0
"""At 2.4 MS/s about ten seconds of work, so a kill costs little and every worker has something to do."""
OVERLAP_S = 1.0
"""Longer than a GSM multiframe or a remote control's telegram, and than the floor takes to settle."""


class Unit(msgspec.Struct, frozen=True):
    """One thing to do: a recording, or its part from ``start_s`` to ``stop_s`` (seconds from its start).

    ``path`` is where it lies, ``name`` how it is called in documents and tables (relative to the folder that
    was given). ``problem`` says why it cannot be read at all. ``key`` changes when the file does.
    """

    path: str
    name: str
    key: str
    piece: int = 0
    pieces: int = 1
    start_s: float = 0.0
    stop_s: float | None = None
    problem: str = ""

    @property
    def id(self) -> str:
        return f"{self.name}#{self.piece + 1}/{self.pieces}"


def plan(folders: Sequence[str | Path], *, piece_s: float = PIECE_S) -> list[Unit]:
    """Every recording below the folders, in order of name; what cannot be read comes with its reason.

    Raises ``InputError`` where two recordings would have one name.
    """
    units: list[Unit] = []
    seen: dict[str, str] = {}
    for root in folders:
        for entry in expand([root]):
            path = Path(entry.path)
            name = _name(path, Path(root))
            if name in seen:
                raise InputError(
                    str(path),
                    say("is called {name} like {seen}: give their common folder", name=name, seen=seen[name]),
                )
            seen[name] = str(path)
            units += _units(path, name, piece_s)
    return sorted(units, key=lambda unit: (unit.name, unit.piece))


def _name(path: Path, root: Path) -> str:
    name = path.name if path == root else os.path.relpath(path, root)
    return name.replace(os.sep, "/")


def _units(path: Path, name: str, piece_s: float) -> list[Unit]:
    key = _key(path)
    opened, refused = open_recordings([path])
    if not opened:
        return [Unit(str(path), name, key, problem=reason(error)) for error in refused[:1]]
    info = opened[0].info
    length = info.duration_s
    if (
        info.medium is not Medium.RF
        or length is None
        or length <= piece_s + OVERLAP_S
        or not _samples(opened[0])
    ):
        return [Unit(str(path), name, key)]
    count = max(2, round(length / piece_s))
    cuts = [round(length * i / count, 3) for i in range(count)]
    return [
        Unit(str(path), name, key, i, count, cuts[i], cuts[i + 1] if i + 1 < count else None)
        for i in range(count)
    ]


def _samples(source: object) -> bool:
    """Whether the recording holds IQ; ready spectra (CSV sweeps) are small and stay whole."""
    return isinstance(source, ReplaySource) and bool(source.probe.rate_hz)


def _key(path: Path) -> str:
    """Size and time of the file, as a short digest: what resuming trusts."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return hashlib.sha256(f"{stat.st_size}:{stat.st_mtime_ns}".encode()).hexdigest()[:16]


def reason(error: InputError) -> str:
    """The error's line without the path in front."""
    return str(error).removeprefix(f"{error.path}: ")
