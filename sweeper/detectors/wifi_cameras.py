"""Cameras by what they do: a station that sends video all the time and receives next to nothing.

Read from the headers only, whatever the encryption. For each station's uplink over looks of at most ten
seconds: the share of its bytes that go up, the beat of a picture rate, pictures of changing size in nearly
every period, and ends of any length. All must hold (``LIMITS``), twice or over one full
look. Video calls fail on the first, files on the second, fixed-rate senders on the third. What stays in the
network must show key frames or be slower than films are, else it may be cast to a television. Without key
frames such a stream gets the lower level, as does one whose access point was not heard (then what comes down
is unknown). Measured error rates: ``docs/wifi-cameras.md``.

A camera that sleeps, records to a card, or sends a finished clip sends no pictures one by one: this detector
does not see it, and says so in coverage, not by silence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.wifi_frames import Air, by_address, number
from sweeper.dsp.video_rhythm import LEAST_PACKETS, Floats, Rhythm, keys, rhythm
from sweeper.forgetting import make_room
from sweeper.protocols import frame_table as ft
from sweeper.protocols.frame_table import Column, FrameTable
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Medium, Record
from sweeper.text import say

LOOK_S = 10.0
"""On-channel seconds of one look; DeWiCam needs 2.7 s, slow cameras' key frames up to 5 s."""

SHORTEST_S = 4.0
"""On-channel seconds that a look needs at least: twenty pictures of a 5 Hz camera."""

STEP_S = 2.5
"""Seconds between looks."""

SOON_S = 0.5
"""Seconds until the next try where a flow was still too short to be looked at."""

KEPT_S = 120.0
"""Seconds that a hopping receiver may take to gather one look."""

BIN_S = 0.25
"""Resolution of what the receiver listened to: the default dwell on a channel."""

MOST_PACKETS = 40_000
"""Packets kept of one station: ten seconds of 48 Mbit/s."""

MOST_FLOWS = 5_000

TALK_BYTES = (120.0, 600.0)
"""Payloads on the air that a voice has: 20 ms of Opus or G.711 behind RTP, UDP, IP, LLC, CCMP headers. TCP's
acknowledgements are shorter, whatever options they carry."""


class Limits(NamedTuple):
    """The decision rule; the comment of each is its reason."""

    up_share: float = 0.8  # calls are below 0.7; a TCP camera's acknowledgements take 5 %
    low_bps: float = 40e3  # a picture of 320 x 240 at 5 Hz
    high_bps: float = 25e6  # no encoder in a small camera is above
    line: float = 30.0  # packets at random pass it once in 2,000 looks
    spread: tuple[float, float] = (0.06, 3.0)  # a clocked sender of equal packets is below
    picture_bytes: float = 250.0  # voice is below: 20 ms of it are 160 bytes
    occupancy: float = 0.7  # a still screen sends in few periods
    diverse: float = 0.25  # files end their bursts in full packets, or always in the same rest
    wild: float = 0.25  # pictures of a screen differ more than a camera's between two key frames
    screen_bps: float = 8e6  # screens are cast at such rates; cameras only with key frames
    fast_hz: float = 35.0  # above it screens are cast; cameras are slower unless key frames say otherwise
    talk_hz: float = 12.0  # a voice that answers makes it a call: 60 ms of sound a packet are 16 Hz
    local_hz: float = 22.0  # within the network films and screens are cast, at 24 Hz and more


LIMITS = Limits()


class Counted(NamedTuple):
    """Frames of one batch that were sent to a station, or that came from it by way of its access point."""

    time_s: float
    size: float
    talk: int


@dataclass(slots=True)
class Flow:
    """What one station sent up lately."""

    freq_mhz: int = 0
    times: list[Column] = field(default_factory=list)
    sizes: list[Column] = field(default_factory=list)
    packets: int = 0
    down: list[Counted] = field(default_factory=list)
    relayed: list[Counted] = field(default_factory=list)
    bssid: int = 0
    looked_s: float = float("-inf")
    hits: int = 0
    level: Level | None = None

    def last_s(self) -> float:
        return float(self.times[-1][-1])

    def add(self, times: Column, sizes: Column) -> None:
        self.times.append(times)
        self.sizes.append(sizes)
        self.packets += len(times)
        while len(self.times) > 1 and (self.packets > MOST_PACKETS or self.times[0][-1] < times[-1] - KEPT_S):
            self.packets -= len(self.times.pop(0))
            self.sizes.pop(0)

    def joined(self) -> tuple[Floats, Floats]:
        """Times and sizes of the last ``KEPT_S`` as one column each; older ones are let go."""
        times, sizes = np.concatenate(self.times), np.concatenate(self.sizes)
        order = np.argsort(times, kind="stable")  # captures of several interfaces interleave imperfectly
        times, sizes = times[order], sizes[order]
        first = int(np.searchsorted(times, times[-1] - KEPT_S))
        if first:  # copies: a part of a column would hold the whole of it
            times, sizes = times[first:].copy(), sizes[first:].copy()
        self.times, self.sizes, self.packets = [times], [sizes], len(times)
        return self.times[0], self.sizes[0]


class Part(NamedTuple):
    """What is looked at: from when on, seconds listened, and the packets' times and bytes."""

    start_s: float
    on_s: float
    times: Floats
    sizes: Floats


class Look(NamedTuple):
    """One look at a flow: seconds listened, bits per second up, share up, voice-sized packets a second that
    came down, and the rhythm."""

    start_s: float
    stop_s: float
    on_s: float
    bps: float
    up_share: float
    heard_down: bool
    local: bool
    talk_hz: float
    rhythm: Rhythm


class WifiCameras:
    """FrameBatch in, a Detection for each station that streams as a camera does."""

    name = "wifi-cameras"
    accepts: tuple[type[Record], ...] = (FrameBatch, Device)

    def __init__(self) -> None:
        self._air = Air()
        self._flows: dict[int, Flow] = {}
        self._tuned: dict[int, list[int]] = {}
        self._direct: set[int] = set()
        self._points: dict[int, float] = {}

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """Detections of flows that came to look like a camera's in this batch."""
        table = self._air.take(record)
        if isinstance(record, Device):
            if record.medium is Medium.WIFI and _direct(record):
                self._direct.add(number(record))
            return
        if table is None:
            return
        times = np.asarray(record.times_s)
        self._tune(times, table)
        for sender in self._gather(times, table):
            flow = self._flows[sender]
            if flow.times and self._air.last_s - flow.looked_s >= STEP_S:
                yield from self._look(sender, flow)

    def finish(self) -> Iterator[Record]:
        """A last look at what is left."""
        for sender, flow in self._flows.items():
            if flow.times and (flow.hits or flow.times[-1][-1] > flow.looked_s):
                yield from self._look(sender, flow, last=True)

    def _tune(self, times: Column, table: FrameTable) -> None:
        """Remember when which frequency was listened to."""
        bins = (times / BIN_S).astype(np.int64)
        for pair in _distinct(bins << 16 | table.freq_mhz.astype(np.int64)):
            heard, one = self._tuned.setdefault(pair & 0xFFFF, []), pair >> 16
            if not heard or heard[-1] < one:
                heard.append(one)
            elif heard[(at := bisect_left(heard, one))] != one:  # a clock that was set back
                heard.insert(at, one)
        oldest = int((times[-1] - KEPT_S) / BIN_S)
        for heard in self._tuned.values():
            del heard[: bisect_left(heard, oldest)]

    def _gather(self, times: Column, table: FrameTable) -> list[int]:
        """Add the batch's data frames to their flows; the stations that sent any."""
        data = table.ok & (table.kind == ft.DATA) & (table.subtype & 4 == 0)
        ways = table.flags & (ft.TO_DS | ft.FROM_DS)
        sizes = np.maximum(table.length - table.header, 0).astype(np.float64)
        senders = []
        for sender, rows in by_address(table.transmitter, np.flatnonzero(data & (ways == ft.TO_DS))):
            flow = self._flows.get(sender)
            if flow is None:
                make_room(self._flows, MOST_FLOWS, Flow.last_s)
                flow = self._flows[sender] = Flow()
            flow.freq_mhz = int(table.freq_mhz[rows[-1]])
            flow.bssid = int(table.receiver[rows[-1]])
            flow.add(times[rows], sizes[rows])
            senders.append(sender)
        down = np.flatnonzero(data & (ways == ft.FROM_DS))
        self._count(times, sizes, down, table.receiver, "down")
        self._count(times, sizes, down, table.address3, "relayed")
        heard = table.ok & ((ways == ft.FROM_DS) | (table.kind == ft.MANAGEMENT))
        for point in _distinct(table.transmitter[heard]):
            self._points[point] = self._air.last_s
        return [sender for sender in senders if sender in self._flows]

    def _count(self, times: Column, sizes: Floats, rows: Column, who: Column, where: str) -> None:
        for address, mine in by_address(who, rows):
            flow = self._flows.get(address)
            if flow is not None:
                counts: list[Counted] = getattr(flow, where)
                found = sizes[mine]
                talk = int(((found >= TALK_BYTES[0]) & (found <= TALK_BYTES[1])).sum())
                counts.append(Counted(float(times[mine[-1]]), float(found.sum()), talk))
                while counts and counts[0].time_s < self._air.last_s - KEPT_S:
                    counts.pop(0)

    def _look(self, sender: int, flow: Flow, last: bool = False) -> Iterator[Record]:
        part = self._part(flow)
        flow.looked_s = self._air.last_s if part is not None else self._air.last_s + SOON_S - STEP_S
        if part is None:
            return
        look = self._measure(flow, part)
        if look is None or not streams(look):
            flow.hits = 0
            return
        flow.hits += 1
        full = look.on_s >= LOOK_S - 1.0 or last
        level = rate(look)
        if (flow.hits >= 2 or full) and (flow.level is None or level.rank > flow.level.rank):
            flow.level = level
            yield self._detection(sender, flow, look, level)

    def _part(self, flow: Flow) -> Part | None:
        """The packets of the last ``LOOK_S`` seconds that were listened to; ``None`` if they are too few."""
        if flow.packets < LEAST_PACKETS:
            return None
        times, sizes = flow.joined()
        final = float(times[-1])
        tuned = self._tuned.get(flow.freq_mhz, [])
        known = bisect_right(tuned, final / BIN_S)
        bins = tuned[max(0, known - int(LOOK_S / BIN_S)) : known]
        start_s = bins[0] * BIN_S if bins else final
        chosen = int(np.searchsorted(times, start_s))
        if len(times) - chosen < LEAST_PACKETS:
            return None
        # a flow that began or ended within the look is measured while it lasted
        first = float(times[chosen])
        on_s = BIN_S * (len(bins) - bisect_right(bins, first / BIN_S - 1))
        return Part(start_s, on_s, times[chosen:], sizes[chosen:]) if on_s >= SHORTEST_S else None

    def _measure(self, flow: Flow, part: Part) -> Look | None:
        """``None`` where amount or direction rule a camera out, or no rhythm can be measured."""
        up = float(part.sizes.sum())
        heard = [one for one in flow.down if one.time_s >= part.start_s]
        down = sum(one.size for one in heard)
        bps = 8 * up / part.on_s
        if up < LIMITS.up_share * (up + down) or not LIMITS.low_bps <= bps <= LIMITS.high_bps:
            return None
        found = rhythm(part.times, part.sizes)
        if found is None:
            return None
        if found.key_period_s is None and found.line >= LIMITS.line:
            found = found._replace(key_period_s=keys(*flow.joined(), found.rate_hz))
        return Look(
            start_s=float(part.times[0]),
            stop_s=float(part.times[-1]),
            on_s=part.on_s,
            bps=bps,
            up_share=up / (up + down),
            heard_down=self._points.get(flow.bssid, float("-inf")) >= part.start_s,
            local=flow.bssid in self._direct
            or sum(one.size for one in flow.relayed if one.time_s >= part.start_s) > 0.5 * up,
            talk_hz=sum(one.talk for one in heard) / part.on_s,
            rhythm=found,
        )

    def _detection(self, sender: int, flow: Flow, look: Look, level: Level) -> Detection:
        beat = look.rhythm
        why = [
            say(
                "It sends {kbps} kbit/s and {share} % of its traffic goes up: it shows, it does not watch.",
                kbps=round(look.bps / 1e3),
                share=round(100 * look.up_share),
            ),
            say(
                "The traffic beats at {rate} pictures a second over {seconds} s, as video does.",
                rate=round(beat.rate_hz, 1),
                seconds=round(look.on_s, 1),
            ),
        ]
        if beat.key_period_s is not None:
            why.append(
                say("Every {seconds} s a much bigger picture comes: a key frame.", seconds=beat.key_period_s)
            )
        if not look.heard_down:
            why.append(say("Its access point was not heard, so what it receives is not known."))
        if look.local:
            why.append(say("Most of it goes to another device in the same network."))
        return Detection(
            source=self._air.source,
            time_s=look.stop_s,
            detector=self.name,
            subject=self._air.subject(sender),
            kind="camera",
            level=level,
            confidence=0.8 if level is Level.MEDIUM else 0.5,
            title=say("A device that streams video over Wi-Fi"),
            why=tuple(why),
            benign=BENIGN,
            next=NEXT,
            evidence=tuple(
                Evidence(what=what, value=value, unit=unit, source=self._air.source, time_s=look.stop_s)
                for what, value, unit in (
                    ("uplink rate", round(look.bps / 1e3, 1), "kbit/s"),
                    ("uplink share", round(look.up_share, 3), ""),
                    ("picture rate", round(beat.rate_hz, 2), "Hz"),
                    ("line over surroundings", round(beat.line, 1), ""),
                    ("picture size", round(beat.picture_bytes), "bytes"),
                    ("spread of picture sizes", round(beat.spread, 2), ""),
                    ("share of full packets", round(beat.full, 3), ""),
                )
            ),
        )


BENIGN = (
    say("A camera that the household, office or a neighbour openly uses; Wi-Fi passes through walls."),
    say("A phone or laptop in a one-way video call, live broadcast or screen sharing."),
    say("A baby monitor or video doorbell."),
)
NEXT = (
    say("Run the film test: it tells whether the stream reacts to what happens in this room."),
    say("Search by signal strength: go where it grows."),
    say("Ask the host which cameras there are; look for the address in the router's list of devices."),
)


def streams(look: Look, limits: Limits = LIMITS) -> bool:
    """The decision rule on one look."""
    beat = look.rhythm
    return (
        look.up_share >= limits.up_share
        and look.talk_hz < limits.talk_hz
        and limits.low_bps <= look.bps <= limits.high_bps
        and beat.line >= limits.line
        and limits.spread[0] <= beat.spread <= limits.spread[1]
        and beat.picture_bytes >= limits.picture_bytes
        and beat.occupancy >= limits.occupancy
        and beat.diverse >= limits.diverse
        and not screen(look, limits)
    )


def screen(look: Look, limits: Limits = LIMITS) -> bool:
    """Whether it may be a screen shown on a television: no key frames, and fast or kept in the network."""
    beat = look.rhythm
    if beat.key_period_s is not None:
        return False
    fast = beat.rate_hz > limits.fast_hz or look.bps > limits.screen_bps
    return fast or (look.local and (beat.spread > limits.wild or beat.rate_hz > limits.local_hz))


def rate(look: Look) -> Level:
    """Medium; low where what the station receives is not known, or its stream stays in the network."""
    unsure = not look.heard_down or (look.local and look.rhythm.key_period_s is None)
    return Level.LOW if unsure else Level.MEDIUM


def _direct(device: Device) -> bool:
    """Whether an access point is one of Wi-Fi Direct: televisions open those to be cast to."""
    names = device.facts.get("wifi.ssid")
    return isinstance(names, list) and any(str(name).startswith("DIRECT-") for name in names)


def _distinct(addresses: Column) -> list[int]:
    found: list[int] = np.unique(addresses).tolist()
    return found


def stage(setup: Setup) -> WifiCameras:
    """The factory."""
    return WifiCameras()
