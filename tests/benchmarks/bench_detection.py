"""Measures what the detector promises: false alarms on noise, and sensitivity against the ideal energy
detector.

    python -m tests.benchmarks.bench_detection [--quick]

*False alarms.* White noise through the whole segment analysis; one decision is one bin of one segment. The
design is ``PFA`` = 1e-6 a bin. With a design of 1e-3 and 1e-4 the rate is measured closely as well.

*Sensitivity.* For each kind of signal the smallest signal-to-noise ratio that is found in nine segments of
ten (a carrier's within one bin), against the radiometer that knows band and time: it sums N = time ×
bandwidth independent values and
decides with the same 1e-6 (non-central chi-square, constant power).
"""

from __future__ import annotations

import sys
import time

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, ncx2

from sweeper.detectors import rf_segment
from sweeper.dsp import boxes, floor, spectrum
from sweeper.dsp.statistics import PFA
from tests.dsp.signals import RATE, Samples, bits, from_frequency, gfsk, noise, put, tone, voice

N0 = 1e-10
LOOK_S = 0.0052
SEGMENT_S = 0.065536


def false_alarms(decisions: float, pfa: float, seconds: float, rate: float = RATE) -> tuple[int, float]:
    """Separate detections in white noise and the number of decisions."""
    size = spectrum.cell_size(rate)
    history = floor.History()
    made = 0.0
    alarms = 0
    seed = 0
    while made < decisions:
        seed += 1
        samples = noise(int(seconds * rate), rate, N0, seed)
        alarms += len(rf_segment.found(samples, rate, history, seed * seconds, pfa))
        made += size
    return alarms, made


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
    "1-in-8 bursts, 5.2 ms look": (slots, LOOK_S, 577e-6, 200e3, -301e3),
    "1-in-8 bursts, 65 ms segment": (slots, SEGMENT_S, 577e-6, 200e3, -301e3),
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


def main(quick: bool) -> None:
    began = time.process_time()
    print("False alarms in white noise, per bin and segment")
    for pfa, decisions in ((1e-3, 1e5), (1e-4, 4e5), (PFA, 2e6 if quick else 1e8)):
        for seconds in (LOOK_S, SEGMENT_S):
            alarms, made = false_alarms(decisions / 2, pfa, seconds)
            print(
                f"  design {pfa:.0e}  {seconds * 1e3:5.1f} ms  {alarms} in {made:.2e} = {alarms / made:.1e}"
            )
    print("Signal-to-noise ratio in the band for Pd 0.9 (dB)")
    trials = 20 if quick else 60
    for name, (_, _, seconds, width, _) in SIGNALS.items():
        ideal = radiometer_db(seconds, width)
        found = needed_db(name, trials)
        print(f"  {name:30} ideal {ideal:6.1f}  measured {found:6.1f}  loss {found - ideal:4.1f}")
    print(f"box sizes: frames {boxes.TIMES}, bins {boxes.widths(512)}; {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main("--quick" in sys.argv)
