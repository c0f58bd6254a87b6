"""Numbers beside plots as the language writes them."""

from __future__ import annotations

import pytest

from sweeper.ui import words
from sweeper.ui.axes import FrequencyAxis, NumberAxis, digits
from sweeper.ui.waterfall import ticks


@pytest.mark.parametrize(
    ("code", "text"), [("en", ["−87.5", "0.0"]), ("ru", ["−87,5", "0,0"]), ("kk", ["−87,5", "0,0"])]
)
def test_ticks_speak_the_language(qtbot, code: str, text: list[str]) -> None:
    words.use(code)
    assert NumberAxis("left").tickStrings([-87.5, 0.0], 1.0, 0.5) == text
    words.use("en")


def test_hertz_are_told_in_megahertz(qtbot) -> None:
    assert FrequencyAxis("bottom").tickStrings([433.92e6, 434e6], 1.0, 20e3) == ["433.92", "434.00"]


@pytest.mark.parametrize(("step", "count"), [(100.0, 0), (1.0, 0), (0.5, 1), (0.1, 1), (0.05, 2), (1e-9, 6)])
def test_no_more_digits_than_the_step_has(step: float, count: int) -> None:
    assert digits(step) == count


@pytest.mark.parametrize(
    ("low", "high", "most", "wanted"),
    [
        (0, 8, 4, [0, 2, 4, 6, 8]),
        (3, 41, 4, [10, 20, 30, 40]),
        (-5, 250, 3, [0, 100, 200]),
        (7, 8, 0.2, [7, 8]),
        (1000, 37_000, 6, [10_000, 20_000, 30_000]),
    ],
)
def test_times_stand_at_round_rows(low: float, high: float, most: float, wanted: list[int]) -> None:
    assert list(ticks(low, high, most)) == wanted
