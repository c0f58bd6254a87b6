"""A tag that is a new one with every beacon: home-made Find My tags can carry thousands of keys.

Each of its addresses is heard for a moment and never again, so no rule that follows addresses sees it (Find
You, 2022). But a real tag away from its owner keeps its key for hours; one that is near enough to be heard
strongly is heard again within seconds. So what gives it away is the class as a whole: Find My, Find Hub or
DULT frames that say *away from the owner*, each from an address of its own, strong, heard once, minute after
minute.

It can be mistaken for a place where many tags pass close by, such as a parcel depot or a luggage belt.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator

import msgspec

from sweeper.detectors import Setup
from sweeper.detectors.ble_tracks import Point, Walk
from sweeper.records import AdvertisementBatch, Detection, Device, Evidence, Level, Medium, Record
from sweeper.text import say

KINDS = frozenset(
    (
        "airtag",
        "apple_device_findmy",
        "findmy_third_party",
        "airpods_findmy",
        "google_findhub",
        "dult_accessory",
    )
)
AWAY = "separated"

STRONG_DBM = -68
"""As strong as from within 5 m (measured AirTag curve): a real tag there is heard again and again."""
MOMENT_S = 30.0
"""An identity that lasts longer than this is no throw-away one; Find You sent each for about that long."""
GONE_S = 60.0
"""Silent for so long, it will not come back: separated tags send every 2 s."""
WINDOW_S = 600.0
LEAST = 8
"""Throw-away identities in the window; one in 75 s is what a scanner with pauses hears of one a minute."""
MINUTES = 6
"""Different minutes of the window in which one began: a steady stream, not one passing lorry."""
FAR_M = 300.0
"""Over so much of the way the stream came along."""


class _Brief(msgspec.Struct):
    """One identity of the class."""

    id: str
    first_s: float
    last_s: float
    rssi_dbm: int
    point: Point | None


class BleChanging:
    """AdvertisementBatch and Device in; at most one Detection a source, and one more if it comes along."""

    name = "ble-changing"
    accepts: tuple[type[Record], ...] = (Device, AdvertisementBatch)

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._streams: dict[str, _Stream] = {}

    def feed(self, record: Device | AdvertisementBatch, /) -> Iterator[Record]:
        """The claim, once enough identities have come and gone."""
        if isinstance(record, Device):
            wanted = record.medium is Medium.BLE and record.kind in KINDS and record.state == AWAY
            for address in record.addresses:
                if wanted and not record.facts.get("log.word"):
                    self._ids[address] = record.id
                else:
                    self._ids.pop(address, None)
            return
        stream = self._streams.setdefault(record.source, _Stream())
        for advert in record.adverts:
            point = stream.walk.point(advert.place, advert.time_s)
            name = self._ids.get(advert.address)
            if name is None or advert.rssi_dbm is None:
                continue
            if stream.hear(name, advert.time_s, advert.rssi_dbm, point):
                claim = stream.claim(record.source)
                if claim is not None:
                    yield claim

    def finish(self) -> Iterable[Record]:
        return ()


class _Stream:
    """One source's identities of the class, as they come and go."""

    def __init__(self) -> None:
        self.walk = Walk()
        self._alive: dict[str, _Brief] = {}  # the one heard last stands last
        self._spent: deque[_Brief] = deque()
        self._minutes: Counter[int] = Counter()
        self._unasked = 0
        self._subject: str | None = None
        self._level: Level | None = None

    def hear(self, name: str, time_s: float, rssi_dbm: int, point: Point | None) -> bool:
        """Note one sighting; whether it was of an identity never heard before."""
        brief = self._alive.pop(name, None)
        if brief is not None:
            brief.last_s = time_s
            brief.rssi_dbm = max(brief.rssi_dbm, rssi_dbm)
            self._alive[name] = brief
            return False
        for old in sorted(self._gone(time_s), key=lambda one: one.first_s):
            if old.last_s - old.first_s <= MOMENT_S and old.rssi_dbm >= STRONG_DBM:
                self._spent.append(old)
                self._minutes[int(old.first_s // 60)] += 1
        while self._spent and time_s - self._spent[0].first_s > WINDOW_S:
            minute = int(self._spent.popleft().first_s // 60)
            self._minutes[minute] -= 1
            if not self._minutes[minute]:
                del self._minutes[minute]
        self._alive[name] = _Brief(name, time_s, time_s, rssi_dbm, point)
        return True

    def _gone(self, time_s: float) -> Iterator[_Brief]:
        """Those that will not come back; no longer alive from now on."""
        while self._alive:
            first = next(iter(self._alive.values()))
            if time_s - first.last_s <= GONE_S:
                return
            yield self._alive.pop(first.id)

    def claim(self, source: str) -> Detection | None:
        """What the identities of the last minutes amount to; ``None`` while little or nothing new."""
        spent = self._spent
        if self._level is Level.MEDIUM or len(spent) < LEAST or len(self._minutes) < MINUTES:
            return None
        self._unasked += 1
        if self._level is not None and self._unasked < len(spent) // 64:
            return None  # in a flood not for each one all that came in ten minutes
        self._unasked = 0
        points = [brief.point for brief in spent if brief.point is not None]
        reach_m = max((math.dist(points[0], point) for point in points), default=0.0)
        level = Level.MEDIUM if reach_m >= FAR_M else Level.LOW
        if self._level is not None and level.rank <= self._level.rank:
            return None
        self._level = level
        self._subject = self._subject or spent[0].id
        return _detection(source, self._subject, level, list(spent), reach_m)


def _detection(source: str, subject: str, level: Level, spent: list[_Brief], reach_m: float) -> Detection:
    now_s = spent[-1].last_s
    return Detection(
        source=source,
        time_s=now_s,
        detector=BleChanging.name,
        subject=subject,
        kind="follower" if level is Level.MEDIUM else "tracker",
        level=level,
        confidence=0.5,
        title=say("A tracker may be changing its identity with every beacon"),
        why=(
            say(
                "{count} tags away from their owners were each heard for a moment and never again, within"
                " {minutes:.0f} min, all strongly.",
                count=len(spent),
                minutes=(now_s - spent[0].first_s) / 60,
            ),
            say("A real tag keeps its identity for hours and would have been heard again."),
        ),
        benign=(
            say("Many real tags passed close by: parcels, luggage, cars in a queue."),
            say("Somebody near tests or develops such tags."),
        ),
        next=(
            say("Listen in a quiet place for ten minutes: if the stream goes on, search what you carry."),
            say("Follow the class by signal strength, not one address: each of them is gone at once."),
        ),
        evidence=(
            Evidence(what="changing.identities", value=len(spent), source=source, time_s=now_s),
            Evidence(what="changing.reach", value=round(reach_m, 1), unit="m", source=source, time_s=now_s),
        ),
    )


def stage(_setup: Setup) -> BleChanging:
    """The factory."""
    return BleChanging()
