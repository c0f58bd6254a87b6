"""Pictures from outside in a report: photos as they are, floor plans with what was marked on them.

The picture stands inside an SVG, so that every renderer treats it like the program's own; its words are
escaped, and nothing in it is fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec
from markupsafe import escape

from sweeper.language import Language
from sweeper.records import Level
from sweeper.report.svg import HALF, WIDTH, framed
from sweeper.text import safe_text

RADIUS = 11
SCALE_SHARE = 4
"""The scale bar is at most a fourth of the plan's width."""
_KINDS = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png"}


class Spot(msgspec.Struct, frozen=True):
    """A point on a plan: shares of width and height, what stands beside it, the level of its finding."""

    x: float
    y: float
    label: str
    level: Level | None = None


def photo(content: bytes, size: tuple[int, int], title: str, *, half: bool = True) -> str:
    """A JPEG or PNG of ``size`` (width, height) as SVG, whole, in a frame of four by three.

    Photos upright and across then stand beside one another as high as each other.
    """
    width = HALF if half else WIDTH
    height = width * 3 // 4
    share = min(width / max(size[0], 1), height / max(size[1], 1))
    wide, high = round(size[0] * share), round(size[1] * share)
    paper = f'<rect width="{width}" height="{height}" rx="4" fill="var(--sunken)"/>'
    drawn = _image(content, wide, high, (width - wide) // 2, (height - high) // 2)
    return framed(height, title, [paper, drawn], width)


def plan(
    content: bytes,
    size: tuple[int, int],
    spots: Sequence[Spot],
    language: Language,
    title: str,
    width_m: float | None = None,
) -> str:
    """A floor plan with its spots numbered as the findings are, and a scale where the width is known."""
    height = round(WIDTH * size[1] / max(size[0], 1))
    parts = [_image(content, WIDTH, height)]
    for spot in spots:
        parts.append(_spot(spot, WIDTH, height))
    if width_m is not None and width_m > 0:
        parts.append(_scale(width_m, height, language))
    return framed(height + (26 if width_m else 0), title, parts)


def _spot(spot: Spot, width: int, height: int) -> str:
    """A ring with a dot, and its label on paper colour, on the side with more room."""
    x, y = spot.x * width, spot.y * height
    colour = f"var(--level-{spot.level.value})" if spot.level is not None else "var(--accent)"
    text = safe_text(spot.label)
    room = 7.4 * len(text) + 10
    left = x + RADIUS + 4 if x + RADIUS + 4 + room < width else x - RADIUS - 4 - room
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="var(--raised)" fill-opacity="0.7" '
        f'stroke="{colour}" stroke-width="2.5"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
        f'<rect x="{left:.1f}" y="{y - 10:.1f}" width="{room:.1f}" height="20" rx="3" fill="var(--raised)" '
        f'fill-opacity="0.88" stroke="{colour}" stroke-width="1"/>'
        f'<text x="{left + room / 2:.1f}" y="{y + 4.5:.1f}" text-anchor="middle" font-size="12.5" '
        f'fill="var(--text)">{escape(text)}</text>'
    )


def _scale(width_m: float, height: int, language: Language) -> str:
    """A bar of 1, 2 or 5 times a power of ten metres."""
    longest = width_m / SCALE_SHARE
    step = max((f * 10.0**e for e in range(-1, 4) for f in (1, 2, 5) if f * 10.0**e <= longest), default=0.1)
    length = step / width_m * WIDTH
    y = height + 14
    return (
        f'<path d="M1 {y - 4}V{y + 4}M1 {y}H{length:.1f}M{length:.1f} {y - 4}V{y + 4}" '
        f'stroke="var(--text)" stroke-width="1.2" fill="none"/>'
        f'<text x="{length + 8:.1f}" y="{y + 4}" font-size="12" fill="var(--muted)">'
        f"{escape(language.quantity(step, 'm'))}</text>"
    )


def _image(content: bytes, width: int, height: int, x: int = 0, y: int = 0) -> str:
    kind = next((name for head, name in _KINDS.items() if content.startswith(head)), "png")
    data = base64.b64encode(content).decode()
    return (
        f'<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:image/{kind};base64,{data}"/>'
    )
