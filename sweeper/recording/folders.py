"""A folder stands for all recordings in it.

Files that are none (a README, the truth beside a recording, a table that is no sweep) are passed over in a
folder, and refused when they are named. What looks like a recording but cannot be read, and what may not even
be looked at, is *not* passed over: it comes back as an input and is refused with its own line, so that
nothing is lost in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sweeper.errors import InputError
from sweeper.recording import advert_csv, advert_log, captures, power_csv, raw, sigmf_files, wav
from sweeper.recording.files import READ_ERRORS, open_regular, open_stream, packing, size_of
from sweeper.recording.probing import CAPTURE_NAMES, HEAD_BYTES

_CAPTURES = (*CAPTURE_NAMES, ".sigmf", *(name + ".gz" for name in CAPTURE_NAMES))
"""Names under which only recordings are found: such a file is an input even if it is damaged."""


@dataclass(frozen=True)
class Input:
    """One file to read. ``named`` says that the user named it, not the folder that it lies in."""

    path: Path
    named: bool = True


def expand(paths: Sequence[str | Path]) -> list[Input]:
    """The inputs that the paths stand for, in the order given; within a folder by name, each once.

    A SigMF pair is one input. Links to folders are not followed, so a loop of links ends.
    """
    inputs: list[Input] = []
    for given in paths:
        path = Path(given)
        if _is_folder(path):
            closed: list[Path] = []
            inputs += [Input(found, named=False) for found in _files(path, closed) if is_recording(found)]
            inputs += [Input(found, named=False) for found in closed]
        else:
            inputs.append(Input(path))
    return _once(inputs)


def _once(inputs: list[Input]) -> list[Input]:
    """Without repetitions: neither a path twice nor both halves of a SigMF pair."""
    seen: set[Path] = set()
    kept = []
    for entry in inputs:
        both = sigmf_files.pair(entry.path)
        key = both[0] if both is not None else entry.path
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _files(folder: Path, closed: list[Path]) -> Iterator[Path]:
    """The files below; folders that may not be entered are added to ``closed``."""
    for place, folders, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(place, name)


def is_recording(path: Path) -> bool:
    """Whether a file found in a folder is an input, see above."""
    lower = path.name.lower()
    both = sigmf_files.pair(path)
    if both is not None:
        return both[0] == path or not both[0].exists()
    if lower.endswith(_CAPTURES) or ".sigmf." in lower:
        return True
    try:
        with open_regular(path) as file:
            head = file.read(HEAD_BYTES)
            if wav.is_wav(head):
                return _is_iq_wav(path)
            if lower.endswith(".wav"):  # its beginning is lost, and with it whether it was sound
                return True
            if packing(head) is not None:
                with open_stream(path) as inner:
                    return _is_stream(inner.read(HEAD_BYTES))
            return _is_stream(head) or raw.likely(path, head, file, size_of(file))
    except (InputError, *READ_ERRORS) as error:
        return raw.named(path) or PermissionError in (type(error), type(error.__cause__))


def _is_stream(head: bytes) -> bool:
    logs = advert_log.is_log(head) or advert_csv.is_table(head)
    return logs or captures.is_capture(head) or power_csv.kind_of(head) is not None


def _is_iq_wav(path: Path) -> bool:
    """A WAV file with one channel is sound; one whose header is damaged is for the reader to refuse."""
    with open_regular(path) as file:
        try:
            wav.header(path.name, file)
        except wav.SoundError:
            return False
        except InputError:
            return True
    return True
