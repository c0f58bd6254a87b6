"""The colours keep the contrasts that LOOK asks for, computed from the one table."""

from __future__ import annotations

import itertools
import re

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDialog, QDialogButtonBox

from sweeper.ui import theme
from sweeper.ui.palettes import STOPS, chosen, ramp, table
from sweeper.ui.theme import GROUNDS, LINE_ROLES, TEXT_ROLES, Scheme, Style, color, contrast, luminance


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [("#000000", "#FFFFFF", 21.0), ("#777777", "#FFFFFF", 4.48), ("#0000FF", "#FFFFFF", 8.59)],
)
def test_contrast_is_wcags(first: str, second: str, wanted: float) -> None:
    """Figures from the WCAG working group's own examples."""
    assert contrast(first, second) == pytest.approx(wanted, abs=0.01)
    assert contrast(second, first) == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize(("scheme", "role", "ground"), list(itertools.product(Scheme, TEXT_ROLES, GROUNDS)))
def test_text_can_be_read_on_every_ground(scheme: Scheme, role: str, ground: str) -> None:
    assert contrast(color(role, scheme), color(ground, scheme)) >= 4.5


@pytest.mark.parametrize(("scheme", "role"), list(itertools.product(Scheme, LINE_ROLES)))
def test_lines_can_be_seen(scheme: Scheme, role: str) -> None:
    for ground in ("surface", "raised", "sunken"):
        assert contrast(color(role, scheme), color(ground, scheme)) >= 3.0


@pytest.mark.parametrize("scheme", list(Scheme))
def test_words_on_the_accent_can_be_read(scheme: Scheme) -> None:
    assert contrast(color("on-accent", scheme), color("accent", scheme)) >= 4.5


def test_night_is_red_on_black() -> None:
    """No light that would spoil eyes used to the dark: blue and green stay far below red."""
    for role in theme.ROLES:
        red, green, blue = (int(color(role, Scheme.NIGHT)[i : i + 2], 16) for i in (1, 3, 5))
        assert red >= green >= blue
        assert green <= red * 0.5
    assert color("surface", Scheme.NIGHT) == "#000000"


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_style_sheet_has_no_open_field_and_no_stray_colour(scheme: Scheme, scale: float) -> None:
    sheet = theme.style_sheet(scheme, scale)
    assert "$" not in sheet
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", sheet)) <= {color(role, scheme) for role in theme.ROLES}


@pytest.mark.parametrize("name", STOPS)
def test_waterfall_colours_rise_evenly_in_lightness(name: str) -> None:
    """What is stronger is lighter, everywhere: so no step of hue makes a signal out of noise (not jet)."""
    light = [luminance("#{:02X}{:02X}{:02X}".format(*rgb)) for rgb in ramp(name)]
    assert all(b >= a - 1e-3 for a, b in itertools.pairwise(light))
    assert light[-1] > light[0] + 0.3


def test_what_was_not_heard_does_not_look_quiet() -> None:
    colors = table("viridis", -150.0, -100.0, (1, 2, 3))
    assert colors[0] == 0xFF010203
    assert colors[0] != colors[1]


def test_night_has_its_own_waterfall() -> None:
    assert chosen("viridis", Scheme.NIGHT) == "night"
    assert chosen("grey", Scheme.DARK) == "grey"
    assert chosen("no such", Scheme.LIGHT) == "viridis"


def test_every_size_of_the_font_has_the_kazakh_letters(qtbot) -> None:
    for size in theme.SIZES:
        metrics = QFontMetrics(Style().font(size))
        for letter in "әғқңөұүһіӘҒҚҢӨҰҮҺІ":
            assert metrics.inFontUcs4(ord(letter)), (size, letter)


def test_buttons_of_dialogs_have_no_drawings_of_the_system(qtbot, window) -> None:
    """Those are black on any theme: on the dark one they are a smudge."""
    dialog = QDialog(window)
    qtbot.addWidget(dialog)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    dialog.show()
    assert box.button(QDialogButtonBox.StandardButton.Close).icon().isNull()
