"""Every parser of outside bytes as a function of bytes, with what must hold of its answer.

A target returns a short word on what came out (its *shape*: the runner keeps inputs with a new one), or
raises ``SweeperError``, an answer too. Anything else is a defect: another exception, a broken promise
(``AssertionError``), or more time than ``TIME_S``.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from sweeper import language
from sweeper.bundles import bundle, minisign
from sweeper.casework import chapters, papers, spectra
from sweeper.detectors import Setup, build
from sweeper.errors import InputError, SweeperError
from sweeper.fleet import wire
from sweeper.jobs import container, evidence
from sweeper.jobs.job import Job
from sweeper.protocols import ble_capture, btsnoop, frame_table, ieee80211, lan, nl80211, pcap, radiotap
from sweeper.protocols.ble import ad, facts, hci, link
from sweeper.radio.replay import open_recordings
from sweeper.radio.rtl_tcp import parse_header
from sweeper.records import AdvertisementBatch, Closed, FrameBatch, IqBlock, Medium, Record, Trace
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder

TIME_S = 5.0
"""Processor seconds for one small input: a hundred times what the slowest good one takes."""

MEMORY_RATIO = 64
"""Bytes of output for a byte of input, beyond a fixed 4 MiB: no input may blow up."""

Shape = str
Target = Callable[[bytes], Shape]


def plain(value: Any) -> None:
    """Facts are texts, finite numbers or lists of them: what a signature can ask for and JSON can say."""
    if isinstance(value, dict):
        for key, inner in value.items():
            assert isinstance(key, str)
            plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            plain(inner)
    elif isinstance(value, float):
        assert math.isfinite(value), value
    else:
        assert value is None or isinstance(value, str | int), type(value)


def _packets(made: Iterable[Any], size: int) -> Shape:
    kept = list(itertools.islice(made, 100_000))
    assert sum(len(packet.data) for packet in kept) <= MEMORY_RATIO * size + (4 << 20)
    for packet in kept:
        assert math.isfinite(packet.time_s)
        assert packet.length >= 0
        assert len(packet.data) <= pcap.MAX_PACKET
    return f"{len(kept)} packets, links {sorted({packet.link_type for packet in kept})[:4]}"


def captures(data: bytes) -> Shape:
    """pcap and pcapng."""
    return _packets(pcap.packets(io.BytesIO(data)), len(data))


def snoops(data: bytes) -> Shape:
    """btsnoop and its Bluetooth."""
    return _packets(btsnoop.packets(io.BytesIO(data)), len(data))


def radio_headers(data: bytes) -> Shape:
    """radiotap, Prism and PPI; the first byte chooses."""
    kind = (radiotap.DLT_RADIOTAP, radiotap.DLT_PRISM, 192)[data[0] % 3 if data else 0]
    found = radiotap.header(kind, data[1:])
    plain(msgspec.to_builtins(found) if isinstance(found, msgspec.Struct) else list(found)[:8])
    return f"{kind} {type(found).__name__}"


def frames(data: bytes) -> Shape:
    """802.11: the table over all link types, the elements of a body, and what they say."""
    kind = (105, 127, 119, 192)[data[0] % 4 if data else 0]
    pieces = [data[1:], data[2:], data[1 : 1 + len(data) // 2]]
    table = frame_table.table(kind, pieces, [len(piece) for piece in pieces])
    for piece, good, start, stop in zip(pieces, table.ok, table.start, table.stop, strict=True):
        assert not good or 0 <= start <= stop <= len(piece)
    found = ieee80211.elements(data)
    assert sum(len(value) + 2 for _kind, value in found.items) <= len(data) + 2
    said = ieee80211.describe(data)
    return f"{kind} {table.ok.tolist()} {len(found.items)} {len(str(said)) // 40}"


def advertisements(data: bytes) -> Shape:
    """AD structures and every fact of them, with a random and a public address."""
    random = facts.facts(data, "c0:11:22:33:44:55", "random")
    public = facts.facts(data, "00:11:22:33:44:55", "public")
    plain(dict(random))
    plain(dict(public))
    assert facts.facts(data, "c0:11:22:33:44:55", "random") == random
    return " ".join(sorted(random))[:200]


def advertisement_parts(data: bytes) -> Shape:
    """AD structures as such: what is read is in the bytes, in order."""
    found = ad.structures(data)
    assert sum(len(value) + 2 for _kind, value in found) <= len(data)
    return str([kind for kind, _value in found][:8])


def host_events(data: bytes) -> Shape:
    """HCI events and H4 packets."""
    made = hci.h4(data) if data[:1] == b"\x04" else hci.event(data)
    for heard in made:
        plain(msgspec.to_builtins(heard) if isinstance(heard, msgspec.Struct) else None)
    return str([len(repr(heard)) // 16 for heard in made])


def link_packets(data: bytes) -> Shape:
    """Bluetooth link-layer packets as sniffers write them, by link type."""
    kind = (251, 256, 272, 201, 187)[data[0] % 5 if data else 0]
    made = ble_capture.heard(kind, data[1:])
    direct = link.parse(data[1:])
    return f"{kind} {len(made)} {direct is None}"


def wired(data: bytes) -> Shape:
    """Ethernet and raw IP with what is told inside: ARP, DHCP, mDNS, SSDP, WS-Discovery, PPPP, TLS."""
    kind = (1, 101, 113)[data[0] % 3 if data else 0]
    found = lan.packet(kind, data[1:])
    if found is None:
        return "none"
    told = list(itertools.islice(lan.said(found), 10_000))
    assert len(told) < 10_000
    for one in told:
        plain([value for value in one if isinstance(value, str | int | float)])
    return str(sorted({str(one[0]) for one in told}))[:200]


def netlink(data: bytes) -> Shape:
    """nl80211's answers."""
    made = [nl80211.seen(reply) for reply in itertools.islice(nl80211.replies(data), 10_000)]
    return str(len(made))


def signature_files(data: bytes) -> Shape:
    """A signature file from anybody; one that is accepted can be matched."""
    with tempfile.TemporaryDirectory() as folder:
        named = re.search(rb'^id = "([a-z0-9-]{1,60})"', data, re.MULTILINE)
        place = Path(folder) / "ble" / f"{named[1].decode() if named else 'fuzzed'}.toml"
        place.parent.mkdir()
        place.write_bytes(data)
        library = Library.load(Path(folder))
        hits = library.match(Medium.BLE, {"ble.company": ["004C"], "ble.name": "a" * 40, "ble.flags": 6})
        told = [re.sub(r"/\S+|\d+", "#", str(problem))[:60] for problem in library.problems]
        return f"{len(library.signatures)} {told} {len(hits)}"


def signature_bundles(data: bytes) -> Shape:
    """A bundle, unpacked in memory."""
    manifest, files = bundle.read(data)
    assert sum(map(len, files.values())) <= len(data)
    return f"{manifest.version} {len(files)}"


def seals(data: bytes) -> Shape:
    """minisign's texts: a signature file and a public key."""
    text = data.decode("utf-8", "replace")
    shapes = []
    for read in (minisign.read_public, lambda words: minisign.verify(b"content", words, [])):
        try:
            read(text)
            shapes.append("read")
        except SweeperError as error:
            shapes.append(str(error)[:30])
    assert shapes[1] != "read"  # with no trusted key nothing is believed
    return str(shapes)


def jobs(data: bytes) -> Shape:
    """A job's archive from another office: nothing may be written beside the job."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "fuzzed.sweeperjob"
        archive.write_bytes(data)
        try:
            made = container.take_in(archive, Path(folder) / "in" / "job")
            return f"taken {len(list(made.rglob('*')))} {_looked_at(made)}"
        finally:
            outside = [p.name for p in Path(folder).iterdir() if p.name not in ("fuzzed.sweeperjob", "in")]
            assert not outside, outside
            assert {p.name for p in (Path(folder) / "in").glob("*")} <= {"job"}


def _looked_at(folder: Path) -> Shape:
    """What a reader asks of a job from elsewhere: each answer is there, or one line says why not."""
    job = Job(folder, read_only=True)
    told, words = [str(job.problem is None)], language.get("en")
    parts = (chapters.purpose, chapters.sweeps, chapters.data_protection, chapters.custody, chapters.audit)
    questions: tuple[Callable[[], Any], ...] = (
        *(job.findings, job.devices, job.emissions, job.coverage, job.statuses, job.verdicts, job.purges),
        *(partial(part, job, words) for part in parts),
        *(lambda: list(chapters.cover(job, words)), lambda: chapters.verdicts(job, words)),
        *(lambda: list(spectra.spectra(job)), lambda: list(spectra.waterfalls(job))),
        *(lambda: words.date(job.purge_due()), lambda: papers.notice(job, words), job.pseudonyms),
    )
    try:
        for question in questions:
            try:
                question()
                told.append("y")
            except SweeperError as error:
                told.append(re.sub(r"\d+|'[^']*'|/\S+", "#", str(error))[:40])
    finally:
        job.close()
    return " ".join(told)


def manifests(data: bytes) -> Shape:
    """A sealed folder whose files are anything."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("manifest.json", "seal.json", "audit.jsonl", "job.json"):
            (Path(folder) / name).write_bytes(data)
        said = evidence.verify(Path(folder))
        raise AssertionError(f"believed: {said}")


def remote_receivers(data: bytes) -> Shape:
    """The first bytes of an rtl_tcp server."""
    found = parse_header(data)
    return f"{found.tuner > 6} {found.gains > 29}"


def messages(data: bytes) -> Shape:
    """MQTT payloads of sensors; the topic is what the payload itself claims, so that most get far."""
    if b'"state":' in data[:20]:
        return wire.link_word(data, "sweeper/room/link")[1].state
    claimed = re.search(rb'"sensor":"([^"]{1,20})".*?"kind":"([a-z]+)"', data)
    topic = wire.topic(claimed[1].decode("utf-8", "replace"), claimed[2].decode()) if claimed else "x"
    arrived = wire.decode(data, topic)
    assert topic == wire.topic(arrived.message.sensor, arrived.message.kind)
    return arrived.message.kind


@cache
def library() -> Library:
    return Library.load(builtin_folder())


def whole(suffix: str) -> Target:
    """The whole program on one file: opened, analysed, printed as a document that JSON readers take."""

    def run(data: bytes) -> Shape:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"fuzzed{suffix}"
            place.write_bytes(data)
            if suffix.endswith(".sigmf-meta"):
                place.with_suffix(".sigmf-data").write_bytes(bytes(range(256)) * 64)
            return analysed(place)

    return run


def analysed(place: Path) -> Shape:
    """What a session over the file gives. Raises ``InputError`` where it refuses the file."""
    opened, refused = open_recordings([str(place)])
    if refused:
        raise refused[0]
    collected = Collector()
    sizes = {"bytes": 0}

    def weigh(record: Record) -> None:
        if isinstance(record, IqBlock):
            sizes["bytes"] += record.samples.nbytes
        if isinstance(record, Closed | Trace | FrameBatch | AdvertisementBatch):
            assert math.isfinite(record.time_s)

    stages = standard_stages(library())
    outcome = asyncio.run(Session(list(opened), stages, [collected, weigh]).run())
    failed = [status for status, _count in collected.statuses if str(status.reason) == "stage-error"]
    assert not failed, failed[0].detail
    if outcome.unreadable:
        raise InputError(str(place), outcome.unreadable[0])
    json.loads(results.encode(results.document(collected, library=library())), parse_constant=_not_json)
    return f"{len(collected.emissions)} {len(collected.devices)} {sorted(f.kind for f in collected.findings)}"


def _not_json(word: str) -> None:
    raise AssertionError(f"{word} in the results document")


@cache
def _stages() -> Any:
    return build(Setup(library()))


TARGETS: dict[str, Target] = {
    "pcap": captures,
    "btsnoop": snoops,
    "radiotap": radio_headers,
    "802.11": frames,
    "ad-structures": advertisement_parts,
    "ad-facts": advertisements,
    "hci": host_events,
    "ble-link": link_packets,
    "lan": wired,
    "nl80211": netlink,
    "signature-toml": signature_files,
    "bundle": signature_bundles,
    "minisign": seals,
    "job-import": jobs,
    "evidence": manifests,
    "rtl_tcp": remote_receivers,
    "mqtt": messages,
    "file.cu8": whole("_433.92M_250k.cu8"),
    "file.sigmf": whole(".sigmf-meta"),
    "file.wav": whole("_433920kHz.wav"),
    "file.csv": whole(".csv"),
    "file.pcap": whole(".pcap"),
    "file.btsnoop": whole(".btsnoop"),
    "file.jsonl": whole(".jsonl"),
}
