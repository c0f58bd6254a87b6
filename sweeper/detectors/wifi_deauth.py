"""Deauthentication floods: somebody throws stations off a network, to catch a handshake or blind a camera.

A station or access point takes leave with one frame, repeated a few times. A tool sends them by the hundred,
in both directions or to everybody. Counted for each pair of addresses over ten seconds. An access point also
sends such frames in answer to a station that talks without having joined (reasons 6 and 7): those count only
if the other direction is forged too, or the station was heard and said far less than would explain them.

Source: IEEE 802.11-2020, 9.4.1.7 (reason codes); aircrack-ng sends 64 frames each way at a time.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.wifi_frames import Air
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import FrameTable
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Record
from sweeper.text import say

WINDOW_S = 10.0
"""Within this time frames count together: tools send without pause, leave-taking is over in one second."""

FLOOD = 60
"""Frames of one pair within the window. Clean captures stay under 16; one stroke of aircrack's is 128."""

ANSWERS = frozenset({6, 7})
"""Reasons that answer a frame from a station that has not joined."""

MOST_PAIRS = 10_000

Pair = tuple[int, int]


@dataclass(slots=True)
class _Count:
    """One pair's window: time, sender and whether it may be an answer; what else the two said; and totals."""

    times: deque[tuple[float, int, bool]] = field(default_factory=deque)
    spoken: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    peak: int = 0
    senders: Counter[int] = field(default_factory=Counter)
    network: int = 0
    claimed: bool = False


class WifiDeauth:
    """FrameBatch in, a Detection for each pair that is flooded."""

    name = "wifi-deauth"
    accepts: tuple[type[Record], ...] = (FrameBatch, Device)

    def __init__(self) -> None:
        self._air = Air()
        self._pairs: dict[Pair, _Count] = {}

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """A Detection when a pair's frames in the window first reach a flood."""
        table = self._air.take(record)
        if table is None or isinstance(record, Device):
            return
        leaving = (table.subtype == wifi.DEAUTHENTICATION) | (table.subtype == wifi.DISASSOCIATION)
        rows = np.flatnonzero(table.ok & (table.kind == ft.MANAGEMENT) & leaving)
        if not len(rows):
            return
        touched = self._spoken(record, table)
        for row in rows.tolist():
            sender, receiver = int(table.transmitter[row]), int(table.receiver[row])
            pair = (min(sender, receiver), max(sender, receiver))
            answer = _reason(record.frames[row], table, row) in ANSWERS and not wifi.group(receiver)
            count = self._pairs.get(pair)
            if count is None:
                if len(self._pairs) >= MOST_PAIRS:
                    del self._pairs[next(iter(self._pairs))]
                count = self._pairs[pair] = _Count(network=int(table.address3[row]))
                if pair in touched:
                    count.spoken.append((record.times_s[row], touched[pair]))
            yield from self._count(pair, count, (record.times_s[row], sender, answer), record.source)

    def finish(self) -> Iterator[Record]:
        """Each flood once more, with what it came to."""
        for pair, count in self._pairs.items():
            if count.claimed:
                yield self._detection(pair, count, count.last_s, self._air.source)

    def _spoken(self, batch: FrameBatch, table: FrameTable) -> dict[Pair, int]:
        """Count the data frames between the pairs of this batch, for those that are watched already too."""
        data = np.flatnonzero(table.ok & (table.transmitter != 0) & (table.kind == ft.DATA))
        ends = np.stack([table.transmitter[data], table.receiver[data]], axis=1)
        distinct, counts = np.unique(np.sort(ends, axis=1), axis=0, return_counts=True)
        touched = {(int(a), int(b)): int(n) for (a, b), n in zip(distinct, counts, strict=True)}
        for pair, number in touched.items():
            if pair in self._pairs:
                self._pairs[pair].spoken.append((batch.times_s[-1], number))
        return touched

    def _count(
        self, pair: Pair, count: _Count, frame: tuple[float, int, bool], source: str
    ) -> Iterator[Record]:
        time_s = frame[0]
        count.times.append(frame)
        count.first_s = time_s if not count.total else count.first_s
        count.total, count.last_s = count.total + 1, time_s
        count.senders[frame[1]] += 1
        for queue in (count.times, count.spoken):
            while queue and queue[0][0] < time_s - WINDOW_S:
                queue.popleft()
        count.peak = max(count.peak, len(count.times))
        if len(count.times) >= FLOOD and not count.claimed and not _answers(count):
            count.claimed = True
            yield self._detection(pair, count, time_s, source)

    def _detection(self, pair: Pair, count: _Count, time_s: float, source: str) -> Detection:
        senders = count.senders
        victim = next((a for a in pair if wifi.group(a)), None)
        claimed = count.network if count.network in pair else min(senders)
        why = [
            say(
                "{count} frames that end a connection between {one} and {other}, up to {peak} within "
                "{seconds} s; taking leave needs one.",
                count=count.total,
                one=wifi.address(pair[0]),
                other=wifi.address(pair[1]),
                peak=count.peak,
                seconds=round(WINDOW_S),
            )
        ]
        if len(senders) == 2:
            why.append(say("They come in the name of both sides: a third party sends them."))
        elif victim is not None:
            why.append(say("They are addressed to everybody in the network."))
        return Detection(
            source=source,
            time_s=time_s,
            detector=self.name,
            subject=self._air.subject(claimed),
            kind="deauth-flood",
            level=Level.MEDIUM,
            confidence=0.9 if len(senders) == 2 or victim is not None else 0.7,
            title=say("Somebody throws devices off a Wi-Fi network"),
            why=tuple(why),
            benign=BENIGN,
            next=NEXT,
            evidence=(
                Evidence("frames that end connections", count.total, "frames", source, time_s),
                Evidence("most within 10 s", count.peak, "frames", source, time_s),
                Evidence("from first to last", round(time_s - count.first_s, 1), "s", source, time_s),
                Evidence("in the name of", [wifi.address(a) for a in sorted(senders)], "", source, time_s),
            ),
        )


BENIGN = (
    say("A security test that the network's owner ordered."),
    say("A faulty access point, or a company's system that keeps strangers off its own network."),
    say("A neighbour's experiment with a hobby tool."),
)
NEXT = (
    say("Note the time, and whether a camera or alarm lost its connection then."),
    say("Search by signal strength for the sender while it goes on: it uses other devices' addresses."),
    say("Switch the access point to WPA3 or protected management frames, which such frames cannot break."),
)


def _answers(count: _Count) -> bool:
    """Whether the frames may be an access point's answers: one way, reasons 6 and 7, and talk to answer.

    Where nothing of the other side was heard, it may simply be out of earshot.
    """
    if len({sender for _, sender, _ in count.times}) > 1:
        return False
    if sum(answer for _, _, answer in count.times) < len(count.times) / 2:
        return False
    spoken = sum(number for _, number in count.spoken)
    return spoken == 0 or 4 * spoken >= len(count.times)


def _reason(frame: bytes, table: FrameTable, row: int) -> int:
    at = int(table.start[row] + table.header[row])
    if table.flags[row] & ft.PROTECTED:
        return 0
    return int.from_bytes(frame[at : at + 2], "little")


def stage(setup: Setup) -> WifiDeauth:
    """The factory."""
    return WifiDeauth()
