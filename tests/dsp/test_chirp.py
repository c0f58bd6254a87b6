"""Chirps of LoRa made by the modulation's definition, and what is none."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.dsp.channel import Spectrum
from sweeper.dsp.chirp import find
from tests.dsp.signals import Samples, bits, emissions, from_frequency, fsk, noise, put, voice

N0 = 1e-10


def lora(
    band: float, factor: int, symbols: int, rate: float, hz: float, power: float, seed: int = 1
) -> Samples:
    """Eight plain up-chirps, then random symbols: frequency (n + 2^SF t/T) mod 2^SF steps of B / 2^SF."""
    size = 2**factor
    data = np.concatenate((np.zeros(8), np.random.default_rng(seed).integers(0, size, symbols)))
    at = np.arange(int(len(data) * size / band * rate)) / rate
    place = at * band / size
    begins = data[np.minimum(place.astype(int), len(data) - 1)]
    step = (begins + (place - place.astype(int)) * size) % size
    return from_frequency(hz + (step / size - 0.5) * band, power, rate)


@pytest.mark.parametrize(("band", "factor"), [(125e3, 7), (125e3, 10), (125e3, 12), (250e3, 9), (500e3, 8)])
@pytest.mark.parametrize("rate", [1e6, 2.4e6, 8e6])
def test_a_packet_of_lora_is_told_with_its_factor(band: float, factor: int, rate: float) -> None:
    signal = lora(band, factor, 12, rate, 1e5, N0 * band * 20)
    air = noise(len(signal), rate, N0) + signal
    found = find(Spectrum(air, rate).cut(1e5, 1.5 * band, 3.0), band)
    assert found is not None
    assert (found.bandwidth_hz, found.spreading_factor) == (band, factor)


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
def test_what_is_no_chirp(rate: float) -> None:
    count = int(0.05 * rate)
    power = N0 * 125e3 * 300
    others = [
        noise(count, rate, N0),
        from_frequency(40e3 * voice(count, rate, low=50, high=15e3), power, rate),
        fsk(bits(2500), 50e3, 40e3, 0.0, power, rate),
        fsk(bits(250), 5e3, 50e3, 0.0, power, rate),
    ]
    for other in others:
        air = noise(len(other), rate, N0, 3) + other
        assert find(Spectrum(air, rate).cut(0.0, 190e3, 3.0), 125e3) is None


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
def test_the_stage_tells_a_packet_as_chirps(rate: float) -> None:
    air = noise(int(0.3 * rate), rate)
    put(air, 0.1, lora(125e3, 9, 20, rate, 1.5e5, N0 * 125e3 * 30), rate)
    one = max(emissions(air, rate, 868e6), key=lambda e: e.power_dbfs)
    assert one.features["modulation"] == "chirp"
    assert one.features["spreading_factor"] == 9
    assert one.kind == "unknown"  # the list of kinds has none for it
