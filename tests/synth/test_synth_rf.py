"""Rendered signals against what standards and arithmetic say of them, measured here from the samples."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from sweeper.synth import scene as s
from sweeper.synth.receiver import Receiver

RATE = 1e6
QUIET = s.Receiver(gain_db=60.0, noise_figure_db=0.0, dc_dbfs=-200.0, image_db=-200.0, bits=0)


def scene(*rf: s.Rf, receiver: s.Receiver = QUIET, duration_s: float = 10.0) -> s.Scene:
    return s.Scene(seed=7, duration_s=duration_s, rf=rf, receiver=receiver)


def heard(
    *rf: s.Rf,
    count: int = 200_000,
    center_hz: float = 100e6,
    rate_hz: float = RATE,
    start_s: float = 1.0,
    receiver: s.Receiver = QUIET,
) -> np.ndarray:
    return Receiver(scene(*rf, receiver=receiver)).samples(start_s, count, center_hz, rate_hz).astype(complex)


def spectrum(z: np.ndarray, rate_hz: float, size: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in order and mean power density per hertz."""
    window = np.hanning(size)
    rows = z[: len(z) // size * size].reshape(-1, size) * window
    power = np.mean(np.abs(np.fft.fft(rows, axis=1)) ** 2, axis=0) / (np.sum(window**2) * rate_hz)
    return np.fft.fftshift(np.fft.fftfreq(size, 1 / rate_hz)), np.fft.fftshift(power)


def frequency(z: np.ndarray, rate_hz: float) -> np.ndarray:
    """Instantaneous frequency between neighbouring samples."""
    return np.angle(z[1:] * np.conj(z[:-1])) * rate_hz / (2 * np.pi)


def db(x: float) -> float:
    return float(10 * np.log10(x))


BUG = s.Nfm(name="bug", center_hz=100.1e6, level_dbm=-80)
ALL = (
    BUG,
    s.Am(name="am", center_hz=99.8e6, level_dbm=-85),
    s.Broadcast(name="fm", center_hz=100.45e6, level_dbm=-80),
    s.GsmUplink(name="up", center_hz=99.9e6, level_dbm=-75),
    s.GsmC0(name="c0", center_hz=100.2e6, level_dbm=-80),
    s.Lte(name="lte", center_hz=102e6, level_dbm=-70, width_hz=4e6, load=0.5),
    s.Packets(name="p", center_hz=100e6, level_dbm=-80, format="tpms", period_s=(0.1, 0.2), first_s=0.0),
    s.Dect(name="d", center_hz=100.3e6, level_dbm=-80),
    s.AnalogVideo(name="v", center_hz=103e6, level_dbm=-70),
)


@pytest.fixture(scope="module")
def everything() -> Receiver:
    return Receiver(scene(*ALL, receiver=s.Receiver(spurs=((1e5, -50.0),))))


@pytest.mark.parametrize("cut", [1, 4096, 4097, 33_333])
def test_block_boundaries_leave_no_trace(everything: Receiver, cut: int) -> None:
    receiver = everything
    whole = receiver.samples(2.0, 50_000, 100e6, RATE)
    parts = (
        receiver.samples(2.0, cut, 100e6, RATE),
        receiver.samples(2.0 + cut / RATE, 50_000 - cut, 100e6, RATE),
    )
    assert np.array_equal(whole, np.concatenate(parts))


def test_the_seed_decides() -> None:
    few = (BUG, ALL[4], ALL[6])
    one = Receiver(scene(*few)).samples(1.0, 5_000, 100e6, RATE)
    again = Receiver(scene(*few)).samples(1.0, 5_000, 100e6, RATE)
    other = Receiver(msgspec.structs.replace(scene(*few), seed=8)).samples(1.0, 5_000, 100e6, RATE)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_carrier_has_its_frequency_and_level() -> None:
    z = heard(s.Carrier(name="c", center_hz=100.2e6, level_dbm=-70))
    f, p = spectrum(z, RATE)
    assert f[np.argmax(p)] == pytest.approx(200e3, abs=RATE / 1024)
    assert db(np.mean(np.abs(z) ** 2)) == pytest.approx(-10, abs=0.1)  # -70 dBm + 60 dB


def test_noise_has_the_density_of_the_receiver() -> None:
    f, p = spectrum(heard(receiver=s.Receiver(gain_db=60, noise_figure_db=6, bits=0)), RATE)
    assert db(np.median(p[np.abs(f) > 10e3])) == pytest.approx(-174 + 6 + 60, abs=0.2)


def test_crystal_error_moves_the_signal_down() -> None:
    """A receiver whose crystal runs 10 ppm too fast tunes 1 kHz too high at 100 MHz."""
    z = heard(
        s.Carrier(name="c", center_hz=100e6, level_dbm=-60),
        receiver=msgspec.structs.replace(QUIET, ppm=10.0),
    )
    assert np.median(frequency(z, RATE)) == pytest.approx(-1000, abs=2)


def test_image_dc_and_spur() -> None:
    receiver = s.Receiver(gain_db=60, image_db=-30, dc_dbfs=-40, spurs=((-150e3, -35.0),), bits=0)
    z = heard(s.Carrier(name="c", center_hz=100.25e6, level_dbm=-70), receiver=receiver)

    def level(hz: float) -> float:
        return db(abs(np.mean(z * np.exp(-2j * np.pi * hz * np.arange(len(z)) / RATE))) ** 2)

    assert level(250e3) == pytest.approx(-10, abs=0.1)
    assert level(-250e3) == pytest.approx(-40, abs=0.1)
    assert level(0) == pytest.approx(-40, abs=0.3)
    assert level(-150e3) == pytest.approx(-35, abs=0.1)


def test_eight_bits_mean_256_levels_and_clipping() -> None:
    z = heard(s.Carrier(name="c", center_hz=100.2e6, level_dbm=-50), receiver=s.Receiver(gain_db=60))
    levels = np.unique(z.real)
    assert len(levels) <= 256
    assert levels[-1] == pytest.approx(127.5 / 128)
    assert np.allclose(levels * 128 - 0.5, np.round(levels * 128 - 0.5))


def test_what_lies_outside_is_filtered_away() -> None:
    """A carrier beyond the edge must not come back at the other side."""
    f, p = spectrum(heard(s.Carrier(name="c", center_hz=100.7e6, level_dbm=-60)), RATE)
    assert p.max() < 10 * np.median(p)
    wide = heard(s.Broadcast(name="b", center_hz=100.5e6, level_dbm=-60))
    f, p = spectrum(wide, RATE)
    folded = p[
        (f > -440e3) & (f < -300e3)
    ]  # the outermost twentieth is the filter's own edge, as on real ones
    assert db(p[f > 440e3].max() / folded.max()) > 40


def test_nfm_deviation_and_width() -> None:
    z = heard(s.Nfm(name="n", center_hz=100e6, level_dbm=-50, deviation_hz=3000), count=2_000_000)
    hz = frequency(z[::8], RATE / 8)
    assert np.abs(hz).max() == pytest.approx(3000, rel=0.1)
    f, p = spectrum(z, RATE, 4096)
    assert p[np.abs(f) < 6_500].sum() > 0.99 * p.sum()  # Carson: 2 (3 + 3.4) kHz
    assert np.abs(z).std() < 0.01 * np.abs(z).mean()


def test_am_carries_its_sound_in_the_envelope() -> None:
    z = heard(s.Am(name="a", center_hz=100e6, level_dbm=-50, depth=0.5, sound="tone"))
    envelope = np.abs(z)
    assert (envelope.max() - envelope.min()) / (envelope.max() + envelope.min()) == pytest.approx(
        0.5, abs=0.02
    )
    tone = np.abs(np.fft.rfft(envelope - envelope.mean()))
    assert np.argmax(tone) * RATE / len(z) == pytest.approx(1000, abs=6)


def test_broadcast_has_pilot_and_75_khz_deviation() -> None:
    z = heard(s.Broadcast(name="b", center_hz=100e6, level_dbm=-50), count=1_000_000)
    hz = frequency(z, RATE)
    assert 40e3 < np.abs(hz).max() < 85e3
    tone = np.abs(np.fft.rfft(hz)) / len(hz) * 2
    f = np.fft.rfftfreq(len(hz), 1 / RATE)
    pilot = tone[(f > 18_950) & (f < 19_050)].max()
    assert pilot == pytest.approx(0.09 * 75e3, rel=0.03)
    assert tone[(f > 20e3) & (f < 22e3)].max() < pilot / 50  # nothing between pilot and difference


def test_schedule_and_talk() -> None:
    z = heard(
        s.Carrier(name="c", center_hz=100e6, level_dbm=-60, on=((1.05, 1.1),)), count=200_000, start_s=1.0
    )
    on = np.flatnonzero(np.abs(z) > 0.5)
    assert on[0] == 50_000
    assert on[-1] == 99_999
    talk = Receiver(
        scene(s.Nfm(name="n", center_hz=100e6, level_dbm=-60, talk_s=(0.5, 0.5), sound="tone"), duration_s=60)
    ).samples(0.0, 60 * 25_000, 100e6, 25_000.0)
    assert 0.2 < np.mean(np.abs(talk) > 0.5) < 0.8


# --- GSM ---

FRAME_S = 60 / 13 / 1000
BURST_S = 148 * 48e-6 / 13


def test_uplink_bursts_have_gsm_timing() -> None:
    z = heard(s.GsmUplink(name="u", center_hz=100e6, level_dbm=-50, slot=3), count=150_000, start_s=0.0)
    on = np.abs(z) > 0.5 * np.abs(z).max()
    edges = np.flatnonzero(np.diff(on.astype(int)))
    starts, stops = edges[::2] / RATE, edges[1::2] / RATE
    assert np.allclose(stops - starts, BURST_S, atol=20e-6)  # half level lies inside the ramps
    assert starts[0] == pytest.approx(3 * FRAME_S / 8, abs=20e-6)
    steps = np.round(np.diff(starts) / FRAME_S, 3)
    assert sorted(set(steps)) == [1.0, 2.0]  # frame 25 is the idle one
    assert np.count_nonzero(steps == 2.0) == 1


def test_gmsk_spectrum_is_inside_the_mask() -> None:
    """3GPP 45.005, 4.2.1.3: in 30 kHz, -30 dB at 200 kHz, -33 at 250 kHz, -60 at 400 kHz, over the burst's
    middle (the mask is measured on 50 to 90 % of the useful part)."""
    rate = 26e6 / 13
    wave = s.GsmUplink(name="u", center_hz=100e6, level_dbm=-50, slot=0)
    z = heard(wave, count=int(rate * 1.2), rate_hz=rate, start_s=0.0)
    rows = []
    for k in range(250):
        start = k * FRAME_S + BURST_S * 0.5
        i = round(start * rate)
        row = z[i : i + int(0.4 * BURST_S * rate)]
        if np.abs(row).min() > 0.5:
            rows.append(row)
    assert len(rows) > 200
    size = len(rows[0])
    window = np.blackman(size)
    power = np.mean(
        np.abs(np.fft.fft(np.array([r[:size] for r in rows]) * window, 4096, axis=1)) ** 2, axis=0
    )
    f = np.fft.fftfreq(4096, 1 / rate)

    def at(hz: float) -> float:
        return db(np.mean(power[np.abs(np.abs(f) - hz) < 15e3]))

    assert at(200e3) - at(0) < -30
    assert at(250e3) - at(0) < -33
    assert at(400e3) - at(0) < -59  # of our own noise and window, 1 dB
    assert at(100e3) - at(0) > -12  # and it does fill its channel


def test_fcch_is_a_tone_at_67_708_hz_every_ten_frames() -> None:
    z = heard(s.GsmC0(name="c", center_hz=100e6, level_dbm=-50, first_frame=0), count=260_000, start_s=0.0)
    hz = frequency(z, RATE)
    for frame in (0, 10, 20, 30, 40, 51):
        begin = frame * FRAME_S
        inside = hz[round((begin + 10e-6) * RATE) : round((begin + BURST_S - 20e-6) * RATE)]
        assert np.median(inside) == pytest.approx(1_625_000 / 24, abs=5)
        assert inside.std() < 1_500
    other = hz[round(FRAME_S * RATE) : round((FRAME_S + BURST_S) * RATE)]
    assert other.std() > 20_000


def test_c0_never_pauses_and_its_phase_never_jumps() -> None:
    z = heard(s.GsmC0(name="c", center_hz=100e6, level_dbm=-50), count=100_000, rate_hz=2e6, start_s=0.3)
    assert np.abs(z).min() > 0.9 * np.abs(z).mean()
    assert np.abs(frequency(z, 2e6)).max() < 110e3  # no step: a quarter turn a symbol and a bit in the guard


def test_dect_has_10_ms_frames_and_its_bit_rate() -> None:
    rate = 4.608e6
    z = heard(
        s.Dect(name="d", center_hz=100e6, level_dbm=-50, call=True, slot=2),
        count=int(rate * 0.05),
        rate_hz=rate,
    )
    on = np.abs(z) > 0.5 * np.abs(z).max()
    starts = np.flatnonzero(np.diff(on.astype(int)) == 1) / rate
    assert np.allclose(np.diff(starts), 0.005, atol=5e-6)  # base, and handset half a frame later
    assert on.mean() == pytest.approx(2 * 424 / 1.152e6 / 0.01, rel=0.03)
    hz = frequency(z, rate)[on[1:]]
    assert np.percentile(np.abs(hz), 95) == pytest.approx(288e3, rel=0.1)


# --- video, OFDM ---


def test_pal_repeats_every_64_us() -> None:
    rate = 16e6
    z = heard(s.AnalogVideo(name="v", center_hz=100e6, level_dbm=-50), count=400_000, rate_hz=rate)
    video = np.convolve(frequency(z, rate), np.ones(8) / 8, "valid")  # luminance: without colour and sound
    video -= video.mean()
    line = 64e-6 * rate
    lags = np.arange(int(line * 0.9), int(line * 1.1))
    correlation = [np.mean(video[:-lag] * video[lag:]) / video.var() for lag in lags]
    assert (
        abs(lags[int(np.argmax(correlation))] - line) <= 1
    )  # 0.06 us: colour turns by a quarter from line to line
    assert max(correlation) > 0.8


def test_pal_sync_pulses() -> None:
    """Sync is the lowest frequency and takes 4.7 of 64 us."""
    rate = 16e6
    z = heard(
        s.AnalogVideo(name="v", center_hz=100e6, level_dbm=-50, sound_hz=0.0),
        count=64 * 16 * 100,
        rate_hz=rate,
        start_s=1.004,
    )
    video = np.convolve(frequency(z, rate), np.ones(5) / 5, "same")
    low, high = np.percentile(video, [1, 99])
    assert 1.5e6 < high - low < 5e6
    assert np.mean(video < low + 0.15 * (high - low)) == pytest.approx(4.7 / 64, abs=0.02)


@pytest.mark.parametrize("load", [1.0, 0.2])
def test_lte_prefix_correlates_at_one_symbol(load: float) -> None:
    rate = 1.92e6
    z = heard(
        s.Lte(name="l", center_hz=101e6, level_dbm=-50, width_hz=4.5e6, load=load),
        count=192_000,
        rate_hz=rate,
    )

    def correlation(lag: int) -> float:
        product = z[lag:] * np.conj(z[:-lag])
        by_place = np.abs([product[k::960][:180].sum() for k in range(960)])  # places in a slot of 0.5 ms
        return float(by_place.max() / (180 * np.mean(np.abs(z) ** 2)))

    assert correlation(128) > 0.7  # 1/15 kHz
    assert correlation(117) < 0.3


def test_lte_fills_its_width_and_no_more() -> None:
    rate = 15.36e6
    z = heard(s.Lte(name="l", center_hz=100e6, level_dbm=-40, width_hz=9e6), count=300_000, rate_hz=rate)
    f, p = spectrum(z, rate)
    inside, outside = p[np.abs(f) < 4.4e6], p[np.abs(f) > 5e6]
    assert db(inside.min() / inside.max()) > -6
    assert db(outside.max() / np.median(inside)) < -30
    assert db(np.mean(np.abs(z) ** 2)) == pytest.approx(20, abs=0.5)
