"""Names and figures for signals made by arithmetic, at several rates: rules must not depend on the rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper import allocations
from sweeper.dsp import gsm, ofdm, preambles, symbols, video
from sweeper.dsp.channel import Spectrum
from sweeper.records import Emission
from tests.dsp.signals import (
    Samples,
    bits,
    emissions,
    from_frequency,
    fsk,
    gfsk,
    held,
    noise,
    ook,
    psk,
    put,
    tone,
    voice,
)

N0 = 1e-10
RATES = (500e3, 1e6, 2.4e6, 8e6)


def strongest(air: Samples, rate: float, center: float = 433e6) -> Emission:
    return max(emissions(air, rate, center), key=lambda e: e.power_dbfs)


@pytest.mark.parametrize("rate", RATES)
def test_a_carrier_is_a_carrier(rate: float) -> None:
    count = int(rate * 0.2)
    one = strongest(noise(count, rate) + tone(count, 61e3, N0 * 3e3 * 300, rate), rate)
    assert one.kind == "carrier"
    assert one.center_hz == pytest.approx(433.061e6, abs=2 * rate / 2048)


@pytest.mark.parametrize("rate", [250e3, 500e3, 1e6, 2.4e6])
def test_narrow_fm_voice(rate: float) -> None:
    count = int(rate * 0.4)
    one = strongest(
        noise(count, rate) + from_frequency(50e3 + 2.5e3 * voice(count, rate), N0 * 1e4 * 300, rate), rate
    )
    assert one.kind == "nfm"
    assert one.features["continuous"] is True


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
def test_wide_fm(rate: float) -> None:
    count = int(rate * 0.3)
    sound = voice(count, rate, low=50, high=15e3)
    pilot = 7.5e3 * np.sin(2 * np.pi * 19e3 * np.arange(count) / rate)
    found = emissions(
        noise(count, rate) + from_frequency(90e3 + 60e3 * sound + pilot, N0 * 2e5 * 300, rate), rate
    )
    assert [e.kind for e in found] == ["wfm"]


@pytest.mark.parametrize("rate", [250e3, 1e6, 2.4e6])
def test_am_voice(rate: float) -> None:
    count = int(rate * 0.4)
    level = 1 + 0.7 * voice(count, rate)
    one = strongest(
        noise(count, rate) + (level * tone(count, 50e3, N0 * 1e4 * 1000, rate)).astype(np.complex64), rate
    )
    assert one.kind == "am"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("symbol_rate", [1_000.0, 4_800.0, 20_000.0])
def test_on_off_keying(rate: float, symbol_rate: float) -> None:
    air = noise(int(rate * 0.3), rate)
    manchester = np.repeat(bits(int(0.05 * symbol_rate)), 2)
    manchester[1::2] = 1 - manchester[1::2]
    put(air, 0.08, ook(manchester, symbol_rate, 70e3, N0 * symbol_rate * 2000, rate), rate)
    one = strongest(air, rate)
    assert one.kind == "ook"
    assert one.features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.02)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("symbol_rate", "deviation"), [(4_800.0, 5e3), (19_200.0, 39e3), (50_000.0, 25e3)])
def test_frequency_shift_keying(rate: float, symbol_rate: float, deviation: float) -> None:
    air = noise(int(rate * 0.3), rate)
    width = 2 * (deviation + symbol_rate)
    put(
        air,
        0.1,
        fsk(bits(int(0.05 * symbol_rate)), symbol_rate, deviation, -60e3, N0 * width * 200, rate),
        rate,
    )
    one = strongest(air, rate)
    assert one.kind == "fsk"
    assert len(one.bursts) == 1
    assert one.features["symbol_rate_hz"] == pytest.approx(symbol_rate, rel=0.02)
    assert one.features["deviation_hz"] == pytest.approx(deviation, rel=0.15)


@pytest.mark.parametrize("rate", [1e6, 2.4e6])
def test_phase_shift_keying(rate: float) -> None:
    air = noise(int(rate * 0.2), rate)
    put(air, 0.05, psk(bits(1000), 31_250, -100e3, N0 * 60e3 * 300, rate), rate)
    one = strongest(air, rate)
    assert one.kind == "psk"
    assert one.features["symbol_rate_hz"] == pytest.approx(31_250, rel=0.02)


def test_a_handset_by_its_slots() -> None:
    rate = 2.4e6
    air = noise(int(rate * 0.3), rate)
    for i in range(60):
        put(
            air,
            0.003 + i * gsm.FRAME_S,
            gfsk(bits(148, i), gsm.SYMBOL_RATE_HZ, 0.5, 0.3, -2e5, N0 * 2e5 * 60),
            rate,
        )
    one = strongest(air, rate, 900e6)
    assert one.kind == "gsm-uplink"
    assert len(one.bursts) == pytest.approx(60, abs=2)
    assert one.features["period_ms"] == pytest.approx(4.615, abs=0.01)
    assert one.features["burst_ms"] == pytest.approx(0.577, abs=0.15)


def test_a_cordless_telephone() -> None:
    rate = 4e6
    air = noise(int(rate * 0.3), rate)
    for i in range(28):
        put(air, 0.003 + i * 0.01, gfsk(bits(420, i), 1.152e6, 0.5, 0.5, -5e5, N0 * 1.2e6 * 60, rate), rate)
    one = strongest(air, rate, 1890e6)
    assert one.kind == "dect"
    assert one.features["symbol_rate_hz"] == pytest.approx(1.152e6, rel=0.01)


def picture(rate: float, line_hz: float, seconds: float = 0.03) -> Samples:
    """A composite signal: sync, blanking and a texture that changes slowly from line to line."""
    random = np.random.default_rng(8)
    at = np.arange(int(rate * seconds)) / rate
    place = at * line_hz % 1
    row = (at * line_hz).astype(int)
    texture = np.interp(place, np.linspace(0, 1, 50), random.random(50)) + 0.05 * np.sin(row / 30)
    level = np.where(place < 0.073, -0.3, np.where(place < 0.16, 0.0, 0.2 + 0.6 * texture))
    return from_frequency(2e6 * level, 0.01, rate)


@pytest.mark.parametrize(("line_hz", "standard"), [(15_625.0, "pal"), (15_734.264, "ntsc")])
@pytest.mark.parametrize("rate", [8e6, 10e6])
def test_analogue_video_by_its_lines(line_hz: float, standard: str, rate: float) -> None:
    air = picture(rate, line_hz)
    one = strongest(air + noise(len(air), rate, 1e-10), rate, 1160e6)
    assert one.kind == "analog-video"
    assert one.features["standard"] == standard
    assert one.features["line_rate_hz"] == pytest.approx(line_hz, rel=1e-3)
    assert video.find(noise(len(air), rate), rate) is None


def cyclic(rate: float, carriers: int, seconds: float, seed: int = 6) -> Samples:
    """OFDM of 15 kHz with a prefix of 7 %, ``carriers`` of them around the centre."""
    random = np.random.default_rng(seed)
    size = round(rate / 15e3)
    prefix = round(0.07 * size)
    out = []
    for _ in range(int(seconds * rate / (size + prefix))):
        bins = np.zeros(size, complex)
        half = carriers // 2
        bins[1 : half + 1] = np.exp(1j * np.pi / 2 * random.integers(0, 4, half))
        bins[-half:] = np.exp(1j * np.pi / 2 * random.integers(0, 4, half))
        symbol = np.fft.ifft(bins) * size / np.sqrt(carriers)
        out += [symbol[-prefix:], symbol]
    return np.concatenate(out).astype(np.complex64)


@pytest.mark.parametrize(("rate", "carriers"), [(19.2e6, 1200), (7.68e6, 300), (1.92e6, 120)])
def test_lte_by_its_cyclic_prefix_even_where_it_fills_the_span(rate: float, carriers: int) -> None:
    signal = cyclic(rate, carriers, 0.03)
    air = signal + 0.5 * noise(len(signal), rate, 1 / rate)
    (found,) = ofdm.find(air, rate)
    assert found.system == "lte"
    assert found.high_hz - found.low_hz == pytest.approx(15e3 * carriers, rel=0.2)
    assert strongest(air, rate, 1815e6).kind == "lte"


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_noise_and_keying_have_no_cyclic_prefix(seed: int) -> None:
    assert ofdm.find(noise(100_000, 2.4e6, seed=seed), 2.4e6) == []
    assert ofdm.find(fsk(bits(1000, seed), 25e3, 20e3, 1e5, 1.0), 2.4e6) == []


@given(st.floats(3, 400), st.integers(0, 1000), st.integers(40, 300))
@settings(max_examples=40, deadline=None)
def test_the_symbol_clock_of_random_data(period: float, seed: int, count: int) -> None:
    data = bits(count, seed)
    edges = (np.flatnonzero(np.diff(data)) + 1) * period + 7
    jitter = np.random.default_rng(seed).normal(0, 0.02 * period, len(edges))
    found = symbols.clock(np.sort(edges + jitter))
    if len(edges) < symbols.LEAST_CHANGES:
        assert found is None
    elif len(edges) > 30:
        assert found is not None
        assert found.period == pytest.approx(period, rel=0.02)
        assert found.holds


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_moments_without_a_clock_do_not_hold_one(seed: int) -> None:
    moments = np.cumsum(np.random.default_rng(seed).exponential(50, 120))
    found = symbols.clock(moments)
    assert found is None or not found.holds


def test_changes_are_between_the_samples() -> None:
    ramp = np.clip((np.arange(100) - 49.75) / 4, -1, 1)
    assert symbols.changes(ramp, 0.0, 0.2) == pytest.approx([49.75])


@given(st.floats(-20e3, 20e3), st.floats(0.002, 0.02))
@settings(max_examples=15, deadline=None)
def test_a_frequency_correction_burst_between_data(error_hz: float, at_s: float) -> None:
    rate = 1e6
    data = np.concatenate((bits(round(at_s * gsm.SYMBOL_RATE_HZ)), np.ones(148, np.int8), bits(3000, 5)))
    air = gfsk(data, gsm.SYMBOL_RATE_HZ, 0.5, 0.3, 1e5 + error_hz, 1.0, rate)
    air = air + 0.1 * noise(len(air), rate, 1 / rate)
    (found,) = gsm.correction_bursts(Spectrum(air, rate), 1e5)
    assert found.tone_hz == pytest.approx(gsm.TONE_HZ + error_hz, abs=100)
    assert found.start_s == pytest.approx(round(at_s * gsm.SYMBOL_RATE_HZ) / gsm.SYMBOL_RATE_HZ, abs=1e-4)


def test_noise_has_no_frequency_correction_burst() -> None:
    assert gsm.correction_bursts(Spectrum(noise(400_000, 1e6), 1e6), 1e5) == []


def test_times_ten_and_eleven_frames_apart_are_plausible() -> None:
    frames = np.array([0, 10, 20, 30, 40, 51, 61])
    assert gsm.plausible((0.013 + frames * gsm.FRAME_S).tolist())
    assert not gsm.plausible([0.0, 0.0172, 0.0301])


@pytest.mark.parametrize(
    ("mhz", "number"),
    [
        (935.2, 1),
        (941.0, 30),
        (959.8, 124),
        (925.2, 975),
        (935.0, 0),
        (1805.2, 512),
        (890.2, 1),
        (1710.2, 512),
        (700.0, None),
    ],
)
def test_channel_numbers_of_ts_45005(mhz: float, number: int | None) -> None:
    assert gsm.arfcn(mhz * 1e6) == number


def test_the_access_address_of_bluetooth() -> None:
    """0x8E89BED6 least significant bit first is 0110 1011 0111 1101 1001 0001 0111 0001."""
    data = [int(b) for b in "01010101" + "01101011011111011001000101110001"] + bits(120).tolist()
    air = gfsk(np.array(data, np.int8), 1e6, 0.5, 0.5, 0.0, 1.0, 4e6)
    assert preambles.ble_address(Spectrum(air, 4e6).cut(0, 1.4e6))
    other = gfsk(bits(160, 77), 1e6, 0.5, 0.5, 0.0, 1.0, 4e6)
    assert not preambles.ble_address(Spectrum(other, 4e6).cut(0, 1.4e6))


def test_the_training_field_of_80211() -> None:
    random = np.random.default_rng(1)
    period = (random.standard_normal(16) + 1j * random.standard_normal(16)).astype(np.complex64)
    data = (random.standard_normal(2000) + 1j * random.standard_normal(2000)).astype(np.complex64)
    frame = np.concatenate((0.1 * data[:300], np.tile(period, 10), data))
    assert preambles.short_training(frame, 20e6) > 0.9
    assert preambles.short_training(data, 20e6) < preambles.LEAST_AGREEMENT


@given(st.floats(-0.4, 0.4), st.floats(0.01, 0.1))
@settings(max_examples=25, deadline=None)
def test_a_channel_keeps_power_time_and_frequency(place: float, width: float) -> None:
    rate, count = 1e6, 20_000
    level = held(np.array([0.0, 1.0, 0.0]), 150, rate)[:count]
    air = (level * tone(len(level), place * rate, 0.5, rate)).astype(np.complex64)
    channel = Spectrum(air, rate).cut(place * rate, width * rate)
    power = np.abs(channel.samples) ** 2
    middle = power[int(0.010 * channel.rate_hz)]
    assert middle == pytest.approx(0.5, rel=0.02)
    on = np.flatnonzero(power > 0.25) / channel.rate_hz
    assert on[0] == pytest.approx(1 / 150, abs=2 / (width * rate))
    assert on[-1] == pytest.approx(2 / 150, abs=2 / (width * rate))


def test_every_band_names_users_source_and_date() -> None:
    for region in ("kz", "eu"):
        bands = allocations.region(region)
        assert len(bands) > 40
        assert all(b.source and b.users.en and b.name.ru and b.name.kk for b in bands)
    found = allocations.at(433.92e6)
    assert found is not None
    assert found.name.en.startswith("Short-range devices")
    assert allocations.at(5e9, "nowhere") is None
