"""Every error that sweeper raises on purpose.

A ``SweeperError`` carries one clear line for a person; the command line prints that line and never a
traceback. Everything else that escapes is a defect.
"""

from __future__ import annotations

import enum
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

DAMAGED_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(IndexError, NotImplementedError, RuntimeError, ValueError),
)
"""What ``zipfile`` was seen to raise for bytes that are no archive (``tests/fuzz``); it documents one."""


class SweeperError(Exception):
    """The root: ``str(error)`` is one line that says what is wrong and where."""


class InputError(SweeperError):
    """An input could not be read: names the file and, where it makes sense, the byte offset."""

    def __init__(self, path: str, problem: str, offset: int | None = None) -> None:
        where = f" at byte {offset}" if offset is not None else ""
        super().__init__(f"{path}: {problem}{where}")
        self.path = path
        self.problem = problem
        self.offset = offset


class ProtocolError(SweeperError):
    """Bytes that do not follow their protocol; ``offset`` counts from the start of those bytes."""

    def __init__(self, problem: str, offset: int | None = None) -> None:
        super().__init__(problem if offset is None else f"{problem} at byte {offset}")
        self.problem = problem
        self.offset = offset


class SignatureError(SweeperError):
    """A signature file that cannot be used: names file, line, key and what was expected."""

    def __init__(self, path: str, line: int | None, key: str, expected: str) -> None:
        at = f"{path}:{line}" if line is not None else path
        super().__init__(f"{at}: {key}: {expected}")
        self.path = path
        self.line = line
        self.key = key
        self.expected = expected


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


class Unavailable(SweeperError):  # noqa: N818  (it is a state of the world, in the field's words)
    """A source that cannot start: the reason, and how to mend it."""

    def __init__(self, source: str, reason: Reason, detail: str = "", mend: str = "") -> None:
        super().__init__(f"{source}: {detail or reason.value}" + (f" ({mend})" if mend else ""))
        self.source = source
        self.reason = reason
        self.detail = detail
        self.mend = mend


class Caught:
    """What ``contained`` caught, if anything."""

    error: Exception | None = None

    def line(self) -> str:
        """One line for a person."""
        if isinstance(self.error, SweeperError):
            return str(self.error)
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
