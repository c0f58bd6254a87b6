"""Files built byte by byte, by the formats' own descriptions."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sweeper.recording import Problems, probe, read
from sweeper.records import IqBlock, Record


def records(path: Path, start_s: float = 0.0, **overrides: Any) -> tuple[list[Record], tuple[str, ...]]:
    """All records of a recording and its problem lines."""
    problems = Problems()
    made = list(read(probe(path, **overrides), "test", problems, start_s))
    return made, problems.lines()


def samples(path: Path, **overrides: Any) -> np.ndarray[Any, Any]:
    """All samples of channel 0, joined."""
    blocks = [r for r in records(path, **overrides)[0] if isinstance(r, IqBlock) and r.channel == 0]
    return np.concatenate([block.samples for block in blocks])


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk, padded to two bytes."""
    told = len(body) if size is None else size
    return name + struct.pack("<I", told) + body + b"\0" * (len(body) % 2)


def fmt(tag: int = 1, channels: int = 2, rate: int = 250_000, bits: int = 16) -> bytes:
    """A WAV format chunk."""
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits))


def riff(*chunks: bytes) -> bytes:
    """A WAV file."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def auxi(center_hz: int, year: int = 2026, month: int = 1, day: int = 1, hour: int = 12) -> bytes:
    """SpectraVue's auxi chunk: two SYSTEMTIMEs and four frequencies."""
    time = struct.pack("<8H", year, month, 4, day, hour, 0, 0, 500)
    return chunk(b"auxi", time + time + struct.pack("<4I", center_hz, 250_000, 0, 200_000) + bytes(100))


def sigmf_meta(path: Path, captures: Sequence[dict[str, Any]] = ({},), **glob: Any) -> None:
    """A metadata file; keys without a namespace get ``core:``."""
    settings = {"datatype": "ci16_le", "version": "1.2.0", "sample_rate": 1e6, **glob}
    document = {
        "global": {f"core:{key}": value for key, value in settings.items() if value is not None},
        "captures": [
            {"core:sample_start": 0, **{f"core:{k}": v for k, v in one.items()}} for one in captures
        ],
        "annotations": [],
    }
    path.write_text(json.dumps(document))


def pcap(
    frames: Sequence[tuple[float, bytes]], link_type: int = 105, *, snaplen: int = 65_535, order: str = "<"
) -> bytes:
    """A classic pcap file in microseconds."""
    out = struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link_type)
    for time_s, data in frames:
        seconds, fraction = divmod(round(time_s * 1e6), 1_000_000)
        out += struct.pack(order + "IIII", seconds, fraction, len(data), len(data)) + data
    return out
