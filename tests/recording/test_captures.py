"""Packet captures as records: files built by the formats' descriptions, and tshark's count of the corpus."""

import bz2
import gzip
import lzma
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.recording import probe
from sweeper.records import AdvertisementBatch, FrameBatch, Medium
from tests.recording.build import pcap, records

T0 = 1_700_000_000.0
BEACON = (
    bytes.fromhex("80000000ffffffffffff02000000000102000000000100000000000000000000640001000004") + b"home"
)
ADVERT = bytes.fromhex("043e1502010001ffeeddccbbaa09020106050961626364c4")
"""H4 event, LE meta, advertising report: one ADV_IND of random AA:BB:CC:DD:EE:FF, nine bytes, -60 dBm
(Bluetooth Core 5.4, volume 4, part E, 7.7.65.2)."""


def frames(path: Path) -> tuple[list[FrameBatch], tuple[str, ...]]:
    made, problems = records(path)
    return [batch for batch in made if isinstance(batch, FrameBatch)], problems


def pcapng(*packets: tuple[int, float, bytes], links: tuple[int, ...]) -> bytes:
    """A pcapng file: section, one interface for each link type, enhanced packets (interface, time, bytes)."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for link in links:
        out += block(1, struct.pack("<HHI", link, 0, 0))
    for interface, time_s, data in packets:
        ticks = round(time_s * 1e6)
        head = struct.pack("<IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        out += block(6, head + data)
    return out


@pytest.mark.parametrize(
    ("link_type", "medium"),
    [(105, Medium.WIFI), (119, Medium.WIFI), (127, Medium.WIFI), (192, Medium.WIFI)]
    + [(kind, Medium.LAN) for kind in (1, 113, 276, 101, 12, 14, 228, 229, 0)],
)
def test_frames_go_where_their_link_type_belongs(tmp_path: Path, link_type: int, medium: Medium) -> None:
    path = tmp_path / "x.anything"
    path.write_bytes(pcap([(T0 + 0.25 * i, BEACON + bytes([i])) for i in range(3)], link_type))
    found = probe(path)
    assert (found.medium, found.format, found.start_utc_s) == (medium, "pcap", T0)
    (batch,), problems = frames(path)
    assert (batch.medium, batch.link_type) == (medium, link_type)
    assert batch.times_s == (0.0, 0.25, 0.5)
    assert batch.frames == tuple(BEACON + bytes([i]) for i in range(3))
    assert batch.lengths == (43, 43, 43)
    assert problems == ()


def test_batches_are_bounded_in_number_and_time(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(
        pcap([(T0 + 0.0001 * i, b"a") for i in range(4_100)] + [(T0 + 9, b"b"), (T0 + 9.5, b"c")])
    )
    batches, _ = frames(path)
    assert [len(batch.frames) for batch in batches] == [2_000, 2_000, 100, 2]


def test_a_clock_that_jumps_back_neither_breaks_nor_reorders(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([(T0, b"a"), (T0 - 8_192, b"b"), (T0 - 8_191.5, b"c"), (T0 + 0.5, b"d")]))
    batches, problems = frames(path)
    assert [batch.times_s for batch in batches] == [(0.0,), (-8_192.0, -8_191.5), (0.5,)]
    assert b"".join(frame for batch in batches for frame in batch.frames) == b"abcd"
    assert problems == ("times left as recorded where the clock jumps back by 8192 s at packet 2",)


def test_a_clock_that_was_never_set_gives_no_date(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([(12.5, b"a"), (13.0, b"b")]))
    assert probe(path).start_utc_s is None
    assert frames(path)[0][0].times_s == (0.0, 0.5)


def test_a_pcapng_of_several_link_types_yields_each(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    heard = [(0, BEACON), (1, ADVERT), (2, b"ether"), (0, BEACON), (3, b"?")]
    packets = [(interface, T0 + 0.1 * i, data) for i, (interface, data) in enumerate(heard)]
    path.write_bytes(pcapng(*packets, links=(105, 187, 1, 195)))
    made, problems = records(path)
    by_kind = [(type(r).__name__, getattr(r, "link_type", 187)) for r in made]
    assert by_kind == [("FrameBatch", 105), ("AdvertisementBatch", 187), ("FrameBatch", 1)]
    assert isinstance(made[0], FrameBatch)
    assert made[0].times_s == (0.0, 0.3)
    assert isinstance(made[1], AdvertisementBatch)
    assert made[1].adverts[0].time_s == 0.1
    assert problems == ("packets of link type 195, 802.15.4, not read",)


def test_bluetooth_by_pcap_and_btsnoop(tmp_path: Path) -> None:
    snoop = b"btsnoop\0" + struct.pack(">II", 1, 1002)
    stamp = 0x00DCDDB30F2F8000 + round((T0 + 1) * 1e6)
    snoop += struct.pack(">IIIIQ", len(ADVERT), len(ADVERT), 1, 0, stamp) + ADVERT
    (tmp_path / "hci.log").write_bytes(snoop)
    (tmp_path / "hci.pcap").write_bytes(pcap([(T0 + 1, ADVERT)], 187))
    for name, form in [("hci.log", "btsnoop"), ("hci.pcap", "pcap")]:
        found = probe(tmp_path / name)
        assert (found.medium, found.format, found.start_utc_s) == (Medium.BLE, form, T0 + 1)
        (batch,), problems = records(tmp_path / name)
        assert isinstance(batch, AdvertisementBatch)
        (advert,) = batch.adverts
        assert (advert.time_s, advert.address.upper(), advert.rssi_dbm) == (0.0, "AA:BB:CC:DD:EE:FF", -60)
        assert advert.data == bytes.fromhex("020106050961626364")
        assert advert.address_type == "random"
        assert problems == ()


def test_damaged_bluetooth_packets_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([(T0, ADVERT), (T0, b"\x01"), (T0, b"\x02")], 256))
    _, problems = records(path)
    assert len(problems) == 1
    assert problems[0].startswith("Bluetooth packets that are cut or damaged: 2")


def test_a_cut_last_packet_is_told_with_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    whole = pcap([(T0, BEACON), (T0 + 1, BEACON)])
    path.write_bytes(whole[:-5])
    batches, problems = frames(path)
    assert sum(len(batch.frames) for batch in batches) == 1
    assert len(problems) == 1
    assert f"at byte {24 + 16 + len(BEACON)}" in problems[0]


def test_a_capture_without_packets_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([]))
    assert frames(path) == ([], ("a capture without packets",))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (pcap([(T0, b"x")], 195), "link type 195, 802.15.4: 1"),
        (pcap([(T0, b"x")] * 3, 147), "link type 147, private: 3"),
        (pcap([])[:20], "at byte 20"),
        (b"\xd4\xc3\xb2\xa1", "at byte 4"),
        (b"btsnoop\0", "btsnoop"),
        (b"btsnoop\0" + struct.pack(">II", 9, 9), "not known"),
        (b"\n\r\r\n" + b"\1" * 8, "at byte"),
    ],
)
def test_captures_of_which_nothing_can_be_read(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(body)
    with pytest.raises(InputError, match=said) as caught:
        probe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_capture_extension_without_a_capture(tmp_path: Path) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(b"OD6FkJ" + bytes(300))
    with pytest.raises(InputError, match=r"is no packet capture.*at byte 0"):
        probe(path)


def tshark_count(path: Path) -> int:
    done = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.number"], capture_output=True, check=False
    )
    return len(done.stdout.splitlines())


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("folder", ["aircrack", "zeek", "lan", "tcpdump"])
def test_frame_counts_are_tsharks(corpus_path: Path, folder: str) -> None:
    """Every file is read, or refused with one line; where it is read the number of frames is tshark's.

    tcpdump's 150 one-frame files are sampled: starting tshark takes half a second each.
    """
    if shutil.which("tshark") is None:
        pytest.skip("no tshark to compare with")
    paths = sorted(path for path in (corpus_path / "wifi" / folder).iterdir() if path.is_file())
    assert paths
    refused = {}
    for path in paths if folder != "tcpdump" else [p for p in paths if "_code" not in p.name] + paths[-3:]:
        try:
            batches, _ = frames(path)
        except InputError as error:
            refused[path.name] = str(error)
            continue
        assert sum(len(batch.frames) for batch in batches) == tshark_count(path), path.name
    expected = {
        "aircrack": {
            "wep_64_ptw_02.cap",
            "wep_64_ptw_03.cap",
            "wep_64_ptw_04.cap",
        },  # tshark refuses these too
    }
    assert not any("\n" in line for line in refused.values())
    assert set(refused) == expected.get(folder, set())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_captures_are_read_as_they_are(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x.pcap.gz"
    whole = pack(pcap([(T0 + i, BEACON) for i in range(100)]))
    path.write_bytes(whole)
    assert probe(path).start_utc_s == T0
    assert sum(len(batch.frames) for batch in frames(path)[0]) == 100
    path.write_bytes(whole[: -len(whole) // 3])
    try:
        batches, problems = frames(path)
    except InputError as error:
        problems, batches = (str(error),), []
    assert sum(len(batch.frames) for batch in batches) < 100
    assert len(problems) == 1
    assert "\n" not in problems[0]


def test_large_packets_make_short_batches(tmp_path: Path) -> None:
    """100 MB of 200 kB packets within one second, packed: held back 4 MB at a time."""
    path = tmp_path / "x.pcap.gz"
    packet = pcap([(T0, bytes(200_000))])[24:]
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(pcap([]))
        for _ in range(500):
            file.write(packet)
    batches, problems = frames(path)
    assert problems == ()
    assert sum(len(batch.frames) for batch in batches) == 500
    assert max(sum(map(len, batch.frames)) for batch in batches) <= (4 << 20) + 200_000
