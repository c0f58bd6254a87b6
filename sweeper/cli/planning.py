"""What every live command asks: where to listen, how long, how often."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

import click
import msgspec

from sweeper.cli.options import Frequency
from sweeper.cli.words import _
from sweeper.pipeline import Stage
from sweeper.plan import FULL, PRESETS, Band, Mode, SweepPlan, with_gsm_look


def made_plan(
    ranges: tuple[Band, ...],
    preset: str | None,
    mode: str,
    passes: int | None,
    gain: float | None,
    ppm: float,
    *,
    bin_hz: float | None = None,
    gsm_look: bool = False,
) -> SweepPlan:
    """The plan that the command line's words stand for; without ranges or preset the whole tuner."""
    base = PRESETS[preset] if preset else FULL if not ranges else SweepPlan()
    bands = ranges or base.bands
    return msgspec.structs.replace(
        base,
        bands=with_gsm_look(bands) if gsm_look else bands,
        mode=Mode(mode),
        passes=passes or base.passes,
        gain_db=gain,
        ppm=ppm,
        bin_hz=bin_hz or base.bin_hz,
    )


LONGEST_DWELL_S = 60.0
LEAST_BIN_HZ = 700.0
"""The longest transform has 4096 bins, 625 Hz at 2.56 MS/s."""
SECONDS = re.compile(r"([0-9.]+)(ms|s)")


class Meeting(click.ParamType[tuple[float, float, bool]]):
    """``14:00-15:30`` by the clock of today, or ``600-4200`` in seconds from the start."""

    name = "FROM-TO"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, bool]:
        first, dash, last = str(value).partition("-")
        clock = ":" in first and ":" in last
        try:
            start, stop = (_clock(text) if clock else float(text) for text in (first, last))
        except ValueError:
            start = stop = 0.0
        if not dash or not start < stop:
            words = _("{value!r} is no time; write 14:00-15:30, or seconds from the start as 600-4200")
            self.fail(words.format(value=value), param, ctx)
        return start, stop, clock


def _clock(text: str) -> float:
    """UTC seconds of a time of today, as this computer's clock shows it."""
    wanted = time.fromisoformat(text.strip())
    return datetime.combine(datetime.now().astimezone().date(), wanted).astimezone().timestamp()


def meetings(given: tuple[tuple[float, float, bool], ...]) -> list[Stage]:
    """The stages that look at what was on the air during meetings only."""
    from sweeper.detectors.rf_meeting import RfMeeting

    made: list[Stage] = []
    for utc in (False, True):
        windows = [(start, stop) for start, stop, clock in given if clock is utc]
        if windows:
            made.append(RfMeeting(windows, utc))
    return made


class Range(click.ParamType[Band]):
    """``430M:440M``, or with its own dwell and bin width ``430M:440M:20ms:1k``."""

    name = "LO:HI[:DWELL[:BIN]]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Band:
        if isinstance(value, Band):
            return value
        low, *rest = str(value).split(":")
        if not 1 <= len(rest) <= 3:
            self.fail(_("{value!r} is no range; write 430M:440M").format(value=value), param, ctx)
        start, stop = (Frequency().convert(text, param, ctx) for text in (low, rest[0]))
        if not 0 <= start < stop:
            self.fail(_("{value!r} is no range; write 430M:440M").format(value=value), param, ctx)
        dwell_s = self._seconds(rest[1], param, ctx) if len(rest) > 1 and rest[1] else None
        bin_hz = Frequency().convert(rest[2], param, ctx) if len(rest) > 2 else None
        if bin_hz is not None and not LEAST_BIN_HZ <= bin_hz <= 1e6:
            self.fail(_("a bin is 700 Hz to 1 MHz wide, not {value!r}").format(value=rest[2]), param, ctx)
        return Band(start, stop, dwell_s, bin_hz)

    def _seconds(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = SECONDS.fullmatch(text)
        try:
            seconds = float(found[1]) * (1e-3 if found[2] == "ms" else 1.0) if found else 0.0
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= LONGEST_DWELL_S:
            self.fail(_("{value!r} is no dwell; write 20ms or 1s").format(value=text), param, ctx)
        return seconds
