"""Sounds to modulate with: a voice, music, a tone. Periodic, so that they have a value at every time.

A ``Loop`` knows the sound and its integral (FM's phase is the integral of the sound), both made in the
frequency domain so that they join without a step where the loop begins anew.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sweeper.synth.dice import Dice, Reals

VOICE_RATE_HZ = 16_000
VOICE_SAMPLES = 1 << 18
"""16.4 s: a few spoken phrases with their pauses."""
ROOM = 0.05
"""Noise of the room, which a microphone with automatic gain never leaves out, relative to limited speech."""
MUSIC_RATE_HZ = 48_000
MUSIC_SAMPLES = 1 << 19
"""10.9 s."""


class Loop:
    """A periodic sound between -1 and 1 with zero mean."""

    def __init__(self, sound: Reals, rate_hz: float) -> None:
        sound = sound - sound.mean()
        sound = sound / np.abs(sound).max()
        spectrum = np.fft.rfft(sound)
        omega = 2 * np.pi * np.fft.rfftfreq(len(sound), 1 / rate_hz)
        omega[0] = 1.0
        area = np.fft.irfft(spectrum / (1j * omega), len(sound))
        self._count = len(sound)
        self._rate = rate_hz
        self._sound = np.append(sound, sound[:1])
        self._area = np.append(area, area[:1])

    def sound(self, t: Reals) -> Reals:
        """The sound at times ``t`` (seconds)."""
        i, x = self._at(t)
        value: Reals = self._sound[i] * (1 - x) + self._sound[i + 1] * x
        return value

    def area(self, t: Reals) -> Reals:
        """Its integral over time (seconds), cubic between the samples with the sound as slope."""
        i, x = self._at(t)
        a, b = self._area[i], self._area[i + 1]
        da, db = self._sound[i] / self._rate, self._sound[i + 1] / self._rate
        rest = 1 - x
        value: Reals = a + (b - a) * x * x * (3 - 2 * x) + x * rest * (da * rest - db * x)
        return value

    def _at(self, t: Reals) -> tuple[np.ndarray, Reals]:
        position = t * self._rate
        whole = np.floor(position)
        return whole.astype(np.int64) % self._count, position - whole


class Tone:
    """A pure tone, as a sound of its own."""

    def __init__(self, hz: float = 1_000.0) -> None:
        self._omega = 2 * np.pi * hz

    def sound(self, t: Reals) -> Reals:
        """The tone at times ``t``."""
        value: Reals = np.sin(self._omega * t)
        return value

    def area(self, t: Reals) -> Reals:
        """Its integral."""
        value: Reals = -np.cos(self._omega * t) / self._omega
        return value


def voice(dice: Dice) -> Loop:
    """Speech-like: a buzz of wandering pitch and some breath, 300 to 3400 Hz, in syllables and phrases."""
    count, rate = VOICE_SAMPLES, VOICE_RATE_HZ
    pitch = 125 * np.exp(0.22 * _slow(dice.sub("pitch"), count, rate, 1.5))
    turns = np.cumsum(pitch) / rate
    turns *= np.round(turns[-1]) / turns[-1]
    buzz = np.zeros(count)
    for harmonic in range(2, 27):
        buzz += np.cos(2 * np.pi * harmonic * turns + harmonic**2) / harmonic**0.7
    breath = dice.sub("breath").gauss(count).real
    mix = _band(buzz / buzz.std() + 0.5 * breath, rate, 300, 3400, dice.sub("formants"))
    syllables = np.clip(_slow(dice.sub("syllables"), count, rate, 5.0) + 0.6, 0, 2)
    phrases = 1 / (1 + np.exp(-6 * (_slow(dice.sub("phrases"), count, rate, 0.5) + 0.4)))
    room = _band(dice.sub("room").gauss(count).real, rate, 100, 3400, None)
    return Loop(np.tanh(1.3 * mix * syllables * phrases) + ROOM * room, rate)


def music(dice: Dice, channel: str = "left") -> Loop:
    """Music-like: chords of plucked notes over a beat, 50 Hz to 15 kHz. The channels share the notes."""
    count, rate = MUSIC_SAMPLES, MUSIC_RATE_HZ
    total = np.zeros(count)
    beats = 32
    length = count // beats
    decay = np.exp(-np.arange(2 * length) / (0.35 * rate))
    for beat in range(beats):
        where = (np.arange(2 * length) + beat * length) % count
        for note in range(3):
            step = dice.below(36, beat * 8 + note)
            pan = 0.4 + 0.6 * dice.sub(channel).uniform(1, beat * 8 + note)[0]
            for harmonic in (1, 2, 3, 5, 8):
                if _note_hz(step) * harmonic < 15_000:
                    total[where] += pan * decay * _string(step, harmonic, 2 * length) / harmonic
        hiss = dice.sub("drum").gauss(length // 4, beat).real
        total[where[: length // 4]] += 0.8 * hiss * np.exp(-np.arange(length // 4) / (0.02 * rate))
    return Loop(np.tanh(0.35 * _band(total, rate, 50, 15_000, None)), rate)


def _note_hz(step: int) -> float:
    return float(110 * 2 ** (step / 12))


@lru_cache(maxsize=180)
def _string(step: int, harmonic: int, count: int) -> Reals:
    """A harmonic of a note; both channels and all pieces are made of the same ones."""
    wave: Reals = np.sin(2 * np.pi * _note_hz(step) * harmonic * (np.arange(count) / MUSIC_RATE_HZ))
    return wave


def make(kind: str, dice: Dice) -> Loop | Tone:
    """The sound of that name."""
    if kind == "voice":
        return voice(dice)
    return music(dice) if kind == "music" else Tone()


def _slow(dice: Dice, count: int, rate_hz: float, limit_hz: float) -> Reals:
    """Periodic noise below ``limit_hz`` with unit variance."""
    bins = max(2, int(limit_hz * count / rate_hz))
    spectrum = np.zeros(count // 2 + 1, dtype=np.complex128)
    spectrum[1 : bins + 1] = dice.gauss(bins)
    wave: Reals = np.fft.irfft(spectrum, count)
    wave /= wave.std()
    return wave


def _band(sound: Reals, rate_hz: float, low_hz: float, high_hz: float, formants: Dice | None) -> Reals:
    """``sound`` between two frequencies, with the resonances of a mouth where dice for them are given."""
    f = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    shape = 1 / (1 + (low_hz / np.maximum(f, 1e-9)) ** 8) / (1 + (f / high_hz) ** 16)
    if formants is not None:
        resonances = (600.0, 1400.0, 2500.0)
        peaks = [centre * formants.between(0.9, 1.1, k) for k, centre in enumerate(resonances)]
        shape = shape * (0.15 + sum(np.exp(-(((f - p) / 200) ** 2)) for p in peaks))
    wave: Reals = np.fft.irfft(np.fft.rfft(sound) * shape, len(sound))
    wave /= wave.std()
    return wave
