"""Battery cameras: stations that sleep, wake, send a short clip up, and sleep again.

Such a camera records first and sends then, so its traffic has no beat of pictures; what is left is the habit.
An episode is uplink without a pause of ``PAUSE_S``; it counts as a clip if it has a clip's size, takes a
clip's time, is nearly all full packets, and is not as fast as the network allows (a phone's photograph is). A
station is named from the second clip on, only if it does next to nothing else and uses its maker's address:
phones fetch more than they send, and hide behind random addresses. The level is low: other things send files
too.

Measured on one battery camera over seven days (a capture of its IP traffic, re-framed): 38 clips of 0.4 to
1.6 MB in 4.5 to 50 s, at 130 to 1,020 kbit/s, 93 to 95 % of the packets full. Between clips such a camera is
not to be heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.wifi_frames import Air, by_address
from sweeper.forgetting import make_room
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import Column
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Record
from sweeper.text import say

PAUSE_S = 8.0
"""Silence that ends an episode: within a clip the longest gaps are about two seconds."""

CLIP_BYTES = (150e3, 5e6)
CLIP_S = (3.0, 60.0)
CLIP_BPS = (80e3, 1.5e6)
"""What counts as a clip, with a factor of about two around what was measured; the rate keeps phones out."""

FULL_BYTES = 1_000
"""Payload of a packet that counts as full: the rest of a clip's packets are under 400."""

FULL_SHARE = 0.8
CLIPS = 2
OTHER_SHARE = 0.15
"""What a station may send besides its clips, and what it may receive, as shares of the clips' bytes."""

MOST_STATIONS = 10_000


@dataclass(slots=True)
class _Habit:
    """One station: the running episode, its clips so far, and everything else it did."""

    start_s: float = 0.0
    last_s: float = 0.0
    episode_bytes: float = 0.0
    packets: int = 0
    full: int = 0
    clips: list[tuple[float, float, float]] = field(default_factory=list)
    clip_bytes: float = 0.0
    other_bytes: float = 0.0
    down_bytes: float = 0.0
    claimed: bool = False


class WifiClips:
    """FrameBatch in, a Detection for each station that sends clips and sleeps."""

    name = "wifi-clips"
    accepts: tuple[type[Record], ...] = (FrameBatch, Device)

    def __init__(self) -> None:
        self._air = Air()
        self._habits: dict[int, _Habit] = {}

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """A Detection once a station's second clip has ended."""
        table = self._air.take(record)
        if table is None or isinstance(record, Device):
            return
        data = table.ok & (table.kind == ft.DATA) & (table.subtype & 4 == 0)
        ways = table.flags & (ft.TO_DS | ft.FROM_DS)
        sizes = np.maximum(table.length - table.header, 0).astype(np.float64)
        times = np.asarray(record.times_s)
        for address, mine in by_address(table.receiver, np.flatnonzero(data & (ways == ft.FROM_DS))):
            if address in self._habits:
                self._habits[address].down_bytes += float(sizes[mine].sum())
        for address, mine in by_address(table.transmitter, np.flatnonzero(data & (ways == ft.TO_DS))):
            if wifi.randomised(address):
                continue
            habit = self._habits.get(address)
            if habit is None:
                make_room(self._habits, MOST_STATIONS, lambda one: one.last_s)
                habit = self._habits[address] = _Habit()
            yield from self._follow(address, habit, times[mine], sizes[mine])

    def finish(self) -> Iterator[Record]:
        """What the last episodes were."""
        for address, habit in self._habits.items():
            _end(habit)
            yield from self._claim(address, habit)

    def _follow(self, address: int, habit: _Habit, times: Column, sizes: Column) -> Iterator[Record]:
        if times[-1] - times[0] <= PAUSE_S:  # as most batches are
            parts = [(times, sizes)]
        else:
            cuts = np.flatnonzero(times[1:] - times[:-1] > PAUSE_S) + 1
            parts = list(zip(np.split(times, cuts), np.split(sizes, cuts), strict=True))
        for when, sent in parts:
            first, last = float(when[0]), float(when[-1])
            if habit.packets and first - habit.last_s > PAUSE_S:
                _end(habit)
                yield from self._claim(address, habit)
            if not habit.packets:
                habit.start_s = first
            habit.last_s = max(habit.last_s, last)
            habit.packets += len(when)
            habit.full += int((sent >= FULL_BYTES).sum())
            habit.episode_bytes += float(sent.sum())

    def _claim(self, address: int, habit: _Habit) -> Iterator[Record]:
        besides = max(habit.other_bytes, habit.down_bytes)
        if habit.claimed or len(habit.clips) < CLIPS or besides > OTHER_SHARE * habit.clip_bytes:
            return
        habit.claimed = True
        start_s, seconds, count = habit.clips[-1]
        at_s = start_s + seconds
        yield Detection(
            source=self._air.source,
            time_s=at_s,
            detector=self.name,
            subject=self._air.subject(address),
            kind="camera",
            level=Level.LOW,
            confidence=0.4,
            title=say("A device that wakes, sends something like a video clip, and sleeps again"),
            why=(
                say(
                    "{clips} times it sent some {kilobytes} kB within seconds and fell silent; "
                    "it did next to nothing else.",
                    clips=len(habit.clips),
                    kilobytes=round(habit.clip_bytes / len(habit.clips) / 1e3),
                ),
                say("Battery cameras do so when something moves; between clips they cannot be heard."),
            ),
            benign=BENIGN,
            next=NEXT,
            evidence=(
                Evidence("clips", len(habit.clips), "", self._air.source, at_s),
                Evidence("bytes of the last", round(count), "bytes", self._air.source, at_s),
                Evidence("seconds of the last", round(seconds, 1), "s", self._air.source, at_s),
            ),
        )


BENIGN = (
    say("A doorbell or garden camera of the household or of a neighbour."),
    say("A sensor, watch or car that sends its records from time to time."),
    say("A phone that sends pictures over a slow connection."),
)
NEXT = (
    say("Move in front of likely places and see whether it wakes: a battery camera sends on movement."),
    say("Search by signal strength while it sends."),
    say("Look for the address in the router's list of devices, and ask the host."),
)


def _end(habit: _Habit) -> None:
    """Close the running episode: a clip, or something else."""
    seconds = habit.last_s - habit.start_s
    rate = 8 * habit.episode_bytes / seconds if seconds > 0 else float("inf")
    clip = (
        CLIP_BYTES[0] <= habit.episode_bytes <= CLIP_BYTES[1]
        and CLIP_S[0] <= seconds <= CLIP_S[1]
        and CLIP_BPS[0] <= rate <= CLIP_BPS[1]
        and habit.full >= FULL_SHARE * habit.packets
    )
    if clip and len(habit.clips) < 1_000:
        habit.clips.append((habit.start_s, seconds, habit.episode_bytes))
        habit.clip_bytes += habit.episode_bytes
    else:
        habit.other_bytes += habit.episode_bytes
    habit.episode_bytes, habit.packets, habit.full = 0.0, 0, 0


def stage(setup: Setup) -> WifiClips:
    """The factory."""
    return WifiClips()
