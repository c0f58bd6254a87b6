"""The receiver: all emitters of a scene at one frequency and rate, as an SDR would deliver them.

Sample ``n`` of a rate belongs to the time ``n / rate`` whatever block it is rendered in, so two calls that
overlap agree. Emitters that reach over the edge are rendered at a multiple of the rate and low-passed, as
the tuner's filter does; then come noise, the mixer's image, spurs, the DC spike and the converter.
"""

from __future__ import annotations

import math

import numpy as np

from sweeper.records import Samples
from sweeper.synth import scene as s
from sweeper.synth.analogue import AmWave, BroadcastWave, CarrierWave, FmWave, VideoWave
from sweeper.synth.dice import Complexes, Dice
from sweeper.synth.gsm import C0Wave, DectWave, UplinkWave
from sweeper.synth.ofdm import LteWave
from sweeper.synth.packets import PacketWave
from sweeper.synth.wave import Wave, meets, phasor

THERMAL_DBM_HZ = -174.0
"""kT at 290 K."""
TILE = 4096
"""Noise samples drawn at once; a tile's number addresses them."""
TAPS = 31
"""Taps a phase of the low-pass: 60 dB down at 0.56 of the rate."""
PASS = 0.46
"""Emitters that end within this share of the rate need no filter."""
MOST_OVER = 64


class Receiver:
    """Renders one scene. It keeps the emitters' models, so make one and ask it often."""

    def __init__(self, scene: s.Scene) -> None:
        self._scene = scene
        self._set = scene.receiver
        self._waves: dict[str, Wave] = {}

    def samples(self, start_s: float, count: int, center_hz: float, rate_hz: float) -> Samples:
        """``count`` samples from sample number ``round(start_s * rate_hz)``, full scale 1.0."""
        first = round(start_s * rate_hz)
        clock = 1 + self._set.ppm * 1e-6
        tuned, rate = center_hz * clock, rate_hz * clock
        total = np.zeros(count, dtype=np.complex128)
        crossing: dict[int, list[s.Rf]] = {}
        for emitter in self._scene.rf:
            over = self._over(emitter, tuned, rate, first, count)
            if over == 1:
                self._add(total, emitter, first, tuned, rate)
            elif over:
                crossing.setdefault(over, []).append(emitter)
        for over, emitters in sorted(crossing.items()):
            total += self._filtered(emitters, over, first, count, tuned, rate)
        total += self._noise(first, count, center_hz, rate_hz)
        return self._converted(total, first, rate_hz)

    def _over(self, emitter: s.Rf, tuned: float, rate: float, first: int, count: int) -> int:
        """At how many times the rate this emitter has to be rendered; 0 if it is not heard at all."""
        offset, start, stop = abs(emitter.center_hz - tuned), first / rate, (first + count) / rate
        if emitter.on and not meets(emitter.on, start, stop):
            return 0
        reach = self._wave(emitter).reach_hz if offset - 12e6 < rate else 0.0
        if offset - reach > rate * 0.56:
            return 0
        if offset + reach < rate * PASS or isinstance(emitter, s.Lte):
            return 1
        return min(MOST_OVER, 1 << math.ceil(math.log2(2.2 * (offset + reach) / rate)))

    def _filtered(
        self, emitters: list[s.Rf], over: int, first: int, count: int, tuned: float, rate: float
    ) -> Complexes:
        taps = _low_pass(over)
        half = len(taps) // 2
        wide = np.zeros(count * over + 2 * half, dtype=np.complex128)
        for emitter in emitters:
            self._add(wide, emitter, first * over - half, tuned, rate * over)
        rows = np.lib.stride_tricks.sliding_window_view(wide, len(taps))[::over][:count]
        out: Complexes = rows.real @ taps + 1j * (rows.imag @ taps)
        return out

    def _add(self, total: Complexes, emitter: s.Rf, first: int, tuned: float, rate: float) -> None:
        """Adds one emitter to ``total``, whose sample 0 has the number ``first``."""
        wave = self._wave(emitter)
        offset = emitter.center_hz - tuned
        start, stop = first / rate, (first + len(total)) / rate
        level = 10 ** ((emitter.level_dbm + self._set.gain_db) / 20)
        band = (-offset - rate / 2, -offset + rate / 2)
        for a, b in meets(emitter.on, start, stop):
            for begin, end in wave.stretches(a, b):
                low = max(0, math.ceil(max(a, begin) * rate - 1e-6) - first)
                high = min(len(total), math.ceil(min(b, end) * rate - 1e-6) - first)
                if high <= low:
                    continue
                t = (np.arange(low, high) + first) / rate
                turns, envelope = wave.at(t, band)
                fade = self._fade(emitter, t[0]) if emitter.fading_db else 1.0
                total[low:high] += phasor(turns + offset * t) * (envelope * (level * fade))

    def _fade(self, emitter: s.Rf, t: float) -> float:
        """A slow wander of the level, constant over one stretch."""
        angles = Dice(self._scene.seed, emitter.name, "fading").uniform(3)
        wander = sum(
            math.sin(2 * math.pi * (t / period + a)) for period, a in zip((7, 17, 41), angles, strict=True)
        )
        return float(10 ** (emitter.fading_db * wander / 2.2 / 20))

    def _noise(self, first: int, count: int, center_hz: float, rate_hz: float) -> Complexes:
        dice = Dice(self._scene.seed, "noise", round(center_hz), round(rate_hz))
        tiles = range(first // TILE, (first + count - 1) // TILE + 1)
        noise: Complexes = np.concatenate([dice.gauss(TILE, tile) for tile in tiles])[first % TILE :][:count]
        density = THERMAL_DBM_HZ + self._set.noise_figure_db + self._set.gain_db
        noise *= math.sqrt(10 ** (density / 10) * rate_hz)
        return noise

    def _converted(self, total: Complexes, first: int, rate_hz: float) -> Samples:
        total += np.conj(total) * 10 ** (self._set.image_db / 20)
        n = np.arange(len(total)) + first
        for offset, level in self._set.spurs:
            if abs(offset) < rate_hz / 2:
                total += phasor(offset / rate_hz * n) * 10 ** (level / 20)
        total += 10 ** (self._set.dc_dbfs / 20)
        if self._set.bits == 0:
            return total.astype(np.complex64)
        steps = 2.0 ** (self._set.bits - 1)
        parts = total.view(np.float64)
        np.clip(np.floor(parts * steps) + 0.5, 0.5 - steps, steps - 0.5, out=parts)
        return (total / steps).astype(np.complex64)

    def _wave(self, emitter: s.Rf) -> Wave:
        if emitter.name not in self._waves:
            dice = Dice(self._scene.seed, "rf", emitter.name)
            self._waves[emitter.name] = model(emitter, dice, self._scene.duration_s)
        return self._waves[emitter.name]


def model(emitter: s.Rf, dice: Dice, duration_s: float) -> Wave:
    """The wave of an emitter."""
    match emitter:
        case s.Am():
            return AmWave(emitter.sound, emitter.depth, dice)
        case s.Nfm():
            return FmWave(emitter.sound, emitter.deviation_hz, dice, emitter.talk_s, duration_s)
        case s.Wfm():
            return FmWave(emitter.sound, emitter.deviation_hz, dice, None, duration_s)
        case s.Broadcast():
            return BroadcastWave(dice)
        case s.Packets():
            return PacketWave(emitter, dice, duration_s)
        case s.GsmUplink():
            return UplinkWave(emitter, dice)
        case s.GsmC0():
            return C0Wave(emitter, dice)
        case s.Dect():
            return DectWave(emitter, dice)
        case s.Lte():
            return LteWave(emitter, dice)
        case s.AnalogVideo():
            return VideoWave(emitter.deviation_hz, emitter.sound_hz, dice)
        case _:
            return CarrierWave()


def _low_pass(over: int) -> np.ndarray:
    """A windowed sinc for decimation by ``over`` (Kaiser, beta 6: 60 dB)."""
    count = TAPS * over | 1
    n = np.arange(count) - count // 2
    taps = np.sinc(n * 0.96 / over) * np.kaiser(count, 6.0)
    return np.asarray(taps / taps.sum(), dtype=np.float64)
