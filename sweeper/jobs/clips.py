"""IQ of a finding, and of nothing else: its band, for a second, once, and only where the user agreed.

Samples may hold what people say, so the receiver's stream is never kept. The last second of each window that
is listened to stays in memory. When an emission is told of, the second in which it was heard becomes its
*moment*, replaced only by a better one: what is found on it an hour later can still be shown. Moments are
references to the samples; where memory runs short the oldest is cut down to the emission's own band, and in
the end the weakest is forgotten. When a finding is raised, its emission's moment is brought down to its own
rate and written as SigMF (https://sigmf.org, 1.2): ``core:sha512``, hardware, time, and an annotation with
the finding's edges, number and words. Everything else is forgotten when the sweep ends.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sweeper import __version__
from sweeper.records import Closed, Emission, Finding, IqBlock, Level, Opened, Record, Samples
from sweeper.text import Words, fill, say

SECONDS = 1.0
"""Four GSM multiframes, fifty frames of a picture, some words: enough to show again what a signal is."""
WIDTHS = 16.0
LEAST_HZ = 200e3
"""The span kept: so many bandwidths, so that the noise beside the signal is there to measure it by."""
MEMORY = 256 << 20
"""Bytes of samples remembered over all windows and moments; what is oldest goes first."""
CUT_MEMORY = 64 << 20
"""Bytes of moments that were cut down to their band: some eighty narrow ones."""
STRONGER_DB = 3.0
"""A moment is replaced by one that is better by so much: less is not seen, and each costs a look."""
LONGER = 1.2
"""A moment that is longer by so much is better too, until it is a whole second."""
TAIL_S = 0.1
"""Kept after the emission was last heard, so that its end is in the clip."""
SLACK_S = 0.02
"""An emission's times come from segments, a block's from samples: they may differ by one transform."""
FULL_SCALE = 32767
BYTES_A_SAMPLE = 4


class _Cut(msgspec.Struct, frozen=True, eq=False):
    """An emission's band in a moment, as it will be written."""

    data: bytes
    rate_hz: float
    center_hz: float
    start_s: float


class _Moment(msgspec.Struct, eq=False):
    """When an emission was heard best: the blocks of that second, or what was cut from them."""

    emission: Emission
    blocks: tuple[IqBlock, ...]
    seconds: float
    cut: _Cut | None = None


class Clips:
    """Give it to the session as a sink. ``written`` names the files made, ``problem`` why one was not."""

    def __init__(self, folder: Path, sweep: int, *, antenna: str = "", memory: int = MEMORY) -> None:
        self.written: list[Path] = []
        self.problem: Words | None = None
        self._folder = folder
        self._stem = f"sweep-{sweep:03d}"
        self._antenna = antenna
        self._memory = memory
        self._opened: dict[str, Opened] = {}
        self._emissions: dict[str, Emission] = {}
        self._windows: dict[tuple[str, int], deque[IqBlock]] = {}
        self._moments: dict[str, _Moment] = {}
        self._held: dict[int, tuple[IqBlock, int]] = {}
        self._bytes = self._cut_bytes = 0
        self._wanted: dict[str, Finding] = {}
        self._done: set[str] = set()

    def __call__(self, record: Record) -> None:
        if isinstance(record, IqBlock):
            if not record.second_look:  # at another gain, and no listening
                self._remember(record)
        elif isinstance(record, Emission):
            self._heard(record)
        elif isinstance(record, Opened):
            self._opened[record.source] = record
        elif isinstance(record, Closed):
            self.flush()
        elif isinstance(record, Finding) and record.level is not Level.INFO:
            self._found(record)

    def flush(self) -> None:
        """Write every clip that waits for its second to become whole."""
        for subject in list(self._wanted):
            self._want(subject)

    def _found(self, finding: Finding) -> None:
        """Write the clip now; or, where its second is still being heard, once it is whole."""
        if finding.subject in self._done:
            return
        self._wanted[finding.subject] = finding
        if finding.subject in self._emissions:
            self._heard(self._emissions[finding.subject])

    def _want(self, subject: str) -> None:
        """Write the clip of a finding, if its emission has a moment."""
        moment = self._moments.get(subject)
        if moment is None:
            return
        finding = self._wanted.pop(subject)
        self._done.add(subject)
        try:
            self.written.append(self._write(finding, moment.emission, moment.cut or _cut(moment)))
        except OSError as error:
            self.problem = say(
                "{folder}: {error}: {finding} has no recording",
                folder=self._folder,
                error=error.strerror,
                finding=finding.id,
            )
        self._forget(subject)

    # What is remembered.

    def _remember(self, block: IqBlock) -> None:
        key = (block.source, round(block.center_hz))
        kept = self._windows.pop(key, None)
        if kept is None or block.first_sample == 0 or block.channel != kept[-1].channel:
            self.flush()  # what was heard in the look that ended grows no more
            self._release(kept or ())
            kept = deque()
        self._windows[key] = kept  # the window heard last stands last
        kept.append(block)
        self._hold((block,))
        while len(kept) > 1 and sum(len(b.samples) for b in kept) - len(kept[0].samples) >= (
            SECONDS * block.rate_hz
        ):
            self._release((kept.popleft(),))
        while self._bytes > self._memory and self._shrink():
            pass

    def _heard(self, emission: Emission) -> None:
        """Make the second in which an emission was heard its moment, if that is the best one so far."""
        if emission.id in self._done:
            return
        self._emissions[emission.id] = emission
        before, blocks = self._moments.get(emission.id), self._blocks(emission)
        if blocks and (before is None or _better(emission, _seconds(blocks), before)):
            self._forget(emission.id)
            self._hold(blocks)
            self._moments[emission.id] = before = _Moment(emission, blocks, _seconds(blocks))
        if emission.id in self._wanted and before is not None and before.seconds >= SECONDS:
            self._want(emission.id)

    def _blocks(self, emission: Emission) -> tuple[IqBlock, ...]:
        """The remembered window that holds this emission when it was heard last, and most in its middle."""
        found = [
            (abs(blocks[-1].center_hz - emission.center_hz), tuple(blocks))
            for (source, _), blocks in self._windows.items()
            if source == emission.source
            and abs(blocks[-1].center_hz - emission.center_hz) < blocks[-1].rate_hz / 2
            and blocks[0].time_s - SLACK_S <= emission.stop_s <= _end_s(blocks[-1]) + SLACK_S
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else ()

    # Memory: a block may stand in a window and in the moments of several emissions.

    def _hold(self, blocks: Iterable[IqBlock]) -> None:
        for block in blocks:
            _block, count = self._held.get(id(block), (block, 0))
            self._held[id(block)] = (block, count + 1)
            self._bytes += block.samples.nbytes if count == 0 else 0

    def _release(self, blocks: Iterable[IqBlock]) -> None:
        for block in blocks:
            _block, count = self._held.pop(id(block))
            if count > 1:
                self._held[id(block)] = (block, count - 1)
            else:
                self._bytes -= block.samples.nbytes

    def _forget(self, emission: str) -> None:
        moment = self._moments.pop(emission, None)
        if moment is not None:
            self._release(moment.blocks)
            self._cut_bytes -= len(moment.cut.data) if moment.cut is not None else 0

    def _shrink(self) -> bool:
        """Let go of the oldest window, then cut down the oldest moment; ``False`` if none is left."""
        if len(self._windows) > 1:
            self._release(self._windows.pop(next(iter(self._windows))))
            return True
        moment = next((each for each in self._moments.values() if each.cut is None), None)
        if moment is None:
            return False
        moment.cut = _cut(moment)
        self._release(moment.blocks)
        moment.blocks = ()
        self._cut_bytes += len(moment.cut.data)
        while self._cut_bytes > CUT_MEMORY:
            cut = [name for name, each in self._moments.items() if each.cut is not None]
            self._forget(min(cut, key=lambda name: self._moments[name].emission.snr_db))
        return True

    # What is written.

    def _write(self, finding: Finding, emission: Emission, cut: _Cut) -> Path:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{self._stem}-{finding.id}.sigmf-data"
        opened = self._opened.get(emission.source)
        meta = self._meta(finding, emission, opened, cut)
        meta["global"]["core:sha512"] = hashlib.sha512(cut.data).hexdigest()
        meta["annotations"][0]["core:sample_count"] = len(cut.data) // BYTES_A_SAMPLE
        _put(path, cut.data)
        _put(path.with_suffix(".sigmf-meta"), (json.dumps(meta, indent=2, sort_keys=True) + "\n").encode())
        return path

    def _meta(self, finding: Finding, emission: Emission, opened: Opened | None, cut: _Cut) -> dict[str, Any]:
        capture: dict[str, Any] = {"core:sample_start": 0, "core:frequency": cut.center_hz}
        if opened is not None and opened.start_utc_s is not None:
            when = datetime.fromtimestamp(opened.start_utc_s + cut.start_s, UTC)
            capture["core:datetime"] = when.isoformat(timespec="microseconds").replace("+00:00", "Z")
        hardware = ", ".join(part for part in (emission.source, self._antenna) if part)
        return {
            "global": {
                "core:datatype": "ci16_le",
                "core:sample_rate": cut.rate_hz,
                "core:version": "1.2.0",
                "core:recorder": f"sweeper {__version__}",
                "core:hw": hardware,
                "core:description": f"The band of finding {finding.id}, {SECONDS:g} s; no more was kept.",
            },
            "captures": [capture],
            "annotations": [
                {
                    "core:sample_start": 0,
                    "core:freq_lower_edge": emission.center_hz - emission.width_hz / 2,
                    "core:freq_upper_edge": emission.center_hz + emission.width_hz / 2,
                    "core:label": finding.kind,
                    "core:comment": f"{finding.id}: {fill(finding.title.text, finding.title.args)}",
                    "core:generator": f"sweeper {__version__}",
                }
            ],
        }


def _cut(moment: _Moment) -> _Cut:
    """The emission's band in the second that ends just after it was last heard."""
    emission, blocks = moment.emission, moment.blocks
    rate_hz = blocks[0].rate_hz
    samples = np.concatenate([block.samples for block in blocks])
    length = max(1, round(SECONDS * rate_hz))
    heard = round((emission.stop_s + TAIL_S - blocks[0].time_s) * rate_hz)
    stop = min(len(samples), max(heard, length))
    start = max(0, stop - length)
    part, part_hz = band(
        samples[start:stop], rate_hz, emission.center_hz - blocks[0].center_hz, emission.width_hz
    )
    center_hz = emission.center_hz if part_hz < rate_hz else blocks[0].center_hz
    return _Cut(_integers(part), part_hz, center_hz, blocks[0].time_s + start / rate_hz)


def _better(emission: Emission, seconds: float, before: _Moment) -> bool:
    """Whether a second shows the emission better: longer, until it is whole, or clearly stronger."""
    if before.seconds < SECONDS and seconds >= min(SECONDS, LONGER * before.seconds):
        return True
    return seconds >= before.seconds and emission.snr_db >= before.emission.snr_db + STRONGER_DB


def _seconds(blocks: Sequence[IqBlock]) -> float:
    """Length of what is remembered, at most what is kept."""
    return min(SECONDS, sum(len(block.samples) for block in blocks) / blocks[0].rate_hz)


def _end_s(block: IqBlock) -> float:
    return block.time_s + len(block.samples) / block.rate_hz


def band(samples: Samples, rate_hz: float, offset_hz: float, width_hz: float) -> tuple[Samples, float]:
    """The span around ``offset_hz`` brought to zero and to its own rate: samples and rate in hertz.

    All of it, as it is, where the span is most of what was received.
    """
    from scipy.signal import resample_poly

    factor = int(rate_hz / max(LEAST_HZ, WIDTHS * width_hz))
    if factor < 2:
        return samples, rate_hz
    turn = np.exp(-2j * np.pi * offset_hz / rate_hz * np.arange(len(samples)))
    lowered: Samples = resample_poly(samples * turn, 1, factor).astype(np.complex64)
    return lowered, rate_hz / factor


def _integers(samples: Samples) -> bytes:
    """Complex samples of full scale 1 as pairs of 16-bit integers, low byte first."""
    pairs = np.ascontiguousarray(samples, dtype=np.complex64).view(np.float32) * FULL_SCALE
    return np.rint(pairs).clip(-FULL_SCALE, FULL_SCALE).astype("<i2").tobytes()


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
