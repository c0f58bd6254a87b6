"""One device in both inventories becomes one, and so do its findings."""

from __future__ import annotations

from sweeper.detectors.lan_links import LanLinks
from sweeper.findings import FindingsStage
from sweeper.records import Detection, Device, Finding, Level, Medium, Record
from sweeper.text import say

CAMERA = "44:47:cc:00:00:02"


def device(medium: Medium, number: str, address: str = CAMERA, **facts: object) -> Device:
    return Device(
        source="t", time_s=1.0, id=number, medium=medium, address=address, facts=facts, rssi_dbm=-40
    )  # type: ignore[arg-type]


RADIO = device(Medium.WIFI, "wifi-0003", **{"wifi.kind": "station", "wifi.network": "home"})
NETWORK = device(Medium.LAN, "lan-0001", **{"lan.ip": ["192.168.1.7"], "lan.rtsp": [554]})


def test_both_records_gain_what_the_other_told() -> None:
    stage = LanLinks()
    assert list(stage.feed(RADIO)) == []
    made = {r.id: r for r in stage.feed(NETWORK) if isinstance(r, Device)}
    assert made["wifi-0003"].facts == {
        "wifi.kind": "station", "wifi.network": "home", "wifi.lan": "lan-0001",
        "lan.ip": ["192.168.1.7"], "lan.rtsp": [554],
    }  # fmt: skip
    assert made["lan-0001"].facts["lan.wifi"] == "wifi-0003"
    assert made["lan-0001"].facts["wifi.network"] == "home"
    assert made["lan-0001"].rssi_dbm == -40


def test_other_addresses_and_media_stay_apart() -> None:
    stage = LanLinks()
    others = [RADIO, device(Medium.LAN, "lan-0002", "44:47:cc:00:00:03"), device(Medium.BLE, "ble-1")]
    assert [made for one in others for made in stage.feed(one)] == []


def claim(subject: str, detector: str, level: Level) -> Detection:
    return Detection(
        source="t", time_s=2.0, detector=detector, subject=subject, kind="camera", level=level,
        confidence=0.5, title=say("x"), why=(say("by " + detector),), benign=(say("a"), say("b")),
        next=(say("n"),),
    )  # fmt: skip


def findings(*records: Record) -> dict[str, Finding]:
    links, stage = LanLinks(), FindingsStage()
    made: dict[str, Finding] = {}
    for record in records:
        through = [record, *(links.feed(record) if isinstance(record, Device) else ())]
        for one in through:
            for found in stage.feed(one):  # type: ignore[arg-type]
                assert isinstance(found, Finding)
                made[found.id] = found
    return made


def test_findings_on_both_come_together_under_the_radio() -> None:
    air, wire = claim("wifi-0003", "streams", Level.MEDIUM), claim("lan-0001", "signature", Level.LOW)
    for order in ([RADIO, NETWORK, air, wire], [air, RADIO, NETWORK, wire], [wire, RADIO, NETWORK, air]):
        (found,) = findings(*order).values()
        assert (found.subject, found.level) == ("wifi-0003", Level.MEDIUM)
        assert found.detectors == ("signature", "streams")
