"""Wi-Fi senders of a scene, frame by frame, as an adapter hears them that stays on one channel at a time.

Every sender is a generator of frames in time order; the adapter takes those on its channel. Sizes and times
follow what each use of the network is like: a camera sends each video frame as a row of full packets and a
shorter last one, key frames every two seconds; a download is one-way the other way round; a video call is
both ways alike. What is inside the packets is random, as encrypted data look.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from sweeper.records import FrameBatch, Medium
from sweeper.synth import scene as s
from sweeper.synth import wifi_frames as f
from sweeper.synth.dice import Dice
from sweeper.synth.wave import meets

Heard = tuple[float, bytes]
BEACON_S = 100 * f.BEACON_TU_S
PAYLOAD = 1_440
"""IP packet of a full RTP or P2P video packet."""
AIRTIME_S = 420e-6
"""A full packet at MCS 7 with contention and acknowledgement."""
KEY_FRAME_S = 2.0
KEY_FRAME_SIZE = 5.0
"""A key frame is about so many times a mean frame at 20 frames a second."""
POOL = 1 << 16
RATES = (7, 7, 7, 7, 7, 7, 6, 6, 5, 4, 3, 1)
"""What rate adaptation chooses over a good link."""


class Sender:
    """What all frames of one transmitter share: address, signal, counters, random payload."""

    def __init__(self, emitter: s.Wifi, scene: s.Scene, channel: int) -> None:
        self.dice = Dice(scene.seed, "wifi", emitter.name)
        self.address = address(emitter, scene.seed)
        self.channel = channel
        self._signal = emitter.signal_dbm
        self._loss = emitter.loss
        self._chances: list[float] = self.dice.sub("chance").uniform(4096).tolist()
        self._pool = self.dice.sub("pool").bytes(POOL + 4096)
        self.sequence = self.dice.below(4096, 1)
        self.packets = 1
        self._count = 0

    def chance(self) -> float:
        """The next of this sender's random numbers."""
        self._count += 1
        return self._chances[self._count * 7 % 4096]

    def air(self, now: float, rate: int | None = 12, mcs: int | None = None) -> f.Air:
        """How a frame of it arrives: the signal wanders by a few decibels."""
        signal = round(self._signal + 4 * (self.chance() + self.chance() - 1))
        return f.Air(now, self.channel, max(-110, min(-1, signal)), rate, mcs)

    def lost(self) -> bool:
        """Whether the adapter missed a frame."""
        return self.chance() < self._loss

    def noise(self, count: int) -> bytes:
        """Bytes that look encrypted."""
        at = int(self.chance() * POOL)
        return self._pool[at : at + count]


def frames(scene: s.Scene) -> Iterator[Heard]:
    """Everything that the adapter hears, in time order: time and radiotap frame."""
    points = {w.name: w for w in scene.wifi if isinstance(w, s.AccessPoint)}
    senders: list[Iterator[Heard]] = []
    for emitter in scene.wifi:
        channel = emitter.channel if isinstance(emitter, s.AccessPoint) else points[emitter.ap].channel
        listened = partial(_listened, scene.listen, sum(stay.seconds for stay in scene.listen), channel)
        on = meets(emitter.on, 0.0, scene.duration_s)
        if isinstance(emitter, s.AccessPoint):
            senders.append(_beacons(Sender(emitter, scene, channel), emitter, on, listened))
            continue
        point = Sender(points[emitter.ap], scene, channel)
        senders.append(_station(Sender(emitter, scene, channel), point, emitter, on, listened))
    return heapq.merge(*senders)


def batches(scene: s.Scene, source: str, span_s: float = 0.25) -> Iterator[FrameBatch]:
    """The same as records, one batch for each ``span_s`` in which something was heard."""
    pending: list[Heard] = []
    for heard in frames(scene):
        if pending and heard[0] >= pending[0][0] + span_s:
            yield _batch(pending, source, scene.snap_bytes)
            pending = []
        pending.append(heard)
    if pending:
        yield _batch(pending, source, scene.snap_bytes)


def address(emitter: s.Wifi, seed: int) -> bytes:
    """The emitter's own address, or one drawn for it (locally administered)."""
    if emitter.address:
        return f.mac(emitter.address)
    drawn = Dice(seed, "wifi", emitter.name, "address").bytes(6)
    return bytes([drawn[0] & 0xFC | 0x02]) + drawn[1:]


def _batch(pending: list[Heard], source: str, snap: int) -> FrameBatch:
    raw = tuple(frame for _, frame in pending)
    return FrameBatch(
        source=source,
        time_s=pending[0][0],
        medium=Medium.WIFI,
        link_type=f.LINK_TYPE,
        times_s=tuple(time for time, _ in pending),
        frames=tuple(frame[:snap] for frame in raw) if snap else raw,
        lengths=tuple(len(frame) for frame in raw),
    )


def _listened(stays: tuple[s.Stay, ...], round_s: float, channel: int, now: float) -> bool:
    """Whether the adapter is on ``channel`` at this time (always, where the scene does not say)."""
    if not stays:
        return True
    now %= round_s
    for stay in stays:
        if now < stay.seconds:
            return stay.channel == channel
        now -= stay.seconds
    return False


Listened = Callable[[float], bool]
Times = list[tuple[float, float]]


def _beacons(me: Sender, point: s.AccessPoint, on: Times, listened: Listened) -> Iterator[Heard]:
    for start, stop in on:
        count = int((stop - start) / BEACON_S)
        phase = me.dice.between(0, BEACON_S, 2)
        for k in range(count):
            now = round(start + phase + k * BEACON_S + 300e-6 * me.chance(), 6)
            me.sequence += 1
            if listened(now) and not me.lost():
                clock = round((now + 86_400) * 1e6)
                frame = f.beacon(me.address, point.ssid, point.channel, clock, me.sequence)
                yield now, f.radiotap(me.air(now, 2 if point.channel <= 14 else 12)) + frame


def _station(me: Sender, point: Sender, who: s.Station, on: Times, listened: Listened) -> Iterator[Heard]:
    match who:
        case s.Camera():
            return _camera(me, point, who, on, listened)
        case s.WifiLaptop():
            return _laptop(me, point, who, on, listened)
        case _:
            return _phone(me, point, on, listened)


def _data(
    me: Sender, point: Sender, now: float, size: int, *, uplink: bool, listened: Listened, tid: int = 0
) -> list[Heard]:
    """One encrypted packet of ``size`` IP bytes, perhaps repeated, and its acknowledgement."""
    sender, receiver = (me, point) if uplink else (point, me)
    sender.sequence += 1
    sender.packets += 1
    if not listened(now):
        return []
    gateway = bytes([0x02]) + point.address[1:]
    one, two, three = (point.address, me.address, gateway) if uplink else (me.address, point.address, gateway)
    mcs = RATES[int(sender.chance() * len(RATES))]
    flags = f.TO_DS if uplink else f.FROM_DS
    body = sender.noise(size + 8 + 8)
    heard: list[Heard] = []
    repeated = sender.chance() < 0.06
    for attempt in range(2 if repeated else 1):
        when = round(now + attempt * 700e-6, 6)
        frame = f.qos_data(
            (one, two, three),
            flags | (f.RETRY if attempt else 0),
            sender.sequence,
            sender.packets,
            body,
            tid=tid,
            mcs=mcs,
        )
        if not sender.lost():
            heard.append((when, f.radiotap(sender.air(when, None, mcs)) + frame))
    when = round(now + (700e-6 if repeated else 0) + 45e-6 + 8 * size / 65e6, 6)
    if not receiver.lost():
        heard.append((when, f.radiotap(receiver.air(when, 48)) + f.acknowledgement(two)))
    return heard


def _camera(me: Sender, point: Sender, camera: s.Camera, on: Times, listened: Listened) -> Iterator[Heard]:
    """Video frames as rows of packets, sound fifty times a second, a few packets back."""
    period = 1 / camera.frames_per_s
    mean = camera.kbit_per_s * 1000 / 8 * period
    group = KEY_FRAME_S * camera.frames_per_s
    ordinary = mean * group / (group - 1 + KEY_FRAME_SIZE)
    for start, stop in on:
        heard: list[Heard] = []
        count = int((stop - start) / period)
        spread = np.exp(0.25 * me.dice.sub("sizes").gauss(count + 1).real)
        for k in range(count):
            now = start + k * period + 0.002 * me.chance()
            motion = 1 + 0.5 * (np.sin(now / 5.0) > 0.3)
            key = k % round(group) == 0
            left = int(KEY_FRAME_SIZE * ordinary if key else ordinary * spread[k] * motion / 1.18)
            while left > 0:
                heard += _data(me, point, now, min(PAYLOAD, left + 40), uplink=True, listened=listened)
                left -= PAYLOAD - 40
                now += AIRTIME_S * (0.9 + 0.4 * me.chance())
            if camera.audio:
                for j in range(round(period / 0.02)):
                    sound_s = start + k * period + j * 0.02 + 0.007
                    heard += _data(me, point, sound_s, 212, uplink=True, listened=listened)
            if k % 5 == 4:
                heard += _data(me, point, now + 0.004, 60, uplink=False, listened=listened)
            if k % 10 == 9:
                yield from _sorted(heard, start + (k + 1) * period - 0.1)
        yield from _sorted(heard, float("inf"))


def _laptop(
    me: Sender, point: Sender, laptop: s.WifiLaptop, on: Times, listened: Listened
) -> Iterator[Heard]:
    for start, stop in on:
        make = _call if laptop.use == "video-call" else _download
        heard: list[Heard] = []
        for tenth in range(int((stop - start) * 10)):
            heard += make(me, point, start + tenth / 10, tenth, listened)
            yield from _sorted(heard, start + (tenth + 1) / 10 - 0.05)
        yield from _sorted(heard, float("inf"))


def _download(me: Sender, point: Sender, start: float, tenth: int, listened: Listened) -> list[Heard]:
    """A tenth of a second of a file coming down: full packets, a TCP acknowledgement for each second one."""
    heard: list[Heard] = []
    now = start
    for k in range(int(40 * me.chance() + 12)):
        heard += _data(me, point, now, 1500, uplink=False, listened=listened)
        if k % 2:
            heard += _data(me, point, now + 0.9e-3, 52, uplink=True, listened=listened)
        now += AIRTIME_S * (1 + 2 * me.chance())
    return heard


def _call(me: Sender, point: Sender, start: float, tenth: int, listened: Listened) -> list[Heard]:
    """A tenth of a second of a video call: three frames each way, of alike size, and sound both ways."""
    heard: list[Heard] = []
    for uplink in (True, False):
        for k in range(3):
            now = start + k / 30 + 0.006 * me.chance() + (0.011 if uplink else 0)
            left = int(4_200 * (0.6 + 0.8 * me.chance()))
            while left > 0:
                heard += _data(me, point, now, min(1_200, left + 40), uplink=uplink, listened=listened)
                left -= 1_160
                now += 0.6e-3 + 1e-3 * me.chance()
        for k in range(5):
            now = start + k / 50 + 0.003 + (0.005 if uplink else 0)
            heard += _data(me, point, now, 130 + int(60 * me.chance()), uplink=uplink, listened=listened)
    return heard


def _phone(me: Sender, point: Sender, on: Times, listened: Listened) -> Iterator[Heard]:
    """Bursts of traffic every few seconds, sleep between, and probes from other, random addresses."""
    for start, stop in on:
        heard: list[Heard] = []
        now, turn = start + 1 + me.chance(), 0
        while now < stop:
            heard += _control(me, f.null_data(me.address, point.address, me.sequence, False), now, listened)
            for _ in range(int(2 + 14 * me.chance())):
                now += 0.004 + 0.03 * me.chance()
                size = 1_400 if me.chance() < 0.6 else 90
                heard += _data(me, point, now, size, uplink=me.chance() < 0.3, listened=listened)
            heard += _control(
                me, f.null_data(me.address, point.address, me.sequence, True), now + 0.05, listened
            )
            if turn % 5 == 0:
                drawn = me.dice.sub("probe").bytes(6, turn)
                sender = bytes([drawn[0] & 0xFC | 0x02]) + drawn[1:]
                for k in range(3):
                    probe = f.probe_request(sender, "", me.channel, 100 + k)
                    heard += _control(me, probe, now + 0.2 + 0.02 * k, listened)
            yield from _sorted(heard, now)
            now += 1.5 + 4 * me.chance()
            turn += 1
        yield from _sorted(heard, float("inf"))


def _control(me: Sender, frame: bytes, now: float, listened: Listened) -> list[Heard]:
    me.sequence += 1
    now = round(now, 6)
    return [(now, f.radiotap(me.air(now, 12)) + frame)] if listened(now) and not me.lost() else []


def _sorted(heard: list[Heard], until: float) -> Iterator[Heard]:
    """What lies before ``until`` in time order; the rest stays in ``heard``."""
    heard.sort()
    ready = [item for item in heard if item[0] < until]
    del heard[: len(ready)]
    yield from ready
