"""Which Bluetooth device travels with the listener.

A device at rest is heard over some 100 m of the way and lost. Passers-by come along for a while and are lost.
What stays longer than such company does, over places that no radio bridges, follows. So the walk itself
says how long is long:

    needed time = typical time of company already lost * ln(company / CHANCE)

with the company being the devices that were heard at places 250 m apart, and a prior for the start, when
nobody has been lost yet. In the street company is lost within minutes and a follower stands out soon; in a
bus it takes until the others have got off. Phones, and tags with their owners, are company like all others,
though they are never raised. While others still travel along the time is stretched, up to the
20 minutes after which phones and earbuds have changed their private addresses. A device that is heard only
faintly, so not from the same bag or car, needs longer. A tag that is known to be a tracker away from its
owner needs less. Whatever is met again half an hour later and 400 m away follows, however seldom it was
heard: the published rule with these numbers had one false alarm in 15.7 hours.

Without positions the surroundings tell: on the move hardly any device is heard again three minutes later.
That is coarse, so it serves for known trackers only, and takes 20 minutes on the move.

Raised once, stays. What it cannot tell apart: a tracker from a companion's device of unknown kind before that
changes its address; a tag in the car of a neighbour who drives the same way; a tag that changes its identity
with every beacon (``ble_changing``). Devices known to be ordinary and trackers with their owner near are left
out.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator

import msgspec

from sweeper.detectors import Setup
from sweeper.detectors.ble_identity import is_benign
from sweeper.detectors.ble_tracks import Surroundings, Track, Walk
from sweeper.records import (
    AdvertisementBatch,
    Detection,
    Device,
    Evidence,
    Level,
    Medium,
    Record,
)
from sweeper.serials import when_found
from sweeper.signatures import DeviceClass, Library
from sweeper.text import Phrase, say

TRACKERS = frozenset(
    (
        *("airtag", "findmy_third_party", "airpods_findmy", "google_findhub", "dult_accessory"),
        *("samsung_smarttag", "samsung_find_my_mobile", "tile", "chipolo", "chipolo_classic", "pebblebee"),
        *("itag_clone", "gigaset_gtag", "nut_tracker", "nutale_tracker", "bmw_find_mate", "tag_it"),
        "tractive_gps_pet_tracker",
    )
)
WITH_OWNER = frozenset(("near_owner", "connected", "unregistered", "premature_offline"))
"""States in which a tracker's owner is near, or was a quarter of an hour ago."""
AWAY = frozenset(("separated", "offline", "overmature_offline"))
"""States in which it says itself that its owner is not near."""


class Prior(msgspec.Struct, frozen=True):
    """What is assumed of a class of devices before the walk has shown anything.

    ``company_s`` is the typical time for which an innocent one comes along, ``least_s`` and ``reach_m`` the
    least time and distance, ``free`` how many others may travel along without stretching the time.
    """

    company_s: float
    least_s: float
    reach_m: float
    free: int


class Rule(msgspec.Struct, frozen=True):
    """The numbers of the rule. Times in seconds, distances in metres."""

    tracker: Prior = Prior(company_s=110.0, least_s=180.0, reach_m=200.0, free=4)
    """Few innocent ones walk along; four is what a family carries."""
    other: Prior = Prior(company_s=150.0, least_s=300.0, reach_m=300.0, free=0)
    """300 s and 300 m are what BLE-Doubt found for devices of unknown kind (SafeThings 2022)."""
    chance: float = 0.2
    """Innocent devices expected to stay as long as the needed time, in one walk."""
    weight: float = 3.0
    """How many lost companions the prior counts for."""
    company_m: float = 250.0
    """Company has been heard this far apart: twice the range of Bluetooth in the open."""
    lost_s: float = 300.0
    """Silent for longer than this is lost; tags in a bag are silent for up to two minutes."""
    longest_gap_s: float = 600.0
    """A longer silence counts as this: nothing shows that it came along all the time."""
    stretch: float = 3.0
    """Each so many companions double the time, triple it, and so on."""
    rotation_s: float = 1300.0
    """Private addresses of phones and earbuds are changed after 15 to 20 minutes; then they are gone."""
    long_s: float = 1800.0
    long_m: float = 400.0
    """Heard over half an hour and 400 m, however seldom: one false alarm in 15.7 h (BLE-Doubt's 14 logs)."""
    peer: float = 0.5
    """Who has come along for this share of the time is a companion."""
    faint_dbm: float = -70.0
    """Levels of a tag in one's own bag or car reach this (measured AirTag curve: -70 dBm within 5 m)."""
    faint_db: float = 5.0
    """Each so many dB below it double the time."""
    looks: int = 4
    look_s: float = 5.0
    places: int = 3
    far_m: float = 600.0
    """Two places so far apart are as good as three."""
    crowd: int = 10
    """Where so many come along, and most of all that is heard does, the position wanders, or it is a bus."""
    crowd_m: float = 2000.0
    """No position wanders so far: there a tag that says its owner is away is told after half an hour even so,
    because a full family car looks like a bus."""


class _Known(msgspec.Struct):
    """What the inventory says about a device."""

    id: str
    kind: str
    state: str | None
    ordinary: bool
    tracker: bool
    away: bool
    log_word: bool
    address: str


class _Company(msgspec.Struct):
    """All who have come along, at one time."""

    time_s: float = -math.inf
    lost_s: float = 0.0
    lost: int = 0
    alive: list[float] = []
    around: int = 0


class _Trip:
    """One source's walk."""

    def __init__(self) -> None:
        self.walk = Walk()
        self.around = Surroundings()
        self.tracks: dict[str, Track] = {}
        self.company: dict[str, Track] = {}
        self.now = _Company()
        self.raised: list[str] = []


class BleFollow:
    """AdvertisementBatch and Device in, Detection of kind *follower* out."""

    name = "ble-follow"
    accepts: tuple[type[Record], ...] = (Device, AdvertisementBatch)

    def __init__(self, library: Library, rule: Rule | None = None) -> None:
        self._library = library
        self._rule = rule or Rule()
        self._known: dict[str, _Known] = {}
        self._trips: dict[str, _Trip] = {}

    def feed(self, record: Device | AdvertisementBatch, /) -> Iterator[Record]:
        """A Detection for each device that has come to travel with the listener, once."""
        if isinstance(record, Device):
            self._learn(record)
            return
        trip = self._trips.setdefault(record.source, _Trip())
        rule, known = self._rule, self._known
        for advert in record.adverts:
            moved = None
            if advert.place is None and not trip.walk.known:
                moved = trip.around.hear(advert.address, advert.time_s)
            device = known.get(advert.address)
            if device is None:
                continue
            track = trip.tracks.get(device.id)
            time_s = advert.time_s
            if track is None:
                track = trip.tracks[device.id] = Track(time_s)
            track.hear(time_s, rule.longest_gap_s)
            if time_s - track.ticked_s < rule.look_s:
                continue
            point = trip.walk.point(advert.place, time_s) if moved is None else moved
            if point is None or (moved is not None and not device.tracker):
                continue
            track.look(time_s, point, advert.rssi_dbm)
            if track.reach_m >= rule.company_m:
                trip.company.setdefault(device.id, track)
            innocent = device.ordinary or device.state in WITH_OWNER  # company, but never a follower
            if not innocent and track.raised_s is None and self._follows(trip, device, track, time_s):
                track.raised_s = time_s
                trip.raised.append(device.id)
                yield self._detection(record.source, trip, device, track, time_s)

    def finish(self) -> Iterable[Record]:
        """Each follower once more, with the figures of the whole walk."""
        by_id = {device.id: device for device in self._known.values()}
        for source, trip in self._trips.items():
            for name in trip.raised:
                track = trip.tracks[name]
                yield self._detection(source, trip, by_id[name], track, track.last_s)

    def _learn(self, device: Device) -> None:
        if device.medium is not Medium.BLE:
            return
        signature = self._library.by_id.get(device.signature or "")
        known = _Known(
            id=device.id,
            kind=device.kind,
            state=device.state,
            ordinary=(signature is not None and is_benign(signature))
            or device.facts.get("platform.paired") is True,  # this computer's own headphones and mice
            tracker=device.kind in TRACKERS
            or (signature is not None and signature.device_class is DeviceClass.GPS_TRACKER),
            away=device.state in AWAY,
            log_word=bool(device.facts.get("log.word")),
            address=device.address,
        )
        for address in device.addresses:
            self._known[address] = known

    def _follows(self, trip: _Trip, device: _Known, track: Track, now_s: float) -> bool:
        rule = self._rule
        prior = rule.tracker if device.tracker else rule.other
        if track.heard_s < prior.least_s or track.reach_m < prior.reach_m or track.looks < rule.looks:
            return False
        if len(track.places) < rule.places and track.reach_m < rule.far_m:
            return False
        company = self._company(trip, now_s)
        if len(company.alive) >= rule.crowd and 2 * len(company.alive) > company.around:
            return device.away and track.reach_m >= rule.crowd_m and self._met_again(track)
        if self._met_again(track):
            return True
        return track.heard_s >= self._needed_s(company, prior, track)

    def _met_again(self, track: Track) -> bool:
        """First and last heard so far apart in time and place that it is hardly chance."""
        rule = self._rule
        span_s = track.last_s - track.first_s
        return track.reach_m >= rule.long_m and span_s >= rule.long_s * self._faint(track)

    def _was_lost(self, track: Track) -> bool:
        """Whether it was silent for so long that it was met again, not heard all along."""
        return track.last_s - track.first_s - track.heard_s > self._rule.lost_s

    def _faint(self, track: Track) -> float:
        """How many times longer a device must come along that is heard only faintly."""
        rule, level = self._rule, track.level_dbm
        if level is None or level >= rule.faint_dbm:
            return 1.0
        return float(2 ** ((rule.faint_dbm - level) / rule.faint_db))

    def _needed_s(self, company: _Company, prior: Prior, track: Track) -> float:
        """How long a device must come along before that is more than chance."""
        rule = self._rule
        typical_s = (rule.weight * prior.company_s + company.lost_s) / (rule.weight + company.lost)
        itself = int(track.reach_m >= rule.company_m)
        others = max(0, company.lost + len(company.alive) - itself - prior.free)
        needed_s = typical_s * math.log((1 + others) / rule.chance)
        peers = len(company.alive) - bisect_left(company.alive, rule.peer * track.heard_s) - itself
        stretched_s = (
            prior.company_s * math.log(1 / rule.chance) * (1 + max(0, peers - prior.free) / rule.stretch)
        )
        needed_s = max(needed_s, min(stretched_s, rule.rotation_s), prior.least_s)
        return needed_s * self._faint(track)

    def _company(self, trip: _Trip, now_s: float) -> _Company:
        """Counted at most every few seconds: it is the same for all devices."""
        rule = self._rule
        if 0 <= now_s - trip.now.time_s < rule.look_s:
            return trip.now
        lost = [t.heard_s for t in trip.company.values() if now_s - t.last_s > rule.lost_s]
        trip.now = _Company(
            time_s=now_s,
            lost_s=math.fsum(lost),
            lost=len(lost),
            alive=sorted(t.heard_s for t in trip.company.values() if now_s - t.last_s <= rule.lost_s),
            around=sum(now_s - t.last_s <= rule.lost_s for t in trip.tracks.values()),
        )
        return trip.now

    def _detection(self, source: str, trip: _Trip, device: _Known, track: Track, now_s: float) -> Detection:
        company = self._company(trip, now_s)
        prior = self._rule.tracker if device.tracker else self._rule.other
        needed_s = self._needed_s(company, prior, track)
        return Detection(
            source=source,
            time_s=now_s,
            detector=self.name,
            subject=device.id,
            kind="follower",
            level=_level(device, trip.walk.known),
            confidence=round(min(0.95, max(0.5, 1 - 0.5 * math.exp(1 - track.heard_s / needed_s))), 2),
            title=say("An item tracker travels with you")
            if device.tracker
            else say("A Bluetooth device travels with you"),
            why=tuple(_why(device, track, company, trip.walk.known, again=self._was_lost(track))),
            benign=_BENIGN if trip.walk.known else (*_BENIGN, _AT_REST),
            next=(*_NEXT, *(when_found(device.kind)[:3] if device.tracker else ())),
            evidence=_evidence(source, track, company, needed_s, trip.walk.known),
        )


def _level(device: _Known, places_known: bool) -> Level:
    """*High* for a tracker along known places, unless its kind never tells whether its owner is near."""
    tells = device.away or device.log_word or device.state not in (None, "unknown")
    return Level.HIGH if device.tracker and tells and places_known else Level.MEDIUM


_BENIGN = (
    say("It belongs to somebody who travels with you, or it is your own."),
    say("A fellow passenger's device goes the same way in the same vehicle."),
    say("A tag on something borrowed, rented or delivered is meant to be tracked."),
)
_AT_REST = say("You were at rest in a busy place, where only passers-by change.")
_NEXT = (
    say("Part from your company and from the vehicle for some minutes: what is still heard is with you."),
    say("Search your bag, clothes and car by signal strength; many trackers can be made to ring."),
    say("If you feel followed, go among people and call the police before you remove the tag."),
)


def _why(
    device: _Known, track: Track, company: _Company, places_known: bool, *, again: bool
) -> Iterator[Phrase]:
    if again:
        yield say(
            "It was met again: first and last heard {minutes:.0f} min and up to {metres:.0f} m apart, seldom"
            " in between.",
            minutes=(track.last_s - track.first_s) / 60,
            metres=track.reach_m,
        )
    elif places_known:
        yield say(
            "It has come along for {minutes:.0f} min, heard at {places} places up to {metres:.0f} m apart.",
            minutes=track.heard_s / 60,
            places=len(track.places),
            metres=track.reach_m,
        )
    else:
        yield say(
            "It was heard for {minutes:.0f} min while nearly all else changed; positions are not known.",
            minutes=track.heard_s / 60,
        )
    if company.lost:
        yield say(
            "{count} other devices came along and were lost, after {minutes:.0f} min on average.",
            count=company.lost,
            minutes=company.lost_s / company.lost / 60,
        )
    else:
        yield say("No other device has come along and been lost: there is little to compare it with.")
    if track.level_dbm is not None:
        yield say("Its signal reaches {dbm} dBm.", dbm=track.level_dbm)
    if device.log_word:
        yield say("What it is, is the word of the program that wrote the log.")
    elif not device.tracker:
        yield say("What it sends does not tell that it is a tracker.")
    if device.tracker and device.state is None:
        yield say("Whether its owner is near is not known.")


def _evidence(
    source: str, track: Track, company: _Company, needed_s: float, places_known: bool
) -> tuple[Evidence, ...]:
    rows: tuple[tuple[str, float | int | None, str], ...] = (
        ("follow.heard", round(track.heard_s, 1), "s"),
        ("follow.needed", round(needed_s, 1), "s"),
        ("follow.reach", round(track.reach_m, 1) if places_known else None, "m"),
        ("follow.places", len(track.places) if places_known else None, ""),
        ("follow.looks", track.looks, ""),
        ("follow.level", track.level_dbm, "dBm"),
        ("follow.company_lost", company.lost, ""),
        ("follow.company_alive", len(company.alive), ""),
    )
    return tuple(
        Evidence(what=what, value=value, unit=unit, source=source, time_s=track.last_s)
        for what, value, unit in rows
        if value is not None
    )


def stage(setup: Setup) -> BleFollow:
    """The factory."""
    return BleFollow(setup.library)
