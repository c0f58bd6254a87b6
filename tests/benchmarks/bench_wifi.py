"""How many Wi-Fi frames a second: reading, laying out, inventory, all stages; beside scapy, dpkt, tshark.

    python tests/benchmarks/bench_wifi.py [capture]

Without a capture it makes one: 120,000 radiotap frames of 40 access points and 200 stations, mostly beacons
and data. With one it takes that. scapy reads the first 5,000 frames only, dpkt 30,000. Times are the
processor's, of one core, the peers' too; best of three for our own parts.
"""

from __future__ import annotations

import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sweeper.detectors import Setup, wifi_cameras, wifi_clips, wifi_deauth, wifi_inventory, wifi_rogue
from sweeper.pipeline import Pipeline
from sweeper.protocols.frame_table import table
from sweeper.protocols.pcap import packets
from sweeper.records import FrameBatch
from sweeper.signatures import Library
from tests.detectors import wifi_air as air

COUNT = 120_000
SCAPY_FRAMES = 5_000
DPKT_FRAMES = 30_000


def make(path: Path) -> None:
    """A capture of a busy house: beacons with changing TIM, data both ways, acknowledgements, probes."""
    dice = random.Random(7)
    points = [f"50:c7:bf:00:00:{i:02x}" for i in range(40)]
    stations = [f"8c:8d:28:00:00:{i:02x}" for i in range(200)]
    rsn = air.element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))
    extra = rsn + air.element(45, bytes(26)) + air.element(221, bytes.fromhex("0050f20201018000"))
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 127))
        for i in range(COUNT):
            number = dice.randrange(len(stations))
            point, station = points[number % len(points)], stations[number]
            kind = dice.random()
            if kind < 0.4:
                tim = air.element(5, bytes([dice.randrange(3), 3, 0, dice.randrange(256)]))
                frame = air.beacon(point, b"net" + point[-2:].encode(), tim + extra, clock=i * 100)
            elif kind < 0.8:
                ends = (station, point) if dice.random() < 0.5 else (point, station)
                frame = air.data(*ends, point, 1 if ends[0] == station else 2, dice.choice((60, 400, 1400)))
            elif kind < 0.95:
                frame = b"\xd4\0\0\0" + air.mac(station)
            else:
                frame = air.probe(f"02:00:00:{dice.randrange(256):02x}:00:01", b"", extra)
            raw = air.with_radiotap(frame, -40 - dice.randrange(50))
            out.write(struct.pack("<IIII", i // 1000, i % 1000 * 1000, len(raw), len(raw)) + raw)


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """Seconds of the fastest round."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def ours(path: Path) -> dict[str, float]:
    """Frames a second of each of our parts."""
    batches = list(air.capture(path, size=2000))
    count = sum(len(b.frames) for b in batches)
    setup = Setup(Library.load())

    def read() -> None:
        with path.open("rb") as stream:
            for _ in packets(stream):
                pass

    def lay_out() -> None:
        for batch in batches:
            table(batch.link_type, batch.frames, batch.lengths)

    def both() -> None:
        read()
        lay_out()

    def stages(*modules: object) -> Callable[[], None]:
        def work() -> None:
            pipeline = Pipeline([module.stage(setup) for module in modules])  # type: ignore[attr-defined]
            fresh = [FrameBatch(**{f: getattr(b, f) for f in b.__struct_fields__}) for b in batches]
            for batch in fresh:
                for _ in pipeline.feed(batch):
                    pass
            list(pipeline.finish())

        return work

    return {
        "read the file": count / best(read),
        "lay out headers": count / best(lay_out),
        "read and lay out": count / best(both),
        "whole inventory": count / best(stages(wifi_inventory)),
        "all Wi-Fi stages": count
        / best(stages(wifi_inventory, wifi_cameras, wifi_clips, wifi_deauth, wifi_rogue)),
    }


def scapy(path: Path) -> float:
    """Frames a second that scapy dissects."""
    from scapy.layers import dot11  # noqa: F401  (registers the link type)
    from scapy.utils import PcapReader

    start = time.process_time()
    with PcapReader(str(path)) as reader:
        count = sum(1 for _ in zip(range(SCAPY_FRAMES), reader, strict=False))
    return count / (time.process_time() - start)


def dpkt(path: Path) -> float | None:
    """Frames a second that dpkt dissects, radiotap and 802.11."""
    try:
        from dpkt import dpkt as base
        from dpkt import pcap, radiotap
    except ImportError:
        return None
    start, count = time.process_time(), 0
    with path.open("rb") as stream:
        for _, data in zip(range(DPKT_FRAMES), pcap.Reader(stream), strict=False):
            count += 1
            try:
                radiotap.Radiotap(data[1])
            except (base.Error, IndexError, KeyError):  # it does not know all frames
                continue
    return count / (time.process_time() - start)


def tshark(path: Path) -> float | None:
    """Frames a second that tshark prints five fields of."""
    if shutil.which("tshark") is None:
        return None
    fields = ("frame.time_epoch", "wlan.ta", "wlan.ra", "radiotap.dbm_antsignal", "wlan.ssid")
    arguments = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-n", "-r", path, "-T", "fields", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.count(b"\n") / spent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "made.pcap"
        if len(sys.argv) < 2:
            make(path)
        peers = {
            "scapy PcapReader": scapy(path),
            "dpkt": dpkt(path),
            "tshark, five fields": tshark(path),
        }
        for name, rate in ours(path).items():
            ratios = ", ".join(f"{rate / peer:.0f} x {who}" for who, peer in peers.items() if peer)
            print(f"{name:18} {rate:10,.0f} frames/s   {ratios}")
        for who, peer in peers.items():
            print(f"{who:18} {peer:10,.0f} frames/s" if peer else f"{who}: not installed")


if __name__ == "__main__":
    main()
