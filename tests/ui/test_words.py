"""Numbers claim no more than was measured, and speak the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sweeper.ui import words


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    words.use("en")
    yield
    words.use("en")


@pytest.mark.parametrize(
    ("hz", "step_hz", "wanted"),
    [
        (433.92e6, 1e3, "433.920 MHz"),
        (433.92e6, 25e3, "433.92 MHz"),
        (433.9200004e6, 1.0, "433.920000 MHz"),
        (1.7e9, 2e6, "1700 MHz"),
    ],
)
def test_frequency_has_the_digits_of_its_step(hz: float, step_hz: float, wanted: str) -> None:
    assert words.frequency(hz, step_hz).replace("\u202f", " ") == wanted


def test_levels_have_a_true_minus_and_unmeasured_is_a_dash() -> None:
    assert words.decibels(-87.4, "dBm").replace("\u202f", " ") == "−87 dBm"
    assert words.decibels(None) == "–"
    assert words.duration(None) == "–"


def test_numbers_follow_the_language() -> None:
    words.use("ru")
    assert words.frequency(433.92e6).replace("\u202f", " ") == "433,920 МГц"


@pytest.mark.parametrize(
    ("seconds", "wanted"), [(0, "0:00"), (62.9, "1:02"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_clock(seconds: float, wanted: str) -> None:
    assert words.clock(seconds) == wanted


def test_share_is_held_between_nothing_and_all() -> None:
    assert words.percent(1.7).startswith("100")
    assert words.percent(-1).startswith("0")
