"""Encrypted Wi-Fi traffic of cameras and of what is no camera, synthesised: sizes and times of packets.

No public capture of a streaming camera over the air has ground truth, so the rule is set and measured on
traffic made here. Each maker draws its parameters from ranges, so that every seed is another device: a
camera held out is a seed never looked at while the limits were set (seeds below 1000 set them, 1000 and up
measure). Contention, retransmission and loss are laid over all of it alike. SYNTHETIC, labelled so wherever
the results are printed.

    python -m tests.measure.wifi_streams [count [most]]      prints the rates of the rule for each kind;
                                                             most: bytes of an A-MSDU, e.g. 3839, 7935
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sweeper.detectors.wifi_cameras import WifiCameras
from sweeper.records import Detection, FrameBatch, Level, Medium

STATION, POINT, GATEWAY, OTHER = (bytes.fromhex(f"0211223344{i:02x}") for i in (1, 2, 3, 4))
UP, DOWN, RELAY = 0, 1, 2


class Packet(NamedTuple):
    """One IP packet on the air: seconds, bytes, direction (up, down, or relayed to another station)."""

    time_s: float
    size: int
    way: int


Maker = Callable[[np.random.Generator, float], list[Packet]]


def _row(
    start: float, size: int, way: int, rng: np.random.Generator, gap_s: float, most: int
) -> list[Packet]:
    """One picture or chunk as a row of full packets and a rest."""
    packets, now = [], start
    while size > 0:
        packets.append(Packet(now, min(size, most), way))
        size -= most
        now += gap_s * rng.uniform(0.7, 1.6)
    return packets


def camera(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """H.264-like: rate 5 to 30 Hz, constant or variable rate, key frames, sound, UDP or TCP, paced or not."""
    fps = float(rng.choice([5, 8, 10, 12, 15, 20, 24, 25, 30]))
    rate = float(np.exp(rng.uniform(np.log(150e3), np.log(6e6))))
    mean = max(rate / 8 / fps, 350.0)
    group = max(4, round(rng.choice([1, 2, 2, 4, 5, 10]) * fps))
    big = rng.uniform(1.5, 8)
    ordinary = mean * group / (group - 1 + big)
    spread = rng.choice([0.1, 0.25, 0.45])
    tcp, sound = rng.random() < 0.5, rng.random() < 0.6
    most = int(rng.choice([1400, 1448, 1460, 1200]))
    gap = rng.uniform(150e-6, 900e-6)
    if rng.random() < 0.3:  # paced over half of the picture's time
        gap = max(gap, 0.5 / fps / max(mean / most, 1))
    jitter = rng.uniform(0.0005, 0.004)
    clock = fps * (1 + rng.uniform(-3e-4, 3e-4))
    packets: list[Packet] = []
    motion = 1.0
    for k in range(int(seconds * fps)):
        start = k / clock + rng.exponential(jitter)
        if k % 40 == 0:
            motion = rng.uniform(0.6, 1.8)
        size = ordinary * (big if k % group == 0 else motion * np.exp(spread * rng.standard_normal()))
        row = _row(start, int(size) + 40, UP, rng, gap, most)
        packets += row
        if tcp:
            packets += [Packet(p.time_s + 0.004, 66, DOWN) for p in row[1::2]]
    if sound:
        every, size = float(rng.choice([0.02, 0.04, 0.064])), int(rng.choice([172, 212, 380]))
        packets += [Packet(t, size, UP) for t in np.arange(0, seconds, every)]
    return packets


def motion_jpeg(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """Each picture by itself, 5 to 25 Hz, sizes that change little."""
    fps = float(rng.choice([5, 10, 15, 20, 25]))
    size = rng.uniform(4e3, 25e3)
    packets: list[Packet] = []
    for k in range(int(seconds * fps)):
        one = size * (1 + 0.12 * rng.standard_normal() + 0.2 * np.sin(k / 60))
        start = k / fps + rng.exponential(0.003)
        packets += _row(start, int(max(one, 500)), UP, rng, 400e-6, 1448)
    return packets


def call(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """Pictures and sound both ways; one way has up to twice the other's rate."""
    packets: list[Packet] = []
    share = rng.uniform(0.33, 0.67)
    total = rng.uniform(0.6e6, 4e6)
    for way, part in ((UP, share), (DOWN, 1 - share)):
        fps = float(rng.choice([15, 24, 30]))
        for k in range(int(seconds * fps)):
            size = total * part / 8 / fps * np.exp(0.3 * rng.standard_normal())
            packets += _row(k / fps + rng.exponential(0.003), int(size), way, rng, 600e-6, 1200)
        packets += [Packet(t, int(rng.integers(120, 200)), way) for t in np.arange(0, seconds, 0.02)]
    return packets


def call_shown(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A call in which only this side shows itself: pictures and sound up, sound down."""
    packets = [p for p in call(rng, seconds) if p.way == UP]
    every, size = float(rng.choice([0.02, 0.04, 0.06])), int(rng.integers(110, 300))
    spread = rng.uniform(0, 40)
    return packets + [
        Packet(float(t), int(size + rng.uniform(0, spread)), DOWN) for t in np.arange(0, seconds, every)
    ]


def download(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A file or an update coming down, an acknowledgement for each second packet."""
    packets: list[Packet] = []
    now, rate = 0.0, rng.uniform(1e6, 40e6)
    while now < seconds:
        packets.append(Packet(now, 1500, DOWN))
        if len(packets) % 2:
            packets.append(Packet(now + 0.001, 66, UP))
        now += rng.exponential(1500 * 8 / rate)
    return packets


def streaming(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """Watching a film: a few seconds' worth comes down at once, then a pause."""
    packets: list[Packet] = []
    now = 0.0
    while now < seconds:
        count = int(rng.uniform(300, 1500))
        for k in range(count):
            packets.append(Packet(now, 1500, DOWN))
            if k % 2:
                packets.append(Packet(now + 0.0005, 66, UP))
            now += rng.exponential(0.0006)
        now += rng.uniform(1, 4)
    return packets


def backup_link(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A backup as fast as the link takes it."""
    packets: list[Packet] = []
    now, rate = 0.0, rng.uniform(2e6, 20e6)
    while now < seconds:
        packets.append(Packet(now, 1500, UP))
        if len(packets) % 3 == 0:
            packets.append(Packet(now + 0.002, 66, DOWN))
        now += rng.exponential(1500 * 8 / rate)
    return packets


def backup_window(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A backup clocked by its acknowledgements: a window of packets each round trip, a saw-tooth window."""
    packets: list[Packet] = []
    now, window = 0.0, 10.0
    trip, wobble = rng.uniform(0.02, 0.12), rng.uniform(0.02, 0.1)
    most = rng.uniform(12, 60)
    while now < seconds:
        for p in _row(now, int(window) * 1448, UP, rng, 250e-6, 1448):
            packets += [p, Packet(p.time_s + 0.01, 66, DOWN)][: 1 + len(packets) % 2]
        window = window / 2 if window > most else window + 1
        now += trip * max(0.3, 1 + wobble * rng.standard_normal())
    return packets


def backup_chunks(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A backup held to a rate: a chunk, then a pause as long as the rate asks for."""
    packets: list[Packet] = []
    now = 0.0
    chunk, rate = float(rng.choice([16384, 65536, 262144])), rng.uniform(0.5e6, 8e6)
    while now < seconds:
        packets += _row(now, int(chunk), UP, rng, 300e-6, 1448)
        now += chunk * 8 / rate * rng.uniform(0.95, 1.05)
    return packets


def backup_bucket(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A backup held to a rate packet by packet."""
    rate = rng.uniform(0.2e6, 5e6)
    every = 1500 * 8 / rate
    times = np.arange(0, seconds, every)
    return [Packet(float(t + rng.exponential(0.0005)), 1500, UP) for t in times]


def photos(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A phone that uploads pictures one after the other."""
    packets: list[Packet] = []
    now = 0.0
    while now < seconds:
        for p in _row(now, int(rng.uniform(0.3e6, 4e6)), UP, rng, rng.uniform(4e-4, 2e-3), 1448):
            packets.append(p)
            now = p.time_s
        now += rng.uniform(0.1, 1.5)
    return packets


def cast(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A screen shown on a television in the same network: 30 or 60 Hz, still for long, no key frames."""
    fps = float(rng.choice([30, 60]))
    packets: list[Packet] = []
    moving, left = True, 0
    for k in range(int(seconds * fps)):
        if left <= 0:
            moving, left = rng.random() < 0.4, int(rng.uniform(0.3, 3) * fps)
        left -= 1
        if not moving and rng.random() < 0.85:
            continue
        size = rng.uniform(1e4, 4e4) if moving else rng.uniform(200, 2000)
        row = _row(k / fps + rng.exponential(0.002), int(size), UP, rng, 250e-6, 1400)
        packets += row + [Packet(p.time_s + 0.002, p.size, RELAY) for p in row]
    return packets


def cast_film(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A film shown on a television in the same network: pictures without pause, no key frames."""
    fps = float(rng.choice([24, 30, 60]))
    packets: list[Packet] = []
    for k in range(int(seconds * fps)):
        size = rng.uniform(4e5, 1e6) / 8 * np.exp(0.3 * rng.standard_normal()) * 8 / fps
        row = _row(k / fps + rng.exponential(0.002), int(size), UP, rng, 250e-6, 1400)
        packets += row + [Packet(p.time_s + 0.002, p.size, RELAY) for p in row]
    return packets


def voice(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A telephone call: equal small packets each 20 ms, both ways or one."""
    size = int(rng.choice([120, 172, 214]))
    ways = (UP, DOWN) if rng.random() < 0.7 else (UP,)
    return [Packet(float(t), size, way) for t in np.arange(0, seconds, 0.02) for way in ways]


def game(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A game: small packets up at 30 or 60 Hz, more down."""
    fps = float(rng.choice([30, 60, 64]))
    return [
        Packet(float(t), int(rng.integers(60, 160) if way == UP else rng.integers(150, 900)), way)
        for t in np.arange(0, seconds, 1 / fps)
        for way in (UP, DOWN)
    ]


def browsing(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """Pages: bursts down, a little up."""
    packets: list[Packet] = []
    now = 0.0
    while now < seconds:
        for k in range(int(rng.uniform(20, 400))):
            packets.append(Packet(now, 1500, DOWN))
            if k % 3 == 0:
                packets.append(Packet(now, int(rng.choice([66, 66, 500])), UP))
            now += rng.exponential(0.002)
        now += rng.uniform(0.5, 5)
    return packets


def sensor(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A sensor or plug that reports by the clock."""
    every = float(rng.choice([0.1, 0.2, 1.0]))
    return [Packet(float(t), int(rng.integers(90, 300)), UP) for t in np.arange(0, seconds, every)]


CAMERAS: dict[str, Maker] = {"camera": camera, "motion-jpeg": motion_jpeg}
OTHERS: dict[str, Maker] = {
    "video call": call,
    "call, one-sided": call_shown,
    "download": download,
    "film watched": streaming,
    "backup, link": backup_link,
    "backup, window": backup_window,
    "backup, chunks": backup_chunks,
    "backup, bucket": backup_bucket,
    "photos": photos,
    "cast screen": cast,
    "cast film": cast_film,
    "voice": voice,
    "game": game,
    "browsing": browsing,
    "sensor": sensor,
}


def on_the_air(packets: list[Packet], rng: np.random.Generator) -> list[Packet]:
    """Contention moves a packet by up to some milliseconds, some are repeated later, some are not heard."""
    loss, repeat = rng.uniform(0, 0.08), rng.uniform(0, 0.15)
    busy = rng.uniform(0.0002, 0.0015)
    heard = []
    for packet in packets:
        if rng.random() < loss:
            continue
        late = rng.exponential(busy) + (rng.exponential(0.002) if rng.random() < repeat else 0)
        heard.append(packet._replace(time_s=packet.time_s + late))
    return sorted(heard)


def aggregated(packets: list[Packet], most: int = 3839, wait_s: float = 0.001) -> list[Packet]:
    """A-MSDU: packets of one way that follow within ``wait_s`` travel in one frame, as far as they fit.

    Each brings a subframe header of 14 bytes and padding to four (802.11-2020, 9.3.2.2); 3,839 and 7,935
    bytes are the limits that devices declare.
    """
    made: list[Packet] = []
    last: dict[int, int] = {}
    for packet in packets:
        part = packet.size + 14 + -(packet.size + 14) % 4
        at = last.get(packet.way)
        if at is not None and packet.time_s - made[at].time_s < wait_s and made[at].size + part <= most:
            made[at] = made[at]._replace(size=made[at].size + part)
            continue
        last[packet.way] = len(made)
        made.append(packet._replace(size=part))
    return made


def batches(packets: list[Packet], source: str = "synthetic") -> Iterator[FrameBatch]:
    """The packets as QoS data frames cut behind their headers, and a beacon each 102.4 ms."""
    frames: list[tuple[float, bytes, int]] = []
    ends = packets[-1].time_s if packets else 0.0
    for k in range(int(ends / 0.1024)):
        beacon = b"\x80\0\0\0" + b"\xff" * 6 + POINT + POINT + b"\0\0" + bytes(12) + b"\0\x04home"
        frames.append((k * 0.1024, beacon, len(beacon)))
    for packet in packets:
        flags, addresses = {
            UP: (b"\x41", POINT + STATION + GATEWAY),
            DOWN: (b"\x42", STATION + POINT + GATEWAY),
            RELAY: (b"\x42", OTHER + POINT + STATION),
        }[packet.way]
        head = b"\x88" + flags + b"\x30\0" + addresses + b"\0\0\0\0" + bytes(8)
        frames.append((packet.time_s, head, 26 + 16 + packet.size))
    frames.sort(key=lambda f: f[0])
    for at in range(0, len(frames), 500):
        part = frames[at : at + 500]
        times, heads, lengths = zip(*part, strict=True)
        yield FrameBatch(
            source=source, time_s=times[0], medium=Medium.WIFI, link_type=105,
            times_s=times, frames=heads, lengths=lengths,
        )  # fmt: skip


def verdict(maker: Maker, seed: int, seconds: float = 20.0, most: int = 0) -> Level | None:
    """The highest level at which the detector names the station, ``None`` if it does not; ``most``: bytes of
    an aggregated frame, 0 without aggregation."""
    rng = np.random.default_rng(seed)
    detector = WifiCameras()
    offered = maker(rng, seconds)
    packets = on_the_air(aggregated(sorted(offered), most) if most else offered, rng)
    made = [record for batch in batches(packets) for record in detector.feed(batch)]
    made += detector.finish()
    levels = [r.level for r in made if isinstance(r, Detection)]
    return max(levels, key=lambda level: level.rank) if levels else None


def main(count: int, most: int = 0, base: int = 1000) -> None:
    for title, makers in (("cameras", CAMERAS), ("others", OTHERS)):
        named = medium = total = 0
        for name, maker in makers.items():
            found = [verdict(maker, base + seed, most=most) for seed in range(count)]
            some, strong = sum(f is not None for f in found), sum(f is Level.MEDIUM for f in found)
            print(
                f"SYNTHETIC {name:16} {count} devices: named {some / count:.3f}, medium {strong / count:.3f}"
            )
            named, medium, total = named + some, medium + strong, total + count
        print(f"SYNTHETIC all {title}: named {named / total:.4f}, at medium {medium / total:.4f}\n")


if __name__ == "__main__":
    main(*([int(word) for word in sys.argv[1:3]] or [100]))
