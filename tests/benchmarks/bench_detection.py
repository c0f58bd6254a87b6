"""Measures what the detector promises: false alarms on noise, and sensitivity against the ideal energy
detector.

    python -m tests.benchmarks.bench_detection [--quick] [--only alarms|real|sensitivity]
        [--decisions 1e8] [--budget SECONDS] [--state FILE] [--trials 300] [--where]

*False alarms.* White noise through the whole segment analysis (``noise_alarms``, which can stop after a
budget of processor time and go on from its state file). The design is ``PFA`` = 1e-6 a bin; with designs of
1e-4 and 1e-5 less noise tells more. The same in the empty stretches of the corpus's real recordings
(``real_noise``).

*Sensitivity.* For each kind of signal the smallest signal-to-noise ratio that is found in nine segments of
ten, anywhere in the span and at any time of the look, against the radiometer that knows band and time: it
sums N = time × bandwidth independent values and decides with the same 1e-6 (non-central chi-square, constant
power).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, ncx2, norm

from sweeper.detectors import rf_segment
from sweeper.dsp import boxes, floor
from sweeper.dsp.statistics import PFA
from tests.benchmarks import noise_alarms, real_noise
from tests.dsp.signals import RATE, Samples, bits, from_frequency, gfsk, noise, put, tone, voice

N0 = 1e-10
BURST_S = 148 / 270_833
"""What is sent of a slot of 577 us."""
LOOK_S = 0.0052
SEGMENT_S = 0.065536


def radiometer_db(seconds: float, width_hz: float, pd: float = 0.9, pfa: float = PFA) -> float:
    """Signal-to-noise ratio in the band that the ideal energy detector needs, in dB."""
    count = max(1.0, seconds * width_hz)
    level = gamma.isf(pfa, count)

    def missing(snr: float) -> float:
        return float(ncx2.sf(2 * level, 2 * count, 2 * count * snr)) - pd

    return float(10 * np.log10(brentq(missing, 1e-3, 1e3)))


def carrier(count: int, hz: float, dice: np.random.Generator) -> Samples:
    del dice
    return tone(count, hz, 1.0)


def narrow(count: int, hz: float, dice: np.random.Generator) -> Samples:
    return from_frequency(hz + 3.5e3 * voice(count, seed=int(dice.integers(1 << 30))), 1.0)


def wide(count: int, hz: float, dice: np.random.Generator) -> Samples:
    data = bits(int(count / RATE * 270_833) + 20, int(dice.integers(1 << 30)))
    return gfsk(data, 270_833, 0.5, 0.3, hz, 1.0)[:count]


def slots(count: int, hz: float, dice: np.random.Generator) -> Samples:
    """One slot of eight; the first one lies whole in the look."""
    air = np.zeros(count, np.complex64)
    at = dice.uniform(0.0, LOOK_S - BURST_S)
    while at < count / RATE:
        put(air, at, gfsk(bits(148, int(dice.integers(1 << 30))), 13e6 / 48, 0.5, 0.3, hz, 1.0))
        at += 60 / 13e3
    return air


SIGNALS = {
    "carrier, 5.2 ms look": (carrier, LOOK_S, LOOK_S, RATE / 1024),
    "carrier, 65 ms segment": (carrier, SEGMENT_S, SEGMENT_S, RATE / 4096),
    "12.5 kHz, 5.2 ms look": (narrow, LOOK_S, LOOK_S, 10e3),
    "12.5 kHz, 65 ms segment": (narrow, SEGMENT_S, SEGMENT_S, 10e3),
    "200 kHz, 5.2 ms look": (wide, LOOK_S, LOOK_S, 200e3),
    "200 kHz, 65 ms segment": (wide, SEGMENT_S, SEGMENT_S, 200e3),
    "1-in-8 bursts, 5.2 ms look": (slots, LOOK_S, BURST_S, 200e3),
    "1-in-8 bursts, 65 ms segment": (slots, SEGMENT_S, BURST_S, 200e3),
}


def detection_rate(name: str, snr_db: float, trials: int) -> float:
    """How often the signal is found, anywhere within 800 kHz of the centre; the same dice at every level."""
    make, seconds, _, width = SIGNALS[name]
    count = int(seconds * RATE)
    power = N0 * width * 10 ** (snr_db / 10)
    reach = max(width, 20e3)
    hits = 0
    for trial in range(trials):
        dice = np.random.default_rng([noise_alarms.JUDGING, 1, trial])
        center = dice.uniform(-8e5, 8e5)
        samples = make(count, center, dice) * np.float32(np.sqrt(power))
        samples = samples + noise(count, RATE, N0, int(dice.integers(1 << 40)))
        bands = rf_segment.found(samples, RATE, floor.History(), 0.0, PFA)
        hits += any(low - reach < center < high + reach for low, high in bands)
    return hits / trials


def needed_db(name: str, trials: int) -> float:
    """The ratio at which nine of ten segments are found: a line through the rates' normal deviates at the
    steps of 0.4 dB that lie nearest."""
    ideal = radiometer_db(SIGNALS[name][2], SIGNALS[name][3])
    tried: dict[int, float] = {}

    def rate(step: int) -> float:
        if step not in tried:
            tried[step] = detection_rate(name, ideal + 0.4 * step, trials)
        return tried[step]

    step = 3
    while rate(step) >= 0.9 and step > -12:
        step -= 2
    while rate(step) < 0.9 and step < 20:
        step += 1
    rate(step - 1)
    chosen = [one for one in sorted(tried) if abs(one - step) <= 2]
    deviates = norm.ppf(np.clip([tried[one] for one in chosen], 0.5 / trials, 1 - 0.5 / trials))
    slope, start = np.polyfit(0.4 * np.array(chosen), deviates, 1)
    return ideal + float((norm.ppf(0.9) - start) / slope)


def in_real_noise(where: bool) -> None:
    """False alarms in what the corpus's recordings hold of real noise; ``where``: every alarm as well."""
    print("False alarms in the corpus's real noise, per bin and stretch (95 % bounds)")
    for seconds in real_noise.LENGTHS_S:
        for pfa in (1e-3, 1e-4, 1e-5, PFA):
            counts, alarms = real_noise.measured(pfa, seconds)
            print(f" stretches of {seconds * 1e3:.1f} ms")
            print("\n".join(c.told(name, pfa) for name, c in counts.items() if c.decisions), flush=True)
            for one in alarms if where else ():
                span = f"{one.low_hz / 1e3:.0f} to {one.high_hz / 1e3:.0f} kHz"
                print(f"    {one.file} at {one.start_s * 1e3:.0f} ms, {span}")


def alarms(options: argparse.Namespace) -> None:
    """False alarms in white noise."""
    print("False alarms in white noise, per bin and segment (95 % bounds)")
    for pfa, decisions in ((1e-4, 2e6), (1e-5, 6e6), (PFA, options.decisions)):
        state = options.state if pfa == PFA else None
        counts = noise_alarms.measured(decisions, pfa, budget_s=options.budget, state=state)
        print("\n".join(count.told(name, pfa) for name, count in counts.items()), flush=True)


def sensitivity(options: argparse.Namespace) -> None:
    """Signal to noise for nine of ten."""
    print("Signal-to-noise ratio in the band for Pd 0.9 (dB)")
    for name, (_, seconds, duration, width) in SIGNALS.items():
        ideal = radiometer_db(duration, width)
        trials = options.trials if seconds == LOOK_S else max(20, options.trials // 3)
        found = needed_db(name, trials)
        print(f"  {name:30} ideal {ideal:6.1f}  measured {found:6.1f}  loss {found - ideal:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("alarms", "real", "sensitivity"))
    parser.add_argument("--decisions", type=float, default=1e8)
    parser.add_argument("--budget", type=float, default=float("inf"))
    parser.add_argument("--state", type=Path)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--where", action="store_true", help="every alarm in real noise")
    options = parser.parse_args()
    if options.quick:
        options.decisions, options.trials = 4e6, 40
    began = time.process_time()
    if options.only in (None, "alarms"):
        alarms(options)
    if options.only in (None, "real"):
        in_real_noise(options.where)
    if options.only in (None, "sensitivity"):
        sensitivity(options)
    print(f"box sizes: frames {boxes.TIMES}, bins {boxes.widths(512)}; {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
