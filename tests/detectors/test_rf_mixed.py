"""Which pieces of a segment are known steady signals with a burst upon them: drawn by hand in kilohertz."""

from __future__ import annotations

import pytest

from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_mixed import MEASURED, Mixtures


def piece(low_khz: float, high_khz: float, power: float = 1.0, fills: bool = False, kind: str = "") -> Heard:
    return Heard(
        low_hz=1e3 * low_khz,
        high_hz=1e3 * high_khz,
        start_s=0.0 if fills else 0.01,
        stop_s=0.065 if fills else 0.012,
        power=power,
        snr_db=25.0,
        steady=bool(kind),
        opens=fills,
        ends=fills,
        kind=kind,
    )


def two_carriers(times: int = 2) -> Mixtures:
    mixtures = Mixtures()
    for _ in range(times):
        for low in (0, 150):
            mixtures.named(piece(low, low + 10, fills=True, kind="nfm"), 433e6)
    return mixtures


@pytest.mark.parametrize(
    ("one", "mixed"),
    [
        (piece(-4, 14, fills=True), True),  # the first carrier and something beside it
        (piece(3, 157), True),  # from the first to the second
        (piece(-4, 14, power=8.0, fills=True), False),  # far stronger than the carrier: something else
        (piece(40, 60, fills=True), False),  # between both, touching none
        (piece(-4, 14), False),  # a short burst on one carrier
        (piece(3, 100), False),  # from one carrier to nowhere
        (piece(0, 10, fills=True, kind="nfm"), False),  # the carrier itself
    ],
)
def test_what_is_a_mixture(one: Heard, mixed: bool) -> None:
    assert two_carriers().hold(one, 433e6) is mixed


def test_only_what_was_named_twice_at_this_centre_counts() -> None:
    assert not two_carriers(1).hold(piece(-4, 14, fills=True), 433e6)
    assert not two_carriers(2).hold(piece(-4, 14, fills=True), 868e6)
    unnamed = Mixtures()
    for _ in range(3):
        unnamed.named(piece(0, 10, fills=True, kind="unknown"), 433e6)
    assert not unnamed.hold(piece(-4, 14, fills=True), 433e6)


def test_one_in_some_is_measured_so_that_a_newcomer_gets_a_name() -> None:
    mixtures = two_carriers()
    held = [mixtures.hold(piece(-4, 14, fills=True), 433e6) for _ in range(2 * MEASURED)]
    assert held == 2 * ([True] * (MEASURED - 1) + [False])
