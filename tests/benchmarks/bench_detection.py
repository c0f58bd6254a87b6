"""Measures what the detector promises: false alarms on noise, and sensitivity against the ideal energy
detector.

    python -m tests.benchmarks.bench_detection [--quick] [--only alarms|real|sensitivity]
        [--decisions 1e8] [--budget SECONDS] [--state FILE] [--trials 300]

*False alarms.* White noise through the whole segment analysis (``noise_alarms``, which can stop after a
budget of processor time and go on from its state file). The design is ``PFA`` = 1e-6 a bin; with designs of
1e-4 and 1e-5 less noise tells more. The same on all of the corpus's real receiver noise.

*Sensitivity.* For each kind of signal the smallest signal-to-noise ratio that is found in nine segments of
ten, anywhere in the span and at any time of the look, against the radiometer that knows band and time: it
sums N = time × bandwidth independent values and decides with the same 1e-6 (non-central chi-square, constant
power).
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, ncx2, norm

from sweeper.detectors import rf_segment
from sweeper.dsp import boxes, floor, spectrum
from sweeper.dsp.statistics import PFA
from tests.benchmarks import noise_alarms
from tests.dsp.signals import RATE, Samples, bits, from_frequency, gfsk, noise, put, read, tone, voice

TPMS_RATE, GPS_RATE, GPS_SPUR_HZ = 250e3, 4e6, -417e3
N0 = 1e-10
BURST_S = 148 / 270_833
"""What is sent of a slot of 577 us."""
LOOK_S = 0.0052
SEGMENT_S = 0.065536


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


def told(what: str, pfa: float, alarms: int, made: float) -> None:
    """One row: alarms, decisions, their ratio to the design."""
    if made:
        rate = alarms / made
        print(
            f"  design {pfa:.0e}  {what}  {alarms} in {made:.2e} = {rate:.1e}, {rate / pfa:.2f} x the design"
        )


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
    options = parser.parse_args()
    if options.quick:
        options.decisions, options.trials = 4e6, 40
    began = time.process_time()
    if options.only in (None, "alarms"):
        alarms(options)
    if options.only in (None, "real"):
        print("False alarms in the corpus's real noise")
        for pfa in (1e-3, 1e-4, 1e-5, PFA):
            told("       ", pfa, *real_noise(pfa))
    if options.only in (None, "sensitivity"):
        sensitivity(options)
    print(f"box sizes: frames {boxes.TIMES}, bins {boxes.widths(512)}; {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
