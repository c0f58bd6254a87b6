"""Wi-Fi held against a reference, by beacons built by hand, through the inventory and the command line."""

from __future__ import annotations

import json
import stat
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

from sweeper import cli, wifi_reference
from sweeper.detectors.wifi_difference import WifiDifference
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.errors import InputError
from sweeper.records import Detection, Device, Level, Status
from sweeper.signatures import Library
from tests.detectors import wifi_air as air

RSN = air.element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))
HOME, NODE, OTHER = "50:c7:bf:00:00:01", "52:c7:bf:00:00:02", "00:1a:2b:00:00:03"
CLOSED, OPEN = 0x0411, 0x0401


def network(address: str, ssid: bytes, more: bytes = RSN, dbm: int = -70) -> bytes:
    capabilities = CLOSED if more else OPEN
    return air.with_radiotap(air.beacon(address, ssid, more, capabilities=capabilities), dbm)


def inventory(*frames: bytes) -> list[Device]:
    made = air.run(WifiInventory(Library([])), air.batch([(k / 10, f) for k, f in enumerate(frames)], 127))
    return [r for r in made if isinstance(r, Device)]


BEFORE = wifi_reference.reference_of(inventory(network(HOME, b"Alatau")), "flat", 1_760_000_000.0)


def told(*frames: bytes) -> dict[str, tuple[str, Level]]:
    stage = WifiDifference(BEFORE)
    made = [r for device in inventory(*frames) for r in stage.feed(device)]
    claims = [r for r in made if isinstance(r, Detection)]
    assert all(len(claim.benign) >= 2 and claim.next for claim in claims)
    return {str(claim.evidence[0].value): (claim.kind, claim.level) for claim in claims}


def test_what_was_there_before_is_no_news() -> None:
    assert told(network(HOME, b"Alatau"), network(HOME, b"Alatau", dbm=-30)) == {}


@pytest.mark.parametrize(
    ("frame", "claim"),
    [
        (network(OTHER, b"Alatau", b""), {"alike": ("rogue-ap", Level.MEDIUM)}),
        (network(OTHER, b"Alatau"), {"alike": ("rogue-ap", Level.LOW)}),
        (network(NODE, b"Alatau"), {"alike": ("rogue-ap", Level.INFO)}),  # the same maker's block
        (network(HOME, b"Alatau", b""), {"weaker": ("rogue-ap", Level.MEDIUM)}),
        (network(HOME, b"Alatau", RSN + air.element(61, bytes(22))), {"elements": ("rogue-ap", Level.LOW)}),
        (network(OTHER, b""), {"hidden": ("unknown-transmitter", Level.INFO)}),
        (network(OTHER, b"", dbm=-40), {"hidden": ("unknown-transmitter", Level.LOW)}),
        (network(OTHER, b"Bazar", dbm=-40), {"near": ("unknown-transmitter", Level.LOW)}),
        (network(OTHER, b"Bazar", dbm=-80), {}),  # a new network far away is the street
    ],
)
def test_what_is_news(frame: bytes, claim: dict[str, tuple[str, Level]]) -> None:
    assert told(frame) == claim


def test_what_is_new_and_missing_is_counted() -> None:
    stage = WifiDifference(BEFORE)
    for device in inventory(network(OTHER, b"Bazar")):
        list(stage.feed(device))
    (status,) = stage.finish()
    assert isinstance(status, Status)
    assert "1 transmitters are new, 1 of 1 were not heard now" in status.detail


def test_references_add_up_and_travel(tmp_path: Path) -> None:
    street = wifi_reference.reference_of(inventory(network(OTHER, b"Bazar")), "street", 1_770_000_000.0)
    both = wifi_reference.merged([BEFORE, street])
    assert {one.address for one in both.devices} == {HOME, OTHER}
    assert (both.place, both.taken_utc_s) == ("flat, street", 1_770_000_000.0)
    path = tmp_path / "a.json"
    wifi_reference.save(both, path)
    assert wifi_reference.load(path) == both
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for text in ("", "{}", "[1]", '{"sweeper_wifi_reference": 9, "devices": []}', "\xff"):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(InputError):
            wifi_reference.load(path)


def capture(path: Path, *frames: bytes) -> Path:
    rows = [struct.pack("<IIII", k, 0, len(f), len(f)) + f for k, f in enumerate(frames)]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 127) + b"".join(rows))
    return path


def test_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = capture(tmp_path / "before.pcap", network(HOME, b"Alatau"))
    after = capture(tmp_path / "after.pcap", network(HOME, b"Alatau"), network(OTHER, b"Alatau", b""))
    kept = tmp_path / "reference.json"
    assert cli.main(["wifi", "reference", str(kept), "--recording", str(before), "--place", "flat"]) == cli.OK
    out = tmp_path / "out.json"
    words = ["wifi", "scan", "--recording", str(after), "--reference", str(kept), "--json", str(out)]
    assert cli.main(words) == cli.FINDINGS
    (finding,) = [f for f in json.loads(out.read_text())["findings"] if f["level"] != "info"]
    assert (finding["kind"], finding["level"]) == ("rogue-ap", "medium")
    assert any(OTHER in line for line in finding["why"])
    assert (
        cli.main(["wifi", "reference", str(kept), "--recording", str(tmp_path / "none.pcap")])
        == cli.UNREADABLE
    )


def test_without_monitor_mode_the_lesser_look_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    from sweeper.cli import wifi as command
    from sweeper.protocols.nl80211 import Seen

    elements = air.element(0, b"Alatau") + air.RATES + RSN
    seen = Seen(bytes.fromhex("50c7bf000001"), 2437, -50, 0.0, 100, CLOSED, elements, b"")
    monkeypatch.setattr("sweeper.radio.wifi_managed.lister", lambda *_: ("test", lambda: [seen]))
    done = CliRunner().invoke(command.scan, ["--seconds", "0.1"], standalone_mode=False)
    assert "sweeper wifi scan --managed" in done.output
    words = ["--managed", "--seconds", "0.1", "--known", "none"]
    done = CliRunner().invoke(command.scan, words, standalone_mode=False)
    assert done.return_value == cli.NOT_HEARD  # nothing found, and not everything heard
    assert "access points only" in done.output
    assert "most cameras" in done.output
