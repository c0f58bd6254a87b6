"""Analogue transmitters: carrier, AM, narrow and wide FM, stereo broadcast, wireless video camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sweeper.synth import sound
from sweeper.synth.dice import Dice, Reals
from sweeper.synth.wave import Envelope, Stretch, always

AUDIO_HZ = 4_000.0
PILOT_HZ = 19_000.0
PILOT_SHARE = 0.09
"""Stereo multiplex: the pilot takes 8 to 10 % of the deviation (ITU-R BS.450)."""
RDS_HZ = 57_000.0
RDS_BAUD = 1_187.5
RDS_SHARE = 0.03

LINE_S = 64e-6
FRAME_LINES = 625
FRAME_S = LINE_S * FRAME_LINES
"""PAL B/G (ITU-R BT.470): 625 lines of 64 us, 25 frames a second, interlaced."""
VIDEO_RATE_HZ = 20e6
CHROMA_HZ = 4_433_618.75


class CarrierWave:
    """Nothing but the carrier."""

    reach_hz = 100.0
    stretches = staticmethod(always)

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """A constant."""
        return 0.0, 1.0


class AmWave:
    """Carrier and two sidebands of a sound."""

    reach_hz = 2 * AUDIO_HZ
    stretches = staticmethod(always)

    def __init__(self, kind: str, depth: float, dice: Dice) -> None:
        self._sound = sound.make(kind, dice)
        self._depth = depth

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The sound is the envelope."""
        return 0.0, 1 + self._depth * self._sound.sound(t)


class FmWave:
    """A sound as frequency. ``stretches`` is given by whoever presses the key."""

    def __init__(
        self,
        kind: str,
        deviation_hz: float,
        dice: Dice,
        talk_s: tuple[float, float] | None,
        duration_s: float,
    ) -> None:
        self._sound = sound.make(kind, dice)
        self._deviation = deviation_hz
        self.reach_hz = deviation_hz + (15_000.0 if kind == "music" else AUDIO_HZ)
        self._pressed = _pressed(talk_s, duration_s, dice.sub("talk")) if talk_s else None

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """While the key is pressed; always, where nobody has one."""
        if self._pressed is None:
            return always(start_s, stop_s)
        return [(a, b) for a, b in self._pressed if a < stop_s and b > start_s]

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The integral of the sound is the phase."""
        return self._deviation * self._sound.area(t), 1.0


class BroadcastWave:
    """Stereo multiplex: sum, 19 kHz pilot, difference on 38 kHz, RDS bits on 57 kHz; ±75 kHz."""

    reach_hz = 110e3
    stretches = staticmethod(always)

    def __init__(self, dice: Dice) -> None:
        self._left, self._right = sound.music(dice, "left"), sound.music(dice, "right")
        self._bits = dice.sub("rds").bits(4096).astype(np.float64) * 2 - 1

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The integral of the multiplex; a slow sound times a fast carrier integrates to the sound times
        the carrier's integral (the rest is smaller by the ratio of their frequencies)."""
        pilot, difference, rds = (2 * np.pi * hz for hz in (PILOT_HZ, 2 * PILOT_HZ, RDS_HZ))
        sums = (self._left.area(t) + self._right.area(t)) / 2
        apart = (self._left.sound(t) - self._right.sound(t)) / 2
        total = (1 - PILOT_SHARE - RDS_SHARE) * (sums - apart * np.cos(difference * t) / difference)
        total -= PILOT_SHARE * np.cos(pilot * t) / pilot
        place = t * RDS_BAUD
        bit = self._bits[np.floor(place).astype(np.int64) % len(self._bits)]
        total -= RDS_SHARE * bit * np.sin(2 * np.pi * place) * np.cos(rds * t) / rds
        return 75e3 * total, 1.0


class VideoWave:
    """A picture as FM: what the 1.2, 2.4 and 5.8 GHz wireless cameras send."""

    stretches = staticmethod(always)

    def __init__(self, deviation_hz: float, sound_hz: float, dice: Dice) -> None:
        self.reach_hz = deviation_hz + 4e6 + (sound_hz if sound_hz > 0 else 0) / 4
        self._deviation = deviation_hz
        self._sound_hz = sound_hz
        frame = _picture(dice) - 0.4
        self._frame = np.append(frame, frame[:1])
        area = np.concatenate(([0.0], np.cumsum((frame + np.roll(frame, -1)) / 2))) / VIDEO_RATE_HZ
        self._area = area
        self._voice = sound.voice(dice.sub("room"))

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The picture's integral, one frame after the other, and a voice on the sound carrier."""
        frames = np.floor(t / FRAME_S)
        place = (t - frames * FRAME_S) * VIDEO_RATE_HZ
        i = np.minimum(place.astype(np.int64), len(self._area) - 2)
        x = place - i
        here = self._frame[i]
        area = self._area[i] + (here + (self._frame[i + 1] - here) * x / 2) * x / VIDEO_RATE_HZ
        turns = self._deviation * (area + frames * self._area[-1])
        if self._sound_hz > 0:
            carrier = self._sound_hz * t + 50e3 * self._voice.area(t)
            turns = turns + 0.05 * self._deviation / self._sound_hz * np.sin(2 * np.pi * carrier)
        return turns, 1.0


def _pressed(talk_s: tuple[float, float], duration_s: float, dice: Dice) -> list[Stretch]:
    """Key presses and pauses of exponential length about the two means."""
    stretches, now, draws = [], 0.0, 0
    while now < duration_s:
        pause, press = (-np.log(1 - dice.uniform(2, draws))) * (talk_s[1], talk_s[0])
        start = now + 0.3 + float(pause)
        now = start + 0.8 + float(press)
        stretches.append((start, now))
        draws += 1
    return stretches


def _picture(dice: Dice) -> Reals:
    """One PAL frame of a room, sampled at ``VIDEO_RATE_HZ``: 0 sync tip, 0.3 black, 1 white."""
    t = np.arange(round(FRAME_S * VIDEO_RATE_HZ)) / VIDEO_RATE_HZ
    line = np.floor(t / LINE_S)
    x = t - line * LINE_S
    wave = np.full(len(t), 0.3)
    burst = (x > 5.6e-6) & (x < 7.85e-6)
    wave[burst] += 0.15 * np.sin(2 * np.pi * CHROMA_HZ * t[burst])
    field_line = line % 312.5
    seen = (x > 10.5e-6) & (x < 62.4e-6) & (field_line > 22)
    across, down = (x - 10.5e-6) / 51.9e-6, (field_line - 23) / 287
    room = 0.25 + 0.3 * across + 0.15 * np.cos(9 * down)
    room = room + 0.35 * ((across > 0.62) & (across < 0.85) & (down > 0.15) & (down < 0.5))
    room = room - 0.25 * ((across - 0.3) ** 2 / 0.012 + (down - 0.6) ** 2 / 0.09 < 1)
    room = room + 0.08 * np.sign(np.sin(60 * across)) * (down > 0.8)
    grain = 0.02 * dice.sub("grain").gauss(len(t)).real
    colour = 0.06 * np.sin(2 * np.pi * CHROMA_HZ * t + 3 * across)
    wave[seen] = 0.3 + 0.7 * np.clip(room + grain + colour, 0.02, 1)[seen]
    wave[x < 4.7e-6] = 0.0
    return _vertical(wave, t)


def _vertical(wave: Reals, t: Reals) -> Reals:
    """Equalising and broad pulses at the start of both fields, in half lines of 32 us."""
    for field_start in (0.0, 312.5 * LINE_S):
        half = (t - field_start) / (LINE_S / 2)
        part = half - np.floor(half)
        equal = ((half >= -5) & (half < 0)) | ((half >= 5) & (half < 10))
        broad = (half >= 0) & (half < 5)
        wave[equal] = np.where(part[equal] < 2.35 / 32, 0.0, 0.3)
        wave[broad] = np.where(part[broad] < 27.3 / 32, 0.0, 0.3)
    return wave
