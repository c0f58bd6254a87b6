"""What every live command asks: where to listen, how long, how often."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from sweeper.cli.options import Frequency
from sweeper.cli.words import _
from sweeper.plan import FULL, PRESETS, Band, Mode, SweepPlan


def made_plan(
    ranges: tuple[Band, ...],
    preset: str | None,
    mode: str,
    passes: int | None,
    gain: float | None,
    ppm: float,
) -> SweepPlan:
    """The plan that the command line's words stand for; without ranges or preset the whole tuner."""
    base = PRESETS[preset] if preset else FULL if not ranges else SweepPlan()
    return msgspec.structs.replace(
        base,
        bands=ranges or base.bands,
        mode=Mode(mode),
        passes=passes or base.passes,
        gain_db=gain,
        ppm=ppm,
    )


class Range(click.ParamType[Band]):
    """``430M:440M``: where to listen."""

    name = "LO:HI"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Band:
        low, colon, high = str(value).partition(":")
        start, stop = (Frequency().convert(text, param, ctx) for text in (low, high or low))
        if not colon or not 0 <= start < stop:
            self.fail(_("{value!r} is no range; write 430M:440M").format(value=value), param, ctx)
        return Band(start, stop)
