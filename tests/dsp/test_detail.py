"""Looking into a signal against arithmetic: a keyed carrier's timing, a two-tone shift, a phase plane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.dsp.detail import look_into

RATE_HZ = 250_000.0


def noise(count: int, level: float = 1e-3, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (level * (rng.normal(size=count) + 1j * rng.normal(size=count))).astype(np.complex64)


def test_a_keyed_carrier_shows_its_bursts_and_level() -> None:
    """Three bursts of 10 ms at 0, 30 and 60 ms, amplitude 0.1 (-20 dBFS), 40 kHz beside the centre."""
    t = np.arange(round(0.1 * RATE_HZ)) / RATE_HZ
    on = (t % 0.03 < 0.01) & (t < 0.09)
    made = look_into(0.1 * on * np.exp(2j * np.pi * 40e3 * t) + noise(len(t)), RATE_HZ, 40e3, 10e3)
    assert [(round(b.start_s, 3), round(b.duration_s, 3)) for b in made.bursts] == [
        (0.0, 0.01),
        (0.03, 0.01),
        (0.06, 0.01),
    ]
    assert np.percentile(made.envelope_db, 90) == pytest.approx(-20.0, abs=0.3)
    assert made.seconds == pytest.approx(0.1, rel=0.01)
    peak = made.offset_hz[np.argmax(made.density_db)]
    assert abs(peak) < 2 * made.rate_hz / 1024 + 200


def test_a_frequency_shift_shows_its_two_tones() -> None:
    """Plus and minus 5 kHz, 100 symbols a second: the instantaneous frequency stands on the two."""
    t = np.arange(round(0.2 * RATE_HZ)) / RATE_HZ
    tone = np.where((t * 100).astype(int) % 2, 5e3, -5e3)
    made = look_into(0.1 * np.exp(2j * np.pi * np.cumsum(tone) / RATE_HZ), RATE_HZ, 0.0, 15e3)
    hertz = made.frequency_hz[np.isfinite(made.frequency_hz)]
    near = (np.abs(np.abs(hertz) - 5e3) < 600).mean()
    assert near > 0.9
    assert len(made.bursts) == 1


def test_four_phases_make_four_clusters() -> None:
    rng = np.random.default_rng(3)
    symbols = np.exp(1j * (np.pi / 4 + np.pi / 2 * rng.integers(0, 4, 200)))
    made = look_into((0.2 * np.repeat(symbols, 125)).astype(np.complex64), RATE_HZ, 0.0, 12e3)
    angle = np.angle(made.cloud * np.exp(-1j * np.pi / 4)) / (np.pi / 2)
    strong = np.abs(made.cloud) > 0.9
    assert (np.abs(angle[strong] - np.rint(angle[strong])) < 0.2).mean() > 0.7
    assert float(np.sqrt(np.mean(np.abs(made.cloud) ** 2))) == pytest.approx(1.0, rel=1e-3)


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        look_into(noise(10), RATE_HZ, 0.0, 1e4)


@settings(max_examples=25, deadline=None)
@given(st.integers(64, 5_000), st.floats(-0.5, 0.5), st.floats(0.0, 2e6), st.integers(0, 99))
def test_any_piece_gives_finite_curves(count: int, place: float, width_hz: float, seed: int) -> None:
    made = look_into(noise(count, seed=seed), RATE_HZ, place * RATE_HZ, width_hz)
    assert np.isfinite(made.density_db).all()
    assert np.isfinite(made.envelope_db).all()
    assert len(made.time_s) == len(made.envelope_db) == len(made.frequency_hz)
    assert all(b.duration_s > 0 and b.start_s + b.duration_s <= made.seconds + 1e-9 for b in made.bursts)
