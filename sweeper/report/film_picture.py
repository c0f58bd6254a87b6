"""The film test as a picture: each flow's bit rate over time, with the times of movement or light shaded.

One chart under another, each with its verdict, so that a person can see for themselves what the p-value says.
For the terminal the same as a row of blocks above the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import escape

from sweeper.dsp.film_test import STEP_S, Plan, Result
from sweeper.text import safe_text

WIDTH, LEFT, RIGHT, TOP, CHART, BETWEEN = 720, 64, 12, 24, 110, 44
BLOCKS = " ▁▂▃▄▅▆▇█"
INK, SHADE, LINE = "#1d2733", "#f0d9a8", "#1f5fa8"
"""Dark ink on white is 14:1; the curve on the shade 5:1."""


def svg(rows: Sequence[tuple[str, str, Result]], active: str) -> str:
    """A self-contained picture. ``rows``: name, verdict in the reader's words, result; ``active`` names the
    shade."""
    height = TOP + len(rows) * (CHART + BETWEEN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<rect x="{LEFT}" y="6" width="12" height="12" fill="{SHADE}"/>'
        f'<text x="{LEFT + 18}" y="16">{escape(active)}</text>',
    ]
    for number, (name, verdict, result) in enumerate(rows):
        parts.append(_chart(TOP + number * (CHART + BETWEEN), name, verdict, result))
    return "".join((*parts, "</svg>\n"))


def _chart(top: float, name: str, verdict: str, result: Result) -> str:
    seconds = result.plan[-1].stop_s
    most = float(max(result.kbps.max(initial=0.0), 1.0))
    across = (WIDTH - LEFT - RIGHT) / seconds
    base = top + 18 + CHART
    shades = "".join(
        f'<rect x="{LEFT + phase.start_s * across:.1f}" y="{top + 18:.1f}" '
        f'width="{(phase.stop_s - phase.start_s) * across:.1f}" height="{CHART}" fill="{SHADE}"/>'
        for phase in result.plan
        if phase.active
    )
    points = " ".join(
        f"{LEFT + (k + 0.5) * STEP_S * across:.1f},{base - value / most * CHART:.1f}"
        for k, value in enumerate(result.kbps.tolist())
    )
    ticks = "".join(
        f'<text x="{LEFT + at * across:.1f}" y="{base + 14:.1f}" text-anchor="middle">{at} s</text>'
        for at in range(0, round(seconds) + 1, 15)
    )
    told = f"{safe_text(name)}: {verdict} (p = {result.p_value:.4f}, × {result.ratio:.2f})"
    return (
        f'<text x="{LEFT}" y="{top + 12:.1f}" font-weight="bold">{escape(told)}</text>{shades}'
        f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'
        f'<path d="M{LEFT},{top + 18:.1f}V{base:.1f}H{WIDTH - RIGHT}" fill="none" stroke="{INK}"/>'
        f'<text x="{LEFT - 6}" y="{top + 28:.1f}" text-anchor="end">{most:.0f}</text>'
        f'<text x="{LEFT - 6}" y="{base:.1f}" text-anchor="end">0</text>'
        f'<text x="{LEFT - 6}" y="{top + 44:.1f}" text-anchor="end" font-size="10">kbit/s</text>{ticks}'
    )


def blocks(result: Result) -> tuple[str, str]:
    """Two lines for a terminal: the bit rate, a block each half second, and the plan under it."""
    most = float(max(result.kbps.max(initial=0.0), 1.0))
    levels = np.ceil(result.kbps / most * (len(BLOCKS) - 1)).astype(int)
    return "".join(BLOCKS[level] for level in levels), plan_line(result.plan, len(levels))


def plan_line(plan: Plan, steps: int) -> str:
    """The plan in as many characters: ``-`` for still or dark, ``M`` for movement or light."""
    marks = ["-"] * steps
    for phase in plan:
        if phase.active:
            for step in range(round(phase.start_s / STEP_S), min(round(phase.stop_s / STEP_S), steps)):
                marks[step] = "M"
    return "".join(marks)
