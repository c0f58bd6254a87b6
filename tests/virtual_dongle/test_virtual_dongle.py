"""The virtual dongle under real programs: rtl_power, rtl_433, rtl_tcp and pyrtlsdr see what a scene says."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.virtual_dongle.fixture import Dongle

CHILD = Path(__file__).parent / "child.py"


@pytest.fixture
def dongle(tmp_path: Path) -> Dongle:
    return Dongle(tmp_path)


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def python(dongle: Dongle, script: str, timeout_s: float = 60) -> list[object]:
    """Runs lines of ``child.py``'s language in a process that loads the dongle; what it printed, decoded."""
    code = f"from child import *\n{script}"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**dongle.environment, "PYTHONPATH": str(CHILD.parent)},
        timeout=timeout_s,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_rtl_power_sees_the_carriers(dongle: Dongle) -> None:
    needs("rtl_power")
    dongle.plays("device\nnoise -100\ncarrier f=433.9e6 level=-40\ncarrier f=434.52e6 level=-50\n")
    run = dongle.run(["rtl_power", "-f", "433M:435M:5k", "-i", "1", "-1", "-g", "29.7", "-"])
    (row,) = csv.reader(io.StringIO(run.stdout.decode()))
    low, step = float(row[2]), float(row[4])
    power = np.array([float(x) for x in row[6:]])
    seen = low + step * np.arange(len(power))
    strong = power > np.median(power) + 15
    assert {round(f / 1e4) for f in seen[strong]} <= {43389, 43390, 43391, 43451, 43452, 43453}
    levels = [power[np.abs(seen - f) < 2 * step].max() for f in (433.9e6, 434.52e6)]
    assert levels[0] - levels[1] == pytest.approx(10, abs=2.5)  # a carrier between bins loses up to 1.4 dB


def test_rtl_433_measures_a_keyed_carrier(dongle: Dongle) -> None:
    """Its analyser finds packets whose shortest pulse is one bit at 1000 baud, 20 kHz above its centre."""
    needs("rtl_433")
    dongle.plays("device\nnoise -95\nook f=433.92e6 level=-8 baud=1000 on=0.05 period=0.4\n")
    run = dongle.run(["rtl_433", "-d", "0", "-f", "433.9M", "-g", "29.7", "-A", "-n", "1000000"])
    text = run.stdout.decode() + run.stderr.decode()
    assert "Found Rafael Micro R820T tuner" in text
    pulses = re.findall(r"Pulse width distribution:\n \[ 0\] count: +\d+, +width: +(\d+) us", text)
    assert len(pulses) >= 5
    assert all(abs(int(pulse) - 1000) <= 20 for pulse in pulses[1:])  # the first may be cut by the start
    offsets = [float(found) for found in re.findall(r"Frequency offsets .*\(\+([0-9.]+) kHz", text)]
    assert np.median(offsets) == pytest.approx(20, abs=1)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def test_rtl_tcp_serves_it(dongle: Dongle) -> None:
    needs("rtl_tcp")
    dongle.plays("device\npaced 1\nnoise -100\ncarrier f=100.3e6 level=-30\n")
    port = free_port()
    server = subprocess.Popen(
        ["rtl_tcp", "-a", "127.0.0.1", "-p", str(port), "-f", "100000000", "-s", "1024000", "-g", "29.7"],
        env=dongle.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                client = socket.create_connection(("127.0.0.1", port), timeout=10)
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        with client:
            raw = b""
            while len(raw) < 12 + 400_000:
                raw += client.recv(65536)
    finally:
        server.kill()  # its own handler can miss a SIGTERM while a client leaves
        server.wait(10)
    assert raw[:4] == b"RTL0"
    assert int.from_bytes(raw[4:8], "big") == 5
    assert int.from_bytes(raw[8:12], "big") == 29
    numbers = np.frombuffer(raw[12:400_012], np.uint8).astype(float) - 127.5
    z = numbers[::2] + 1j * numbers[1::2]
    tone = np.fft.fft(z[-65536:] * np.hanning(65536))
    assert np.fft.fftfreq(65536, 1 / 1.024e6)[np.argmax(np.abs(tone))] == pytest.approx(300e3, abs=32)


SWEEP = """
with radio() as r:
    for hz in {hz}:
        say(peak(r, hz))
"""


def test_pyrtlsdr_sees_frequency_level_and_floor(dongle: Dongle) -> None:
    dongle.plays("device serial=7\nnoise -95\ncarrier f=433.9e6 level=-30\ncarrier f=868.3e6 level=-40\n")
    (a, b, c) = python(dongle, SWEEP.format(hz=[433.5e6, 868.6e6, 600e6]))
    assert a["hz"] == pytest.approx(433.9e6, abs=500)
    assert b["hz"] == pytest.approx(868.3e6, abs=500)
    assert a["dbfs"] == pytest.approx(-30, abs=0.5)
    assert b["dbfs"] == pytest.approx(-40, abs=0.5)
    for seen in (a, b, c):
        assert seen["floor"] == pytest.approx(-95, abs=0.5)
    assert c["dbfs"] < -50


def test_crystal_error_and_its_correction(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -100\nppm 20\ncarrier f=500.2e6 level=-30\n")
    off, right = python(
        dongle,
        "with radio() as r:\n    say(peak(r, 500e6))\n    r.freq_correction = 20\n    say(peak(r, 500e6))",
    )
    assert off["hz"] == pytest.approx(500.2e6 - 10_000, abs=300)
    assert right["hz"] == pytest.approx(500.2e6, abs=300)


def test_spur_follows_the_tuning_and_clock_carriers_stay(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -100\nspur -417e3 -40\n")
    a, b = python(dongle, SWEEP.format(hz=[500e6, 600.3e6]))
    assert a["hz"] - 500e6 == pytest.approx(-417e3, abs=500)
    assert b["hz"] - 600.3e6 == pytest.approx(-417e3, abs=500)
    dongle.plays("device\nnoise -100\nppm 30\ncarrier f=288e6 level=-40 clock=1\n")
    (c,) = python(dongle, SWEEP.format(hz=[288.2e6]))
    assert c["hz"] == pytest.approx(288e6, abs=300)  # its own harmonic: no crystal error shows


def test_dc_image_and_gain(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -110\ndc -35\nimage -30\ncarrier f=500.3e6 level=-20\n")
    (levels,) = python(dongle, "with radio() as r:\n    say(levels(r, 500e6, [300e3, -300e3, 0]))")
    assert levels == pytest.approx([-20, -50, -35], abs=0.7)
    (low,) = python(dongle, "with radio(gain=9.9) as r:\n    say(levels(r, 500e6, [300e3]))")
    assert low == pytest.approx([-20 - (29.7 - 8.7)], abs=0.7)  # 8.7 dB is the next gain it has


def test_overload_makes_products(dongle: Dongle) -> None:
    scene = "device\nnoise -100\nip3 0.3\ncarrier f=500.2e6 level=-6\ncarrier f=500.3e6 level=-6\n"
    dongle.plays(scene)
    (strong,) = python(dongle, "with radio() as r:\n    say(levels(r, 500e6, [200e3, 100e3, 400e3]))")
    (weak,) = python(dongle, "with radio(gain=19.7) as r:\n    say(levels(r, 500e6, [200e3, 100e3, 400e3]))")
    assert strong[1] > -45
    assert strong[1] - weak[1] > 20  # third order: 30 dB for 10 dB, down to the floor


def test_after_a_retune_old_then_wild_then_true_samples(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -100\nstale 0.01\nsettle 0.02\ngarbage -10\ncarrier f=500e6 level=-20\n")
    (seen,) = python(
        dongle,
        """
with radio() as r:
    r.center_freq = 499.8e6
    iq(r, 240_000)
    r.center_freq = 700e6
    z = iq(r, 120_000)
    say([db(np.mean(np.abs(part) ** 2)) for part in (z[:22_000], z[26_000:70_000], z[76_000:])])
""",
    )
    assert seen[0] == pytest.approx(-20, abs=1)
    assert seen[1] == pytest.approx(-10, abs=1)
    assert seen[2] < -30


def test_bursts_keep_their_time_over_a_retune(dongle: Dongle) -> None:
    """TDMA bursts stand on the stream's clock: 577 us each 4.615 ms, GSM's width."""
    dongle.plays("device\nnoise -125\ntdma f=900.3e6 level=-20\n")
    (seen,) = python(
        dongle,
        """
with radio() as r:
    r.center_freq = 900e6
    z = iq(r, 480_000)
    on = np.convolve(np.abs(z) > 0.05, np.ones(24) / 24, "same") > 0.5
    edges = np.flatnonzero(np.diff(on.astype(int))) / 2.4e6
    edges = edges[1:] if on[0] else edges
    hz = 300e3
    w = np.abs(np.fft.fft(z)) ** 2
    f = np.fft.fftfreq(len(z), 1 / 2.4e6)
    inside = w[np.abs(f - hz) < 135e3].sum() / w.sum()
    starts, stops = edges[::2], edges[1::2]
    say([np.median(stops - starts[: len(stops)]), np.median(np.diff(starts)), inside])
""",
    )
    assert seen[0] == pytest.approx(148 * 48e-6 / 13, rel=0.05)
    assert seen[1] == pytest.approx(60e-3 / 13, rel=0.01)
    assert seen[2] > 0.97


def test_ofdm_fills_its_width_with_a_prefix(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -120\nofdm f=806e6 level=-15 width=4.5e6\n")
    (seen,) = python(
        dongle,
        """
with radio() as r:
    r.center_freq = 807.8e6
    z = iq(r, 240_000)
    p = np.mean(np.abs(np.fft.fft(z[: 240_000 // 512 * 512].reshape(-1, 512), axis=1)) ** 2, axis=0)
    f = np.fft.fftfreq(512, 1 / 2.4e6) + 807.8e6
    inside, outside = p[(f > 806.7e6) & (f < 808.1e6)], p[f > 808.5e6]
    product = z[160:] * np.conj(z[:-160])
    other = z[140:] * np.conj(z[:-140])
    energy = np.mean(np.abs(z) ** 2)
    say([db(inside.min() / inside.max()), db(np.median(outside) / np.median(inside)),
         abs(np.mean(product)) / energy, abs(np.mean(other)) / energy])
""",
    )
    assert seen[0] > -6
    assert seen[1] < -20
    assert seen[2] > 0.04  # the prefix is a fifteenth of the time
    assert seen[3] < 0.02


def test_fm_and_am_carry_their_tone(dongle: Dongle) -> None:
    dongle.plays(
        "device\nnoise -110\nfm f=500.1e6 level=-10 dev=3000 tone=1000\n"
        "am f=700.1e6 level=-10 tone=1000 depth=0.5\n"
    )
    fm, am = python(
        dongle,
        """
with radio() as r:
    for hz in (500e6, 700e6):
        r.center_freq = hz
        z = iq(r, 480_000) * np.exp(-2j * np.pi * 100e3 * np.arange(480_000) / 2.4e6)
        z = z.reshape(-1, 40).mean(axis=1)
        turning = np.angle(z[1:] * np.conj(z[:-1])) * 60e3 / 2 / np.pi
        audio = turning if hz == 500e6 else np.abs(z) / np.abs(z).mean()
        audio = audio - audio.mean()
        line = np.abs(np.fft.rfft(audio)) / len(audio) * 2
        say([float(line.max()), float(np.argmax(line) * 60e3 / len(audio))])
""",
    )
    assert fm == [pytest.approx(3000, rel=0.05), pytest.approx(1000, abs=10)]
    assert am == [pytest.approx(0.5, rel=0.05), pytest.approx(1000, abs=10)]


def test_a_recording_plays_at_its_frequency(dongle: Dongle) -> None:
    """The bundled weather sensor, put on the air at 433.935 MHz and heard by the real rtl_433."""
    needs("rtl_433")
    path = CHILD.parent.parent.parent / "recordings" / "clean" / "weather-sensor_433.92M_250k.cu8"
    dongle.plays(f"device\nnoise -110\nrecording f=433.92e6 rate=250e3 path={path}\n")
    command = [
        "rtl_433",
        "-d",
        "0",
        "-f",
        "433.7M",
        "-s",
        "1024k",
        "-g",
        "29.7",
        "-F",
        "json",
        "-n",
        "4000000",
    ]
    run = dongle.run([*command, "-M", "level"])
    decoded = [json.loads(line) for line in run.stdout.decode().splitlines() if line.startswith("{")]
    assert {row["model"] for row in decoded} == {"LaCrosse-TX141THBv2"}
    assert len(decoded) >= 4  # 3.9 s of a recording of 0.6 s
    assert decoded[1]["freq"] == pytest.approx(433.935, abs=0.02)  # its estimate is coarse


def test_several_devices_by_serial(dongle: Dongle) -> None:
    dongle.plays(
        "device serial=A1 product=One\ndevice serial=B2 product=Two\nattenuation 20\n"
        "carrier f=500.2e6 level=-30\ncarrier f=500.4e6 level=-10 device=A1\n"
    )
    serials, a, b = python(
        dongle,
        """
say(RtlSdr.get_device_serial_addresses())
with radio(serial_number="A1") as r:
    say(levels(r, 500e6, [200e3, 400e3]))
with radio(serial_number="B2") as r:
    say(levels(r, 500e6, [200e3, 400e3]))
""",
    )
    assert serials == ["A1", "B2"]
    assert a == pytest.approx([-30, -10], abs=0.7)
    assert b[0] == pytest.approx(-50, abs=1.5)
    assert b[1] < -60


def test_refusals(dongle: Dongle) -> None:
    dongle.plays("device\nrefuse 500e6 510e6\nrefuse_rate 1.8e6\nrange 24e6 1766e6\n")
    (errors,) = python(
        dongle,
        """
r = radio()
results = [librtlsdr.rtlsdr_set_center_freq(r.dev_p, hz) for hz in (400000000, 505000000, 1800000000)]
results += [librtlsdr.rtlsdr_set_sample_rate(r.dev_p, rate) for rate in (2400000, 1800000, 500000, 3300000)]
say(results)
""",
    )
    assert errors == [0, -1, -1, 0, -22, -22, -22]


def test_a_second_program_finds_it_busy(dongle: Dongle) -> None:
    dongle.plays("device\n")
    (error,) = python(
        dongle,
        """
first = radio()
handle = p_rtlsdr_dev(None)
say(librtlsdr.rtlsdr_open(handle, 0))
""",
    )
    assert error == -6
    dongle.plays("device\ndenied 1\n")
    (error,) = python(dongle, "say(librtlsdr.rtlsdr_open(p_rtlsdr_dev(None), 0))")
    assert error == -3


def test_no_scene_is_no_device(dongle: Dongle) -> None:
    (count,) = python(dongle, "say(librtlsdr.rtlsdr_get_device_count())")
    assert count == 0


def test_unplug_shows_in_reads_and_in_the_list(dongle: Dongle) -> None:
    dongle.plays("device\nunplug_after 3\nunplug_for 2\n")
    results, gone, back = python(
        dongle,
        """
r = radio()
say([read(r) for _ in range(5)])
say(librtlsdr.rtlsdr_get_device_count())
time.sleep(2.1)
say(librtlsdr.rtlsdr_get_device_count())
""",
    )
    assert results == [0, 0, 0, -4, -4]
    assert gone == 0
    assert back == 1


@pytest.mark.parametrize("fault", ["unplug_after 2\nhang 1", "stall_after 2"])
def test_hanging_reads_end_when_cancelled(dongle: Dongle, fault: str) -> None:
    """As on real hardware a synchronous read then never returns; an asynchronous one ends when cancelled."""
    dongle.plays(f"device\n{fault}\n")
    blocks, waited = python(
        dongle,
        """
r = radio()
seen = []
threading.Timer(0.8, lambda: librtlsdr.rtlsdr_cancel_async(r.dev_p)).start()
start = time.monotonic()
stream(r, seen.append)
say(len(seen))
say(time.monotonic() - start)
""",
    )
    assert blocks == 2
    assert waited > 0.5


def test_async_delivers_until_cancelled_from_the_callback(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -100\n")
    (sizes,) = python(
        dongle,
        """
r = radio()
seen = []
def take(size):
    seen.append(size)
    if len(seen) == 5:
        librtlsdr.rtlsdr_cancel_async(r.dev_p)
stream(r, take, 16384)
say(seen)
""",
    )
    assert sizes == [16384] * 5


def test_paced_samples_come_at_their_rate(dongle: Dongle) -> None:
    """A second of samples takes a second and no less."""
    script = (
        "r = radio()\nstart = time.monotonic()\n[read(r, 480_000) for _ in range(10)]\n"
        "say(time.monotonic() - start)"
    )
    dongle.plays("device\npaced 1\n")
    (paced,) = python(dongle, script)
    assert paced >= 0.98  # 2.4 million samples


def test_test_mode_counts(dongle: Dongle) -> None:
    dongle.plays("device\n")
    (steps,) = python(
        dongle,
        "r = RtlSdr(test_mode_enabled=True)\nb = np.frombuffer(bytes(r.read_bytes(4096)), np.uint8)\n"
        "say(sorted(set(np.diff(b.astype(int)) % 256)))",
    )
    assert steps == [1]


def test_a_scene_may_change_while_it_plays(dongle: Dongle) -> None:
    dongle.plays("device\nnoise -100\n")
    before, after = python(
        dongle,
        f"""
with radio() as r:
    say(peak(r, 500e6)["dbfs"])
    open({str(dongle.path)!r} + ".new", "w").write("device\\nnoise -100\\ncarrier f=500.1e6 level=-20\\n")
    import os
    os.replace({str(dongle.path)!r} + ".new", {str(dongle.path)!r})
    say(peak(r, 500e6)["dbfs"])
""",
    )
    assert before < -50
    assert after == pytest.approx(-20, abs=0.5)
