"""The RF stage on rendered signals: what is told, where, when, and that it does not depend on how blocks
are cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import cheby1, sosfilt

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import stage
from sweeper.records import Closed, Emission, IqBlock, Trace
from sweeper.signatures import Library
from tests.dsp.signals import (
    RATE,
    Samples,
    analysed,
    bits,
    blocks,
    emissions,
    from_frequency,
    fsk,
    gfsk,
    noise,
    ook,
    put,
    tone,
    voice,
)

N0 = 1e-10


def hops(
    air: Samples, center: float, passes: int, dwell_s: float = 0.0052, step: float = 1.8e6
) -> list[IqBlock]:
    """A sweep over ``air`` (10 MS/s around ``center``): hops of 2.4 MS/s, each from another moment."""
    rate = 10e6
    out = []
    offsets = np.arange(-3.6e6, 3.7e6, step)
    dwell = int(dwell_s * rate)
    keep = int(dwell_s * RATE)
    at = 0
    for _ in range(passes):
        for offset in offsets:
            part = air[at : at + dwell]
            if len(part) < dwell:
                return out
            spectrum = np.fft.fftshift(np.fft.fft(part))
            middle = round(offset / rate * dwell) + dwell // 2
            cut = np.fft.ifftshift(spectrum[middle - keep // 2 : middle - keep // 2 + keep])
            samples = (np.fft.ifft(cut) * keep / dwell).astype(np.complex64)
            out.append(
                IqBlock(
                    source="t",
                    time_s=at / rate,
                    rate_hz=RATE,
                    center_hz=center + offset,
                    samples=samples,
                    first_sample=0,
                )
            )
            at += dwell + int(0.002 * rate)
    return out


def test_noise_alone_makes_no_emission() -> None:
    assert emissions(noise(int(RATE * 1.0))) == []


def test_a_receiver_that_was_deaf_for_a_while_hears_as_before() -> None:
    """The floor of samples that hold one value is none; it had bound the floor of the noise after it."""
    air = noise(int(1.5 * RATE), RATE, N0)
    deaf = air.copy()
    deaf[int(0.4 * RATE) : int(0.8 * RATE)] = (127 - 127.5) / 128 * (1 + 1j)
    plain, cut = (analysed(blocks(one, RATE, 433e6))[1] for one in (air, deaf))
    after = [
        (ours, theirs) for ours, theirs in zip(cut[::-1], plain[::-1], strict=False) if ours.time_s > 0.9
    ]
    assert len(after) > 5
    for ours, theirs in after:
        assert ours.floor_db == pytest.approx(theirs.floor_db, abs=0.5)
    assert not [t for t in cut if 0.47 < t.time_s < 0.72]


@pytest.mark.parametrize("step_db", [6, -6])
def test_a_step_of_the_gain_is_over_after_its_segment(step_db: float) -> None:
    """Eight bits and a filter that ends within the span: what it stops is the converter's noise, which no
    gain moves. With a floor that may only creep up a step of 6 dB made 47 emissions in half a second."""
    count = int(1.2 * RATE)
    edged = sosfilt(cheby1(7, 0.5, 0.76, output="sos"), noise(count, RATE, 1.0, 3))
    air = edged * 4 / np.sqrt(RATE)
    air[int(0.55 * RATE) :] *= 10 ** (step_db / 20)
    steps = (np.round(air.real) + 1j * np.round(air.imag)) / 128
    found, _ = analysed(blocks(steps.astype(np.complex64), RATE, 433e6))
    assert all(e.start_s > 0.45 and e.stop_s < 0.62 for e in found if e.kind != "spur")


def test_a_wide_signal_that_comes_on_is_no_step_of_the_gain() -> None:
    air = noise(int(0.6 * RATE), RATE, N0)
    wide = sosfilt(cheby1(7, 0.5, 0.4, output="sos"), noise(len(air), RATE, 8 * N0, 5))
    wide[: int(0.25 * RATE)] = 0
    found, _ = analysed(blocks((air + wide).astype(np.complex64), RATE, 433e6))
    (one,) = (e for e in found if e.kind != "spur")
    assert one.width_hz == pytest.approx(0.4 * RATE, rel=0.15)
    assert one.start_s == pytest.approx(0.25, abs=0.01)


def test_a_traces_every_segment_with_its_floor() -> None:
    count = int(RATE * 0.4)
    _, traces = analysed(blocks(noise(count, n0=N0), RATE, 433e6))
    assert len(traces) == pytest.approx(0.4 / 0.065536, abs=1)
    first = traces[0]
    assert 1024 <= len(first.mean_db) <= 4096
    assert first.start_hz == pytest.approx(433e6 - RATE / 2)
    assert first.floor_db is not None
    assert np.median(first.floor_db) == pytest.approx(-100, abs=0.3)
    assert np.median(first.mean_db) == pytest.approx(-100, abs=0.3)


def test_an_fsk_burst_is_one_burst_in_the_middle_of_its_band() -> None:
    air = noise(int(RATE * 0.4))
    for at in (0.05, 0.15, 0.25):
        put(air, at, fsk(np.tile(bits(50), 4), 9600, 35e3, 400e3, N0 * 100e3 * 100))
    (found,) = emissions(air)
    assert found.kind == "fsk"
    assert len(found.bursts) == 3
    for burst, at in zip(found.bursts, (0.05, 0.15, 0.25), strict=True):
        assert burst.start_s == pytest.approx(at, abs=5e-4)
        assert burst.duration_s == pytest.approx(200 / 9600, abs=1e-3)
        assert burst.center_hz == pytest.approx(433.4e6, abs=5e3)
    assert found.features["duty"] == pytest.approx(3 * 200 / 9600 / 0.4, rel=0.1)
    assert found.features["symbol_rate_hz"] == pytest.approx(9600, rel=0.01)
    assert found.features["deviation_hz"] == pytest.approx(35e3, rel=0.1)


def test_wide_fsk_at_low_rate_stays_one_burst() -> None:
    air = noise(int(0.4 * 250e3), 250e3)
    put(air, 0.1, fsk(bits(400), 19200, 39e3, 2e3, N0 * 100e3 * 60, 250e3), 250e3)
    (found,) = emissions(air, 250e3, 433.92e6)
    assert len(found.bursts) == 1
    assert found.bursts[0].center_hz == pytest.approx(433.922e6, abs=8e3)
    assert found.bursts[0].start_s == pytest.approx(0.1, abs=6e-4)


def test_the_result_does_not_depend_on_the_size_of_blocks() -> None:
    air = noise(int(RATE * 0.5))
    put(air, 0.06, ook(bits(80), 3000, -300e3, N0 * 20e3 * 200))
    air += tone(len(air), 500e3, N0 * 2e3 * 100)
    told = []
    for size in (1 << 18, 50_001, 4096):
        found, _ = analysed(blocks(air, RATE, 433e6, size))
        told.append([(e.id, e.kind, e.center_hz, e.width_hz, e.bursts, e.features) for e in found])
    assert told[0] == told[1] == told[2]


def test_a_burst_over_the_end_of_a_segment_is_one() -> None:
    air = noise(int(RATE * 0.3))
    put(air, 0.055, fsk(bits(300), 10e3, 20e3, 200e3, N0 * 60e3 * 100))
    (found,) = emissions(air)
    assert len(found.bursts) == 1
    assert found.bursts[0].duration_s == pytest.approx(0.03, abs=1.5e-3)


def test_ids_follow_first_time_then_frequency() -> None:
    air = noise(int(RATE * 0.4))
    put(air, 0.20, fsk(bits(100), 10e3, 20e3, -700e3, N0 * 60e3 * 100))
    put(air, 0.05, fsk(bits(100), 10e3, 20e3, 600e3, N0 * 60e3 * 100))
    found = sorted(emissions(air), key=lambda e: e.id)
    assert [e.id for e in found] == ["rf-0001", "rf-0002"]
    assert [round(e.center_hz / 1e5) for e in found] == [4336, 4323]


def test_the_dc_line_is_the_receivers_and_said_so() -> None:
    air = noise(int(RATE * 0.3)) + np.complex64(0.003)
    found = emissions(air)
    assert [(e.kind, e.features.get("veto")) for e in found] == [("spur", "dc")]


def test_a_multiple_of_the_crystal_is_a_spur() -> None:
    center = 15 * 28.8e6 + 600e3
    air = noise(int(RATE * 0.3)) + tone(int(RATE * 0.3), -600e3, N0 * 2e3 * 1000)
    found = emissions(air, RATE, center)
    assert [(e.kind, e.features.get("veto")) for e in found] == [("spur", "clock")]


def test_the_image_of_a_strong_signal_is_left_out() -> None:
    count = int(RATE * 0.3)
    signal = from_frequency(400e3 + 3e3 * voice(count), N0 * 10e3 * 1e5)
    air = noise(count) + signal + np.float32(0.02) * np.conj(signal)
    found = emissions(air)
    assert [round(e.center_hz / 1e5) for e in found] == [4334]


def test_two_independent_signals_at_mirrored_places_both_stay() -> None:
    count = int(RATE * 0.3)
    strong = from_frequency(400e3 + 3e3 * voice(count), N0 * 10e3 * 1e4)
    weak = from_frequency(-400e3 + 3e3 * voice(count, seed=9), N0 * 10e3 * 100)
    found = emissions(noise(count) + strong + weak)
    assert sorted(round(e.center_hz / 1e5) for e in found) == [4326, 4334]


def lines_beside_a_strong_one(offsets: tuple[float, ...], seconds: float) -> list[Emission]:
    """A carrier of 30 dB in a bin of 1 kHz and others of 8 dB."""
    air = noise(int(RATE * seconds))
    air += tone(len(air), -417e3, N0 * 1e3 * 10**3.0)
    for offset in offsets:
        air += tone(len(air), offset, N0 * 1e3 * 10**0.8)
    return emissions(air, RATE, 1575.42e6)


CROWD = (-599e3, -306e3, 216e3, 379e3)


def test_a_crowd_of_faint_lines_in_one_short_look_is_told_with_the_strong_one() -> None:
    (found,) = lines_beside_a_strong_one(CROWD, 0.02)
    assert found.center_hz == pytest.approx(1575.42e6 - 417e3, abs=1e3)
    told = found.features["faint_lines_hz"]
    assert isinstance(told, list)
    assert told == pytest.approx([1575.42e6 + offset for offset in CROWD], abs=1.5e3)


@pytest.mark.parametrize(("offsets", "seconds"), [(CROWD[:1], 0.02), (CROWD, 0.3)])
def test_a_faint_line_alone_or_heard_again_is_a_signal(offsets: tuple[float, ...], seconds: float) -> None:
    assert len(lines_beside_a_strong_one(offsets, seconds)) == 1 + len(offsets)


@pytest.mark.parametrize("rate", [250e3, 2.4e6])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_keyed_carrier_is_one_wherever_segments_end(rate: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    air = noise(int(rate * 0.5), rate, seed=seed)
    sent = []
    at = 0.02 + 0.03 * random.random()
    while at < 0.4:
        length = float(random.choice([0.02, 0.035, 0.05]))
        put(air, at, tone(int(length * rate), 21e3, N0 * 4e3 * 10**1.5, rate), rate)
        sent.append((at, length))
        at += length + 0.03 + 0.06 * random.random()
    (found,) = emissions(air, rate, 433.92e6)
    assert [(b.start_s, b.duration_s) for b in found.bursts] == [
        (pytest.approx(start, abs=2e-3), pytest.approx(length, abs=3e-3)) for start, length in sent
    ]


def test_unknown_centre_gives_offsets_and_says_so() -> None:
    air = noise(int(RATE * 0.2)) + tone(int(RATE * 0.2), 300e3, N0 * 2e3 * 100)
    (found,) = emissions(air, RATE, 0.0)
    assert found.center_hz == pytest.approx(300e3, abs=500)
    assert found.features["center_known"] is False


def test_a_hopping_transmitter_is_one_emission() -> None:
    air = noise(int(RATE * 0.4))
    for i in range(40):
        put(
            air,
            0.002 + i * 0.009,
            gfsk(bits(60, i), 20e3, 1, 0.5, (-8 + (i * 7) % 16) * 100e3, N0 * 40e3 * 100),
        )
    found = emissions(air)
    widest = max(found, key=lambda e: len(e.bursts))
    assert widest.features["hopping_channels"] > 10
    assert len(widest.bursts) >= 32
    assert len(found) <= 4


def test_a_sweep_merges_hops_and_passes() -> None:
    rate = 10e6
    count = int(rate * 0.25)
    air = noise(count, rate)
    air += from_frequency(1.9e6 + 2.5e3 * voice(count, rate), N0 * 12.5e3 * 300, rate)
    found, traces = analysed(hops(air, 433e6, passes=6))
    near = [e for e in found if abs(e.center_hz - 434.9e6) < 20e3]
    assert len(near) == 1
    assert near[0].features["hits"] >= 5
    assert near[0].features["duty"] > 0.9
    assert len(found) == 1
    assert len(traces) >= 25


def test_a_tdma_burst_in_a_sweep_is_found_and_its_duty_is_small() -> None:
    rate = 10e6
    air = noise(int(rate * 0.3), rate)
    for i in range(64):
        put(
            air,
            0.001 + i * 60 / 13e3,
            gfsk(bits(148, i), 13e6 / 48, 0.5, 0.3, -1.0e6, N0 * 200e3 * 300, rate),
            rate,
        )
    found, _ = analysed(hops(air, 900e6, passes=7))
    (one,) = [e for e in found if e.snr_db > 10]
    assert one.center_hz == pytest.approx(899e6, abs=30e3)
    assert one.kind == "gsm-uplink"
    assert one.features["duty"] < 0.4


def test_short_odd_and_damaged_input() -> None:
    for count in (1, 5, 16, 63, 64, 100, 1000, 5000):
        emissions(noise(count))
    air = noise(int(RATE * 0.1))
    air[1000] = np.nan
    air[2000] = np.inf + 1j
    assert emissions(air) == []
    assert emissions(np.zeros(300_000, np.complex64)) == []
    assert all(e.kind for e in emissions(np.full(300_000, 0.5 + 0.1j, np.complex64)))


def test_the_scale_of_the_samples_does_not_matter() -> None:
    air = noise(int(RATE * 0.3))
    put(air, 0.1, fsk(bits(200), 10e3, 20e3, 200e3, N0 * 60e3 * 100))
    told = [
        [(e.kind, e.width_hz, len(e.bursts)) for e in emissions(air * np.float32(k))] for k in (1.0, 4096.0)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 1


def test_a_wide_signal_coming_on_does_not_read_as_floor() -> None:
    count = int(RATE * 0.4)
    air = noise(count)
    air[count // 2 :] += noise(count - count // 2, n0=N0 * 30, seed=5)
    _, traces = analysed(blocks(air, RATE, 433e6))
    floors = [float(np.median(t.floor_db)) for t in traces if t.floor_db is not None]
    assert floors[0] == pytest.approx(-100, abs=0.3)
    assert floors[-1] < -96.5


def test_a_csv_sweep_gives_emissions_from_its_traces() -> None:
    random = np.random.default_rng(4)
    records = []
    for sweep in range(5):
        mean = (-60 + 0.4 * random.standard_normal(2000)).astype(np.float32)
        mean[700] += 25
        mean[1200:1230] += 12
        records.append(
            Trace(
                source="t",
                time_s=10.0 * sweep,
                start_hz=400e6,
                bin_hz=10e3,
                mean_db=mean,
                max_db=mean,
                dwell_s=0.5,
                transforms=16,
            )
        )
    found, _ = analysed(records)
    assert sorted(round(e.center_hz / 1e5) for e in found) == [4070, 4121]
    assert all(e.features["hits"] == 5 for e in found)


def test_own_traces_beside_samples_are_not_read_twice() -> None:
    rf = stage(Setup(library=Library([])))
    air = noise(40_000)
    list(rf.feed(next(iter(blocks(air, RATE, 433e6)))))
    mean = np.full(200, -60, np.float32)
    mean[100] = -20
    swept = Trace(
        source="t", time_s=0, start_hz=400e6, bin_hz=1e4, mean_db=mean, max_db=mean, dwell_s=0.1, transforms=9
    )
    list(rf.feed(swept))
    told = list(rf.feed(Closed(source="t", time_s=1.0, records=0)))
    assert not [r for r in told if isinstance(r, Emission)]
