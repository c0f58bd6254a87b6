"""The crystal from base stations: MSK carriers with correction bursts, as a wrong crystal shows them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np
import pytest

from sweeper.dsp.crystal import error_ppm
from sweeper.radio import clock
from sweeper.radio.calibrate import calibrate, correction_tones
from sweeper.radio.receiver import Facts, Heard, Look, Refused
from sweeper.records import Samples
from tests.radio.virtual import limited

SYMBOL_HZ = 13e6 / 48
FRAME = 1250
"""Symbols of a TDMA frame: eight slots of 156.25."""


def base_station(rate_hz: float, seconds: float, offset_hz: float, seed: int) -> Samples:
    """A C0 carrier: random bits, and 148 zeros (a tone at a quarter of the symbol rate) every tenth frame."""
    rng = np.random.default_rng(seed)
    count = int(seconds * SYMBOL_HZ) + 2
    steps = rng.choice([-1.0, 1.0], count)
    for start in range(rng.integers(0, 10 * FRAME), count, 10 * FRAME):
        steps[start : start + 148] = 1.0
    phase = np.concatenate([[0.0], np.cumsum(steps * np.pi / 2)])
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    made = 0.1 * np.exp(
        1j * (np.interp(at * SYMBOL_HZ, np.arange(len(phase)), phase) + 2 * np.pi * offset_hz * at)
    )
    return made.astype(np.complex64)


class Played:
    """A receiver whose crystal runs fast by ``ppm``, among base stations at the given frequencies."""

    name = "played"

    def __init__(self, ppm: float, carriers_hz: Sequence[float]) -> None:
        self.fast = 1 + ppm * 1e-6
        self.carriers_hz = carriers_hz

    async def open(self) -> Facts:
        return Facts(label="played", gains_db=(30.0,))

    async def set_rate(self, rate_hz: float) -> float:
        return 2.048e6

    async def set_gain(self, gain_db: float) -> float:
        return gain_db

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        for index, look in enumerate(looks):
            seconds = look.samples / 2.048e6
            noise = np.random.default_rng(index).standard_normal((look.samples, 2)) * 0.005
            samples: Samples = noise.astype(np.float32).view(np.complex64)[:, 0]
            for carrier in self.carriers_hz:
                offset = (carrier - look.center_hz * self.fast) / self.fast
                if abs(offset) < 1.1e6:
                    part = base_station(2.048e6, seconds, offset, int(carrier / 1e5))
                    samples = samples + part[: look.samples]
            yield Heard(samples, clock.now_s())

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        yield Refused("it does not stream")

    async def close(self) -> None: ...


@pytest.mark.parametrize("ppm", [0.0, 12.0, -67.0])
def test_base_stations_tell_the_error(ppm: float) -> None:
    found = limited(calibrate(lambda: Played(ppm, (936.2e6, 941.0e6, 953.6e6))))
    assert found is not None
    assert found.ppm == pytest.approx(ppm, abs=0.3)
    assert found.used == 3


@pytest.mark.corpus
@pytest.mark.parametrize(("name", "ppm"), [("941.0MHz", -9.0), ("953.6MHz", -9.0)])
def test_real_base_stations(corpus_path: Path, name: str, ppm: float) -> None:
    (path,) = sorted((corpus_path / "rf" / "gsm").glob(f"*{name}*"))
    samples = np.fromfile(path, np.complex64)
    ((true_hz, shown_hz),) = correction_tones(samples / np.abs(samples).max(), 500e3, float(name[:-3]) * 1e6)
    assert error_ppm(true_hz, shown_hz) == pytest.approx(ppm, abs=0.3)  # 8.5 and 8.6 kHz too high


def test_without_base_stations_nothing_is_claimed() -> None:
    assert limited(calibrate(lambda: Played(5.0, ()))) is None


def test_carriers_without_correction_bursts_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    n = np.arange(250_000)
    steady = 0.1 * np.exp(2j * np.pi * 0.1 * n) + 0.005 * rng.standard_normal(len(n))
    assert correction_tones(steady.astype(np.complex64), 2.048e6, 940e6) == []
