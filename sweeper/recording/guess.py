"""Which format a headerless IQ file has, told by its bytes.

Receivers leave marks in the bytes that do not depend on what was received:

- *float*: read as IEEE 754, samples lie within a few powers of two of each other. Bytes of any integer
  format read as floats have exponents all over, mostly beyond 1e12 or below 1e-12.
- *16 bits*: the two bytes of a number differ in kind. The low one is spread over all values, the high one
  crowds around 0 and 255 (small numbers of either sign). In 8-bit files even and odd bytes are I and Q,
  which are spread alike.
- *8 bits*: noise crowds around zero, which is 127/128 unsigned and 255/0 signed. A strong steady signal
  crowds at the rim instead, but it passes through zero and leaves the values beyond its peak unused: the
  unused values lie around the rim. A clipped one piles up on exactly the two outermost values.

Where none of this is clear the answer is "undecided", and the reader is asked for ``--format``.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sweeper.recording.formats import LARGEST

PIECES, PIECE_BYTES = 16, 65_536
"""Pieces looked at, spread over the file: 1 MB tells the histogram of a byte to better than 1 %."""

LEAST_BYTES = 64
"""Below this a histogram says nothing."""

SMALLEST = 1e-12
"""The least float that is a sample: 240 dB below full scale; receivers' noise lies 140 dB higher."""

_PLAUSIBLE = 0.99
_OCTAVES = 14.0
"""Spread between the quartiles of a float recording, in powers of two: Gaussian noise has 1.9, bursts on
silence up to about 10; integers read as floats have 60 and more."""

_ENTROPY_BITS = 0.3
"""By how much the two bytes of 16-bit numbers differ at least (a steady tone at full scale: 0.38)."""

_SPREAD_BITS = 7.5
"""Entropy of a byte that takes nearly all values alike: the low one of numbers beyond about 50."""

_AGREE = 0.7
"""Share of small numbers whose high byte follows from the low one's top bit; of I and Q about half agree,
of 16-bit noise up to a deviation of 150 more than this."""
_SMALL_BITS = 1.5
"""How much more the low byte of small numbers tells than the high one, which is little more than a sign.
A receiver's offset can make I and Q of 8 bits agree in sign, but then they tell about as much."""

_CROWDED = 0.3
"""Length of the mean direction of the bytes on a circle of 256 that no tone below clipping reaches."""


def sample_bytes(file: BinaryIO, offset: int, size: int) -> npt.NDArray[np.uint8]:
    """Pieces spread over ``size`` bytes from ``offset`` on, each aligned to 16 bytes."""
    if size <= PIECES * PIECE_BYTES:
        file.seek(offset)
        return np.frombuffer(file.read(size - size % 16), np.uint8)
    step = (size - PIECE_BYTES) // (PIECES - 1) // 16 * 16
    parts = []
    for index in range(PIECES):
        file.seek(offset + index * step)
        parts.append(file.read(PIECE_BYTES))
    return np.frombuffer(b"".join(part[: len(part) // 16 * 16] for part in parts), np.uint8)


def guess(raw: npt.NDArray[np.uint8]) -> str | None:
    """cf32, cf64, cs16, cs16_be, cu8 or cs8; ``None`` where the bytes do not tell."""
    if raw.size < LEAST_BYTES or np.all(raw == raw[0]):
        return None
    if is_float(raw, 4):
        # doubles of few binary digits: as floats every second one, each I, would be exactly 0
        doubles = not raw[: raw.size // 16 * 16].view("<u4")[0::2].any() and is_float(raw, 8)
        return "cf64" if doubles else "cf32"
    if is_float(raw, 8):
        return "cf64"
    return _sixteen(raw) or _eight(raw)


def is_float(raw: npt.NDArray[np.uint8], size: int) -> bool:
    """Whether the bytes are plausible as little-endian floats of ``size`` bytes.

    A signal without noise can look like floats in any format: bytes 40 40 40 40 are 3.0. But in 8-bit files
    bytes two apart are of one kind, and in floats a mantissa's byte and an exponent's are not.
    """
    words = raw[: raw.size // 16 * 16].reshape(-1, size)
    with np.errstate(invalid="ignore"):
        values = words.view(f"<f{size}")[:, 0].astype(np.float64)
        magnitudes = np.abs(values)
        inside = (magnitudes >= SMALLEST) & (magnitudes <= LARGEST)
    used = int(np.count_nonzero(inside))
    if used < 8 or used + int(np.count_nonzero(magnitudes == 0)) < _PLAUSIBLE * values.size:
        return False
    low, high = np.percentile(np.log2(magnitudes[inside]), (25, 75))
    return bool(high - low < _OCTAVES) and _differ(words[inside, size // 2 - 1], words[inside, size - 1])


def _differ(some: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> bool:
    """Whether less than half of the values of two sets of bytes could be of one distribution."""
    shares = [np.bincount(part, minlength=256) / part.size for part in (some, others)]
    return float(np.abs(shares[0] - shares[1]).sum()) > 1.0


def _sixteen(raw: npt.NDArray[np.uint8]) -> str | None:
    low, high = raw[0::2], raw[1::2]
    if not (low & 15).any() and (high & 15).any():
        return "cs16"  # 12-bit or 8-bit converters, shifted up
    if _low_and_high(low, high):
        return "cs16"
    return "cs16_be" if _low_and_high(high, low) else None


def _low_and_high(low: npt.NDArray[np.uint8], high: npt.NDArray[np.uint8]) -> bool:
    """Whether these are the low and high bytes of signed numbers.

    Small numbers: the high byte is 0 or 255 as the low byte's top bit says. Large ones: the low byte takes
    all values alike, the high one does not. Clipped ones pile up on 7fff and 8000, but not on 7f00 and 80ff,
    which are as frequent where I of 8 bits is clipped while Q passes through zero.
    """
    spread, difference = _entropy(low), _entropy(low) - _entropy(high)
    if spread > _SPREAD_BITS and difference > _ENTROPY_BITS:
        return True
    sent = (low != 0) | (high != 0)  # silence agrees with everything
    small = sent & ((high == 0) | (high == 255))
    number = int(np.count_nonzero(small))
    share = number / max(int(np.count_nonzero(sent)), 1)
    if share > 0.5:
        agree = int(np.count_nonzero((high[small] == 255) == (low[small] >= 128))) / number
        if agree > _AGREE and (difference > _SMALL_BITS or share == 1):
            return True
    top = (high == 127) & (low == 255) | (high == 128) & (low == 0)
    beside = (high == 127) & (low == 0) | (high == 128) & (low == 255)
    return int(np.count_nonzero(top)) > max(0.05 * high.size, 10.0 * int(np.count_nonzero(beside)))


def _entropy(values: npt.NDArray[np.uint8]) -> float:
    share = np.bincount(values, minlength=256) / max(values.size, 1)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _eight(raw: npt.NDArray[np.uint8]) -> str | None:
    counts = np.bincount(raw, minlength=256).astype(np.float64)
    if (clipped := _clipped(counts)) is not None:
        return clipped
    direction = complex((counts * np.exp(2j * np.pi * np.arange(256) / 256)).sum() / counts.sum())
    nearest = "cs8" if direction.real > 0 else "cu8"
    if abs(direction) > _CROWDED and abs(direction.real) > abs(direction.imag):
        return nearest
    if (unused := _unused(counts)) is not None:
        return unused
    return nearest if abs(direction.real) > 0.05 and abs(direction.real) > abs(direction.imag) else None


def _clipped(counts: npt.NDArray[np.float64]) -> str | None:
    """A pile on exactly the two outermost values, with the middle of the range in use as well."""
    total = counts.sum()
    for name, pile, beside, middle in (
        ("cu8", (0, 255), (1, 254), slice(64, 192)),
        ("cs8", (127, 128), (126, 129), None),
    ):
        inner = counts[middle].sum() if middle is not None else total - counts[64:192].sum()
        piled = counts[list(pile)]
        if piled.min() > 6 * max(1.0, counts[list(beside)].max()) and inner > 0.01 * total:
            return name
    return None


def _unused(counts: npt.NDArray[np.float64]) -> str | None:
    """Values that never occur lie at the rim: around 255/0 in cu8, around 127/128 in cs8."""
    unsigned = counts[[0, 255]].sum() == 0
    signed = counts[[127, 128]].sum() == 0
    if unsigned and not signed:
        return "cu8"
    if signed and not unsigned:
        return "cs8"
    return None
