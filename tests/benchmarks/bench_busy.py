"""How much of a busy band is found, in its own place and time, and rightly named.

    python -m tests.benchmarks.bench_busy

Three seconds each of 2.4 MS/s, 8 bit: bursts of 16 ms, keyed and shifted by turns, of strengths over 20 dB
at random places, upon six frequency-modulated carriers. The truth is what was put in. *Tight* is a burst
told within 12 kHz and 1.3 times its length; *wrong* one with another digital or analogue name.
"""

from __future__ import annotations

import numpy as np

from sweeper.detectors.rf_emissions import SEGMENT_S, _lookahead, _whole_here
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_naming import Namer
from sweeper.detectors.rf_segment import analyse
from sweeper.dsp.floor import History

RATE, SECONDS, CENTER_HZ = 2_400_000, 3, 433.92e6
AIR = (
    (3, 40, 6, 0.2, 0.05),
    (4, 40, 6, 0.2, 0.02),
    (5, 40, 6, 0.4, 0.2),
    (6, 80, 6, 0.2, 0.05),
    (7, 40, 0, 0.2, 0),
)
"""Seed, bursts a second, carriers, the strongest burst's amplitude, a carrier's."""

CARRIERS_HZ = [310e3 - 150e3 * k for k in range(6)]
Sent = tuple[float, float, float, str]


def air(seed: int, bursts: int, carriers: int, loud: float, steady: float) -> tuple[np.ndarray, list[Sent]]:
    """The samples as an 8-bit receiver gives them, and each burst's start, stop, offset and kind."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE) / RATE
    parts, sent = [], []
    for second in range(SECONDS):
        z = 0.02 * (rng.standard_normal(RATE) + 1j * rng.standard_normal(RATE))
        for k in range(bursts):
            bits = np.repeat(rng.integers(0, 2, 80), 480)
            at, hz = int(rng.integers(0, RATE - len(bits))), rng.uniform(-1e6, 1e6)
            strength = loud * 10 ** rng.uniform(-1, 0)
            turns = hz * t[: len(bits)] + (0 if k % 2 else np.cumsum(2 * bits - 1) * 20e3 / RATE)
            z[at : at + len(bits)] += strength * (bits if k % 2 else 1) * np.exp(2j * np.pi * turns)
            start = second + at / RATE
            sent.append((start, start + len(bits) / RATE, float(hz), "ook" if k % 2 else "fsk"))
        for k in range(carriers):
            swing = np.cumsum(np.sin(2 * np.pi * (300 + 170 * k) * t)) * 4e3 / RATE
            z += steady * np.exp(2j * np.pi * (CARRIERS_HZ[k] * t + swing))
        parts.append(z.astype(np.complex64))
    whole = np.concatenate(parts).view(np.float32)
    whole = (np.clip(np.round(whole * 127.5 + 127.5), 0, 255) - 127.5) / 127.5
    return whole.astype(np.float32).view(np.complex64), sent


def heard(samples: np.ndarray) -> list[list[tuple[float, Heard]]]:
    """By segment, when it began and what was told of it."""
    size, more = round(RATE * SEGMENT_S), _lookahead(RATE)
    history, namer, out = History(), Namer(), []
    for at in range(0, len(samples) - size - more, size):
        part, time_s = samples[at : at + size + more], at / RATE
        found = _whole_here(analyse(part, RATE, history, time_s).heard, RATE, at > 0, size / RATE)
        out.append([(time_s, one) for one in namer.name(found, part, RATE, CENTER_HZ, time_s, at > 0)])
    return out


def nearest(sent: Sent, told: list[tuple[float, Heard]]) -> Heard | None:
    """What was told of a burst: of all that share its time and band the nearest."""
    start, stop, hz, _ = sent
    fitting = [
        one
        for time_s, one in told
        if min(stop, time_s + one.stop_s) - max(start, time_s + one.start_s) > 0.3 * (stop - start)
        and one.low_hz - 5e3 < hz < one.high_hz + 5e3
    ]
    return min(fitting, key=lambda one: abs(one.center_hz - hz), default=None)


def main() -> None:
    for seed, bursts, carriers, loud, steady in AIR:
        samples, sent = air(seed, bursts, carriers, loud, steady)
        segments = heard(samples)
        told = [row for segment in segments for row in segment if not row[1].steady]
        pairs = [(burst, one) for burst in sent if (one := nearest(burst, told)) is not None]
        tight = [
            one
            for (start, stop, hz, _), one in pairs
            if abs(one.center_hz - hz) < 12e3 and one.stop_s - one.start_s < 1.3 * (stop - start)
        ]
        wrong = [one for burst, one in pairs if one.kind not in (burst[3], "", "unknown", "noise-like")]
        stays = sum(
            any(one.steady and abs(one.center_hz - hz) < 4e3 and one.width_hz < 25e3 for _, one in segment)
            for segment in segments
            for hz in CARRIERS_HZ[:carriers]
        )
        right = sum(burst[3] == one.kind for burst, one in pairs)
        print(
            f"{bursts} bursts a second up to {loud}, {carriers} carriers of {steady}: of {len(sent)} found "
            f"{len(pairs)}, tight {len(tight)}, rightly named {right}, wrongly {len(wrong)}; "
            f"carriers {stays} of {carriers * len(segments)}"
        )


if __name__ == "__main__":
    main()
