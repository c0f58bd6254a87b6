"""One emitter as far as is known: its place, its bursts, and the names that were given to it.

A name is a vote. Looks differ in what they show, so each one's name counts by how surely it can be told
and by how clear the signal was; the features are those of the clearest look.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from sweeper.detectors.rf_heard import Band, Heard
from sweeper.detectors.rf_vetoes import Verdict
from sweeper.records import Burst, Value

MOST_BURSTS = 4096
"""Bursts kept per emission; the total is in ``features['bursts_total']``."""

MOST_OF_ALL, AT_LEAST = 1 << 17, 32
"""Bursts kept of one source, about 140 MB with what is told of them, and those that each emission may keep
even then: a band full of senders must neither fill the memory nor take a later one's times away. Fixed, and
not the computer's share, since the same recording gives the same results everywhere."""

WEIGHT = {"unknown": 0.05, "noise-like": 0.3, "carrier": 0.2, "am": 0.8, "nfm": 1.0, "wfm": 1.0}
"""How much a name from one look counts against others; digital ones, proved by a clock, count 1.5."""

SURE_WEIGHT = 4.0
"""Names proved by a code word, a training sequence or a cyclic prefix."""

SURE = {"gsm-c0", "gsm-uplink", "gsm-downlink", "ble", "wifi", "dect", "lte", "nr", "analog-video", "spur"}


SURE_LINE = 20.0
"""A symbol rate's line that stands so high is as good as a clock that fits wholly."""

BORDER_S = 1e-3
"""What begins with a segment continues what ended no longer ago than this: a few short frames."""

FILLING = {"lte", "nr", "ofdm", "analog-video"}
"""Signals wider than a look may be: their band is all that any look showed of them, in overlapping pieces."""


@dataclass
class Shelf:
    """How many bursts all tracks of one source keep."""

    bursts: int = 0


@dataclass
class Track(Band):
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
    shelf: Shelf = field(default_factory=Shelf)
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
    grain_hz: float = 0.0
    """Resolution at which the band was measured."""
    stitched: bool = False
    """Whether it is wider than a look and was known from looks laid side by side."""
    absorbed: bool = False
    veto: Verdict | None = None
    centres: int = 0
    announced_s: float = -1e9
    changed: bool = True

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
        quality = min(snr_db, 30.0) + 20.0 * _surely(features)
        if kind == "gsm-c0":
            self.features[kind] = dict(features)  # its list of FCCH times grows, the newest is the whole
        elif quality > self.quality.get(kind, -1e9):
            self.quality[kind] = quality
            self.features[kind] = {**self.features.get(kind, {}), **features}
        else:
            self.features[kind] = {**features, **self.features.get(kind, {})}

    def extend(self, heard: Heard, time_s: float, low: float, high: float) -> None:
        """Takes in one more signal of a segment that began at ``time_s``, in the band ``low`` to ``high``."""
        start, stop = time_s + heard.start_s, time_s + heard.stop_s
        if self.stitched and self.width_hz > heard.width_hz and not heard.features.get("stitched"):
            pass  # a look's part of what is known as a whole
        elif heard.kind in FILLING and self.kind == heard.kind:
            self.low_hz, self.high_hz = min(low, self.low_hz), max(high, self.high_hz)
        elif self._redraws(heard, high - low):
            self.low_hz, self.high_hz, self.grain_hz = low, high, heard.grain_hz
        self.snr_db = max(self.snr_db, heard.snr_db)
        self.power = max(self.power, heard.power)
        self.hits += 1
        self.steady_hits += heard.steady
        self.pulses += heard.pulses
        self.changed = True
        new_on = heard.on_s - max(0.0, min(self.last_s, stop) - start)
        self.on_s += max(0.0, new_on)
        if not heard.steady or (self.bursts and start <= self._bursts_end()):
            self._burst(heard, start, stop, self._place(heard, low, high))
        self.first_s = min(self.first_s, start)
        self.last_s = max(self.last_s, stop)

    def _redraws(self, heard: Heard, width: float) -> bool:
        """Whether the band is that of ``heard`` from now on: the clearest look's, or the finest."""
        if self.channels > 1:
            return False  # the band of a hopper is that of all its channels
        if heard.steady and self.steady_hits and self.width_hz > 2 * width:
            return False  # a pause in a modulated carrier does not narrow it
        if heard.coarse and self.grain_hz < heard.grain_hz and width > self.width_hz:
            return False
        if self.coarse and heard.grain_hz < self.grain_hz and width < self.width_hz:
            return True
        wider = heard.steady and self.steady_hits > 0 and width > 2 * self.width_hz
        return wider or heard.snr_db > self.snr_db - (3 if heard.steady else 0)

    def _place(self, heard: Heard, low: float, high: float) -> float:
        """The middle of a burst: the track's, where the burst shows its own no better than by a few bins and
        the track was measured more finely."""
        finer = heard.coarse and self.grain_hz < heard.grain_hz
        if finer and low - heard.grain_hz <= self.center_hz <= high + heard.grain_hz:
            return self.center_hz
        return (low + high) / 2

    def _bursts_end(self) -> float:
        """Until when what goes on continues the last burst."""
        return self.bursts[-1].start_s + self.bursts[-1].duration_s + BORDER_S

    def _burst(self, heard: Heard, start: float, stop: float, center: float) -> None:
        if self.bursts and heard.opens and start <= self._bursts_end():
            last = self.bursts[-1]
            longer = max(stop, last.start_s + last.duration_s) - last.start_s
            louder = heard.snr_db > last.snr_db + 1 and stop - start > last.duration_s
            self.bursts[-1] = Burst(
                last.start_s, longer, center if louder else last.center_hz, max(last.snr_db, heard.snr_db)
            )
            return
        self.bursts_total += 1
        if len(self.bursts) < (MOST_BURSTS if self.shelf.bursts < MOST_OF_ALL else AT_LEAST):
            self.shelf.bursts += 1
            self.bursts.append(Burst(start, stop - start, center, heard.snr_db))


def _surely(features: dict[str, Value]) -> float:
    """How surely the figures of one look hold, 0..1: by the fit of a clock or the height of a rate's line."""
    fit, line = features.get("clock_fit", 1.0), features.get("envelope_line", SURE_LINE)
    known = [value for value in (fit, line) if isinstance(value, int | float)]
    return min(float(known[0]), float(known[1]) / SURE_LINE, 1.0) if len(known) == 2 else 1.0


def pause(track: Track) -> float:
    """Seconds between tellings of one emission: longer as it goes on, since each repeats all of it."""
    return min(30.0, max(0.5, 0.05 * len(track.bursts), 0.1 * (track.last_s - track.first_s)))


def period(bursts: list[Burst]) -> float | None:
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
