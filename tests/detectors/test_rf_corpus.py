"""The RF stage on real captures, against what other people's decoders and documents say is in them."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from sweeper.detectors.signature_match import emission_facts
from sweeper.records import Emission, Level, Medium
from sweeper.signatures import Library
from tests.dsp.signals import emissions, read

pytestmark = pytest.mark.corpus

GSM = "rf/gsm/GSMSP_20070204_robert_dbsrx_"
LTE = "rf/lte/f1815.3_s19.2_bw20_0.08s_hackrf-1.bin"
OTHERS = {
    f"{GSM}941.0MHz_128.cfile": (5e5, 941e6),
    f"{GSM}953.6MHz_128.cfile": (5e5, 953.6e6),
    f"{GSM}937MHz_16.cfile": (4e6, 937e6),
    "rf/wmbus/rtlsdr_868.625M_2M4_issue48.cu8": (2.4e6, 868.625e6),
    "rf/misc/rtlamr_912.6M_2359296.cu8": (2359296.0, 912.6e6),
    "rf/misc/GPS_L1_recording_10ms_4MHz_cf32.iq": (4e6, 1575.42e6),
    LTE: (19.2e6, 1815.3e6),
}


@cache
def heard(path: Path, rate: float, center: float) -> tuple[Emission, ...]:
    return tuple(emissions(read(path), rate, center))


def of(corpus: Path, name: str) -> tuple[Emission, ...]:
    return heard(corpus / name, *OTHERS[name])


def test_tyre_sensors_are_found_where_rtl_433_found_them(corpus_path: Path) -> None:
    listed = defaultdict(list)
    for line in (corpus_path / "rf/tpms/bursts.jsonl").read_text().splitlines():
        burst = json.loads(line)
        listed[burst["file"]].append(burst)
    total = found = 0
    for name, bursts in sorted(listed.items()):
        told = [b for e in heard(corpus_path / "rf/tpms" / name, 250e3, 433.92e6) for b in e.bursts]
        for one in bursts:
            second = one["freq2_mhz"] or one["freq1_mhz"]
            center = (one["freq1_mhz"] + second) / 2 * 1e6
            total += 1
            found += any(
                abs(b.start_s - one["time_s"]) <= 1e-3 and abs(b.center_hz - center) <= 25e3 for b in told
            )
    assert total == 78
    assert found / total >= 0.98


def test_tyre_sensors_are_named_fsk(corpus_path: Path) -> None:
    for path in sorted((corpus_path / "rf/tpms").glob("g00*.cu8")):
        strongest = max(heard(path, 250e3, 433.92e6), key=lambda e: e.snr_db)
        assert strongest.kind == "fsk", path.name
        assert strongest.features["deviation_hz"] == pytest.approx(37e3, rel=0.15)


@pytest.mark.parametrize(
    ("name", "times_ms", "error_hz"),
    [("941.0MHz_128", (13.6, 59.8, 105.9, 152.1), 8500), ("953.6MHz_128", (47.7, 93.8, 140.0), 8600)],
)
def test_every_frequency_correction_burst(
    corpus_path: Path, name: str, times_ms: tuple[float, ...], error_hz: float
) -> None:
    (one,) = [e for e in of(corpus_path, f"{GSM}{name}.cfile") if e.kind == "gsm-c0"]
    told = one.features["fcch_s"]
    assert isinstance(told, list)
    assert [1e3 * t for t in told] == pytest.approx(times_ms, abs=0.3)
    assert one.features["offset_hz"] == pytest.approx(67_708 + error_hz, abs=200)
    assert one.features["ppm"] == pytest.approx(-9.0, abs=0.2), "shown too high: the crystal runs slow"


def test_no_frequency_correction_burst_where_there_is_none(corpus_path: Path) -> None:
    assert not [e for e in of(corpus_path, f"{GSM}937MHz_16.cfile") if e.kind == "gsm-c0"]


def test_the_meter_reading_is_fsk(corpus_path: Path) -> None:
    told = of(corpus_path, "rf/wmbus/rtlsdr_868.625M_2M4_issue48.cu8")
    (one,) = [e for e in told if any(abs(b.start_s - 0.03059) < 1e-3 for b in e.bursts)]
    assert one.kind == "fsk"
    assert one.center_hz - one.width_hz / 2 < 868.859e6 < one.center_hz + one.width_hz / 2
    assert one.features["symbol_rate_hz"] == pytest.approx(100e3, rel=0.02)


def test_lte_fills_the_span_and_is_one(corpus_path: Path) -> None:
    (one,) = of(corpus_path, LTE)
    assert one.kind == "lte"
    assert one.width_hz >= 15e6
    assert one.center_hz == pytest.approx(1815.3e6, abs=1e6)


def test_satellite_navigation_shows_only_the_receivers_lines(corpus_path: Path) -> None:
    told = of(corpus_path, "rf/misc/GPS_L1_recording_10ms_4MHz_cf32.iq")
    strongest = max(told, key=lambda e: e.snr_db)
    assert strongest.center_hz == pytest.approx(1575.42e6 - 417e3, abs=2e3)
    assert {e.kind for e in told} <= {"carrier", "spur"}


def test_meters_that_hop_at_912_mhz(corpus_path: Path) -> None:
    told = of(corpus_path, "rf/misc/rtlamr_912.6M_2359296.cu8")
    bursts = [(b.start_s, b.center_hz - 912.6e6) for e in told for b in e.bursts]
    assert any(abs(t - 0.0863) < 7e-3 and abs(f + 92e3) < 30e3 for t, f in bursts)
    assert any(abs(e.center_hz - 912.6e6 + 643e3) < 20e3 for e in told)
    assert sum(e.kind == "ook" for e in told) >= 5


@pytest.mark.parametrize(
    ("name", "kind", "samples_per_symbol"),
    [
        ("ask50.complex", "ook", 100),
        ("enocean.complex", "ook", 40),
        ("fsk.complex", "fsk", 100),
        ("homematic.complex32s", "fsk", 100),
        ("psk_generated.complex", "psk", 100),
        ("two_participants.complex16s", "fsk", 100),
        ("steckdose_anlernen.complex", "fsk", 100),
    ],
)
def test_remotes_and_home_automation(
    corpus_path: Path, name: str, kind: str, samples_per_symbol: float
) -> None:
    told = heard(corpus_path / "rf/urh" / name, 1e6, 0.0)
    strongest = max((e for e in told if e.bursts), key=lambda e: e.snr_db)
    assert strongest.kind == kind
    assert strongest.features["symbol_rate_hz"] == pytest.approx(1e6 / samples_per_symbol, rel=0.02)


def test_a_keyed_remote_whose_pulses_are_shorter_than_its_pauses(corpus_path: Path) -> None:
    """Its edges lie 283 and 341, 594 and 657 samples apart: on average 312.5 a symbol, nominally 300."""
    told = heard(corpus_path / "rf/urh/ask.complex", 1e6, 0.0)
    strongest = max(told, key=lambda e: e.snr_db)
    assert strongest.kind == "ook"
    assert strongest.features["symbol_rate_hz"] == pytest.approx(1e6 / 306, rel=0.03)


@pytest.mark.parametrize("name", ["bpsk-1-2-15db.cf32", "bpsk-3-4-30db.cf32", "sync.cf32"])
def test_wireless_lan_frames(corpus_path: Path, name: str) -> None:
    told = heard(corpus_path / "rf/wifi" / name, 20e6, 2412e6)
    assert [e.kind for e in told] == ["wifi"]
    assert told[0].width_hz == pytest.approx(16.6e6, rel=0.05)


def test_a_bluetooth_advertisement(corpus_path: Path) -> None:
    told = heard(corpus_path / "rf/misc/btle_ch37_iq_float32_welcom_msg.bin", 4e6, 2402e6)
    assert [e.kind for e in told] == ["ble"]


def test_nothing_ordinary_is_a_finding(corpus_path: Path) -> None:
    library = Library.load()
    named = dict.fromkeys(sorted((corpus_path / "rf/tpms").glob("*.cu8")), (250e3, 433.92e6))
    named |= {corpus_path / name: settings for name, settings in OTHERS.items()}
    for path, (rate, center) in named.items():
        for emission in heard(path, rate, center):
            hits = library.match(Medium.RF, emission_facts(emission))
            assert all(s.level is Level.INFO for s in hits), (path.name, emission.kind, [s.id for s in hits])
