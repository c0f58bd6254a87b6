"""Where the listener is: options that tell, and the places that a user types while listening."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any, TypeVar

import click

from sweeper.cli.words import _
from sweeper.plan import SweepPlan
from sweeper.radio import Source, SourceInfo
from sweeper.records import Place, Record
from sweeper.text import safe_text

F = TypeVar("F", bound=Callable[..., Any])
LONGEST = 200
"""Characters of a place's name."""


def gps_option(function: F) -> F:
    """``--gps FILE|gpsd``."""
    return click.option(
        "--gps",
        metavar="FILE|gpsd",
        help=_("Positions: a GPX, NMEA or gpsd log, a list 'time, place', or the local gpsd."),
    )(function)


def placed(sources: Sequence[Source], gps: str | None) -> list[Source]:
    """Recorded sources with the positions of a log."""
    if gps is None:
        return list(sources)
    from sweeper.radio.placed import Placed, gpsd_of
    from sweeper.recording.positions import read_positions

    if gpsd_of(gps) is not None:
        raise click.UsageError(_("gpsd tells where you are now; a recording needs a log of positions"))
    positions = read_positions(gps)
    return [Placed(source, positions) for source in sources]


class Typed:
    """The place that was told last. ``here`` is what a live source asks."""

    def __init__(self, first: str) -> None:
        self._place = Place(name=first[:LONGEST]) if first else None

    def here(self) -> Place | None:
        return self._place

    def listen(self) -> Callable[[], None]:
        """Take each line typed on the terminal as the place from now on; returns how to stop."""
        loop = asyncio.get_running_loop()

        def typed() -> None:
            line = sys.stdin.readline()
            if not line:
                loop.remove_reader(sys.stdin)
                return
            name = line.strip()[:LONGEST]
            if name:
                self._place = Place(name=name)
                click.echo(_("You are now at: {place}").format(place=safe_text(name)), err=True)

        try:
            loop.add_reader(sys.stdin, typed)
        except (NotImplementedError, PermissionError, OSError, ValueError):
            return lambda: None  # not a terminal or pipe that can be waited for
        return lambda: _removed(loop)


def _removed(loop: asyncio.AbstractEventLoop) -> None:
    with suppress(ValueError, OSError):
        loop.remove_reader(sys.stdin)


class Asking:
    """A live source while the user may type where they are."""

    def __init__(self, source: Source, typed: Typed) -> None:
        self._source = source
        self._typed = typed

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """The source's records, unchanged: it asks for the place itself."""
        stop = self._typed.listen()
        stream = self._source.records(plan)
        try:
            async with aclosing(stream):
                async for record in stream:
                    yield record
        finally:
            stop()
