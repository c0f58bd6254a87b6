"""Demodulation for the ear: AM, narrow and wide FM, and both sidebands, block by block without a seam.

    samples ─ mix to zero ─ thin out ─ channel filter ─┬─ |x|            AM
                                                       ├─ angle step     NFM, WFM ─ de-emphasis
                                                       └─ real part      USB, LSB (one-sided filter)
            ─ squelch ─ level ─ resample ─ audio, 48 kHz, -1…1

Every step keeps its state, so audio does not depend on how the samples were cut into blocks. Nothing is
stored.
"""

from __future__ import annotations

import enum
import math

import msgspec
import numpy as np
import numpy.typing as npt
import scipy.signal

from sweeper.records import Samples

Audio = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

AUDIO_HZ = 48_000.0


class Mode(enum.StrEnum):
    AM = "am"
    NFM = "nfm"
    WFM = "wfm"
    USB = "usb"
    LSB = "lsb"


class Shape(msgspec.Struct, frozen=True):
    """What a mode needs: half the channel's width, FM deviation for full scale, audio band, de-emphasis."""

    half_hz: float
    deviation_hz: float
    audio_hz: tuple[float, float]
    deemphasis_s: float = 0.0


SHAPES = {
    Mode.AM: Shape(5_000.0, 0.0, (100.0, 4_500.0)),
    Mode.NFM: Shape(8_000.0, 5_000.0, (200.0, 4_000.0)),
    Mode.WFM: Shape(100_000.0, 75_000.0, (30.0, 15_000.0), 50e-6),
    Mode.USB: Shape(3_000.0, 0.0, (200.0, 2_800.0)),
    Mode.LSB: Shape(3_000.0, 0.0, (200.0, 2_800.0)),
}
"""Channel widths in use: 8.33 and 10 kHz AM, 12.5 and 25 kHz FM, broadcast FM (75 kHz deviation and 50 µs, as
ITU-R BS.450 has it for Europe), 2.7 kHz of speech in a sideband."""

TAPS = 16
"""Filter taps for each step of thinning out: 60 dB of stop band with a Kaiser window over the transition."""

PHASES = 64
REACH = 12
"""Resampler: 64 interpolated phases of 24 taps, -60 dB of images in the audio band."""

OPEN_DB = 2.0
"""The squelch opens this much above where it shuts, so that it does not chatter."""

LEVEL_S = 0.5
"""Time constant of the level control of AM and sidebands: slower than syllables, quicker than fading."""

QUIET = 0.2
"""Mean size of audio that the level control aims at, leaving 14 dB for peaks."""


class Decimator:
    """A filter that keeps one sample in ``factor``; remembers what it needs. The number of taps less one is a
    multiple of ``factor``."""

    def __init__(self, taps: npt.NDArray[np.generic], factor: int) -> None:
        self._taps = taps.astype(np.complex64 if np.iscomplexobj(taps) else np.float32)
        self.factor = factor
        self._held = np.zeros(len(taps) - 1, np.complex64)

    def feed(self, samples: Samples) -> Samples:
        """What comes out for these samples; none may come out for a few."""
        joined = np.concatenate([self._held, samples])
        ahead = len(self._taps) - 1
        count = (len(joined) - ahead - 1) // self.factor + 1
        if len(joined) <= ahead:
            self._held = joined
            return np.zeros(0, np.complex64)
        self._held = joined[count * self.factor :].copy()
        if self.factor == 1:  # long and nothing thrown away: cheaper by transform
            return np.asarray(scipy.signal.fftconvolve(joined, self._taps, "valid"), np.complex64)
        whole = scipy.signal.upfirdn(self._taps, joined, 1, self.factor)
        skipped = ahead // self.factor
        return np.asarray(whole[skipped : skipped + count], np.complex64)


class Resampler:
    """Real samples from one rate to another, any ratio; band-limited to 0.45 of the lower rate."""

    def __init__(self, rate_hz: float, out_hz: float) -> None:
        self._step = rate_hz / out_hz
        band = 0.9 * min(1.0, out_hz / rate_hz)
        reach = math.ceil(REACH / min(1.0, out_hz / rate_hz))
        at = np.arange(-reach, reach)[np.newaxis, :] + 1.0 - np.linspace(0, 1, PHASES + 1)[:, np.newaxis]
        window = np.kaiser(4001, 7.0)
        shaped = np.interp(at / reach, np.linspace(-1, 1, 4001), window)
        table = np.sinc(at * band) * shaped
        self._table = table / table.sum(axis=1, keepdims=True)
        self._held: Array = np.zeros(2 * reach - 1)
        self._next = 0.0

    def feed(self, samples: npt.ArrayLike) -> Array:
        """What comes out for these samples."""
        joined = np.concatenate([self._held, np.asarray(samples, np.float64)])
        width = self._table.shape[1]
        room = len(joined) - width
        if room < self._next:
            self._held = joined
            return np.zeros(0)
        count = math.floor((room - self._next) / self._step + 1e-12) + 1
        at = self._next + self._step * np.arange(count)
        whole = np.minimum(np.floor(at).astype(int), room)
        phase = (at - whole) * PHASES
        low = np.minimum(phase.astype(int), PHASES - 1)
        between = (phase - low)[:, np.newaxis]
        taps = self._table[low] * (1 - between) + self._table[low + 1] * between
        windows = np.lib.stride_tricks.sliding_window_view(joined, width)
        out = np.einsum("ij,ij->i", windows[whole], taps)
        following = at[-1] + self._step
        used = min(math.floor(following), len(joined))
        self._held = joined[used:].copy()
        self._next = following - used
        return np.asarray(out)


class Demodulator:
    """One channel of a wider stream. ``squelch_dbfs`` is the channel power below which it is silent."""

    def __init__(
        self,
        mode: Mode,
        rate_hz: float,
        offset_hz: float = 0.0,
        squelch_dbfs: float | None = None,
        volume: float = 1.0,
    ) -> None:
        self.volume = volume
        self.squelch_dbfs = squelch_dbfs
        self.level_dbfs = -math.inf
        self._mode, self._shape = mode, SHAPES[mode]
        self._turn = -2 * math.pi * offset_hz / rate_hz
        self._phase = 0.0
        self._turns = np.zeros(0, np.complex64)
        self._stages, self._rate_hz = _chain(mode, rate_hz, self._shape)
        self._last = np.complex64(0)
        self._pole = (
            1 - math.exp(-1 / (self._rate_hz * self._shape.deemphasis_s)) if self._shape.deemphasis_s else 1.0
        )
        self._emphasis = np.zeros(1)
        low, high = self._shape.audio_hz
        top = min(high, 0.45 * self._rate_hz)
        self._band = scipy.signal.butter(2, (low, top), "bandpass", fs=self._rate_hz, output="sos")
        self._band_state = np.zeros((len(self._band), 2))
        self._thin = _audio_stage(self._rate_hz)
        thinned_hz = self._rate_hz / (self._thin.factor if self._thin is not None else 1)
        self._resampler = Resampler(thinned_hz, AUDIO_HZ)
        self._size = 0.0
        self._open = squelch_dbfs is None

    def feed(self, samples: Samples) -> Audio:
        """Audio of full scale 1.0 at ``AUDIO_HZ`` for samples of full scale 1.0; shape (m,) from (n,)."""
        channel: Samples = samples * self._mixer(len(samples))
        for stage in self._stages:
            channel = stage.feed(channel)
        if not len(channel):
            return np.zeros(0, np.float32)
        sound = self._demodulated(channel)
        if not self._passes(channel):
            sound = np.zeros_like(sound)
        sound, self._band_state = scipy.signal.sosfilt(self._band, sound, zi=self._band_state)
        if self._mode in (Mode.AM, Mode.USB, Mode.LSB):
            sound = self._levelled(sound)
        if self._thin is not None:
            sound = self._thin.feed(sound.astype(np.complex64)).real.astype(np.float64)
        out = self._resampler.feed(sound) * self.volume
        return np.clip(out, -1, 1).astype(np.float32)

    def _mixer(self, count: int) -> Samples:
        """The turning that brings the channel to zero, going on from the last block."""
        if count != len(self._turns):
            self._turns = np.exp(1j * (self._turn * np.arange(count) % (2 * math.pi))).astype(np.complex64)
        start = np.complex64(np.exp(1j * self._phase))
        self._phase = (self._phase + self._turn * count) % (2 * math.pi)
        made: Samples = self._turns * start
        return made

    def _demodulated(self, channel: Samples) -> Array:
        if self._mode is Mode.AM:
            return np.abs(channel).astype(np.float64)
        if self._mode in (Mode.USB, Mode.LSB):
            return channel.real.astype(np.float64)
        before = np.concatenate([[self._last], channel[:-1]])
        self._last = channel[-1]
        turn = np.angle(channel * np.conj(before)).astype(np.float64)
        sound = turn * self._rate_hz / (2 * math.pi * self._shape.deviation_hz)
        if self._pole < 1.0:
            sound, self._emphasis = scipy.signal.lfilter(
                [self._pole], [1, self._pole - 1], sound, zi=self._emphasis
            )
        return np.asarray(sound)

    def _passes(self, channel: Samples) -> bool:
        """Measure the channel's power and work the squelch."""
        power = float(np.mean(channel.real**2) + np.mean(channel.imag**2))
        self.level_dbfs = 10 * math.log10(power) if power > 0 else -math.inf
        if self.squelch_dbfs is None:
            self._open = True
        else:
            self._open = self.level_dbfs >= self.squelch_dbfs + (0.0 if self._open else OPEN_DB)
        return self._open

    def _levelled(self, sound: Array) -> Array:
        """Sound of even loudness; sample by sample, so that blocks of any length give the same."""
        pole = 1 - math.exp(-1 / (self._rate_hz * LEVEL_S))
        if self._size == 0.0:
            self._size = float(np.mean(np.abs(sound[:64])))
        size, _ = scipy.signal.lfilter([pole], [1, pole - 1], np.abs(sound), zi=[(1 - pole) * self._size])
        self._size = float(size[-1])
        return np.asarray(sound * (QUIET / np.maximum(size, 1e-6)))


def _audio_stage(rate_hz: float) -> Decimator | None:
    """Thins out the audio of a wide channel before the resampler, whose work grows with the ratio."""
    factor = int(rate_hz / (2 * AUDIO_HZ))
    if factor < 2:
        return None
    return Decimator(scipy.signal.firwin(TAPS * factor + 1, 1 / factor, window=("kaiser", 6.0)), factor)


def _chain(mode: Mode, rate_hz: float, shape: Shape) -> tuple[list[Decimator], float]:
    """Thinning out in steps to about twice to four times the channel's width, then the channel filter."""
    stages: list[Decimator] = []
    target = max(2.5 * 2 * shape.half_hz, 24_000.0)
    while rate_hz >= 2 * target:
        factor = min(8, int(rate_hz / target))
        taps = scipy.signal.firwin(TAPS * factor + 1, 1 / factor, window=("kaiser", 6.0))
        stages.append(
            Decimator(taps, factor)
        )  # falls about the new half rate: what folds lies off the channel
        rate_hz /= factor
    half = min(shape.half_hz, 0.45 * rate_hz)
    if mode in (Mode.USB, Mode.LSB):
        low, high = shape.audio_hz
        taps = scipy.signal.firwin(257, (high - low) / 2, fs=rate_hz, window=("kaiser", 6.0))
        sign = 1 if mode is Mode.USB else -1
        middle = sign * (low + high) / 2
        at = np.arange(257) - 128
        stages.append(Decimator(2 * taps * np.exp(2j * math.pi * middle / rate_hz * at), 1))
    else:
        stages.append(Decimator(scipy.signal.firwin(129, half, fs=rate_hz, window=("kaiser", 6.0)), 1))
    return stages, rate_hz
