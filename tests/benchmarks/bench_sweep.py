"""A full sweep on the virtual dongle against the real rtl_power at equal dwell; prints times and ratio.

Run: .venv/bin/python -m tests.benchmarks.bench_sweep

The dongle takes 8 ms to retune, settles for half a millisecond, and gives samples in real time. ``rtl_power``
is the distribution's, on the same virtual dongle, with the dwell that it chooses itself (16384 bytes a hop at
its own rate). It is timed as it is used by default, trusting its hops to the very edge, and with a crop as
ours (15 %).

``soapy_power`` (PyPI, in an environment that sees Debian's ``python3-soapysdr`` and
``soapysdr-module-rtlsdr``) is timed where ``SOAPY_POWER`` names it: over 80 MHz, as it is by default and with
buffers of its driver as short as a hop.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sweeper.plan import FULL, Band, SweepPlan
from sweeper.radio.inventory import open_source
from sweeper.radio.sweep import SweepSource
from tests.virtual_dongle.build import build

SCENE = """device serial=bench
noise -100
dc -45
retune 0.008
settle 0.0005
paced 1
carrier f=88.1e6 level=-28
carrier f=94.7e6 level=-25
carrier f=101.2e6 level=-26
carrier f=105.4e6 level=-30
carrier f=433.9e6 level=-40
"""
RTL_POWER_DWELL_S = 8192 / 2_796_147
LIMIT_S = 120


def rtl_power(folder: Path, library: Path, crop: str) -> float:
    """Seconds of one pass of the real rtl_power over 24 to 1766 MHz."""
    program = shutil.which("rtl_power")
    if program is None:
        sys.exit("no rtl_power on this machine (apt install rtl-sdr)")
    began = time.monotonic()
    subprocess.run(
        [program, "-f", "24M:1766M:5k", "-g", "30", "-i", "1", "-1", "-c", crop, str(folder / "out.csv")],
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)},
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    return time.monotonic() - began


def soapy_power(folder: Path, library: Path, device: str) -> float:
    """Seconds of one pass of the real soapy_power over 80 to 160 MHz, start included."""
    began = time.monotonic()
    words = ["-d", device, "-f", "80M:160M", "-B", "5k", "-g", "30", "-r", "2400000", "-k", "15", "-n", "14"]
    subprocess.run(
        [os.environ["SOAPY_POWER"], *words, "-q", "-O", str(folder / "soapy.csv")],
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)},
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    return time.monotonic() - began


def beside_soapy_power(folder: Path, library: Path) -> None:
    if "SOAPY_POWER" not in os.environ:
        print("soapy_power: not asked for (SOAPY_POWER names no program)")
        return
    seconds, source = ours(SweepPlan(bands=(Band(80e6, 160e6, dwell_s=RTL_POWER_DWELL_S),), gain_db=30.0))
    print(f"sweeper, 80-160 MHz, start included: {seconds:.1f} s ({source.stats.hops} hops)")
    for said, device in (
        ("as it is", "driver=rtlsdr"),
        ("short buffers", "driver=rtlsdr,bufflen=16384,buffers=4"),
    ):
        peer = soapy_power(folder, library, device)
        print(f"ratio to soapy_power, {said}, 80-160 MHz in {peer:.1f} s: {seconds / peer:.2f}")


def ours(plan: SweepPlan) -> tuple[float, SweepSource]:
    """Seconds of one sweep from the start of the driver's process to its end, and the source."""
    source = open_source("rtlsdr")
    assert isinstance(source, SweepSource)

    async def run() -> None:
        async for _ in source.records(plan):
            pass

    began = time.monotonic()
    asyncio.run(asyncio.wait_for(run(), LIMIT_S))
    return time.monotonic() - began, source


def main() -> None:
    library = build()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scene").write_text(SCENE, encoding="ascii")
        os.environ["VDONGLE_SCENE"] = str(folder / "scene")
        os.environ["SWEEPER_LIBRTLSDR"] = str(library)
        beside_soapy_power(folder, library)
        low, high = FULL.bands[0].start_hz, FULL.bands[0].stop_hz
        equal = SweepPlan(bands=(Band(low, high, dwell_s=RTL_POWER_DWELL_S),), gain_db=30.0)
        peer = rtl_power(folder, library, "0%")
        cropped = rtl_power(folder, library, "15%")
        seconds, source = ours(equal)
        stats = source.stats
        print(f"rtl_power, 24-1766 MHz, {1e3 * RTL_POWER_DWELL_S:.2f} ms a hop: {peer:.1f} s uncropped")
        print(f"rtl_power, cropped to 85 %: {cropped:.1f} s")
        settling = f"{1e3 * stats.settle_s:.2f} ms settling"
        print(f"sweeper, same dwell: {seconds:.1f} s ({stats.hops} hops, {settling})")
        print(f"ratio to rtl_power: {seconds / peer:.2f} uncropped, {seconds / cropped:.2f} cropped alike")
        seconds, source = ours(FULL)
        print(f"sweeper, burst-safe ({source.stats.hops} hops of 5.2 ms): {seconds:.1f} s")


if __name__ == "__main__":
    main()
