"""The lesser look: the kernel's list of access points, nmcli's and netsh's, through the whole pipeline."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.coverage import CoverageStage
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.language import get
from sweeper.plan import SweepPlan
from sweeper.protocols import nl80211, scan_lists
from sweeper.protocols.nl80211 import Seen, attribute
from sweeper.radio import clock, wifi_managed
from sweeper.radio.wifi_managed import ManagedSource
from sweeper.records import Coverage, Device, FrameBatch, Medium, Record, State, Status
from sweeper.report.reach import Reach, missed
from sweeper.signatures import Library
from tests.detectors import wifi_air as air

AP = bytes.fromhex("50c7bf000001")
BEACON = (
    air.element(0, b"Alatau")
    + air.element(1, bytes.fromhex("82848b960c121824"))
    + air.element(3, b"\x06")
    + air.element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))
)
RESPONSE = BEACON + air.element(221, bytes.fromhex("0050f204104a0001101023000743616d20322e30"))


def scan_message(beacon: bytes = BEACON, response: bytes = RESPONSE, ago_ms: int = 120) -> bytes:
    """One message of a scan list, as the kernel lays it out."""
    told = {
        1: AP,
        2: struct.pack("=I", 2437),
        4: struct.pack("=H", 100),
        5: struct.pack("=H", 0x0411),
        6: response,
        7: struct.pack("=i", -4850),
        10: struct.pack("=I", ago_ms),
        11: beacon,
    }
    bss = b"".join(attribute(kind, value) for kind, value in told.items() if value)
    body = attribute(3, struct.pack("=I", 5)) + attribute(47 | 0x8000, bss)
    return nl80211.message(28, 34, 2, 1, body)


def test_the_layout_is_the_kernel_s() -> None:
    """pyroute2, which knows the kernel's tables, reads the same from the same bytes."""
    tables = pytest.importorskip("pyroute2.netlink.nl80211")
    read = tables.nl80211cmd(scan_message())
    read.decode()
    bss = read.get_attr("NL80211_ATTR_BSS")
    (one,) = (nl80211.seen(reply) for reply in nl80211.replies(scan_message()))
    assert one == Seen(AP, 2437, -48, 0.12, 100, 0x0411, BEACON, RESPONSE)
    assert bss.get_attr("NL80211_BSS_FREQUENCY") == 2437
    assert bss.get_attr("NL80211_BSS_SEEN_MS_AGO") == 120
    assert bss.get_attr("NL80211_BSS_SIGNAL_MBM")["VALUE"] == -4850
    elements = bss.get_attr("NL80211_BSS_BEACON_IES")
    assert elements["SSID"] == b"Alatau"
    for name in ("GET_SCAN", "TRIGGER_SCAN"):
        assert getattr(nl80211, name) == tables.NL80211_NAMES[f"NL80211_CMD_{name}"]


def test_the_kernel_answers() -> None:
    """Generic netlink itself, asked for the family that every Linux has."""
    if not sys.platform.startswith("linux"):
        pytest.skip("netlink is Linux's")
    try:
        with wifi_managed.Netlink():
            pass
    except FileNotFoundError:
        return  # asked, and the answer is: no such family in this kernel
    assert wifi_managed.kernel_list(0x7FFF) == []


def run(source: ManagedSource, seconds: float = 0.05) -> list[Record]:
    async def collect() -> list[Record]:
        return [record async for record in source.records(SweepPlan(wifi_seconds=seconds))]

    return asyncio.run(collect())


def listed(*found: Seen, source: ManagedSource | None = None) -> tuple[list[Record], Device]:
    made = run(source or ManagedSource("test", lambda: list(found), 0.02))
    batches = [r for r in made if isinstance(r, FrameBatch)]
    (device,) = air.devices(air.run(WifiInventory(Library([])), *batches)).values()
    return made, device


def test_an_access_point_comes_through_the_pipeline() -> None:
    (one,) = (nl80211.seen(reply) for reply in nl80211.replies(scan_message()))
    assert one is not None
    _, device = listed(one)
    assert (device.address, device.rssi_dbm) == ("50:c7:bf:00:00:01", -48)
    told = device.facts
    assert (told["wifi.ssid"], told["wifi.security"], told["wifi.channel"]) == (
        ["Alatau"],
        "WPA2-Personal",
        6,
    )
    assert told["wifi.wps.model"] == "Cam 2.0"  # only the probe response tells it
    assert told["wifi.taxonomy.beacon"] == "0,1,3,48"


def test_elements_of_unknown_origin_claim_no_beacon() -> None:
    (one,) = (nl80211.seen(reply) for reply in nl80211.replies(scan_message(beacon=b"")))
    assert one is not None
    _, device = listed(one)
    assert "wifi.taxonomy.beacon" not in device.facts


def test_what_was_not_heard_is_said() -> None:
    (one,) = (nl80211.seen(reply) for reply in nl80211.replies(scan_message()))
    assert one is not None
    made, _ = listed(one)
    (status,) = [r for r in made if isinstance(r, Status)]
    assert (status.state, status.reason) == (State.DEGRADED, Reason.NO_MONITOR_MODE)
    assert "devices that have joined a network" in status.detail
    stage = CoverageStage()
    assert [row for r in made for row in stage.feed(r)] == []
    assert list(stage.finish()) == []  # the source's own row stands
    (row,) = [r for r in made if isinstance(r, Coverage)]
    assert (row.look, row.channels) == ("access-points-only", (6,))
    camera = next(m for m in missed([row], get("en")) if m.device == "Wi-Fi camera")
    assert camera.reach is Reach.PARTLY
    assert "joined a network was not heard" in camera.text


def on_a_clock(monkeypatch: pytest.MonkeyPatch, asleep_s: Callable[[], float] = lambda: 0.0) -> None:
    """The source's clock goes on by what it waits for alone: how busy the machine is decides nothing."""
    now_s = 0.0

    async def waited(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds + asleep_s()

    monkeypatch.setattr(clock, "now_s", lambda: now_s)
    monkeypatch.setattr(asyncio, "sleep", waited)


def test_an_old_entry_is_not_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of ten minutes ago counts once, at the first reading; one that is fresh counts each time."""
    on_a_clock(monkeypatch)
    old = Seen(AP, 2437, -48, 600.0, 100, 1, BEACON, b"")
    for entry, batches in ((old, 1), (old._replace(ago_s=0.0), 4)):  # at 0, 5, 10 and 12 s
        made = run(ManagedSource("t", lambda entry=entry: [entry], 5.0), 12.0)
        assert [len(r.frames) for r in made if isinstance(r, FrameBatch)] == [1] * batches


def test_an_hour_asleep_makes_no_entry_fresh_and_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel counts an age without the sleep: what was heard before it must not look heard after it."""
    reads = 0

    def listing() -> list[Seen]:
        nonlocal reads
        reads += 1
        return [Seen(AP, 2437, -48, 2.0 + 5.0 * (reads - 1), 100, 1, BEACON, b"")]

    on_a_clock(monkeypatch, lambda: 3600.0 if reads == 1 else 0.0)
    made = run(ManagedSource("t", listing, 5.0), 12.0)
    assert sum(isinstance(r, FrameBatch) for r in made) == 1
    (row,) = [r for r in made if isinstance(r, Coverage)]
    assert row.seconds == 12.0


def test_a_list_that_fails_later_ends_the_look_with_a_line() -> None:
    answers: list[list[Seen]] = [[Seen(AP, 2437, -48, 0.0, 100, 1, BEACON, b"")]]

    def once() -> list[Seen]:
        if not answers:
            raise Unavailable("wifi-list", Reason.UNPLUGGED, "gone")
        return answers.pop()

    made = run(ManagedSource("t", once, 0.01), 5.0)
    assert made[-1].problems == ("wifi-list: gone",)  # type: ignore[attr-defined]
    with pytest.raises(Unavailable):
        run(ManagedSource("t", once))


NMCLI = r"""50\:C7\:BF\:00\:00\:01:416C61746175:2437 MHz:78:WPA2
00\:1A\:2B\:00\:00\:02:613A62:5180 MHz:40:
AA\:BB\:CC\:00\:00\:03::2412 MHz:20:WPA3
--:not a line
"""
NETSH = """
Interface name : Wi-Fi
There are 2 networks currently visible.

SSID 1 : Alatau
    Network type            : Infrastructure
    Authentication          : WPA2-Personal
    Encryption              : CCMP
    BSSID 1                 : 50:c7:bf:00:00:01
         Signal             : 78%
         Radio type         : 802.11n
         Channel            : 6
         Basic rates (Mbps) : 1 2 5.5 11
    BSSID 2                 : 50:c7:bf:00:00:04
         Signal             : 30%
         Radio type         : 802.11ax
         Band               : 6 GHz
         Channel            : 5
SSID 2 :
    Network type            : Infrastructure
    Authentication          : Open
    Encryption              : None
    BSSID 1                 : 00:1a:2b:00:00:02
         Signal             : 40%
         Channel            : 36
"""


def shown(found: list[Seen]) -> list[tuple[str, int, int | None, object, object]]:
    rows = []
    for one in found:
        _, device = listed(one)
        told = device.facts
        rows.append(
            (device.address, one.freq_mhz, device.rssi_dbm, told.get("wifi.ssid"), told["wifi.security"])
        )
    return rows


def test_nmcli() -> None:
    """The terse form of nmcli 1.42's manual: colons within values are escaped."""
    assert shown(list(scan_lists.nmcli(NMCLI))) == [
        ("50:c7:bf:00:00:01", 2437, -61, ["Alatau"], "WPA2-Personal"),
        ("00:1a:2b:00:00:02", 5180, -80, ["a:b"], "open"),
        ("aa:bb:cc:00:00:03", 2412, -90, None, "WPA3-Personal"),
    ]


@pytest.mark.parametrize(
    "text", [NETSH, NETSH.replace("Signal", "Сигнал").replace("Channel", "Канал").replace("GHz", "ГГц")]
)
def test_netsh_in_any_language(text: str) -> None:
    assert shown(list(scan_lists.netsh(text))) == [
        ("50:c7:bf:00:00:01", 2437, -61, ["Alatau"], "WPA2-Personal"),
        ("50:c7:bf:00:00:04", 5975, -85, ["Alatau"], "WPA2-Personal"),
        ("00:1a:2b:00:00:02", 5180, -80, None, "open"),
    ]


@given(st.text(), st.binary(max_size=200))
def test_lists_of_anything(text: str, data: bytes) -> None:
    for one in (*scan_lists.nmcli(text), *scan_lists.netsh("BSSID 1 : " + text), *scan_lists.netsh(text)):
        assert len(one.bssid) == 6
        assert all(len(frame) < 200 for frame in nl80211.frames(one))
    try:
        found = [nl80211.seen(reply) for reply in nl80211.replies(data)]
    except ProtocolError:
        return
    assert all(one is None or len(one.bssid) == 6 for one in found)


def test_where_nothing_can_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(Unavailable) as told:
        wifi_managed.lister("", tmp_path)
    assert told.value.reason is Reason.NO_DEVICE
    (tmp_path / "wlan0" / "phy80211").mkdir(parents=True)
    (tmp_path / "wlan0" / "ifindex").write_text("3\n")
    assert wifi_managed.lister("", tmp_path)[0] == "nl80211 wlan0"
    assert wifi_managed.source.__doc__
    assert Medium.WIFI is ManagedSource("t", list).info.medium
