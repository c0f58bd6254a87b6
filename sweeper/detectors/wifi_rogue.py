"""Access points that pretend to be others. Conservative: large networks do many odd things rightfully.

Three patterns, each seen only where somebody builds it on purpose:

- one access point answers with four names or more (it takes whatever name a phone asks for);
- two transmitters use one address at the same time: the beacons' clocks jump to and fro between two courses
  (a restart jumps once);
- one name is offered protected, and open by an access point of another maker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.wifi_frames import Air
from sweeper.forgetting import keep_newest
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import FrameTable
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Medium, Record
from sweeper.text import Phrase, say

MANY_NAMES = 4
"""Names of one address: routers have a BSSID a name; some old ones answer with two."""

CLOCK_S = 2.0
"""Two courses of a beacon clock are two if they lie so far apart: drift stays under 100 ppm."""

MOST_NAMES = 10_000
"""Names of networks whose access points are compared, the newest; a flood invents a new one each time."""

TURNS = 6
"""Changes from one course to the other and back that make a second transmitter."""

SAMPLES = 8
"""Beacons of one sender looked at in a batch."""


@dataclass(slots=True)
class _Clock:
    """Courses of one sender's beacon clock: its offset from the receiver's, and how often it turned."""

    courses: list[float] = field(default_factory=list)
    current: int = -1
    turns: int = 0
    claimed: bool = False


class WifiRogue:
    """Device and FrameBatch in, Detections of pretenders out."""

    name = "wifi-rogue"
    accepts: tuple[type[Record], ...] = (FrameBatch, Device)

    def __init__(self) -> None:
        self._air = Air()
        self._clocks: dict[int, _Clock] = {}
        self._named: dict[str, dict[str, Device]] = {}
        self._claimed: set[tuple[str, str]] = set()

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """Detections, each once for an access point and pattern."""
        table = self._air.take(record)
        if isinstance(record, Device):
            if record.medium is Medium.WIFI and record.facts.get("wifi.kind") == "access-point":
                yield from self._names(record)
        elif table is not None:
            yield from self._beacons(record, table)

    def finish(self) -> Iterator[Record]:
        return iter(())

    def _names(self, device: Device) -> Iterator[Record]:
        names = device.facts.get("wifi.ssid")
        if not isinstance(names, list) or not names:
            return
        if len(names) >= MANY_NAMES:
            yield from self._claim(
                device.id, device, "names", 0.8, Level.MEDIUM,
                say("An access point that answers to many names"),
                say(
                    "One address offers {count} network names, such as {names}.",
                    count=len(names), names=", ".join(str(n) for n in names[:3]),
                ),
            )  # fmt: skip
        for name in names:
            known = self._named.get(str(name), {})
            keep_newest(self._named, str(name), known, MOST_NAMES)
            if len(known) < 64 or device.id in known:
                known[device.id] = device
            yield from self._twins(str(name), known)

    def _twins(self, name: str, known: dict[str, Device]) -> Iterator[Record]:
        """One name, protected by one maker and open by another."""
        closed = [d for d in known.values() if "WPA" in str(d.facts.get("wifi.security"))]
        opened = [d for d in known.values() if d.facts.get("wifi.security") == "open"]
        for twin in opened:
            makers = {d.facts.get("wifi.vendor") for d in closed}
            if closed and twin.facts.get("wifi.vendor") not in makers:
                yield from self._claim(
                    twin.id, twin, "open", 0.5, Level.LOW,
                    say("An open network with the name of a protected one"),
                    say(
                        "{name} is offered open by {address}, and protected by {other} of another maker.",
                        name=name, address=twin.address, other=closed[0].address,
                    ),
                )  # fmt: skip

    def _beacons(self, batch: FrameBatch, table: FrameTable) -> Iterator[Record]:
        rows = np.flatnonzero(table.ok & (table.kind == ft.MANAGEMENT) & (table.subtype == wifi.BEACON))
        seen: dict[int, int] = {}
        for row, sender in zip(rows.tolist(), table.transmitter[rows].tolist(), strict=True):
            seen[sender] = seen.get(sender, 0) + 1
            if seen[sender] > SAMPLES:
                continue
            at = int(table.start[row] + table.header[row])
            clock_s = int.from_bytes(batch.frames[row][at : at + 8], "little") / 1e6
            if clock_s and self._turned(sender, batch.times_s[row] - clock_s):
                identity = self._air.subject(sender)
                yield from self._claim(
                    identity, batch, "clock", 0.8, Level.MEDIUM,
                    say("Two access points that share one address"),
                    say(
                        "The beacons of {address} follow two clocks in turn: two transmitters send them.",
                        address=wifi.address(sender),
                    ),
                    time_s=batch.times_s[row],
                )  # fmt: skip

    def _turned(self, sender: int, offset: float) -> bool:
        """Follow a sender's clock; whether it has just shown a second course for good."""
        if len(self._clocks) >= 10_000 and sender not in self._clocks:
            return False
        clock = self._clocks.setdefault(sender, _Clock())
        for index, course in enumerate(clock.courses):
            if abs(offset - course) < CLOCK_S:
                clock.turns += clock.current not in (-1, index)
                clock.current = index
                clock.courses[index] = offset
                break
        else:
            if len(clock.courses) >= 4:  # a clock that says anything says nothing
                clock.courses.clear()
                clock.turns = 0
            clock.courses.append(offset)
            clock.current = len(clock.courses) - 1
        if clock.turns >= TURNS and not clock.claimed:
            clock.claimed = True
            return True
        return False

    def _claim(
        self,
        subject: str,
        record: Record,
        pattern: str,
        confidence: float,
        level: Level,
        title: Phrase,
        why: Phrase,
        time_s: float | None = None,
    ) -> Iterator[Record]:
        if (subject, pattern) in self._claimed:
            return
        self._claimed.add((subject, pattern))
        at_s = record.time_s if time_s is None else time_s
        yield Detection(
            source=record.source,
            time_s=at_s,
            detector=self.name,
            subject=subject,
            kind="rogue-ap",
            level=level,
            confidence=confidence,
            title=title,
            why=(why,),
            benign=BENIGN,
            next=NEXT,
            evidence=(Evidence("pattern", pattern, "", record.source, at_s),),
        )


BENIGN = (
    say("A repeater, mesh or company network that is set up in an unusual way."),
    say("A guest network that its owner left open on another device."),
    say("A security test with permission, or a hobby tool near by."),
)
NEXT = (
    say("Do not join this network; compare its address with the one on the router's label."),
    say("Search by signal strength: a pretender is often nearer than the real access point."),
    say("Tell the network's administrator."),
)


def stage(setup: Setup) -> WifiRogue:
    """The factory."""
    return WifiRogue()
