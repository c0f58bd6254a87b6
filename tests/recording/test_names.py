"""File names as the programs write them, with the values that their users set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.recording.names import facts
from sweeper.text import english


@pytest.mark.parametrize(
    ("name", "center_hz", "rate_hz"),
    [
        ("g001_433.92M_250k.cu8", 433.92e6, 250e3),  # rtl_433 -S all
        ("g114_868M_1024k.cu8", 868e6, 1.024e6),
        ("rtlsdr_868.625M_2M4_issue48.cu8", 868.625e6, 2.4e6),
        ("adsb_1090M_2.4M.bin", 1090e6, 2.4e6),
        ("rtlamr_912.6M_2359296.cu8", 912.6e6, 2359296),
        ("gqrx_20260101_120000_433920000_1800000_fc.raw", 433.92e6, 1.8e6),
        ("RTL-SDR-20260101_120000-433_92MHz-1MSps-1MHz.complex16u", 433.92e6, 1e6),  # urh
        ("f1815.3_s19.2_bw20_0.08s_hackrf-1.bin", 1815.3e6, 19.2e6),  # LTE-Cell-Scanner
        ("band_2.4G_20M.cs8", 2.4e9, 20e6),
        ("2.45GHz_20MSps.cf32", 2.45e9, 20e6),
        ("x_100.5MHz_2.4Msps.cs8", 100.5e6, 2.4e6),
        ("capture_433920000_2000000.cu8", 433.92e6, 2e6),
        ("SDRSharp_20260101_120000Z_433920000Hz_IQ.wav", 433.92e6, None),
        ("HDSDR_20260101_120000Z_7000kHz_RF.wav", 7e6, None),
        ("SDRuno_20200907_204256Z_7000kHz.wav", 7e6, None),
        ("SDRconnect_IQ_20230910_153201_7100000HZ.wav", 7.1e6, None),
        ("baseband_433920000Hz_12-00-00_01-01-2026.wav", 433.92e6, None),  # SDR++
        ("adsb_1090M.bin", 1090e6, None),
    ],
)
def test_centre_and_rate(name: str, center_hz: float | None, rate_hz: float | None) -> None:
    told = facts(name)
    assert told.center_hz == pytest.approx(center_hz)
    assert told.rate_hz == pytest.approx(rate_hz)
    assert told.notes == ()


@pytest.mark.parametrize(
    "name",
    [
        "signal.10M.dat",  # the bandwidth of an LTE signal
        "GPS_L1_recording_10ms_4MHz_cf32.iq",  # a rate, written as a frequency
        "two_participants.complex16s",
        "modes1.bin",
        "signal_2026-01-01.cu8",
        "20260101_120000.cu8",
        "IMG_20260101_120000.bin",
        "",
        ".cu8",
    ],
)
def test_what_is_not_told_is_not_made_up(name: str) -> None:
    told = facts(name)
    assert (told.center_hz, told.rate_hz) == (None, None)


def test_a_duration_is_no_rate() -> None:
    assert facts("signal_868M_1s.cf32").rate_hz is None
    assert facts("x_868M_10ms.cf32").rate_hz is None


def test_times_are_utc_only_where_the_program_writes_utc() -> None:
    # 2026-01-01 12:00:00 UTC, by `date -u -d 2026-01-01T12:00:00Z +%s`
    assert facts("gqrx_20260101_120000_433920000_1800000_fc.raw").start_utc_s == 1767268800
    assert facts("SDRSharp_20260101_120000Z_433920000Hz_IQ.wav").start_utc_s == 1767268800
    assert facts("SDRconnect_IQ_20260101_120000_7100000HZ.wav").start_utc_s is None
    assert facts("SDRSharp_20261301_120000Z_433920000Hz_IQ.wav").start_utc_s is None  # no month 13


def test_rates_inferred_from_a_programs_habits_are_said() -> None:
    usrp = facts("GSMSP_20070204_robert_dbsrx_941.0MHz_128.cfile")
    assert (usrp.center_hz, usrp.rate_hz) == (941e6, 500e3)
    assert "64 MS/s divided by 128" in english(usrp.notes[0])
    plain = facts("somebody_941.0MHz_128.cfile")
    assert plain.rate_hz is None
    default = facts("g001_433.92M.cu8")
    assert default.rate_hz == 250e3
    assert "default" in english(default.notes[0])


def test_gqrx_names_its_format() -> None:
    assert facts("gqrx_20260101_120000_433920000_1800000_fc.raw").format == "cf32"


@given(st.text(max_size=200))
def test_any_name_is_survived(name: str) -> None:
    told = facts(name)
    for value in (told.center_hz, told.rate_hz):
        assert value is None or value >= 0


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"[0-9]{1,14}(\.[0-9]{1,12})?(Hz|kHz|MHz|GHz|M|k|G|MSps|sps)?", fullmatch=True),
            st.sampled_from(["gqrx", "f", "s", "_", "Z", "fc"]),
        ),
        max_size=8,
    )
)
def test_any_number_is_survived(parts: list[str]) -> None:
    told = facts("_".join(parts) + ".cu8")
    assert told.rate_hz is None or told.rate_hz < 1e12
