"""The report's colours: one table of roles, light (also for paper) and dark.

The values are those of the window, so that a picture in the report looks like the one that was seen there
(a test compares them). Pictures name roles, ``var(--accent)``; a page with a style sheet resolves them
itself, other renderers ask ``painted``.
"""

from __future__ import annotations

import re

COLORS: dict[str, tuple[str, str]] = {
    #                light      dark
    "surface": ("#EFF2F5", "#14181D"),
    "raised": ("#FFFFFF", "#1C2229"),
    "sunken": ("#F8FAFB", "#0E1216"),
    "hairline": ("#D3D9E0", "#2D3640"),
    "text": ("#17202B", "#E6EBF0"),
    "muted": ("#4F5B69", "#A3AFBB"),
    "line": ("#76828F", "#76838F"),
    "accent": ("#0A6A7B", "#5CBFCE"),
    "level-info": ("#546170", "#A9B4BF"),
    "level-low": ("#1F5FAE", "#86B6F3"),
    "level-medium": ("#8A5200", "#E8AD4E"),
    "level-high": ("#B2330E", "#F58E69"),
    "good": ("#20693F", "#6FC693"),
    "trace-now": ("#0A6A7B", "#5CBFCE"),
    "trace-max": ("#8A5200", "#E8AD4E"),
    "trace-mean": ("#5A50A5", "#B0A6F0"),
    "trace-floor": ("#5F6B78", "#8D99A5"),
}
"""Role -> (light, dark)."""


def variables(column: int) -> str:
    """The table as CSS custom properties; column 0 is light, 1 dark."""
    return " ".join(f"--{role}: {values[column]};" for role, values in COLORS.items())


def painted(svg: str, column: int = 0) -> str:
    """``svg`` with every ``var(--role)`` replaced by its colour."""
    return re.sub(r"var\(--([a-z-]+)\)", lambda found: COLORS[found[1]][column], svg)
