"""Spurs by where they stand: many lines at one distance from the centre, faint ones too."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.detectors.rf_vetoes import Line, Looks, families

HALF_HZ, RESOLUTION_HZ = 1.09e6, 2.5e3
CENTRES = [431e6 + 1.09e6 * index for index in range(16)]


def looked() -> Looks:
    """Sixteen centres, each looked at twice; every frequency lies within two of them."""
    looks = Looks()
    for number in range(2):
        for center in CENTRES:
            looks.add(center, HALF_HZ, number + center * 1e-9)
    return looks


def line(center_hz: float, offset_hz: float, snr_db: float) -> Line:
    """A steady line that was heard from one centre."""
    made = Line(center_hz + offset_hz, 2e3, snr_db)
    made.heard_from(center_hz, -60.0)
    return made


@pytest.mark.parametrize(("snr_db", "count", "spur"), [(12.0, 3, True), (5.0, 6, True), (5.0, 2, False)])
def test_lines_at_one_offset_are_one_spur(snr_db: float, count: int, spur: bool) -> None:
    lines = [line(center, -417e3, snr_db) for center in CENTRES[1 : count + 1]]
    assert families(lines, looked(), 2 * RESOLUTION_HZ) == ([list(range(count))] if spur else [])


def test_faint_lines_belong_to_the_clear_ones_at_their_offset() -> None:
    lines = [line(center, 650e3, 12.0 if index < 3 else 4.0) for index, center in enumerate(CENTRES[:5])]
    assert families(lines, looked(), 2 * RESOLUTION_HZ) == [[0, 1, 2, 3, 4]]


def test_faint_lines_of_other_senders_are_left_alone() -> None:
    """Forty faint carriers anywhere, each missed from elsewhere: a thousand such sweeps hold a false spur
    about once."""
    rng = np.random.default_rng(7)
    false = 0
    for _ in range(50):
        lines = [
            line(CENTRES[index % 16], float(rng.uniform(-1e6, 1e6)), float(rng.uniform(3, 7.9)))
            for index in range(40)
        ]
        false += len(families(lines, looked(), 2 * RESOLUTION_HZ))
    assert false <= 1


def test_a_line_heard_from_two_centres_is_on_the_air() -> None:
    lines = [line(center, -417e3, 6.0) for center in CENTRES[:6]]
    for one in lines:
        one.heard_from(one.center_hz + 3e5, -60.0)
    assert families(lines, looked(), 2 * RESOLUTION_HZ) == []
