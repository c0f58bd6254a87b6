"""What stays is steady, modulated or faint, also with a burst beside it; what is keyed is not."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_segment import analyse
from sweeper.detectors.rf_steady import _fades
from sweeper.dsp.floor import History
from tests.dsp.signals import bits, from_frequency, noise

RATE, SECONDS, N0 = 2.4e6, 0.066, 1e-10
COUNT = int(RATE * SECONDS)
BURST_S = (0.020, 0.036)


def carrier(offset_hz: float, tone_hz: float, deviation_hz: float = 4e3) -> np.ndarray:
    """A tone on frequency modulation, some 30 dB over the noise in its band."""
    swing = deviation_hz * np.sin(2 * np.pi * tone_hz * np.arange(COUNT) / RATE)
    return from_frequency(offset_hz + swing, N0 * 1e7, RATE)


def keyed(offset_hz: float) -> np.ndarray:
    """FSK of 5 kBd for 16 ms, four times as strong as the carrier."""
    sent = 2.0 * np.repeat(bits(80, 5), 480) - 1
    out = np.zeros(COUNT, np.complex64)
    at = int(BURST_S[0] * RATE)
    burst = from_frequency(offset_hz + 20e3 * sent, N0 * 4e7, RATE)
    out[at : at + len(burst)] = burst
    return out


def heard(*signals: np.ndarray) -> tuple[Heard, ...]:
    air = (noise(COUNT, RATE, N0) + sum(signals)).astype(np.complex64)
    return analyse(air, RATE, History(), 0.0).heard


@pytest.mark.parametrize("tone_hz", [300.0, 640.0, 1150.0])
def test_a_swinging_carrier_alone_is_one_steady_signal(tone_hz: float) -> None:
    (one,) = heard(carrier(-140e3, tone_hz))
    assert one.steady
    assert abs(one.center_hz + 140e3) < 1e3


@pytest.mark.parametrize("beside_hz", [40e3, 60e3])
def test_a_burst_beside_a_swinging_carrier_keeps_its_own_time(beside_hz: float) -> None:
    found = heard(carrier(-140e3, 640.0), keyed(-140e3 + beside_hz))
    steady = [one for one in found if one.steady]
    (burst,) = [one for one in found if not one.steady]
    assert len(steady) == 1
    assert abs(steady[0].center_hz + 140e3) < 1e3
    assert (burst.start_s, burst.stop_s) == pytest.approx(BURST_S, abs=1e-3)
    assert burst.center_hz == pytest.approx(-140e3 + beside_hz, abs=8e3)


@pytest.mark.parametrize("cn0_db_hz", [43.0, 45.0, 48.0])
@pytest.mark.parametrize("offset_hz", [372.1e3, 300e3])
def test_a_faint_carrier_whose_bin_noise_dips_into_makes_no_pauses(
    cn0_db_hz: float, offset_hz: float
) -> None:
    """It stands 6 to 11 dB over the noise of a short frame's bin, in the middle of one or between two."""
    line = from_frequency(np.full(COUNT, offset_hz), N0 * 10 ** (cn0_db_hz / 10), RATE)
    (one,) = heard(line)
    assert one.steady
    assert abs(one.center_hz - offset_hz) < 1e3


@pytest.mark.parametrize("cn0_db_hz", [45.0, 48.0, 58.0])
def test_a_carrier_that_is_off_half_of_the_time_does(cn0_db_hz: float) -> None:
    line = from_frequency(np.full(COUNT, 300e3), N0 * 10 ** (cn0_db_hz / 10), RATE)
    line[(np.arange(COUNT) * 50 / RATE) % 1 >= 0.5] = 0
    found = heard(line)
    assert found
    assert not any(one.steady for one in found)


@pytest.mark.parametrize(("independent", "snr"), [(1, 4.0), (1, 8.0), (4, 3.0)])
def test_what_noise_takes_from_a_steady_signal(independent: int, snr: float) -> None:
    rng = np.random.default_rng(1)
    white = rng.standard_normal((100_000, independent)) + 1j * rng.standard_normal((100_000, independent))
    power = (np.abs(np.sqrt(snr) + white / np.sqrt(2)) ** 2).mean(axis=1) - 1
    low = 2 / np.sqrt(independent)
    counted = float(np.mean(power < low))
    assert _fades(float(np.percentile(power, 95)), low, independent) == pytest.approx(counted, rel=0.3)
