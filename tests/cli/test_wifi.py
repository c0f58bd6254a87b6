"""``sweeper wifi filmtest`` and hostile network names, by recordings written here."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sweeper import cli
from sweeper.dsp.film_test import STILL_MOVE_STILL, Plan, light_code
from tests.detectors import wifi_air as air
from tests.dsp.test_film_test import stream
from tests.protocols.test_lan import tcp

POINT, GATE = "50:c7:bf:00:00:01", "50:c7:bf:00:00:0f"
HERE, THERE = "20:32:33:00:00:01", "20:32:33:00:00:02"
START_S = 7.0


def pcap(path: Path, rows: list[tuple[float, bytes, int]], link_type: int = 105) -> Path:
    """Frames cut behind their headers: seconds, bytes, length on the air."""
    records = [
        struct.pack("<IIII", int(t), int(t % 1 * 1e6), len(frame), length) + frame
        for t, frame, length in sorted(rows)
    ]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type) + b"".join(records))
    return path


def recording(path: Path, plan: Plan) -> Path:
    rows = []
    for address, gain in ((HERE, 1.7), (THERE, 1.0)):
        head = air.data(address, POINT, GATE, size=0)
        for time_s, size in zip(*stream(plan, gain, 5), strict=True):
            rows.append((START_S + float(time_s), head, len(head) + int(size)))
    beacon = air.beacon(POINT, b"home")
    return pcap(path, rows + [(k / 10, beacon, len(beacon)) for k in range(520)])


@pytest.mark.parametrize(("plan", "words"), [(STILL_MOVE_STILL, []), (light_code(), ["--light"])])
def test_the_film_test_on_a_recording(
    plan: Plan, words: list[str], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path, picture = recording(tmp_path / "test.pcap", plan), tmp_path / "out.svg"
    given = ["wifi", "filmtest", "--recording", str(path), "--start", str(START_S), *words]
    code = cli.main([*given, "--picture", str(picture), "--json", "-"])
    assert code == cli.FINDINGS
    rows = {row["address"]: row for row in json.loads(capsysbinary.readouterr().out)}
    assert rows[HERE]["verdict"] == "films-this-room"
    assert rows[HERE]["p_value"] <= 0.005  # two flows share one chance in a hundred
    assert rows[THERE]["verdict"] != "films-this-room"
    assert len(rows[HERE]["kbps"]) == 90
    assert rows[HERE]["active_s"][0] == next([p.start_s, p.stop_s] for p in plan if p.active)
    root = ET.fromstring(picture.read_text())
    lines = [element for element in root.iter() if element.tag.endswith("polyline")]
    assert [len(line.attrib["points"].split()) for line in lines] == [90, 90]
    assert HERE in picture.read_text()
    assert cli.main(given) == cli.FINDINGS
    shown = capsysbinary.readouterr().out.decode()
    assert "Films this room" in shown
    assert "MMM" in shown


def test_a_film_test_without_streams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beacon = air.beacon(POINT, b"home")
    path = pcap(tmp_path / "quiet.pcap", [(k / 10, beacon, len(beacon)) for k in range(400)])
    assert cli.main(["wifi", "filmtest", "--recording", str(path)]) == cli.NOT_HEARD
    assert "nothing to test" in capsys.readouterr().err


HOSTILE = [
    b"\x1b[2J\x1b]0;owned\x07",
    b"<script>alert(1)</script>",
    b"'\"><img src=x onerror=y>",
    "\u202egpj.exe\u2066".encode(),
    b"=cmd|' /C calc'!A0",
    b"[bold red]FLOOD[/bold red]",
    b"\xff\xfe\xc3(\x00\x01",
    b"{address} %s {0.__class__}",
    bytes(range(32)),
    b"IPC365_AP-\x1b[31m\xe2\x80\xae",
]


def test_hostile_names_are_inert_everywhere(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Terminal, JSON and HTML show names that would command them; several of them also make findings."""
    rows = []
    for number, name in enumerate(HOSTILE):
        for sender, made in ((number, air.beacon), (number + 100, air.probe)):
            frame = made(f"50:c7:bf:00:00:{sender:02x}", name)  # type: ignore[operator]
            rows.append((number / 10, frame, len(frame)))
    many = [air.beacon("50:c7:bf:00:01:01", name) for name in HOSTILE]  # answers to many names: a finding
    rows += [(2 + k / 10, frame, len(frame)) for k, frame in enumerate(many)]
    path = pcap(tmp_path / "hostile.pcap", rows)
    report, document = tmp_path / "out.html", tmp_path / "out.json"
    code = cli.main(["replay", str(path), "--report", str(report), "--json", str(document)])
    assert code == cli.FINDINGS
    shown = capsysbinary.readouterr().out.decode()
    for forbidden in ("\x1b]0;", "\x1b[2J", "\x07", "\u202e", "\u2066"):
        assert forbidden not in shown
    text = document.read_text()
    assert not [c for c in text if ord(c) < 0x20 and c not in "\n"]
    assert "\u202e" not in text
    names = {h for device in json.loads(text)["devices"] for h in device["facts"].get("wifi.ssid_hex", ())}
    assert {name.hex() for name in HOSTILE} <= names  # the bytes themselves are kept, as hex
    page = report.read_text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert not [c for c in page if ord(c) < 0x20 and c not in "\n\t"]


def test_one_device_of_the_air_and_of_the_network(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A Wi-Fi capture and one of the network, replayed together: the RTSP server is the station heard."""
    head = air.data(HERE, POINT, GATE, size=0)
    beacon = air.beacon(POINT, b"home")
    rows = [(k / 10, frame, len(frame) + 100) for k in range(20) for frame in (beacon, head)]
    radio = pcap(tmp_path / "air.pcap", rows)
    answer = tcp(b"RTSP/1.0 200 OK\r\nServer: Hipcam\r\n\r\n", 554, 40000)
    packet = bytes(6) + air.mac(HERE) + b"\x08\x00" + answer
    wire = pcap(tmp_path / "lan.pcap", [(1.0, packet, len(packet))], link_type=1)
    assert cli.main(["replay", str(radio), str(wire), "--json", "-"]) == cli.FINDINGS
    made = json.loads(capsysbinary.readouterr().out)
    devices = {(device["medium"], device["address"]): device for device in made["devices"]}
    station, host = devices["wifi", HERE], devices["lan", HERE]
    assert station["facts"]["lan.rtsp"] == [554]
    assert (host["facts"]["lan.wifi"], host["facts"]["wifi.network"]) == (station["id"], "home")
    (finding,) = made["findings"]
    assert finding["subject"] == station["id"]


def test_walking_towards_a_device(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Its signal grows by 30 dB in 30 s among another's: the readings follow it and nothing else."""
    rows = []
    for k in range(300):
        for sender, dbm in ((POINT, -80 + k // 10), ("50:c7:bf:00:00:99", -30)):
            frame = air.with_radiotap(air.beacon(sender, b"home"), dbm)
            rows.append((k / 10, frame, len(frame)))
    path = pcap(tmp_path / "walk.pcap", rows, link_type=127)
    assert cli.main(["wifi", "locate", POINT.upper(), "--recording", str(path), "--json", "-"]) == cli.OK
    told = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert told[0]["level_db"] == pytest.approx(-80, abs=15)  # a recording comes in batches of seconds
    assert told[-1]["level_db"] == pytest.approx(-53, abs=6)
    assert cli.main(["wifi", "locate", "nonsense", "--recording", str(path)]) == cli.UNREADABLE
