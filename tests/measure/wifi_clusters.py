"""Linking random addresses, measured: real probe requests whose senders' addresses are changed here.

In the corpus's laboratory captures devices that probe with their maker's address are known for certain. Each
burst of one of them (probes without a pause of 10 s) is given a random address of its own, so the truth is
known: bursts of one device belong together. Sequence counters, elements, names and times stay as they were
sent. DERIVED, labelled so: devices that start their counter anew with each address would not be linked.

    python -m tests.measure.wifi_clusters        needs ../shared/corpus or $SWEEPER_CORPUS
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple

from sweeper.detectors.wifi_frames import by_address
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.records import Device, FrameBatch, Medium
from sweeper.signatures import Library
from tests.conftest import ROOT
from tests.detectors import wifi_air as air

PAUSE_S = 10.0


class Figures(NamedTuple):
    """Devices and bursts renamed; pairs of neighbouring bursts of one device, those linked, those wrong."""

    devices: int
    bursts: int
    neighbours: int
    linked: int
    wrong: int
    right: int


def renamed(path: Path) -> tuple[FrameBatch, dict[str, str]]:
    """All probe requests of a capture, a random address a burst, and whose each address is."""
    rows: list[tuple[float, bytes]] = []
    owner: dict[str, str] = {}
    last: dict[int, tuple[float, bytes]] = {}
    for batch in air.capture(path, size=100_000):
        table = ft.table(batch.link_type, batch.frames, batch.lengths)
        probes = table.ok & (table.kind == ft.MANAGEMENT) & (table.subtype == wifi.PROBE_REQUEST)
        for sender, mine in by_address(table.transmitter, probes.nonzero()[0]):
            if wifi.randomised(sender) or wifi.group(sender):
                continue
            for row in mine.tolist():
                time_s = batch.times_s[row]
                before, address = last.get(sender, (float("-inf"), b""))
                if time_s - before > PAUSE_S:
                    address = b"\x02" + len(owner).to_bytes(5, "big")
                    owner[address.hex(":")] = wifi.address(sender)
                last[sender] = (time_s, address)
                frame = bytearray(batch.frames[row])
                at = int(table.start[row]) + 10
                frame[at : at + 6] = address
                rows.append((time_s, bytes(frame[int(table.start[row]) : int(table.stop[row])])))
    rows.sort(key=lambda r: r[0])
    return air.batch(rows), owner


def measure(path: Path) -> Figures:
    """What the inventory links of one capture's renamed bursts."""
    batch, owner = renamed(path)
    parts = [
        FrameBatch(
            source="derived", time_s=batch.times_s[at], medium=Medium.WIFI, link_type=105,
            times_s=batch.times_s[at : at + 500], frames=batch.frames[at : at + 500],
            lengths=batch.lengths[at : at + 500],
        )
        for at in range(0, len(batch.frames), 500)
    ]  # fmt: skip
    made = air.devices(air.run(WifiInventory(Library([])), *parts))
    bursts = Counter(owner.values())
    order: dict[str, list[Device]] = defaultdict(list)
    clusters: dict[object, list[str]] = defaultdict(list)
    for device in sorted(made.values(), key=lambda d: d.first_s):
        order[owner[device.address]].append(device)
        if "wifi.cluster" in device.facts:
            clusters[device.facts["wifi.cluster"]].append(owner[device.address])
    near = linked = 0
    for mine in order.values():
        for one, two in pairwise(mine):
            if two.first_s - one.last_s <= 180:
                near += 1
                both = one.facts.get("wifi.cluster"), two.facts.get("wifi.cluster")
                linked += both[0] is not None and both[0] == both[1]
    pairs = [(a, b) for group in clusters.values() for a, b in combinations(group, 2)]
    wrong = sum(a != b for a, b in pairs)
    return Figures(len(bursts), len(made), near, linked, wrong, len(pairs) - wrong)


def main() -> None:
    corpus = Path(os.environ.get("SWEEPER_CORPUS", ROOT.parent / "shared" / "corpus"))
    for path in sorted((corpus / "wifi" / "probes").glob("*.pcap")):
        print("DERIVED", path.name, measure(path))


if __name__ == "__main__":
    main()
