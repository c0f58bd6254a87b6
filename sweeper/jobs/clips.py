"""IQ of a finding, and of nothing else: its band, for a second, once, and only where the user agreed.

Samples may hold what people say, so the receiver's stream is never kept. The last second of each window
that is listened to stays in memory; when a finding is raised, its band is cut out of that, brought down to
its own rate and written as SigMF (https://sigmf.org, 1.2): ``core:sha512``, hardware, time, and an
annotation with the finding's edges, number and words. Everything else is forgotten as the sweep goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sweeper import __version__
from sweeper.records import Emission, Finding, IqBlock, Level, Opened, Record, Samples
from sweeper.text import fill

SECONDS = 1.0
"""Four GSM multiframes, fifty frames of a picture, some words: enough to show again what a signal is."""
WIDTHS = 16.0
LEAST_HZ = 200e3
"""The span kept: so many bandwidths, so that the noise beside the signal is there to measure it by."""
MEMORY = 256 << 20
"""Bytes of samples remembered over all windows; the oldest window goes first."""
FULL_SCALE = 32767


class Clips:
    """Give it to the session as a sink. ``written`` names the files made, ``problem`` why one was not."""

    def __init__(self, folder: Path, sweep: int, *, antenna: str = "") -> None:
        self.written: list[Path] = []
        self.problem: str | None = None
        self._folder = folder
        self._stem = f"sweep-{sweep:03d}"
        self._antenna = antenna
        self._opened: dict[str, Opened] = {}
        self._emissions: dict[str, Emission] = {}
        self._windows: dict[tuple[str, int], deque[IqBlock]] = {}
        self._bytes = 0
        self._done: set[str] = set()

    def __call__(self, record: Record) -> None:
        if isinstance(record, IqBlock):
            self._remember(record)
        elif isinstance(record, Emission):
            self._emissions[record.id] = record
        elif isinstance(record, Opened):
            self._opened[record.source] = record
        elif isinstance(record, Finding) and record.level is not Level.INFO:
            self._want(record)

    def _want(self, finding: Finding) -> None:
        emission = self._emissions.get(finding.subject)
        if emission is None or emission.id in self._done:
            return
        blocks = self._blocks(emission)
        if not blocks:
            return
        self._done.add(emission.id)
        try:
            self.written.append(self._write(finding, emission, blocks))
        except OSError as error:
            self.problem = f"{self._folder}: {error.strerror}: {finding.id} has no recording"

    def _remember(self, block: IqBlock) -> None:
        key = (block.source, round(block.center_hz))
        kept = self._windows.pop(key, None)
        if kept is None or block.first_sample == 0 or block.channel != kept[-1].channel:
            self._bytes -= sum(b.samples.nbytes for b in kept or ())
            kept = deque()
        self._windows[key] = kept  # the window heard last stands last
        kept.append(block)
        self._bytes += block.samples.nbytes
        while len(kept) > 1 and sum(len(b.samples) for b in kept) - len(kept[0].samples) >= (
            SECONDS * block.rate_hz
        ):
            self._bytes -= kept.popleft().samples.nbytes
        while self._bytes > MEMORY and len(self._windows) > 1:
            oldest = self._windows.pop(next(iter(self._windows)))
            self._bytes -= sum(b.samples.nbytes for b in oldest)

    def _blocks(self, emission: Emission) -> list[IqBlock]:
        """The remembered window in which this emission lies most in the middle."""
        found = [
            (abs(blocks[-1].center_hz - emission.center_hz), list(blocks))
            for (source, _), blocks in self._windows.items()
            if source == emission.source
            and abs(blocks[-1].center_hz - emission.center_hz) < blocks[-1].rate_hz / 2
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else []

    def _write(self, finding: Finding, emission: Emission, blocks: Sequence[IqBlock]) -> Path:
        rate_hz = blocks[0].rate_hz
        samples = np.concatenate([block.samples for block in blocks])
        samples = samples[-max(1, round(SECONDS * rate_hz)) :]
        part, part_hz = band(samples, rate_hz, emission.center_hz - blocks[0].center_hz, emission.width_hz)
        center_hz = emission.center_hz if part_hz < rate_hz else blocks[0].center_hz
        end_s = blocks[-1].time_s + len(blocks[-1].samples) / rate_hz
        data = _integers(part)
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{self._stem}-{finding.id}.sigmf-data"
        opened = self._opened.get(emission.source)
        meta = self._meta(finding, emission, opened, (part_hz, center_hz, end_s - len(samples) / rate_hz))
        meta["global"]["core:sha512"] = hashlib.sha512(data).hexdigest()
        meta["annotations"][0]["core:sample_count"] = len(part)
        _put(path, data)
        _put(path.with_suffix(".sigmf-meta"), (json.dumps(meta, indent=2, sort_keys=True) + "\n").encode())
        return path

    def _meta(
        self, finding: Finding, emission: Emission, opened: Opened | None, where: tuple[float, float, float]
    ) -> dict[str, Any]:
        rate_hz, center_hz, start_s = where
        capture: dict[str, Any] = {"core:sample_start": 0, "core:frequency": center_hz}
        if opened is not None and opened.start_utc_s is not None:
            when = datetime.fromtimestamp(opened.start_utc_s + start_s, UTC)
            capture["core:datetime"] = when.isoformat(timespec="microseconds").replace("+00:00", "Z")
        hardware = ", ".join(part for part in (emission.source, self._antenna) if part)
        return {
            "global": {
                "core:datatype": "ci16_le",
                "core:sample_rate": rate_hz,
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
