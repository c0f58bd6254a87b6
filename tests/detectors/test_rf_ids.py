"""Emissions of several inputs in one session have ids of their own: findings are grouped by them."""

from __future__ import annotations

import numpy as np

from sweeper.detectors import Setup
from sweeper.detectors.rf_emissions import RfEmissions
from sweeper.records import Closed, Emission, IqBlock, Medium, Opened, Record
from sweeper.signatures import Library

RATE_HZ = 250e3


def recording(name: str, offset_hz: float) -> list[Record]:
    """Half a second of noise with one carrier 30 dB above it."""
    random = np.random.default_rng(7)
    n = int(RATE_HZ / 2)
    noise = (random.normal(size=n) + 1j * random.normal(size=n)) * 0.01
    carrier = 0.05 * np.exp(2j * np.pi * offset_hz * np.arange(n) / RATE_HZ)
    samples = (noise + carrier).astype(np.complex64)
    return [
        Opened(source=name, time_s=0.0, medium=Medium.RF, rate_hz=RATE_HZ, center_hz=433.92e6),
        IqBlock(
            source=name, time_s=0.0, rate_hz=RATE_HZ, center_hz=433.92e6, samples=samples, first_sample=0
        ),
        Closed(source=name, time_s=0.5, records=n),
    ]


def test_two_recordings_never_share_an_id() -> None:
    stage = RfEmissions(Setup(Library([])))
    made = [
        record
        for one in (*recording("a", 40e3), *recording("b", -40e3))
        for record in stage.feed(one)
        if isinstance(record, Emission)
    ]
    ids = {name: {e.id for e in made if e.source == name} for name in ("a", "b")}
    assert ids["a"]
    assert ids["b"]
    assert not ids["a"] & ids["b"]
