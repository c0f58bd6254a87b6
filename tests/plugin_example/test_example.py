"""The example's own test, as ``docs/extending.md`` shows it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from sweeper.records import IqBlock

sys.path.insert(0, str(Path(__file__).parent))

from sweeper_example import QuietCarrier


def test_a_steady_carrier_is_claimed() -> None:
    samples = np.full(1000, 0.5, np.complex64)
    block = IqBlock(
        source="x", time_s=0.0, rate_hz=1e6, center_hz=1e8, samples=samples, first_sample=0
    )  # fmt: skip
    (claim,) = QuietCarrier().feed(block)
    assert claim.kind == "unknown-transmitter"
    assert len(claim.benign) >= 2
