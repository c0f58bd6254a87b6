"""Streams of real encoders (x264, x265, VP8, MPEG-4, Motion JPEG) over a made-up scene, as packets.

An independent look at the rule of ``wifi_cameras``: the picture sizes come from encoders that others wrote,
at constant and variable bit rate, several resolutions and key-frame distances; only the scene (noise, a
moving figure) and the network are made here. Nothing was tuned on it. DERIVED from encoders, labelled so.
Needs PyAV (``pip install av``), which is no dependency.

    python -m tests.measure.wifi_encoders [count] [camera, call or cast]
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from sweeper.records import Level
from tests.measure.wifi_streams import DOWN, RELAY, UP, Maker, Packet, verdict

RESOLUTIONS = ((320, 240), (640, 360), (640, 480), (1280, 720))


def scene(rng: np.random.Generator, width: int, height: int, count: int, fps: float) -> Any:
    """Grey pictures of a room: a still background, sensor noise, now and then a figure that walks."""
    small = rng.integers(0, 255, (height // 16 + 2, width // 16 + 2)).astype(np.float32)
    room = np.kron(small, np.ones((16, 16), np.float32))[:height, :width] * 0.5 + 60
    noise = rng.uniform(0.5, 4)
    there, x, y = rng.random() < 0.5, 0.0, height / 3
    for k in range(count):
        if k % int(4 * fps) == 0:
            there = rng.random() < 0.5
        picture = room + noise * rng.standard_normal(room.shape, dtype=np.float32)
        if there:
            x = (x + width / (6 * fps)) % (width * 0.8)
            left, top = int(x), int(y + 5 * np.sin(k / fps * 6))
            picture[top : top + height // 3, left : left + width // 8] += 60
        yield np.clip(picture, 0, 255).astype(np.uint8)


def desktop(rng: np.random.Generator, width: int, height: int, count: int, fps: float) -> Any:
    """A screen: lines of text that are scrolled at times, a pointer, a window that opens."""
    text = (rng.random((4 * height // 4, width // 4)) < 0.25).repeat(4, 0).repeat(4, 1) * 200.0
    at, moving = 0, False
    for k in range(count):
        if rng.random() < 1 / fps:
            moving = not moving
        at += 24 * moving
        if at > text.shape[0] - height:  # a page ends somewhere, not by a clock
            at = int(rng.integers(text.shape[0] - height))
        picture = text[at : at + height, :width].copy()
        px, py = int((k * 7) % (width - 8)), int((k * 3) % (height - 8))
        if moving:
            picture[py : py + 8, px : px + 8] = 255
        yield picture.astype(np.uint8)


def encoded(
    codec: str, pictures: Any, size: tuple[int, int], fps: int, options: dict[str, str], rate: int
) -> list[int]:
    """Bytes of each picture in the order sent."""
    import av

    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height = size
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base = Fraction(1, fps)
    context.framerate = fps
    context.thread_count = 1
    if rate:
        context.bit_rate = rate
    context.options = options
    sizes = []
    for k, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=context.pix_fmt)
        frame.pts = k
        sizes += [packet.size for packet in context.encode(frame)]
    return sizes + [packet.size for packet in context.encode(None) if packet.size]


def sent(rng: np.random.Generator, sizes: list[int], fps: float, way: int = UP) -> list[Packet]:
    """Pictures as packets: RTP over UDP, RTP in TCP, or TLS records over TCP, at once or paced."""
    kind = rng.choice(["udp", "tcp", "tls"])
    most = int({"udp": rng.choice([1400, 1428, 1188]), "tcp": 1448, "tls": 1448}[kind])
    gap = rng.uniform(100e-6, 900e-6)
    paced = rng.random() < 0.3
    jitter = rng.uniform(0.0005, 0.004)
    clock = fps * (1 + rng.uniform(-3e-4, 3e-4))
    packets = []
    for k, size in enumerate(sizes):
        now = k / clock + rng.exponential(jitter)
        left = size + (29 * (size // 16384 + 1) if kind == "tls" else 14 * (size // most + 1))
        step = max(gap, 0.5 / fps / (left / most + 1)) if paced else gap
        while left > 0:
            packets.append(Packet(now, min(left, most) + 40, way))
            if kind != "udp" and len(packets) % 2:
                packets.append(Packet(now + 0.003, 66, DOWN if way == UP else UP))
            left -= most
            now += step * rng.uniform(0.8, 1.4)
    return packets


def camera(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A network camera: usual profiles of H.264, H.265, MPEG-4 and Motion JPEG."""
    fps = int(rng.choice([6, 10, 12, 15, 20, 25]))
    size = RESOLUTIONS[rng.integers(len(RESOLUTIONS))]
    group = int(fps * rng.choice([1, 2, 2, 4]))
    rate = int(np.exp(rng.uniform(np.log(120e3), np.log(2.5e6))))
    codec = str(rng.choice(["libx264", "libx264", "libx264", "libx265", "mpeg4", "mjpeg"]))
    options = {"g": str(group), "bf": "0"}
    if codec == "libx264":
        options |= {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
        if rng.random() < 0.5:  # constant: the buffer holds one second
            options |= {"maxrate": str(rate), "bufsize": str(rate), "minrate": str(rate), "nal-hrd": "cbr"}
        else:
            options |= {"crf": str(int(rng.integers(22, 34)))}
            rate = 0
    elif codec == "libx265":
        options = {"preset": "ultrafast", "x265-params": f"keyint={group}:bframes=0:log-level=none:pools=1"}
    elif codec == "mjpeg":
        options, rate = {"qmin": "6", "qmax": "12"}, 0
    sizes = encoded(codec, scene(rng, *size, int(seconds * fps), fps), size, fps, options, rate)
    packets = sent(rng, sizes, fps)
    if rng.random() < 0.5:
        every, length = float(rng.choice([0.02, 0.04, 0.064])), int(rng.choice([172, 212, 380]))
        packets += [Packet(float(t), length, UP) for t in np.arange(0, seconds, every)]
    return packets


def call(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """VP8 at a call's settings both ways, and sound."""
    packets = []
    for way in (UP, DOWN):
        fps = int(rng.choice([15, 24, 30]))
        rate = int(rng.uniform(3e5, 1.2e6))
        options = {"deadline": "realtime", "cpu-used": "8", "g": "3000", "lag-in-frames": "0"}
        sizes = encoded(
            "libvpx", scene(rng, 320, 180, int(seconds * fps), fps), (320, 180), fps, options, rate
        )
        packets += sent(rng, sizes, fps, way)
        packets += [Packet(float(t), int(rng.integers(90, 180)), way) for t in np.arange(0, seconds, 0.02)]
    return packets


def cast(rng: np.random.Generator, seconds: float) -> list[Packet]:
    """A screen sent to a television in the same network (Miracast, AirPlay): H.264 without key frames."""
    fps = int(rng.choice([30, 30, 60]))
    size, rate = (640, 360), int(rng.uniform(3e6, 8e6))
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "9999", "bf": "0", "maxrate": str(rate),
               "bufsize": str(rate // 4)}  # fmt: skip
    made = desktop if rng.random() < 0.6 else scene
    sizes = encoded("libx264", made(rng, *size, int(seconds * fps), fps), size, fps, options, rate)
    up = sent(rng, sizes, fps)
    return up + [Packet(p.time_s + 0.002, p.size, RELAY) for p in up if p.way == UP]


CAMERAS: dict[str, Maker] = {"encoder, camera": camera}
OTHERS: dict[str, Maker] = {"encoder, call": call, "encoder, cast": cast}


def main(count: int, wanted: str = "", base: int = 50_000) -> None:
    for name, maker in {**CAMERAS, **OTHERS}.items():
        if wanted not in name:
            continue
        found = [verdict(maker, base + seed) for seed in range(count)]
        some, strong = sum(f is not None for f in found), sum(f is Level.MEDIUM for f in found)
        odd = [base + seed for seed, level in enumerate(found) if (level is None) == (maker is camera)]
        print(
            f"DERIVED {name:16} {count} devices: named {some / count:.3f}, medium {strong / count:.3f}",
            odd,
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40, *sys.argv[2:3])
