"""Walking towards a transmitter: its level smoothed, its trend, its place on this walk's scale, as sound.

Indoors a level swings by 10 dB within a step. So the trend is a straight line through the last seconds and
only told when it is clear of that swinging, and near and far are what this walk has shown, not metres.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec
import numpy as np

SMOOTH_S = 0.4
"""Time constant of the level shown: shorter than a step, longer than fading along half a wavelength."""

TREND_S = 3.0
"""The trend looks back over two or three steps."""

TREND_DB = 2.0
TREND_SIGMAS = 3.0
"""A trend is told when it makes 2 dB over its time and three of its own standard errors."""

LEAST_SPAN_DB = 20.0
"""Until the walk has shown more, weakest and strongest are taken to lie this far apart."""

PITCH_HZ = (220.0, 1760.0)
TICKS_HZ = (1.0, 16.0)
"""Sound from far to near: three octaves of pitch; ticks from one a second to a rattle."""


class Reading(msgspec.Struct, frozen=True):
    """What to show: levels in decibels, ``share`` 0 (weakest) to 1 (strongest so far), ``trend`` -1, 0 or 1
    with its slope, and the sound for it."""

    time_s: float
    level_db: float
    smooth_db: float
    share: float
    trend: int
    slope_db_per_s: float
    pitch_hz: float
    ticks_hz: float


class Locator:
    """Follows one emission's level. Levels below ``floor_db`` count as not heard.

    ``smooth_s`` and ``trend_s`` are for what is measured many times a second; packets that come once a second
    need longer ones.
    """

    def __init__(
        self, floor_db: float | None = None, smooth_s: float = SMOOTH_S, trend_s: float = TREND_S
    ) -> None:
        self.floor_db = floor_db
        self.smooth_s = smooth_s
        self.trend_s = trend_s
        self.weakest_db = math.inf
        self.strongest_db = -math.inf
        self._smooth_db = math.nan
        self._last_s = 0.0
        self._recent: deque[tuple[float, float]] = deque()

    def mark_weakest(self) -> None:
        """The user stands far away: this level is the lower end of the scale."""
        self.weakest_db = self._smooth_db

    def mark_strongest(self) -> None:
        """The user holds the antenna to the place: this level is the upper end."""
        self.strongest_db = self._smooth_db

    def feed(self, time_s: float, level_db: float) -> Reading:
        """One measurement; times do not go back."""
        if self.floor_db is not None:
            level_db = max(level_db, self.floor_db)
        if math.isnan(self._smooth_db):
            self._smooth_db = level_db
        else:
            keep = math.exp(-max(0.0, time_s - self._last_s) / self.smooth_s)
            self._smooth_db = keep * self._smooth_db + (1 - keep) * level_db
        self._last_s = time_s
        self.weakest_db = min(self.weakest_db, self._smooth_db)
        self.strongest_db = max(self.strongest_db, self._smooth_db)
        self._recent.append((time_s, level_db))
        while self._recent[0][0] < time_s - self.trend_s:
            self._recent.popleft()
        slope, trend = self._trend()
        span = max(self.strongest_db - self.weakest_db, LEAST_SPAN_DB)
        share = min(1.0, max(0.0, (self._smooth_db - self.weakest_db) / span))
        return Reading(
            time_s=time_s,
            level_db=level_db,
            smooth_db=self._smooth_db,
            share=share,
            trend=trend,
            slope_db_per_s=slope,
            pitch_hz=PITCH_HZ[0] * (PITCH_HZ[1] / PITCH_HZ[0]) ** share,
            ticks_hz=TICKS_HZ[0] * (TICKS_HZ[1] / TICKS_HZ[0]) ** share,
        )

    def _trend(self) -> tuple[float, int]:
        """Slope in dB/s through the last seconds, and whether it is clear of the scatter."""
        if len(self._recent) < 5:
            return 0.0, 0
        times, levels = np.array(self._recent).T
        times = times - times.mean()
        weight = float((times**2).sum())
        if weight == 0.0:
            return 0.0, 0
        slope = float((times * (levels - levels.mean())).sum()) / weight
        left = levels - levels.mean() - slope * times
        error = math.sqrt(float((left**2).sum()) / (len(levels) - 2) / weight)
        clear = abs(slope) * self.trend_s >= TREND_DB and abs(slope) >= TREND_SIGMAS * error
        return slope, (1 if slope > 0 else -1) if clear else 0
