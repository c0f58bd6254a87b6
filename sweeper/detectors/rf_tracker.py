"""From what each segment heard to emissions: the same emitter over time, hops and passes is one.

A track is a place in frequency with a width and, once named, a family of modulation. Bursts join the
track they overlap; what runs over a segment's end is continued, not begun again. Duty, hits and looks
count only the
time in which the track's frequency was listened to. Memory is bounded: bursts beyond ``MOST_BURSTS`` are
counted but not kept, and so are tracks beyond ``MOST_TRACKS``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from sweeper import allocations
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_vetoes import Verdict
from sweeper.records import Burst, Emission, Value

MOST_BURSTS = 4096
"""Bursts kept per emission; the total is in ``features['bursts_total']``."""

MOST_TRACKS = 5000
"""Emissions kept per source. A denser band than that is unusable as a list anyway."""

DIGITAL = {
    "ook",
    "fsk",
    "psk",
    "dect",
    "ble",
    "wifi",
    "gsm-uplink",
    "gsm-c0",
    "gsm-downlink",
    "lte",
    "nr",
    "ofdm",
}
"""Names that a keyed signal can have; two different ones on one frequency are two emitters."""

WEIGHT = {"unknown": 0.05, "noise-like": 0.3, "carrier": 0.2, "am": 0.8, "nfm": 1.0, "wfm": 1.0}
"""How much a name from one look counts against others; digital ones, proved by a clock, count 1.5."""

SURE_WEIGHT = 4.0
"""Names proved by a code word, a training sequence or a cyclic prefix."""

SURE = {"gsm-c0", "gsm-uplink", "gsm-downlink", "ble", "wifi", "dect", "lte", "nr", "analog-video", "spur"}


FAINT_DB, FAINT_S = 7.0, 0.02
FAINT_VALUES = 100.0
"""A burst weaker and shorter than this, heard once, may be anything: real noise is full of them. One that
holds
less than so many independent values (time on the air by width; a GSM slot holds 115) must be 3 dB
stronger."""

HOPS = 3
"""Places on which a burst's like was heard before they are taken for one hopping transmitter."""

HOP_MEMORY_S = 5.0
"""How long ago the last of these may be."""

FILLING = {"lte", "nr", "ofdm", "analog-video"}
"""Signals wider than a look may be: their band is all that any look showed of them, in overlapping pieces."""


@dataclass
class Track:
    """One emitter as far as is known. Frequencies are absolute (or offsets where the centre is unknown)."""

    number: int
    low_hz: float
    high_hz: float
    first_s: float
    last_s: float
    power: float
    snr_db: float
    bursts: list[Burst] = field(default_factory=list)
    bursts_total: int = 0
    pulses: int = 0
    on_s: float = 0.0
    hits: int = 0
    steady_hits: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    features: dict[str, dict[str, Value]] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    named: int = 0
    id: str = ""
    channels: int = 1
    placed: bool = True
    """Whether the frequency is absolute; ``False`` where the recording does not tell its centre."""
    absorbed: bool = False
    veto: Verdict | None = None
    centres: int = 0
    announced_s: float = -1e9
    changed: bool = True

    @property
    def center_hz(self) -> float:
        return (self.low_hz + self.high_hz) / 2

    @property
    def width_hz(self) -> float:
        return self.high_hz - self.low_hz

    @property
    def kind(self) -> str:
        """The name with the most weight; ties go to the alphabet, for the same result every time."""
        if self.veto is not None:
            return "spur"
        if not self.kinds:
            return "unknown"
        return min(self.kinds, key=lambda k: (-self.kinds[k], k))

    def vote(self, kind: str, features: dict[str, Value], snr_db: float) -> None:
        """Counts one look's name; the features of the clearest look of each name are kept."""
        weight = SURE_WEIGHT if kind in SURE else WEIGHT.get(kind, 1.5)
        self.kinds[kind] += weight * max(1.0, min(snr_db, 30.0)) / 10  # type: ignore[assignment]
        self.named += 1
        fit = features.get("clock_fit", 1.0)
        quality = min(snr_db, 30.0) + 20.0 * (float(fit) if isinstance(fit, int | float) else 1.0)
        if kind == "gsm-c0":
            self.features[kind] = dict(features)  # its list of FCCH times grows, the newest is the whole
        elif quality > self.quality.get(kind, -1e9):
            self.quality[kind] = quality
            self.features[kind] = {**self.features.get(kind, {}), **features}
        else:
            self.features[kind] = {**features, **self.features.get(kind, {})}


class Tracker:
    """All tracks of one source. ``numbers`` are for its emissions' ids: one row for a whole session."""

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self.tracks: list[Track] = []
        self.dropped = 0
        self.withheld: Set[int] = frozenset()
        """Numbers of tracks that are not told before the end: they may be the receiver's own."""
        self._numbers = numbers if numbers is not None else count(1)
        self._listened: dict[tuple[float, float], float] = {}
        self._looks: dict[tuple[float, float], int] = {}
        self._centers = np.empty(0)
        self._halves = np.empty(0)

    def listened(self, low_hz: float, high_hz: float, seconds: float) -> None:
        """Counts a segment that covered ``low_hz`` to ``high_hz``."""
        key = (low_hz, high_hz)
        self._listened[key] = self._listened.get(key, 0.0) + seconds
        self._looks[key] = self._looks.get(key, 0) + 1

    def add(self, heard: Heard, time_s: float, center_hz: float, resolution_hz: float) -> Track | None:
        """Files one signal of a segment that began at ``time_s``; the track it belongs to, if kept."""
        low, high = center_hz + heard.low_hz, center_hz + heard.high_hz
        track = self._find(heard, low, high, resolution_hz)
        if track is None:
            track = self._hopper(heard, time_s, low, high)
        if track is None:
            if len(self.tracks) >= MOST_TRACKS:
                self.dropped += 1
                return None
            track = Track(len(self.tracks), low, high, time_s + heard.start_s, 0.0, 0.0, -99.0)
            track.placed = center_hz != 0.0
            self.tracks.append(track)
            self._centers = np.append(self._centers, (low + high) / 2)
            self._halves = np.append(self._halves, (high - low) / 2)
        self._extend(track, heard, time_s, low, high)
        if track.channels == 1:
            self._centers[track.number] = track.center_hz
            self._halves[track.number] = track.width_hz / 2
        return track

    def _find(self, heard: Heard, low: float, high: float, resolution_hz: float) -> Track | None:
        if heard.kind in FILLING:
            for track in self.tracks:
                if (
                    track.kind == heard.kind
                    and track.low_hz < high + (high - low)
                    and low < track.high_hz + track.width_hz
                ):
                    return track
        center, half = (low + high) / 2, (high - low) / 2
        apart = np.abs(self._centers - center)
        near = np.flatnonzero(apart <= 0.5 * np.maximum(self._halves, half) + 1.5 * resolution_hz)
        best: Track | None = None
        least = np.inf
        for i in near.tolist():
            track = self.tracks[i]
            known = track.kind
            wide = max(track.width_hz, 2 * half)
            ratio = wide / max(min(track.width_hz, 2 * half), resolution_hz)
            if ratio > (5 if wide > 4 * resolution_hz else 20):
                lasting = heard.steady and track.steady_hits and heard.kind not in SURE and known not in SURE
                if not (lasting and wide < 250e3 and ratio < 100):
                    continue
            if heard.kind in DIGITAL and known in DIGITAL and heard.kind != known:
                continue
            if apart[i] < least:
                best, least = track, float(apart[i])
        return best

    def _hopper(self, heard: Heard, time_s: float, low: float, high: float) -> Track | None:
        """The hopping transmitter that this burst is one more channel of, if there is one.

        Alike in kind, symbol rate, length and strength, never at the same time, on at least ``HOPS`` other
        places: the first of these tracks takes the others in, as far as they were not told yet.
        """
        rate = heard.features.get("symbol_rate_hz")
        if heard.steady or not isinstance(rate, int | float) or heard.opens or heard.ends:
            return None
        start, stop = time_s + heard.start_s, time_s + heard.stop_s
        alike = [t for t in self.tracks[-256:] if _alike(t, heard, float(rate), start, stop)]
        leaders = [t for t in alike if t.channels > 1]
        if leaders:
            leader = leaders[0]
        elif len({round(t.center_hz / max(t.width_hz, 1)) for t in alike}) >= HOPS:
            leader = alike[0]
        else:
            return None
        for track in alike:
            if track is not leader and not track.id:
                self._absorb(leader, track)
        leader.channels += 1
        leader.low_hz, leader.high_hz = min(leader.low_hz, low), max(leader.high_hz, high)
        return leader

    def _absorb(self, leader: Track, track: Track) -> None:
        leader.bursts = sorted([*leader.bursts, *track.bursts], key=lambda b: b.start_s)[:MOST_BURSTS]
        leader.bursts_total += track.bursts_total
        leader.hits += track.hits
        leader.on_s += track.on_s
        leader.low_hz, leader.high_hz = min(leader.low_hz, track.low_hz), max(leader.high_hz, track.high_hz)
        leader.first_s, leader.last_s = min(leader.first_s, track.first_s), max(leader.last_s, track.last_s)
        leader.power, leader.snr_db = max(leader.power, track.power), max(leader.snr_db, track.snr_db)
        leader.channels += 1
        track.absorbed = True
        self._centers[track.number] = np.inf

    def _extend(self, track: Track, heard: Heard, time_s: float, low: float, high: float) -> None:
        start, stop = time_s + heard.start_s, time_s + heard.stop_s
        if heard.kind in FILLING and track.kind == heard.kind:
            track.low_hz, track.high_hz = min(low, track.low_hz), max(high, track.high_hz)
        elif track.channels > 1:
            pass  # the band of a hopper is that of all its channels
        elif heard.steady and track.steady_hits and track.width_hz > 2 * (high - low):
            pass  # a pause in a modulated carrier does not narrow it
        elif (
            (heard.steady and track.steady_hits and high - low > 2 * track.width_hz)
            or heard.snr_db > track.snr_db
            or (heard.steady and heard.snr_db > track.snr_db - 3)
        ):
            track.low_hz, track.high_hz = low, high
        track.snr_db = max(track.snr_db, heard.snr_db)
        track.power = max(track.power, heard.power)
        track.hits += 1
        track.steady_hits += heard.steady
        track.pulses += heard.pulses
        track.changed = True
        new_on = heard.on_s - max(0.0, min(track.last_s, stop) - start)
        track.on_s += max(0.0, new_on)
        if not heard.steady:
            self._burst(track, heard, start, stop, (low + high) / 2)
        track.first_s = min(track.first_s, start)
        track.last_s = max(track.last_s, stop)

    def _burst(self, track: Track, heard: Heard, start: float, stop: float, center: float) -> None:
        if (
            track.bursts
            and heard.opens
            and start <= track.bursts[-1].start_s + track.bursts[-1].duration_s + 1e-3
        ):
            last = track.bursts[-1]
            longer = max(stop, last.start_s + last.duration_s) - last.start_s
            louder = heard.snr_db > last.snr_db + 1 and stop - start > last.duration_s
            track.bursts[-1] = Burst(
                last.start_s, longer, center if louder else last.center_hz, max(last.snr_db, heard.snr_db)
            )
            return
        track.bursts_total += 1
        if len(track.bursts) < MOST_BURSTS:
            track.bursts.append(Burst(start, stop - start, center, heard.snr_db))

    def judge(self, verdicts: Mapping[int, Verdict]) -> None:
        """Take the verdicts of the vetoes: what they name is a spur, what they no longer name is none. Of a
        family one track speaks; the others are told only where they were told before."""
        for track in self.tracks:
            verdict = verdicts.get(track.number)
            if verdict is None and track.veto is None:
                continue
            spoken_for = verdict is not None and verdict.leader != track.number and not track.id
            same = verdict is not None and track.veto is not None and verdict.told == track.veto.told
            track.changed |= not same
            track.absorbed, track.veto = spoken_for, verdict

    def duty(self, track: Track) -> tuple[float, float, int]:
        """Share of the listened time on the air, that time in seconds, and the number of looks."""
        covering = [k for k in self._listened if k[0] <= track.center_hz <= k[1]]
        seconds = sum(self._listened[k] for k in covering)
        looks = sum(self._looks[k] for k in covering)
        return (min(1.0, track.on_s / seconds) if seconds > 0 else 0.0), seconds, looks

    def emissions(self, source: str, time_s: float, final: bool) -> list[Emission]:
        """Emissions that are new or changed since they were told last; ids in order of first time,
        frequency."""
        ready = [t for t in self.tracks if t.changed and not t.absorbed and (t.id or self._earns(t, final))]
        ready = [t for t in ready if final or t.id or t.number not in self.withheld]
        ready = [t for t in ready if final or not t.id or time_s - t.announced_s >= _pause(t)]
        for track in sorted((t for t in ready if not t.id), key=lambda t: (t.first_s, t.low_hz)):
            track.id = f"rf-{next(self._numbers):04d}"
        out = []
        for track in sorted(ready, key=lambda t: t.id):
            track.announced_s = time_s
            track.changed = False
            out.append(self._emission(track, source, time_s))
        return out

    def _earns(self, track: Track, final: bool) -> bool:
        """A faint line must be seen in two segments, and a faint short burst must come again, to be told."""
        if track.kind in SURE or (track.snr_db > 6 and not track.bursts_total):
            return True
        if track.bursts_total:
            longest = max(b.duration_s for b in track.bursts)
            small = track.on_s * track.width_hz < FAINT_VALUES and track.snr_db < FAINT_DB + 3
            return track.hits >= 2 or longest > FAINT_S or (track.snr_db > FAINT_DB and not small)
        looks = self.duty(track)[2]
        return track.hits >= 2 or (final and looks < 2)

    def _emission(self, track: Track, source: str, time_s: float) -> Emission:
        kind = track.kind
        share, seconds, looks = self.duty(track)
        features: dict[str, Value] = {
            "duty": round(share, 4),
            "hits": track.hits,
            "looks": looks,
            "listened_s": round(seconds, 4),
            "bursts_total": track.bursts_total,
            "occupied_hz": round(track.width_hz, 1),
            "continuous": bool(share > 0.9),
        }
        if track.bursts:
            lengths = sorted(b.duration_s for b in track.bursts)
            features["burst_ms"] = round(1e3 * lengths[len(lengths) // 2], 3)
            features["burst_max_ms"] = round(1e3 * lengths[-1], 3)
        if not track.placed:
            features["center_known"] = False
        else:
            band = allocations.at(track.center_hz)
            if band is not None:
                features["allocation"] = band.name.en
        if track.channels > 1:
            features["hopping_channels"] = track.channels
        period = _period(track.bursts)
        if period is not None:
            features["period_ms"] = round(1e3 * period, 3)
        if track.centres:
            features["centres"] = track.centres
        features.update(sorted(track.features.get(kind, {}).items()))
        if track.veto is not None:
            features.update(track.veto.told)
        return Emission(
            source=source,
            time_s=time_s,
            id=track.id,
            center_hz=round(track.center_hz, 1),
            width_hz=round(track.width_hz, 1),
            power_dbfs=round(float(10 * np.log10(max(track.power, 1e-20))), 2),
            snr_db=round(track.snr_db, 2),
            start_s=round(track.first_s, 6),
            stop_s=round(track.last_s, 6),
            kind=kind,
            features=features,
            bursts=tuple(
                Burst(round(b.start_s, 6), round(b.duration_s, 6), round(b.center_hz, 1), round(b.snr_db, 2))
                for b in track.bursts
            ),
        )


def _alike(track: Track, heard: Heard, rate: float, start: float, stop: float) -> bool:
    """Whether a burst looks like those of a track, on another frequency and at another time."""
    if track.absorbed or track.kind != heard.kind or not track.bursts or track.steady_hits:
        return False
    known = track.features.get(track.kind, {}).get("symbol_rate_hz")
    if not isinstance(known, int | float) or abs(known / rate - 1) > 0.03:
        return False
    last = track.bursts[-1]
    if last.start_s < stop and start < last.start_s + last.duration_s:
        return False
    same_length = 0.8 < last.duration_s / max(stop - start, 1e-9) < 1.25
    return same_length and abs(track.snr_db - heard.snr_db) < 8 and start - last.start_s < HOP_MEMORY_S


def _pause(track: Track) -> float:
    """Seconds between tellings of one emission: longer as it goes on, since each repeats all of it."""
    return min(30.0, max(0.5, 0.05 * len(track.bursts), 0.1 * (track.last_s - track.first_s)))


def _period(bursts: list[Burst]) -> float | None:
    """The spacing of the bursts where at least five follow each other regularly (within 3 %)."""
    if len(bursts) < 6:
        return None
    starts = np.array([b.start_s for b in bursts[:2000]])
    gaps = np.diff(starts)
    gaps = gaps[gaps > 0]
    if len(gaps) < 5:
        return None
    middle = float(np.median(gaps))
    regular = np.abs(gaps - middle) < 0.03 * middle + 3e-4
    return float(np.mean(gaps[regular])) if regular.mean() > 0.6 else None
