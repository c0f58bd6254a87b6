"""What each target's pool begins with: bundled recordings, examples of signatures, headers built here."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import struct
import tempfile
import zipfile
from functools import partial
from pathlib import Path

from sweeper.bundles import bundle, minisign
from sweeper.jobs import container
from sweeper.protocols import pcap
from sweeper.signatures import Library, builtin_folder
from sweeper.synth import recordings_folder
from tests.fuzz.targets import library
from tests.jobs import samples


def _seed(name: str, size: int) -> bytes:
    return (recordings_folder() / name).read_bytes()[:size]


def _snoop() -> bytes:
    """The first records of a log, whole."""
    data = _seed("devices/smarttag-lost.btsnoop", 1 << 20)
    at = 16
    while at < 1800:
        at += 24 + struct.unpack_from(">I", data, at + 4)[0]
    return data[:at]


def _wav() -> bytes:
    sound = bytes(range(256)) * 8
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 250_000, 1_000_000, 4, 16)
    auxi = (
        struct.pack("<4sI", b"auxi", 68)
        + struct.pack("<16H", *([2026, 11, 0, 22, 8, 0, 0, 0] * 2))
        + bytes(36)
    )
    body = b"WAVE" + form + auxi + struct.pack("<4sI", b"data", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _pcapng() -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    head = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 127, 0, 65535) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
    frame = _seed("devices/camera-stream.pcap", 400)[40:140]
    packet = block(6, struct.pack("<IIIII", 0, 1, 0, len(frame), len(frame)) + frame)
    return head + interface + packet * 3 + block(0x0BAD, b"\0" * 8) + packet


def _bundle() -> bytes:
    few = Library(list(library().signatures)[:2])
    return bundle.build(few, 3, dt.date(2026, 1, 1), dt.date(2027, 1, 1), "0.1.0")


def _messages() -> list[bytes]:
    record = b'{"source":"s","time_s":1.0,"subject":"x","state":"ready","reason":null,"detail":""}'
    text = b'{"id":"1","sensor":"room","kind":"status","item":"x","utc_s":1.0,"record":' + record + b"}"
    link = b'{"state":"up","utc_s":1.0,"waiting":2,"dropped":3}'
    return [text, text.replace(b"status", b"finding"), text.replace(b"status", b"coverage"), link]


def _jobs() -> list[bytes]:
    """A small job, whole and packed; and an archive that is refused."""
    with tempfile.TemporaryDirectory() as folder:
        samples.made(Path(folder) / "job").close()
        whole_job = container.packed(Path(folder) / "job", Path(folder) / "job.zip", None).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("job.json", "audit.jsonl", "../out", "manifest.json"):
            archive.writestr(name, "{}\n")
    return [whole_job, packed.getvalue()]


def _adverts() -> list[bytes]:
    found = []
    for line in _seed("devices/airtag-separated.jsonl", 100_000).splitlines()[1:]:
        data = json.loads(line).get("data")
        found += [bytes.fromhex(data)] if data else []
    for signature in library().signatures:
        found += [bytes.fromhex(e.ad) for e in signature.examples.positive if e.ad]
    return list(dict.fromkeys(found))[:200]


def _wired() -> list[bytes]:
    found = []
    for signature in library().signatures:
        found += [b"\0" + bytes.fromhex(e.frame) for e in signature.examples.positive if e.frame]
    return found or [bytes(60)]


def _wifi_frames() -> list[bytes]:
    stream = io.BytesIO(_seed("clean/office-wifi.pcap", 60_000))
    made = [b"\1" + packet.data for packet in itertools.islice(pcap.packets(stream), 40)]
    return made + [b"\0" + packet[30:] for packet in made[:20]]


def seeds() -> dict[str, list[bytes]]:
    """Inputs by target."""
    wifi = _wifi_frames()
    toml = [path.read_bytes() for path in sorted((builtin_folder() / "ble").glob("*.toml"))[:8]]
    scan = [
        b"\x04\x3e" + bytes([len(a) + 12]) + b"\x02\x01\x00\x01" + bytes(6) + bytes([len(a)]) + a + b"\xc0"
        for a in _adverts()[:20]
    ]
    air = b"\xd6\xbe\x89\x8e"
    links = [b"\1" + air + bytes([0x42, len(a) + 6]) + bytes(6) + a + bytes(3) for a in _adverts()[:20]]
    office = partial(_seed, "clean/office-wifi.pcap")
    row = b"2026-11-22, 08:00:00, 433000000, 434000000, 100000.00, 10" + b", -50.1" * 10 + b"\n"
    key = minisign.write_public(minisign.public(minisign.new_key())).encode()
    return {
        "pcap": [_seed("devices/airtag-separated.pcap", 2000), office(3000), _pcapng()],
        "btsnoop": [_snoop()],
        "radiotap": [b"\0" + frame[1:] for frame in wifi[:20]],
        "802.11": wifi,
        "ad-structures": _adverts(),
        "ad-facts": _adverts(),
        "hci": scan,
        "ble-link": links,
        "lan": _wired(),
        "nl80211": [bytes(40), struct.pack("<IHHII", 40, 0x1C, 2, 1, 0) + bytes([34, 1, 0, 0]) + bytes(20)],
        "signature-toml": toml,
        "bundle": [_bundle()],
        "minisign": [key, b"untrusted comment: x\nRUQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0=\n"],
        "job-import": _jobs(),
        "evidence": [b"{}", b'{"files":{},"previous":null}', b"[]\n"],
        "rtl_tcp": [b"RTL0" + struct.pack(">II", 5, 29)],
        "mqtt": _messages(),
        "file.cu8": [_seed("clean/weather-sensor_433.92M_250k.cu8", 8192)],
        "file.sigmf": [_seed("devices/gsm-bug-897.sigmf-meta", 4000)],
        "file.wav": [_wav()],
        "file.csv": [row * 4],
        "file.pcap": [_seed("devices/airtag-separated.pcap", 4000), office(8000), _pcapng()],
        "file.btsnoop": [_seed("devices/smarttag-lost.btsnoop", 4000)],
        "file.jsonl": [_seed("devices/airtag-separated.jsonl", 3000)],
    }  # fmt: skip
