"""One table of colour roles, three themes, and everything Qt needs from it: palette and style sheet.

Every colour of the window has a *role*; a theme is one column of ``ROLES``. Light and dark follow the
system; night is deep red on black for dark rooms, so that eyes stay adapted. Text roles keep a contrast of
at least 4.5:1 on every ground they may stand on and line roles 3:1 (WCAG 2.2, 1.4.3 and 1.4.11); a test
computes it from this table. ``hairline`` only separates areas that differ already, so it may be fainter.

Sizes come from one scale (caption 11, body 13, section 16, title 22, number 88 pixels) times the reader's
text size, 1.0 to 2.0.
"""

from __future__ import annotations

import enum
from functools import lru_cache
from pathlib import Path
from string import Template

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


class Scheme(enum.StrEnum):
    LIGHT = "light"
    DARK = "dark"
    NIGHT = "night"


SYSTEM = "system"
"""The setting that follows the system's light or dark."""

_COLUMNS = (Scheme.LIGHT, Scheme.DARK, Scheme.NIGHT)

ROLES: dict[str, tuple[str, str, str]] = {
    #                light      dark       night
    "surface": ("#EFF2F5", "#14181D", "#000000"),
    "raised": ("#FFFFFF", "#1C2229", "#0D0000"),
    "sunken": ("#F8FAFB", "#0E1216", "#000000"),
    "selected": ("#D9EBEF", "#173A42", "#2E0500"),
    "hover": ("#E4E9EE", "#262E37", "#1C0300"),
    "hairline": ("#D3D9E0", "#2D3640", "#3A0A05"),
    "text": ("#17202B", "#E6EBF0", "#FF6A55"),
    "muted": ("#4F5B69", "#A3AFBB", "#DE5040"),
    "line": ("#76828F", "#76838F", "#A93A2C"),
    "accent": ("#0A6A7B", "#5CBFCE", "#FF7A5C"),
    "on-accent": ("#FFFFFF", "#06262C", "#1A0000"),
    "level-info": ("#546170", "#A9B4BF", "#D9523F"),
    "level-low": ("#1F5FAE", "#86B6F3", "#E65B47"),
    "level-medium": ("#8A5200", "#E8AD4E", "#F5684F"),
    "level-high": ("#B2330E", "#F58E69", "#FF7A5C"),
    "good": ("#20693F", "#6FC693", "#DE5040"),
    "trace-now": ("#0A6A7B", "#5CBFCE", "#FF7A5C"),
    "trace-max": ("#8A5200", "#E8AD4E", "#C94A39"),
    "trace-mean": ("#5A50A5", "#B0A6F0", "#E65B47"),
    "trace-floor": ("#5F6B78", "#8D99A5", "#A93A2C"),
    "trace-reference": ("#20693F", "#6FC693", "#DE5040"),
}
"""Role -> (light, dark, night)."""

GROUNDS = ("surface", "raised", "sunken", "selected", "hover")
TEXT_ROLES = ("text", "muted", "accent", "level-info", "level-low", "level-medium", "level-high", "good")
LINE_ROLES = ("line", "trace-now", "trace-max", "trace-mean", "trace-floor", "trace-reference")

SIZES = {"caption": 11, "body": 13, "section": 16, "title": 22, "number": 88}
"""Pixels at text size 1.0."""

GRID = 8
"""Spacing is a multiple of this; 4 inside controls."""


def color(role: str, scheme: Scheme) -> str:
    """The colour of a role as ``#RRGGBB``."""
    return ROLES[role][_COLUMNS.index(scheme)]


def luminance(hex_color: str) -> float:
    """Relative luminance of ``#RRGGBB``, 0 black to 1 white (WCAG 2.2)."""
    channels = [int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


class Style(msgspec.Struct, frozen=True):
    """A theme at a text size: what views ask for colours, sizes and fonts."""

    scheme: Scheme = Scheme.LIGHT
    scale: float = 1.0

    def color(self, role: str) -> QColor:
        return QColor(color(role, self.scheme))

    def px(self, size: str | float) -> int:
        """Pixels of a named text size, or of a length that grows with the text."""
        return round((SIZES[size] if isinstance(size, str) else size) * self.scale)

    def font(self, size: str = "body", *, bold: bool = False) -> QFont:
        """The interface font with tabular figures, so that numbers do not jump as they change."""
        font = QFont(QApplication.font())
        font.setPixelSize(self.px(size))
        font.setFeature(QFont.Tag("tnum"), 1)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font


def system_scheme() -> Scheme:
    """Light or dark, as the system asks; light where it does not say."""
    hints = QGuiApplication.styleHints()
    return Scheme.DARK if hints.colorScheme() == Qt.ColorScheme.Dark else Scheme.LIGHT


def chosen_scheme(setting: str) -> Scheme:
    """The scheme for a setting: a scheme's name, or ``system``."""
    return Scheme(setting) if setting in list(Scheme) else system_scheme()


def palette(scheme: Scheme) -> QPalette:
    """The Qt palette of a theme, for whatever the style sheet does not reach."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: "surface",
        QPalette.ColorRole.Base: "raised",
        QPalette.ColorRole.AlternateBase: "sunken",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "muted",
        QPalette.ColorRole.Highlight: "selected",
        QPalette.ColorRole.HighlightedText: "text",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.Mid: "line",
        QPalette.ColorRole.Dark: "line",
        QPalette.ColorRole.Light: "raised",
    }
    for target, role in roles.items():
        made.setColor(target, QColor(color(role, scheme)))
    for target in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, target, QColor(color("line", scheme)))
    return made


@lru_cache(maxsize=8)
def style_sheet(scheme: Scheme, scale: float = 1.0) -> str:
    """The style sheet of a theme at a text size, from ``style.qss``."""
    fields = {role.replace("-", "_"): color(role, scheme) for role in ROLES}
    fields |= {name: f"{round(size * scale)}px" for name, size in SIZES.items()}
    fields |= {f"u{n}": f"{round(n * max(1.0, scale * 0.75))}px" for n in (2, 4, 6, 8, 12, 16, 24)}
    for drawing in ("mark", "chevron", "sortup", "sortdown"):
        fields[drawing] = (Path(__file__).parent / "icons" / f"{drawing}-{scheme.value}.svg").as_posix()
    return Template((Path(__file__).parent / "style.qss").read_text("utf-8")).substitute(fields)


def apply(application: QApplication, style: Style) -> None:
    """Give the whole application a theme and a text size."""
    application.setStyle("Fusion")
    application.setPalette(palette(style.scheme))
    application.setFont(style.font())
    application.setStyleSheet(style_sheet(style.scheme, style.scale))
