"""Runs in a child process: pyrtlsdr upon the virtual dongle, with short words for what tests ask of it."""

from __future__ import annotations

import ctypes
import json
import os
import threading
import time
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pyrtlsdrlib

pyrtlsdrlib.load_librtlsdr = lambda: ctypes.CDLL(os.environ["SWEEPER_LIBRTLSDR"])

from rtlsdr import RtlSdr  # noqa: E402  (the line above must run first)
from rtlsdr.librtlsdr import librtlsdr, p_rtlsdr_dev, rtlsdr_read_async_cb_t  # noqa: E402

__all__ = [
    "RtlSdr",
    "db",
    "iq",
    "levels",
    "librtlsdr",
    "np",
    "p_rtlsdr_dev",
    "peak",
    "radio",
    "read",
    "say",
    "stream",
    "threading",
    "time",
]

RATE = 2_400_000
MEDIAN_OF_EIGHT = 0.959
"""Median of the mean of eight exponential powers, relative to their mean (gamma distribution)."""


class Radio(RtlSdr, AbstractContextManager):  # type: ignore[misc]
    """An open dongle at 2.4 MS/s that closes itself."""

    def __exit__(self, *_: object) -> None:
        self.close()


def radio(gain: float = 29.7, **options: Any) -> Radio:
    """The dongle, opened."""
    made = Radio(**options)
    made.sample_rate = RATE
    made.gain = gain
    return made


def say(value: Any) -> None:
    """One JSON line for the test."""
    print(json.dumps(value, default=float), flush=True)


def db(power: float) -> float:
    """Power in decibels."""
    return float(10 * np.log10(power))


def iq(r: Radio, count: int) -> np.ndarray:
    """Complex samples of full scale 1."""
    raw = np.frombuffer(bytes(r.read_bytes(2 * count)), np.uint8).astype(float)
    return (raw[::2] - 127.5 + 1j * (raw[1::2] - 127.5)) / 127.5


def levels(r: Radio, center_hz: float, offsets: list[float]) -> list[float]:
    """Level in dBFS of a carrier at each offset."""
    r.center_freq = center_hz
    z = iq(r, 240_000)
    n = np.arange(len(z))
    return [db(abs(np.mean(z * np.exp(-2j * np.pi * offset * n / RATE))) ** 2 + 1e-20) for offset in offsets]


def peak(r: Radio, center_hz: float) -> dict[str, float]:
    """The strongest line: frequency, level; and the floor in dBFS/Hz."""
    r.center_freq = center_hz
    z = iq(r, 65536 * 8)
    size = 65536
    window = np.hanning(size)
    power = np.mean(np.abs(np.fft.fft(z.reshape(-1, size) * window, axis=1)) ** 2, axis=0)
    i = int(np.argmax(power))
    hz = float(np.fft.fftfreq(size, 1 / RATE)[i])
    near = power[[(i - 1) % size, i, (i + 1) % size]].sum()
    level = db(near / (np.sum(window**2) * size))
    floor = np.median(power) / (np.sum(window**2) * RATE) / MEDIAN_OF_EIGHT
    return {"hz": center_hz + hz, "dbfs": level, "floor": db(floor)}


def read(r: Radio, size: int = 16384) -> int:
    """The result of one synchronous read."""
    buffer, got = (ctypes.c_ubyte * size)(), ctypes.c_int(0)
    return int(librtlsdr.rtlsdr_read_sync(r.dev_p, buffer, size, ctypes.byref(got)))


def stream(r: Radio, take: Any, size: int = 16384) -> int:
    """Reads asynchronously until cancelled; ``take`` is told the size of each block."""
    callback = rtlsdr_read_async_cb_t(lambda _buffer, length, _context: take(length))
    return int(librtlsdr.rtlsdr_read_async(r.dev_p, callback, None, 0, size))
