"""Standing still for three seconds: the median level of everything that is heard meanwhile."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from sweeper.records import Device, Emission
from sweeper.ui import columns, words
from sweeper.ui.plans import key_of

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

EVERY_MS = 150
ROUNDS = 20
"""Three seconds: several adverts of a tag that sends every 2 s at the slowest, ten of a camera."""

FRESH_S = 2.0
"""A level counts if it was heard since the reader stopped walking, or just before."""

MOST = 400
"""Emitters measured at once: the strongest, and all that a finding is about."""


class Measuring(QObject):
    """One measurement at a time; ``done(levels, titles)`` follows, both by the emitter's key."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._sample)
        self._done: Callable[[dict[str, float], dict[str, str]], object] | None = None

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    def begin(self, done: Callable[[dict[str, float], dict[str, str]], object]) -> None:
        """Measure here and now."""
        self._done = done
        self._since = self._desk.position_s - FRESH_S
        self._heard: dict[str, dict[float, float]] = {}
        self._titles: dict[str, str] = {}
        self._left = ROUNDS
        self._subjects = subjects(self._desk)
        self._timer.start()

    def _sample(self) -> None:
        for subject in self._subjects:
            for time_s, level in recent(self._desk, subject):
                if time_s >= self._since:
                    self._heard.setdefault(key_of(subject), {})[time_s] = level
                    self._titles[key_of(subject)] = title(subject)
        self._left -= 1
        if self._left <= 0:
            self._timer.stop()
            levels = {key: float(statistics.median(heard.values())) for key, heard in self._heard.items()}
            if self._done is not None:
                self._done(levels, self._titles)


def subjects(desk: Desk) -> list[Emission | Device]:
    """What is measured: what a finding is about first, then the strongest."""

    def weight(subject: Emission | Device) -> tuple[bool, float]:
        strength = subject.snr_db if isinstance(subject, Emission) else float(subject.rssi_dbm or -120) + 120
        return desk.finding_of(subject.id) is None, -strength

    found: list[Emission | Device] = [*desk.emissions.records.values()]
    found += [*desk.bluetooth.records.values(), *desk.wifi.records.values()]
    return sorted(found, key=weight)[:MOST]


def recent(desk: Desk, subject: Emission | Device) -> list[tuple[float, float]]:
    """The latest ``(time_s, level)`` of an emitter: dBm, or dB above the floor."""
    if isinstance(subject, Emission):
        half = subject.width_hz / 2
        heard = desk.core.level(subject.source, subject.center_hz - half, subject.center_hz + half)
        return [heard] if heard is not None else []
    levels = desk.core.memory.levels(subject.address) or desk.core.memory.levels(subject.id)
    return [(time_s, float(dbm)) for time_s, dbm in levels[-8:]]


def title(subject: Emission | Device) -> str:
    """What an emitter is called in lists."""
    if isinstance(subject, Emission):
        kind = words.spoken().emission_kind(subject.kind)
        return f"{words.frequency(subject.center_hz)} · {kind}"
    name = columns.device_name(subject) or words.spoken().device_kind(subject.kind)
    return f"{name} · {subject.address}"
