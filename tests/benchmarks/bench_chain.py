"""Samples to spectrum beside the bare transform, and the whole RF chain beside rtl_433 on the same files.

    python -m tests.benchmarks.bench_chain

Two recordings of 2.4 MS/s (8 bit) are made: *sparse*, three keyed bursts a second and a frequency-modulated
carrier half of the time, and *busy*, forty bursts a second over six such carriers. Our chain reads the file,
detects, names, tracks and lays out findings; ``rtl_433 -A`` reads the same file and analyses its pulses. All
times are processor time.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.fft

from sweeper.dsp import spectrum
from sweeper.radio.replay import open_recordings
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library

RATE = 2_400_000
SECONDS = 6
SPECTRUM_BOUND = 0.5


def second(rng: np.random.Generator, bursts: int, steady: int) -> np.ndarray:
    """One second of receiver noise, keyed and shifted bursts, and frequency-modulated carriers."""
    t = np.arange(RATE) / RATE
    z = 0.02 * (rng.standard_normal(RATE) + 1j * rng.standard_normal(RATE))
    for k in range(bursts):
        bits = np.repeat(rng.integers(0, 2, 80), 480)
        at, offset = int(rng.integers(0, RATE - len(bits))), rng.uniform(-1e6, 1e6)
        turns = offset * t[: len(bits)]
        if k % 2:
            z[at : at + len(bits)] += 0.2 * bits * np.exp(2j * np.pi * turns)
        else:
            turns = turns + np.cumsum(2 * bits - 1) * 20e3 / RATE
            z[at : at + len(bits)] += 0.2 * np.exp(2j * np.pi * turns)
    for k in range(steady):
        swing = np.cumsum(np.sin(2 * np.pi * (300 + 170 * k) * t)) * 4e3 / RATE
        z += 0.05 * np.exp(2j * np.pi * ((310e3 - 150e3 * k) * t + swing))
    return np.clip(np.round(np.column_stack([z.real, z.imag]) * 127.5 + 127.5), 0, 255).astype(np.uint8)


def make(path: Path, bursts: int, steady: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    with path.open("wb") as stream:
        for k in range(SECONDS):
            stream.write(second(rng, bursts, steady[k % 2]).tobytes())


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """Seconds of processor time, the least of some rounds."""
    took = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def spectra() -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(2 * (1 << 21)).astype(np.float32).view(np.complex64)
    for size in (512, 4096):
        hop = size // 2
        frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
        step = spectrum.CHUNK // size

        def bare(frames: np.ndarray = frames, step: int = step) -> None:
            for at in range(0, len(frames), step):
                scipy.fft.fft(frames[at : at + step], axis=1)

        def ours(size: int = size) -> None:
            cells = spectrum.power_frames(samples, size, 2.4e6)
            cells.mean(axis=0), cells.max(axis=0)

        a, b = best(bare), best(ours)
        print(
            f"mean and max spectrum, frames of {size}, half overlap: {len(samples) / b / 1e6:.0f} MS/s, "
            f"ratio to bare scipy FFT of the same frames {a / b:.2f} (wanted {SPECTRUM_BOUND})"
        )
        peer = fftw(frames, step)
        if peer is not None:
            print(
                f"the same beside bare FFTW, planned by measuring, one thread: ratio {peer / b:.2f}; "
                f"bare scipy FFT beside FFTW, the most that can be had with it: {peer / a:.2f}"
            )


def fftw(frames: np.ndarray, step: int) -> float | None:
    """Seconds that FFTW alone takes for the transforms of the same frames."""
    try:
        import pyfftw
    except ImportError:
        print("FFTW: pyfftw is not installed")
        return None
    inside = pyfftw.empty_aligned((step, frames.shape[1]), np.complex64)
    outside = pyfftw.empty_aligned(inside.shape, np.complex64)
    plan = pyfftw.FFTW(inside, outside, axes=(1,), threads=1, flags=("FFTW_MEASURE",))

    def work() -> None:
        for at in range(0, len(frames) - step + 1, step):
            inside[:] = frames[at : at + step]
            plan.execute()

    return best(work)


def chain(path: Path, library: Library) -> float:
    sources, _ = open_recordings([str(path)])
    stages = standard_stages(library)
    collected = Collector()
    start = time.process_time()
    asyncio.run(Session(sources, stages, [collected]).run())
    return time.process_time() - start


def rtl_433(path: Path) -> float | None:
    if shutil.which("rtl_433") is None:
        return None
    command = ["rtl_433", "-A", "-F", "json", "-s", str(RATE), "-r", f"cu8:{path}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    spectra()
    library = Library.load()
    size = RATE * SECONDS
    with tempfile.TemporaryDirectory() as folder:
        for name, bursts, steady in (("sparse", 3, (0, 1)), ("busy", 40, (6, 6))):
            path = Path(folder) / f"{name}_433.92M_2400k.cu8"
            make(path, bursts, steady)
            ours, peer = min(chain(path, library) for _ in range(2)), rtl_433(path)
            told = f", ratio to rtl_433 -A on the same file {peer / ours:.2f}" if peer else ""
            print(
                f"whole chain, {name}: {size / ours / 1e6:.1f} MS/s, "
                f"ratio to the air's own rate {SECONDS / ours:.1f}{told}"
            )


if __name__ == "__main__":
    main()
