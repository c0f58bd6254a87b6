"""Streams samples off a disk: fixed-size blocks in, ``IqBlock`` records out.

A recording is a list of ``Look``s, each a stretch of samples of one rate, centre and format. A block is
read into a buffer that is reused and converted into an array of its own, so a recording of any length needs
the memory of one block. The file is read, not mapped: a file that shrinks while it is mapped kills the
process, a short read is a line for the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from sweeper.errors import InputError
from sweeper.recording.files import READ_ERRORS, reason
from sweeper.recording.formats import SampleFormat, mend, to_complex
from sweeper.recording.problems import Problems
from sweeper.records import IqBlock
from sweeper.text import Words, say

BLOCK_SAMPLES = 262_144
"""Samples in a block at most: 2 MB, 0.1 s of an RTL-SDR; long against any transform, short to wait for."""

LEAST_SAMPLES = 4_096
BLOCK_S = 0.15
"""Seconds in a block at most, down to that many samples: a slow recording, watched at its own speed, moves on
several times a second as well."""

SLICE = 1 << 18
"""Bytes asked for at a time: of a packed stream that breaks, everything before the break is kept."""

MAX_CHANNELS = 64
"""More interleaved channels than any recorder writes; a larger number is a damaged header."""


@dataclass(frozen=True)
class Look:
    """Samples that follow each other without a gap. ``samples`` counts each channel's; ``offset`` is in
    bytes from the start of the stream that ``opener`` gives; ``start_s`` is seconds into the input."""

    opener: Callable[[], AbstractContextManager[BinaryIO]]
    offset: int
    samples: int
    format: SampleFormat
    rate_hz: float
    center_hz: float
    start_s: float = 0.0
    channels: int = 1

    @property
    def stop_s(self) -> float:
        return self.start_s + self.samples / self.rate_hz

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.format.sample_bytes * self.channels


def block_samples(rate_hz: float) -> int:
    """Samples in a block at that rate: a power of two."""
    whole = min(max(int(rate_hz * BLOCK_S), LEAST_SAMPLES), BLOCK_SAMPLES)
    return 1 << (whole.bit_length() - 1)


def fits(size: int, frame_bytes: int, offset: int, problems: list[Words]) -> int:
    """How many whole samples ``size`` bytes hold; a cut one at the end is a problem line with its offset."""
    whole, rest = divmod(max(size, 0), frame_bytes)
    if rest:
        problems.append(
            say(
                "the last sample is cut: {rest} of {frame_bytes} bytes at byte {offset}",
                rest=rest,
                frame_bytes=frame_bytes,
                offset=offset + whole * frame_bytes,
            )
        )
    return whole


def blocks(
    path: str, source: str, looks: Sequence[Look], problems: Problems, start_s: float = 0.0
) -> Iterator[IqBlock]:
    """Blocks of all looks, from ``start_s`` seconds into the input on (a whole block starts there).

    Raises ``InputError`` if nothing could be read; what breaks off later is told to ``problems``.
    """
    for look in looks:
        skip = min(max(0, round((start_s - look.start_s) * look.rate_hz)), look.samples)
        if skip < look.samples:
            yield from _look(path, source, look, skip, problems)


def _look(path: str, source: str, look: Look, skip: int, problems: Problems) -> Iterator[IqBlock]:
    frame = look.frame_bytes
    size = max(1, block_samples(look.rate_hz) // look.channels)
    done = skip
    buffer = bytearray(min(size, look.samples - skip) * frame)
    with _opened(path, look) as file:
        while done < look.samples:
            view = memoryview(buffer)[: min(size, look.samples - done) * frame]
            got, error = _fill(file, view, look.offset + done * frame)
            whole = got // frame
            if whole:
                raw = np.frombuffer(buffer, np.uint8, whole * frame)
                yield from _convert(source, look, raw, done, skip, problems)
                done += whole
            at = look.offset + done * frame
            if error is not None and done == skip:
                raise InputError(path, say("cannot be read: {error}", error=reason(error)), at) from error
            if error is not None:
                problems.add(say("reading broke off at byte {at}: {error}", at=at, error=reason(error)))
                return
            if got < len(view):
                lack = look.samples - done
                problems.add(
                    say(
                        "the file ends {lack} samples before its end was expected, at byte {at}",
                        lack=lack,
                        at=at,
                    )
                )
                return


@contextmanager
def _opened(path: str, look: Look) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(look.opener())
        except READ_ERRORS as error:
            raise InputError(path, say("cannot be opened again: {error}", error=reason(error))) from error
        yield file


def _fill(file: BinaryIO, view: memoryview, at: int) -> tuple[int, BaseException | None]:
    """Reads from byte ``at`` until ``view`` is full or the stream ends or breaks; the bytes read, and why."""
    got = 0
    try:
        file.seek(at)
        while got < len(view):
            more = file.readinto(view[got : got + SLICE])  # type: ignore[attr-defined]
            if not more:
                break
            got += more
    except READ_ERRORS as error:
        return got, error
    return got, None


def _convert(
    source: str,
    look: Look,
    raw: np.ndarray[tuple[int], np.dtype[np.uint8]],
    done: int,
    skip: int,
    problems: Problems,
) -> Iterator[IqBlock]:
    frames = raw.reshape(-1, look.channels, look.format.sample_bytes) if look.channels > 1 else None
    for channel in range(look.channels):
        own = raw if frames is None else np.ascontiguousarray(frames[:, channel]).reshape(-1)
        floats = look.format.floats(own)
        if look.format.kind == "f" and (bad := mend(floats)):
            at = look.offset + done * look.frame_bytes
            problems.count(
                say("values that are no number or beyond 1e12, set to 0"),
                say("from byte {at} on", at=at),
                bad,
            )
        yield IqBlock(
            source=source,
            time_s=look.start_s + done / look.rate_hz,
            rate_hz=look.rate_hz,
            center_hz=look.center_hz,
            samples=to_complex(floats, look.format.complex),
            first_sample=done - skip,
            channel=channel,
        )
