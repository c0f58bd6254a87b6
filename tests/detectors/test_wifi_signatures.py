"""Wi-Fi and LAN signatures: their own examples, and every capture of the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pytest

from sweeper.detectors import (
    Setup,
    lan_inventory,
    signature_match,
    wifi_cameras,
    wifi_clips,
    wifi_deauth,
    wifi_inventory,
    wifi_rogue,
)
from sweeper.pipeline import Pipeline, Stage
from sweeper.records import Detection, Level, Medium
from sweeper.signatures import Library, Signature
from tests.detectors import wifi_air as air


@cache
def library() -> Library:
    return Library.load()


def signatures(medium: Medium) -> list[Signature]:
    return [s for s in library().signatures if s.medium is medium]


@pytest.mark.parametrize("medium", [Medium.WIFI, Medium.LAN])
def test_there_are_enough(medium: Medium) -> None:
    assert library().problems == []
    assert len(signatures(medium)) >= {Medium.WIFI: 25, Medium.LAN: 8}[medium]


@pytest.mark.parametrize("medium", [Medium.WIFI, Medium.LAN])
def test_examples(medium: Medium) -> None:
    identify = wifi_inventory.identify if medium is Medium.WIFI else lan_inventory.identify
    for signature in signatures(medium):
        for wanted, examples in ((True, signature.examples.positive), (False, signature.examples.negative)):
            for example in examples:
                assert example.frame is not None
                (device,) = identify(bytes.fromhex(example.frame), library())
                where = f"{signature.id}: {example.provenance}: {device.facts}"
                assert signature.match.holds(device.facts) is wanted, where
                assert not wanted or device.signature == signature.id, where


def test_a_maker_alone_is_never_more_than_low() -> None:
    for signature in [*signatures(Medium.WIFI), *signatures(Medium.LAN)]:
        keys = {c.key for c in (*signature.match.all, *signature.match.any)}
        if keys <= {"wifi.vendor", "wifi.oui", "lan.vendor", "lan.oui"}:
            assert signature.level.rank <= Level.LOW.rank, signature.id


INNOCENT = (
    """
ESPRESSO Bar | Espace Client | Tuyauterie | Dahlia | Camping Nord | Campus | IPC Meeting
DVR's home | MVV-Gast | MV 12 | Smart Home | Sparkasse | Ringbahn | HD Apartments | Ip Man
Robot Cafe | FRITZ!Box 7590 | Vodafone-1A2B3C | TP-LINK_5D21 | DIRECT-4F-HP LaserJet
AndroidAP_1234 | iPhone | Keenetic-0123 | Beeline_2G_F13A | ALMATV-1A2B | Kazakhtelecom_5G
NETGEAR77 | eduroam | xfinitywifi | Tele2_123456 | MGTS_GPON_1234 | GP Surgery | HERO | Mavic Street
Drone | Anafi Hotel | WiFi Free | Wi-Fi Camera Shop | icamp | Flocke | Penguin Books
""".replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)


@pytest.mark.parametrize("ssid", INNOCENT)
def test_innocent_names(ssid: str) -> None:
    (device,) = wifi_inventory.identify(air.beacon("02:00:00:00:00:01", ssid.encode()), library())
    assert device.signature is None


def stages() -> Sequence[Stage]:
    setup = Setup(library())
    modules = (wifi_inventory, lan_inventory, wifi_cameras, wifi_clips, wifi_deauth, wifi_rogue)
    modules += (signature_match,)
    return [module.stage(setup) for module in modules]


def above_info(path: Path, medium: Medium = Medium.WIFI) -> list[Detection]:
    pipeline = Pipeline(stages())
    made = [record for batch in air.capture(path, medium) for record in pipeline.feed(batch)]
    made += pipeline.finish()
    return [r for r in made if isinstance(r, Detection) and r.level is not Level.INFO]


def files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.mark.corpus
@pytest.mark.slow
def test_every_camera_of_the_taxonomy_and_nothing_else(corpus_path: Path) -> None:
    found = {
        path.name: {d.kind for d in above_info(path)} for path in files(corpus_path / "wifi" / "taxonomy")
    }
    cameras = {name for name in found if name.startswith(("Dropcam", "Nest Cam"))}
    assert len(cameras) >= 16
    assert {name for name, kinds in found.items() if kinds} == cameras
    assert all(found[name] == {"camera"} for name in cameras)


@pytest.mark.corpus
@pytest.mark.slow
def test_clean_captures_and_the_one_storm(corpus_path: Path) -> None:
    loud = {
        path.name: {d.kind for d in found}
        for folder in ("ap_beacons", "probes", "aircrack", "tcpdump", "zeek")
        for path in files(corpus_path / "wifi" / folder)
        if (found := above_info(path))
    }
    assert loud == {"pmkid-not-recognized.cap": {"deauth-flood"}}


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("blink-cam-01.pcap", {"camera"}),
        ("rtsp.pcap", {"camera"}),
        ("Drone_experiment.pcap", {"camera"}),
        ("lockly-hub-01.pcap", set()),
        ("tuya_lp.pcap", set()),
        ("ssdp-m-search.pcap", set()),
    ],
)
def test_local_networks(corpus_path: Path, name: str, kinds: set[str]) -> None:
    assert {d.kind for d in above_info(corpus_path / "wifi" / "lan" / name, Medium.LAN)} == kinds
