"""Sweeps in CSV: lines as the programs' manuals show them, levels against the programs' own arithmetic."""

import io
import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.recording import Problems, probe
from sweeper.recording.power_csv import kind_of, parse, traces
from sweeper.records import Medium, Trace
from tests.recording.build import records
from tests.virtual_dongle.build import build, compiler

RTL = """2026-01-01, 12:00:00, 88000000, 88004000, 1000.00, 16, -20.0, -21.0, -22.0, -23.0, -23.0
2026-01-01, 12:00:00, 88004000, 88008000, 1000.00, 16, -10.0, -11.0, -12.0, -13.0, -13.0
2026-01-01, 12:00:10, 88000000, 88004000, 1000.00, 16, -30.0, -31.0, -32.0, -33.0, -33.0
2026-01-01, 12:00:10, 88004000, 88008000, 1000.00, 16, -40.0, -41.0, -42.0, -43.0, -43.0
"""
# after the example in hackrf_sweep's manual: segments come interleaved
HACKRF = """\
2019-01-03, 11:57:34.967805, 2400000000, 2405000000, 1000000.00, 20, -64.72, -63.36, -60.91, -61.74, -58.58
2019-01-03, 11:57:34.967805, 2410000000, 2415000000, 1000000.00, 20, -69.22, -60.67, -59.50, -61.81, -58.16
2019-01-03, 11:57:34.967805, 2405000000, 2410000000, 1000000.00, 20, -61.19, -70.14, -60.10, -57.91, -61.97
2019-01-03, 11:57:34.967805, 2415000000, 2420000000, 1000000.00, 20, -72.93, -79.14, -68.79, -70.71, -82.78
"""


def sweeps(path: Path, text: str) -> list[Trace]:
    path.write_text(text)
    return [record for record in records(path)[0] if isinstance(record, Trace)]


def test_rtl_power_sweeps_are_stitched(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    first, second = sweeps(path, RTL)
    assert (first.time_s, second.time_s) == (0.0, 10.0)
    assert (first.start_hz, first.bin_hz, first.mean_db.size) == (
        88_000_500,
        1_000,
        8,
    )  # the repeated bin is gone
    assert first.transforms == 16
    found = probe(path)
    assert (found.medium, found.format, found.duration_s) == (Medium.RF, "rtl-power-csv", 10.0)
    assert found.start_utc_s is None  # local time of an unknown zone


def test_rtl_power_levels_against_its_arithmetic(tmp_path: Path) -> None:
    """For a full-scale tone rtl_power prints |256 * 127|^2 / rate in dB; as a density it is 1 / step."""
    rate, bins = 1_024_000, 1_024
    step = rate / bins
    printed = 10 * math.log10((256 * 127) ** 2 / rate)
    row = ", ".join(f"{printed:.4f}" for _ in range(bins))
    text = f"2026-01-01, 12:00:00, 100000000, {100_000_000 + rate}, {step:.2f}, 1, {row}\n"
    (trace,) = sweeps(tmp_path / "x.csv", text)
    assert trace.mean_db == pytest.approx(-10 * math.log10(step), abs=0.01)


def test_levels_of_the_real_rtl_power(tmp_path: Path) -> None:
    """The distribution's rtl_power hears a virtual dongle: noise of -100 dBFS/Hz and a tone of -30 dBFS."""
    program = shutil.which("rtl_power")
    if program is None or compiler() is None:
        pytest.skip("needs rtl_power and a C compiler")
    (tmp_path / "t.scene").write_text("device serial=1\nnoise -100\ncarrier f=433.9e6 level=-30\n")
    env = {**os.environ, "LD_LIBRARY_PATH": str(build().parent), "VDONGLE_SCENE": str(tmp_path / "t.scene")}
    path = tmp_path / "x.csv"
    command = [program, "-f", "430M:440M:20k", "-i", "1", "-1", "-g", "29.7", str(path)]
    subprocess.run(command, env=env, capture_output=True, check=True)
    (trace,) = [record for record in records(path)[0] if isinstance(record, Trace)]
    assert trace.start_hz == pytest.approx(430e6, abs=trace.bin_hz)
    assert trace.start_hz + trace.mean_db.size * trace.bin_hz == pytest.approx(440e6, abs=2 * trace.bin_hz)
    assert np.median(trace.mean_db) == pytest.approx(-100, abs=0.6)
    peak = int(np.argmax(trace.mean_db))
    assert trace.start_hz + peak * trace.bin_hz == pytest.approx(433.9e6, abs=trace.bin_hz)
    power = np.sum(10 ** (trace.mean_db[peak - 3 : peak + 4] / 10)) * trace.bin_hz
    assert 10 * math.log10(power) == pytest.approx(-30, abs=0.6)


def test_hackrf_segments_are_put_in_order(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    (trace,) = sweeps(path, HACKRF)
    assert (trace.start_hz, trace.bin_hz, trace.mean_db.size) == (2_400_500_000, 1e6, 20)
    assert trace.mean_db[:6] + 60 == pytest.approx([-64.72, -63.36, -60.91, -61.74, -58.58, -61.19], abs=1e-4)
    assert probe(path).format == "hackrf-sweep-csv"
    assert np.array_equal(trace.mean_db, trace.max_db)


def test_gaps_and_other_steps_are_traces_of_their_own(tmp_path: Path) -> None:
    text = "".join(
        f"2026-01-01, 12:00:00, {low}, {low + 4 * step}, {step}.00, 1, -1, -2, -3, -4\n"
        for low, step in [(88_000_000, 1_000), (88_004_000, 1_000), (90_000_000, 1_000), (90_004_000, 2_000)]
    )
    made = sweeps(tmp_path / "x.csv", text)
    assert [(t.start_hz, t.mean_db.size) for t in made] == [(88_000_500, 8), (90_000_500, 4), (90_005_000, 4)]


def test_bins_without_a_number_and_lines_without_a_sweep_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = RTL.splitlines(keepends=True)
    path.write_text(lines[0].replace("-21.0", "nan") + "garbage, here\n\n" + lines[1] + "2026-01-01, 12:0")
    made, problems = records(path)
    (trace,) = made
    assert isinstance(trace, Trace)
    assert trace.mean_db[1] == pytest.approx((trace.mean_db[0] + trace.mean_db[2]) / 2)
    at = len(lines[0]) - 2
    assert problems == (
        "powers that are no number, filled from their neighbours at byte 0",
        f"lines that are no sweep data: 2, the first at byte {at}",
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"rssi_dbm,time,distance_m",
        b"-74,2024-08-28 14:41:00,0",
        b"2026-01-01, 12:00:00, 88000000, 88004000, 0, 1, -1, -1",
        b"2026-01-01, 12:00:00, 88004000, 88000000, 1000, 1, -1, -1, -1, -1",
        b"2026-01-01, 12:00:00, 88000000, 88004000, 1000, 1, -1",
        b"2026-01-01, 12:00:00, nan, inf, 1000, 1, -1, -1, -1, -1",
        b"2026-99-01, 12:00:00, 88000000, 88004000, 1000, 1, -1, -1, -1, -1",
        b"2026-01-01, 12:00:00, 1e400, 88004000, 1000, 1, -1, -1, -1, -1",
        b"\xff\xfe, 12:00:00, 88000000, 88004000, 1000, 1, -1, -1, -1, -1",
    ],
)
def test_lines_that_are_no_sweep(line: bytes) -> None:
    assert parse(line) is None
    assert kind_of(line) is None


@given(
    st.lists(
        st.sampled_from([*RTL.encode().splitlines(), *HACKRF.encode().splitlines()]) | st.binary(), max_size=8
    )
)
def test_any_lines_are_survived(lines: list[bytes]) -> None:
    for trace in traces(io.BytesIO(b"\n".join(lines)), "rtl-power-csv", "x", Problems()):
        assert np.isfinite(trace.mean_db).all()


@given(
    st.lists(st.floats() | st.integers(-(10**20), 10**20), min_size=4, max_size=4),
    st.lists(st.floats(), min_size=1, max_size=9),
)
def test_any_numbers_are_survived(header: list[float], powers: list[float]) -> None:
    row = ",".join(map(str, [*header, *powers]))
    line = f"2026-01-01, 12:00:00, {row}".encode()
    for kind in ("rtl-power-csv", "hackrf-sweep-csv"):
        for trace in traces(io.BytesIO(line), kind, "x", Problems()):
            assert np.isfinite(trace.mean_db).all()
            assert trace.bin_hz > 0


def test_the_first_line_of_data_may_be_the_third_and_no_later() -> None:
    line = b"2026-11-22, 12:00:00, 100000000, 100004000, 1000.00, 10, -50.0, -51.0, -52.0, -53.0"
    assert parse(line) is not None
    assert kind_of(b"# made by\n# a tool\n" + line + b"\n") == kind_of(line + b"\n") is not None
    assert kind_of(b"#\n#\n#\n" + line + b"\n") is None
