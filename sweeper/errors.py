"""Every error that sweeper raises on purpose.

A ``SweeperError`` carries one clear line for a person, as a phrase; the command line prints that line in the
reader's language and never a traceback. Everything else that escapes is a defect.
"""

from __future__ import annotations

import enum
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sweeper.text import Phrase, Words, english, phrase_of, say

DAMAGED_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(IndexError, NotImplementedError, RuntimeError, ValueError),
)
"""What ``zipfile`` was seen to raise for bytes that are no archive (``tests/fuzz``); it documents one."""


class SweeperError(Exception):
    """The root: ``str(error)`` is one English line that says what is wrong and where; ``said`` is the same
    for the reader's language."""

    def __init__(self, words: Words = "") -> None:
        super().__init__(english(words))
        self._words = words

    @property
    def said(self) -> Phrase:
        return phrase_of(self._words)


class InputError(SweeperError):
    """An input could not be read: names the file and, where it makes sense, the byte offset."""

    def __init__(self, path: str, problem: Words, offset: int | None = None) -> None:
        self.what = (
            problem if offset is None else say("{problem} at byte {offset}", problem=problem, offset=offset)
        )
        super().__init__(say("{path}: {problem}", path=path, problem=self.what))
        self.path = path
        self.problem = english(problem)
        self.offset = offset


class ProtocolError(SweeperError):
    """Bytes that do not follow their protocol; ``offset`` counts from the start of those bytes."""

    def __init__(self, problem: Words, offset: int | None = None) -> None:
        super().__init__(
            problem if offset is None else say("{problem} at byte {offset}", problem=problem, offset=offset)
        )
        self.words = problem
        self.offset = offset

    @property
    def problem(self) -> str:
        """The problem in English, without its place."""
        return english(self.words)


class SignatureError(SweeperError):
    """A signature file that cannot be used: names file, line, key and what was expected."""

    def __init__(self, path: str, line: int | None, key: str, expected: Words) -> None:
        at = f"{path}:{line}" if line is not None else path
        super().__init__(say("{at}: {key}: {expected}", at=at, key=key, expected=expected))
        self.path = path
        self.line = line
        self.key = key
        self.expected = english(expected)


class Reason(enum.StrEnum):
    """Why a source cannot listen, or stopped listening."""

    LIBRARY_MISSING = "library-missing"
    DRIVER_MISSING = "driver-missing"
    DRIVER_TOO_OLD = "driver-too-old"
    NO_DEVICE = "no-device"
    NO_PERMISSION = "no-permission"
    BUSY = "busy"
    POWERED_OFF = "powered-off"
    NO_SERVICE = "no-service"
    NO_MONITOR_MODE = "no-monitor-mode"
    UNPLUGGED = "unplugged"
    STALLED = "stalled"
    REFUSED = "refused"
    BAD_DATA = "bad-data"
    ENDED = "ended"
    STAGE_ERROR = "stage-error"
    DROPPED = "dropped"
    OVERLOAD = "overload"
    STOOD_STILL = "stood-still"
    WRONG_CLOCK = "wrong-clock"


class Unavailable(SweeperError):  # noqa: N818  (it is a state of the world, in the field's words)
    """A source that cannot start: the reason, and how to mend it. ``detail`` and ``mend`` are English,
    ``why`` and ``how`` the same for the reader's language."""

    def __init__(self, source: str, reason: Reason, detail: Words = "", mend: Words = "") -> None:
        why: Words = detail or reason.value
        super().__init__(
            say("{source}: {why} ({mend})", source=source, why=why, mend=mend)
            if mend
            else say("{source}: {why}", source=source, why=why)
        )
        self.source = source
        self.reason = reason
        self.detail, self.why = english(detail), phrase_of(detail)
        self.mend, self.how = english(mend), phrase_of(mend)


class Caught:
    """What ``contained`` caught, if anything."""

    error: Exception | None = None

    def line(self) -> str:
        """One line for a person."""
        return english(self.words())

    def words(self) -> Words:
        """The same for the reader's language, where it is an error of ours."""
        if isinstance(self.error, SweeperError):
            return self.error.said
        return f"{type(self.error).__name__}: {self.error}"


@contextmanager
def contained() -> Iterator[Caught]:
    """Run foreign code (a stage, a source, a plug-in) so that its failure does not end the sweep.

    One of the two places with a broad ``except``; whoever uses it looks at ``error`` and tells the reader.
    """
    caught = Caught()
    try:
        yield caught
    except Exception as error:  # noqa: BLE001  the purpose of this function
        caught.error = error
