"""Frequency keying with tones far apart is one emission; two senders side by side stay two."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.records import Emission
from tests.dsp.signals import Samples, bits, emissions, from_frequency, noise, voice

RATE, N0, SECONDS = 2.4e6, 1e-10, 0.195
POWER = N0 * 2.5e5 * 40


def keyed(symbol_rate: float, deviation_hz: float, offset_hz: float, seed: int) -> Samples:
    """Plain FSK of random bits, its frequency switching at once."""
    sent = 2.0 * bits(int(SECONDS * symbol_rate) + 2, seed) - 1
    at = (np.arange(int(SECONDS * RATE)) / RATE * symbol_rate).astype(int)
    return from_frequency(offset_hz + deviation_hz * sent[at], POWER, RATE)


def heard(*signals: Samples) -> list[Emission]:
    air = noise(len(signals[0]), RATE, N0) + sum(signals)
    return [one for one in emissions(air.astype(np.complex64), RATE) if one.snr_db > 6]


@pytest.mark.parametrize(("symbol_rate", "deviation_hz"), [(9600, 93e3), (50e3, 57e3), (38.4e3, 118e3)])
def test_two_tones_of_one_sender_are_one_emission(symbol_rate: float, deviation_hz: float) -> None:
    (one,) = heard(keyed(symbol_rate, deviation_hz, -2e5, 11))
    assert one.kind == "fsk"
    assert one.features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.002)
    assert one.center_hz - 433e6 == pytest.approx(-2e5, abs=0.1 * deviation_hz)
    assert 2 * deviation_hz < one.width_hz < 2 * deviation_hz + 5 * symbol_rate


def test_two_senders_of_frequency_keying_stay_two() -> None:
    found = heard(keyed(9600, 10e3, -2e5, 1), keyed(9600, 10e3, -5e4, 2))
    assert sorted(round((one.center_hz - 433e6) / 1e4) for one in found if one.kind == "fsk") == [-20, -5]


def test_two_voices_stay_two() -> None:
    count = int(SECONDS * RATE)
    signals = [
        from_frequency(hz + 40e3 * voice(count, RATE, seed=seed), POWER, RATE)
        for seed, hz in ((1, -3e5), (2, 1e5))
    ]
    assert len([one for one in heard(*signals) if one.kind == "wfm"]) == 2
