"""From what each segment heard to emissions: the same emitter over time, hops and passes is one.

A track is a place in frequency with a width and, once named, a family of modulation. Bursts join the
track they overlap; what runs over a segment's end is continued, not begun again. Duty, hits and looks
count only the time in which the track's frequency was listened to. Memory is bounded: bursts beyond
``MOST_BURSTS`` a track and ``MOST_OF_ALL`` are counted but not kept, and so are tracks beyond
``MOST_TRACKS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from itertools import count

import numpy as np

from sweeper import allocations
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_pieces import DIGITAL, MOSTLY, RIM_DB, is_piece, is_rim, share_within
from sweeper.detectors.rf_track import BORDER_S, FILLING, MOST_BURSTS, SURE, Shelf, Track, pause, period
from sweeper.detectors.rf_vetoes import Verdict
from sweeper.records import Burst, Emission, Value

MOST_TRACKS = 5000
"""Emissions kept per source. A denser band than that is unusable as a list anyway."""

FAINT_DB, FAINT_S = 7.0, 0.02
FAINT_VALUES = 100.0
"""A burst weaker and shorter than this, heard once, may be anything: real noise is full of them. One that
holds
less than so many independent values (time on the air by width; a GSM slot holds 115) must be 3 dB
stronger."""

ALIKE = 10.0
"""Times by which the power of one signal's looks may differ where their widths do not agree."""

OOK_WIDTHS = 20.0
"""Widths of one keyed signal, from its carrier alone to all sidebands of its pulses, differ by less."""

BESIDE = 0.25
"""Share of its width by which a look's part of an OFDM signal or of video may fail to touch the others."""

CROWD, CROWD_DB = 3, 10.0
"""So many bare lines below that signal to noise, in a recording of one segment, are a crowd."""

HOPS = 3
"""Places on which a burst's like was heard before they are taken for one hopping transmitter."""

HOP_MEMORY_S = 5.0
"""How long ago the last of these may be."""


class Tracker:
    """All tracks of one source. ``numbers`` are for its emissions' ids: one row for a whole session."""

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self.tracks: list[Track] = []
        self.dropped = 0
        self.withheld: Set[int] = frozenset()
        """Numbers of tracks that are not told before the end: they may be the receiver's own."""
        self.pieces: Set[int] = frozenset()
        """Numbers of tracks that are not told before the pass ends: they may be pieces of something wider."""
        self._shelf = Shelf()
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
        track = self._find(heard, time_s, low, high, resolution_hz)
        if track is None:
            track = self._hopper(heard, time_s, low, high)
        if track is None:
            if len(self.tracks) >= MOST_TRACKS:
                self.dropped += 1
                return None
            track = self._new(heard, time_s, low, high)
            track.placed = center_hz != 0.0
        track.extend(heard, time_s, low, high)
        if track.channels == 1:
            self._place(track)
        return track

    def wide(self, heard: Heard, time_s: float) -> None:
        """Files a signal wider than a look, in absolute frequencies. What looks showed of it belongs to it:
        one that was named by its own mark, or told already, speaks for it; else it is a track of its own."""
        low, high = heard.low_hz, heard.high_hz
        density = heard.power / heard.width_hz
        pieces = [t for t in self.tracks if is_piece(t, low, high, density)]
        told = [
            t for t in pieces if t.stitched or t.kind in FILLING or (t.id and t.width_hz > heard.width_hz / 4)
        ]
        if told:
            track = max(told, key=lambda t: (t.stitched, t.kind in FILLING, t.width_hz, -t.number))
            track.extend(heard, time_s, low, high)
        else:
            track = self._new(heard, time_s, low, high)
            track.extend(heard, time_s, low, high)
        if track.kind not in FILLING or heard.features.get("whole"):
            track.low_hz, track.high_hz, track.grain_hz = low, high, heard.grain_hz
        else:
            track.low_hz, track.high_hz = min(low, track.low_hz), max(high, track.high_hz)
        track.stitched = True
        track.vote(heard.kind, heard.features, heard.snr_db)
        self._place(track)
        for piece in pieces:
            if piece is not track and not piece.id:
                self._leave_out(piece)

    def settle(self) -> None:
        """Leaves out what is not told yet and is no more than a part of wide signals that are known now."""
        wide = [t for t in self.tracks if not t.absorbed and (t.stitched or t.kind in FILLING)]
        whole = [t for t in wide if t.stitched]
        for track in self.tracks:
            if track.id or track.absorbed or track.stitched or track.veto is not None:
                continue
            part = track.kind in FILLING and share_within(track, whole) > MOSTLY
            rim = track.steady_hits > 0 and any(is_rim(track, one) for one in wide if one is not track)
            if part or rim:
                self._leave_out(track)

    def _leave_out(self, track: Track) -> None:
        track.absorbed = True
        self._centers[track.number] = np.inf

    def _new(self, heard: Heard, time_s: float, low: float, high: float) -> Track:
        track = Track(len(self.tracks), low, high, time_s + heard.start_s, 0.0, 0.0, -99.0, shelf=self._shelf)
        track.grain_hz = heard.grain_hz
        self.tracks.append(track)
        self._centers = np.append(self._centers, (low + high) / 2)
        self._halves = np.append(self._halves, (high - low) / 2)
        return track

    def _place(self, track: Track) -> None:
        self._centers[track.number] = track.center_hz
        self._halves[track.number] = track.width_hz / 2

    def _find(
        self, heard: Heard, time_s: float, low: float, high: float, resolution_hz: float
    ) -> Track | None:
        if heard.steady and heard.snr_db < RIM_DB:
            shown = replace(heard, low_hz=low, high_hz=high)
            for track in self.tracks:
                if (track.stitched or track.kind in FILLING) and not track.absorbed and is_rim(shown, track):
                    return track
        if heard.kind in FILLING:
            for track in self.tracks:
                slack = 0.0 if track.stitched else BESIDE * (high - low)  # a whole one's looks overlap
                if (
                    track.kind == heard.kind
                    and not track.absorbed
                    and track.low_hz < high + slack
                    and low < track.high_hz + slack
                ):
                    return track
        center, half = (low + high) / 2, (high - low) / 2
        apart = np.abs(self._centers - center)
        unsure = heard.grain_hz if heard.coarse and not heard.steady else 0.0
        near = np.flatnonzero(apart <= 0.5 * np.maximum(self._halves, half) + 1.5 * resolution_hz + unsure)
        best: Track | None = None
        least = np.inf
        for i in near.tolist():
            track = self.tracks[i]
            known = track.kind
            wide = max(track.width_hz, 2 * half)
            ratio = wide / max(min(track.width_hz, 2 * half), resolution_hz)
            if ratio > (5 if wide > 4 * resolution_hz else 20):
                lasting = heard.steady and track.steady_hits and heard.kind not in SURE and known not in SURE
                if not (lasting and wide < 250e3 and ratio < 100) and not _one_band(
                    track, heard, time_s, float(apart[i]), ratio
                ):
                    continue
            if heard.kind in DIGITAL and known in DIGITAL and heard.kind != known:
                continue
            if not _same_maker(track, heard):
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

    def fold_lines(self) -> None:
        """Where one segment is all there is, a crowd of faint bare lines is told with the strongest one.

        Nothing confirms them: no second segment, no retune. Receivers make such lines in crowds, and senders
        without modulation do not come in crowds. A single one, or one of some strength, is told by itself.
        """
        if sum(self._looks.values()) != 1:
            return
        bare = [t for t in self.tracks if t.kind == "carrier" and t.steady_hits and not t.absorbed]
        strongest = max(bare, key=lambda t: (t.power, -t.number), default=None)
        if strongest is None:
            return
        faint = [t for t in bare if not t.id and t.snr_db < CROWD_DB and t.power < strongest.power / ALIKE]
        if len(faint) < CROWD:
            return
        places = sorted(round(t.center_hz, 1) for t in faint)
        strongest.features.setdefault("carrier", {})["faint_lines_hz"] = places
        strongest.changed = True
        for track in faint:
            track.absorbed = True

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
        held = self.withheld | self.pieces
        ready = [t for t in ready if final or t.id or t.number not in held]
        ready = [t for t in ready if final or not t.id or time_s - t.announced_s >= pause(t)]
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
        doubtful = not final and track.kind == "carrier" and track.hits < 2 and track.snr_db < CROWD_DB
        if (
            track.kind in SURE
            or track.stitched
            or (not doubtful and track.snr_db > 6 and not track.bursts_total)
        ):
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
        spacing = period(track.bursts)
        if spacing is not None:
            features["period_ms"] = round(1e3 * spacing, 3)
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


def _same_maker(track: Track, heard: Heard) -> bool:
    """Whether both are the receiver's own, or neither. What is unnamed and no stronger than the receiver's
    own line beside it is that line; what has a name or stands above it was sent."""
    if heard.kind == "spur" or track.kind != "spur" or track.veto is not None:
        return track.kind == heard.kind or heard.kind != "spur"
    return not heard.kind and heard.power < ALIKE * track.power


def _one_band(track: Track, heard: Heard, time_s: float, apart: float, ratio: float) -> bool:
    """Whether two widths that differ much are still one signal's: where the wider is only an upper bound,
    where a burst goes on over a segment's border, and for keying, whose sidebands fade into the noise."""
    if not 1 / ALIKE < heard.power / max(track.power, 1e-30) < ALIKE:
        return False
    wider: Heard | Track = heard if heard.width_hz > track.width_hz else track
    if apart > wider.width_hz / 2 + wider.grain_hz:
        return False
    if wider.coarse and heard.kind not in SURE and track.kind not in SURE:
        return True
    if heard.kind == track.kind == "ook":
        rates = [
            features.get("symbol_rate_hz") for features in (heard.features, track.features.get("ook", {}))
        ]
        clocks = [float(rate) for rate in rates if isinstance(rate, int | float)]
        return ratio < OOK_WIDTHS and (len(clocks) < 2 or abs(clocks[0] / clocks[1] - 1) < 0.03)
    passing = not heard.steady or not track.steady_hits
    return passing and heard.opens and time_s + heard.start_s <= track.last_s + BORDER_S


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
