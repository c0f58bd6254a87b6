"""Sample formats of IQ recordings: how a number on disk becomes a number in -1..1.

    name      on disk                      to full scale 1.0
    cu8       unsigned byte                (x - 127.5) / 127.5     RTL-SDR: zero lies between 127 and 128
    cs8       signed byte                  x / 128                 HackRF, urh .complex16s
    cu16      unsigned, little-endian      (x - 32767.5) / 32767.5
    cs16      signed, little-endian        x / 32768               most other receivers, urh .complex32s
    cu32 cs32 the same with 32 bits
    cf32 cf64 IEEE 754                     untouched: a float recording has no full scale of its own

I and Q alternate. Names follow rtl_433 and inspectrum; SigMF's names (``ci16_le``, ``ru8``, ``rf32_be``)
are understood as well, and so is a trailing ``_be``. A leading ``r`` says real samples: no Q.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweeper.records import Samples
from sweeper.text import say

LARGEST = 1e12
"""A float above this is no sample: its square would leave float32's range within one transform."""

REAL_SAMPLES = say("real samples, no Q: each signal appears twice, mirrored about the centre")
"""What the reader is told of a recording with an ``r`` format."""

_NAME = re.compile(r"([cr])([usif])(8|16|24|32|64)(?:_?(le|be))?", re.ASCII)

_WIDTHS = {"u": (8, 16, 32), "s": (8, 16, 24, 32), "f": (32, 64)}

EXTENSIONS = {
    "cu8": "cu8",
    "complex16u": "cu8",
    "cs8": "cs8",
    "c8": "cs8",
    "complex16s": "cs8",
    "cs16": "cs16",
    "c16": "cs16",
    "complex32s": "cs16",
    "cu16": "cu16",
    "complex32u": "cu16",
    "cs32": "cs32",
    "cf32": "cf32",
    "fc32": "cf32",
    "cfile": "cf32",
    "complex": "cf32",
    "cf64": "cf64",
    "complex128": "cf64",
}
"""File name extension -> format. ``complex16`` is urh's word for 16 bits a *pair*; c8 and c16 PortaPack's."""

AMBIGUOUS = frozenset({"iq", "raw", "bin", "dat", "data", "sdr", "img", ""})
"""Extensions under which every one of these formats is found: the content decides."""


@dataclass(frozen=True)
class SampleFormat:
    """One way of writing samples. ``bits`` is of one component; ``kind`` is u, s or f."""

    name: str
    kind: str
    bits: int
    big: bool = False
    complex: bool = True

    @property
    def component_bytes(self) -> int:
        return self.bits // 8

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of one channel."""
        return self.component_bytes * (2 if self.complex else 1)

    def floats(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Components as float32 in a new array; ``raw`` holds whole components."""
        if self.bits == 24:
            return _from_24(raw, self.big)
        letter = {"u": "u", "s": "i", "f": "f"}[self.kind]
        numbers = raw.view(np.dtype(f"{'>' if self.big else '<'}{letter}{self.component_bytes}"))
        if self.kind == "f":
            with np.errstate(over="ignore", invalid="ignore"):
                return numbers.astype(np.float32)
        full = float(2 ** (self.bits - 1))
        if self.bits == 32:  # float32 holds 24 bits: offset and scale in double first, or zero is lost
            wide = numbers.astype(np.float64)
            if self.kind == "u":
                wide -= full - 0.5
                full -= 0.5
            wide /= full
            return wide.astype(np.float32)
        values = numbers.astype(np.float32)
        if self.kind == "u":
            values -= np.float32(full - 0.5)
            full -= 0.5
        values *= np.float32(1.0 / full)
        return values


def _from_24(raw: npt.NDArray[np.uint8], big: bool) -> npt.NDArray[np.float32]:
    """Signed 24-bit numbers, as WAV has them: put into the upper bytes of 32 bits, so the sign follows."""
    wide = np.zeros((raw.size // 3, 4), np.uint8)
    wide[:, 1:] = raw.reshape(-1, 3)[:, ::-1] if big else raw.reshape(-1, 3)
    return wide.view("<i4")[:, 0].astype(np.float32) * np.float32(2.0**-31)


def format_named(text: str) -> SampleFormat | None:
    """The format of that name, in rtl_433's or SigMF's way of writing; ``None`` if it is none."""
    lower = text.strip().lower()
    lower = {"fc32": "cf32", "fc64": "cf64", "cint16": "cs16", "cint8": "cs8", "uint8": "cu8"}.get(
        lower, lower
    )
    match = _NAME.fullmatch(lower)
    if match is None:
        return None
    arrangement, kind, bits, order = match.groups()
    kind = "s" if kind == "i" else kind
    width = int(bits)
    if width not in _WIDTHS[kind]:
        return None
    big = order == "be" and width > 8
    name = f"{arrangement}{kind}{width}{'_be' if big else ''}"
    return SampleFormat(name, kind, width, big, arrangement == "c")


def to_complex(floats: npt.NDArray[np.float32], is_complex: bool) -> Samples:
    """Component stream to samples; real samples get a zero imaginary part."""
    if is_complex:
        return floats.view(np.complex64)
    return floats.astype(np.complex64)


def mend(values: npt.NDArray[np.float32]) -> int:
    """Puts 0 where a float is no number or beyond ``LARGEST``, in place; returns how many there were."""
    if not values.size or (values.max() <= LARGEST and values.min() >= -LARGEST):  # false with a NaN inside
        return 0
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(values) <= LARGEST)
    values[bad] = 0.0
    return int(np.count_nonzero(bad))
