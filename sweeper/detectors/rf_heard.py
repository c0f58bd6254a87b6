"""One signal in one segment, as the parts of the RF stage hand it to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from sweeper.records import Value

COARSE_GRAINS = 5.0
"""Grains up to which a width says nothing: a Hann window spreads a bare carrier over four bins."""


class Band:
    """What follows from a band's edges and from how finely they were measured. All in hertz."""

    low_hz: float
    high_hz: float
    grain_hz: float

    @property
    def center_hz(self) -> float:
        return (self.low_hz + self.high_hz) / 2

    @property
    def width_hz(self) -> float:
        return self.high_hz - self.low_hz

    @property
    def coarse(self) -> bool:
        """Whether the width is the measurement's rather than the signal's."""
        return self.width_hz <= COARSE_GRAINS * self.grain_hz


@dataclass(frozen=True)
class Heard(Band):
    """One signal in one segment. Frequencies are offsets from the look's centre, times from the segment's
    start."""

    low_hz: float
    high_hz: float
    start_s: float
    stop_s: float
    power: float
    snr_db: float
    steady: bool
    opens: bool
    ends: bool
    pulses: int = 1
    grain_hz: float = 0.0
    """Resolution at which the band was measured: a width of a few grains is only an upper bound."""
    on_s: float = 0.0
    kind: str = ""
    features: dict[str, Value] = field(default_factory=dict)
