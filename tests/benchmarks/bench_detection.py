"""Measures what the detector promises: false alarms on noise, and sensitivity against the ideal energy
detector.

    python -m tests.benchmarks.bench_detection [--quick]

*False alarms.* White noise through the whole segment analysis; one decision is one bin of one segment (1024
for a look of a sweep, 4096 for 65 ms of a recording). The design is ``PFA`` = 1e-6 a bin. With a design of
1e-3 and 1e-4 the rate is measured closely as well. The same on all of the corpus's real receiver noise.

*Sensitivity.* For each kind of signal the smallest signal-to-noise ratio that is found in nine segments of
ten (a carrier's within one bin), against the radiometer that knows band and time: it sums N = time ×
bandwidth independent values and
decides with the same 1e-6 (non-central chi-square, constant power).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, ncx2

from sweeper.detectors import rf_segment
from sweeper.dsp import boxes, floor, spectrum
from sweeper.dsp.statistics import PFA
from tests.dsp.signals import RATE, Samples, bits, from_frequency, gfsk, noise, put, read, tone, voice

TPMS_RATE, GPS_RATE, GPS_SPUR_HZ = 250e3, 4e6, -417e3
N0 = 1e-10
BURST_S = 148 / 270_833
"""What is sent of a slot of 577 us."""
LOOK_S = 0.0052
SEGMENT_S = 0.065536


def false_alarms(decisions: float, pfa: float, seconds: float, rate: float = RATE) -> tuple[int, float]:
    """Separate detections in white noise and the number of decisions: bins of the long frames, a segment."""
    count = int(seconds * rate)
    bins = max(spectrum.cell_size(rate), spectrum.line_size(rate, count))
    history = floor.History()
    random = np.random.default_rng(11)
    sigma = np.float32(np.sqrt(N0 * rate / 2))
    alarms = segments = 0
    while segments * bins < decisions:
        samples = (random.standard_normal(2 * count, dtype=np.float32) * sigma).view(np.complex64)
        alarms += len(rf_segment.found(samples, rate, history, segments * seconds, pfa))
        segments += 1
    return alarms, float(segments * bins)


def real_noise(pfa: float) -> tuple[int, float]:
    """The same in the corpus's real receiver noise: the quiet stretches of the tyre-pressure recordings, and
    the GPS recording but for its known spur.

    A recorded band is never empty: what stands at one place in two segments of a file, or in the file's mean
    over all its seconds, is a carrier or a spur and no false alarm. That mean is a plain sum of our own here.
    """
    corpus = Path(os.environ.get("SWEEPER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    alarms, decisions = 0, 0.0
    for path in sorted((corpus / "rf" / "tpms").glob("*.cu8")):
        samples = read(path)
        history = floor.History()
        count = int(SEGMENT_S * TPMS_RATE)
        lines = standing(samples, TPMS_RATE)
        found: list[tuple[int, float, float]] = []
        for at in range(0, len(samples) - count, count):
            part = samples[at : at + count]
            if quiet(part):
                decisions += spectrum.line_size(TPMS_RATE, count)
                bands = rf_segment.found(part, TPMS_RATE, history, at / TPMS_RATE, pfa)
                found += [(at, low, high) for low, high in bands]
        for at, low, high in found:
            again = any(other != at and a < high and low < b for other, a, b in found)
            alarms += not again and not any(low - 1e3 < hz < high + 1e3 for hz in lines)
    for path in sorted((corpus / "rf" / "misc").glob("GPS*.iq")):
        samples = read(path)
        bands = rf_segment.found(samples, GPS_RATE, floor.History(), 0.0, pfa)
        alarms += sum(not low - 5e3 < GPS_SPUR_HZ < high + 5e3 for low, high in bands)
        decisions += spectrum.line_size(GPS_RATE, len(samples))
    return alarms, decisions


def standing(samples: Samples, rate: float) -> list[float]:
    """Offsets of what stands in a file's quiet frames as a whole: bins 6 deviations over their neighbours."""
    size = 1024
    frames = (
        np.abs(np.fft.fft(samples[: len(samples) // size * size].reshape(-1, size) * np.hanning(size))) ** 2
    )
    level = np.median(frames, axis=0)
    around = np.array([np.median(np.roll(level, -i + 16)[:33]) for i in range(size)])
    over = (level / around - 1) * np.sqrt(len(frames)) / 1.5
    return [float(hz) for hz in np.fft.fftfreq(size, 1 / rate)[over > 6]]


def quiet(part: Samples) -> bool:
    """No millisecond of it has more energy than chance gives noise: nothing of the program's own is used."""
    size = int(1e-3 * TPMS_RATE)
    power = np.abs(part[: len(part) // size * size].reshape(-1, size) - part.mean()) ** 2
    energy = power.mean(axis=1) / np.median(power.mean(axis=1))
    return bool(energy.max() < 1 + 5.0 / np.sqrt(size))


def radiometer_db(seconds: float, width_hz: float, pd: float = 0.9, pfa: float = PFA) -> float:
    """Signal-to-noise ratio in the band that the ideal energy detector needs, in dB."""
    count = max(1.0, seconds * width_hz)
    level = gamma.isf(pfa, count)

    def missing(snr: float) -> float:
        return float(ncx2.sf(2 * level, 2 * count, 2 * count * snr)) - pd

    return float(10 * np.log10(brentq(missing, 1e-3, 1e3)))


def carrier(count: int, power: float, seed: int) -> Samples:
    return tone(count, 211e3 + 1e3 * (seed % 7), power)


def narrow(count: int, power: float, seed: int) -> Samples:
    del seed
    return from_frequency(211e3 + 3.5e3 * voice(count), power)


def wide(count: int, power: float, seed: int) -> Samples:
    air = np.zeros(count, np.complex64)
    put(air, 0.0, gfsk(bits(int(count / RATE * 270_833) + 2, seed), 270_833, 0.5, 0.3, -301e3, power))
    return air


def slots(count: int, power: float, seed: int) -> Samples:
    air = np.zeros(count, np.complex64)
    at = 0.0004 * (seed % 8)
    while at < count / RATE:
        put(air, at, gfsk(bits(148, seed), 13e6 / 48, 0.5, 0.3, -301e3, power))
        at += 60 / 13e3
    return air


SIGNALS = {
    "carrier, 5.2 ms look": (carrier, LOOK_S, LOOK_S, RATE / 1024, 211e3),
    "carrier, 65 ms segment": (carrier, SEGMENT_S, SEGMENT_S, RATE / 4096, 211e3),
    "12.5 kHz, 5.2 ms look": (narrow, LOOK_S, LOOK_S, 10e3, 211e3),
    "12.5 kHz, 65 ms segment": (narrow, SEGMENT_S, SEGMENT_S, 10e3, 211e3),
    "200 kHz, 5.2 ms look": (wide, LOOK_S, LOOK_S, 200e3, -301e3),
    "200 kHz, 65 ms segment": (wide, SEGMENT_S, SEGMENT_S, 200e3, -301e3),
    "1-in-8 bursts, 5.2 ms look": (slots, LOOK_S, BURST_S, 200e3, -301e3),
    "1-in-8 bursts, 65 ms segment": (slots, SEGMENT_S, BURST_S, 200e3, -301e3),
}


def detection_rate(name: str, snr_db: float, trials: int) -> float:
    make, seconds, _, width, center = SIGNALS[name]
    count = int(seconds * RATE)
    power = N0 * width * 10 ** (snr_db / 10)
    hits = 0
    for trial in range(trials):
        samples = noise(count, RATE, N0, 1000 + trial) + make(count, power, trial)
        bands = rf_segment.found(samples, RATE, floor.History(), 0.0, PFA)
        reach = max(width, 20e3)
        hits += any(low - reach < center < high + reach for low, high in bands)
    return hits / trials


def needed_db(name: str, trials: int) -> float:
    """The ratio at which nine of ten segments are found: interpolated between steps of 1 dB."""
    ideal = radiometer_db(SIGNALS[name][2], SIGNALS[name][3])
    before = (ideal - 3, 0.0)
    for step in range(-2, 10):
        snr = ideal + step
        rate = detection_rate(name, snr, trials)
        if rate >= 0.9:
            share = (0.9 - before[1]) / max(rate - before[1], 1e-9)
            return before[0] + share * (snr - before[0])
        before = (snr, rate)
    return float("nan")


def told(what: str, pfa: float, alarms: int, made: float) -> None:
    """One row: alarms, decisions, their ratio to the design."""
    if made:
        rate = alarms / made
        print(
            f"  design {pfa:.0e}  {what}  {alarms} in {made:.2e} = {rate:.1e}, {rate / pfa:.2f} x the design"
        )


def main(quick: bool) -> None:
    began = time.process_time()
    print("False alarms in white noise, per bin and segment")
    for pfa, decisions in ((1e-3, 2e5), (1e-4, 2e6), (PFA, 4e6 if quick else 1e8)):
        for seconds, share in ((LOOK_S, 0.7), (SEGMENT_S, 0.3)):
            alarms, made = false_alarms(share * decisions, pfa, seconds)
            told(f"{seconds * 1e3:5.1f} ms", pfa, alarms, made)
    print("False alarms in the corpus's real noise")
    for pfa in (1e-3, 1e-4, PFA):
        told("       ", pfa, *real_noise(pfa))
    print("Signal-to-noise ratio in the band for Pd 0.9 (dB)")
    trials = 20 if quick else 60
    for name, (_, _, seconds, width, _) in SIGNALS.items():
        ideal = radiometer_db(seconds, width)
        found = needed_db(name, trials)
        print(f"  {name:30} ideal {ideal:6.1f}  measured {found:6.1f}  loss {found - ideal:4.1f}")
    print(f"box sizes: frames {boxes.TIMES}, bins {boxes.widths(512)}; {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main("--quick" in sys.argv)
