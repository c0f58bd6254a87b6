"""Run one session in this thread and keep what came of it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sweeper import cli
from sweeper.cli.words import _
from sweeper.findings import worst
from sweeper.known import Book
from sweeper.pipeline import Stage
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.records import Level, Place
from sweeper.reference import Comparison
from sweeper.report.collect import Collector
from sweeper.session import Outcome, Session, Sink, standard_stages
from sweeper.signatures import Library

REFRESH_S = 0.25
ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, a service or a computer that is shut down, a terminal that is closed."""


def run(
    sources: Sequence[Source],
    library: Library,
    *,
    plan: SweepPlan | None = None,
    sinks: Sequence[Sink] = (),
    merge: bool = False,
    collector: Collector | None = None,
    title: str = "",
    comparison: Comparison | None = None,
    seconds: float | None = None,
    guided: Sequence[Stage] = (),
    known: Book | None = None,
    here: Place | None = None,
) -> tuple[Collector, Outcome]:
    """Run ``sources`` to their end, with a progress bar where standard error is a terminal.

    Ctrl-C, and the other ``ENDINGS``, end the sweep early; what was heard until then is kept. ``seconds``
    ends it by itself.
    """
    collected = collector or Collector()

    async def session() -> Outcome:
        stages = standard_stages(library, plan, comparison, guided, known, here)
        made = Session(sources, stages, [collected, *sinks], plan, merge=merge)
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, made.stop)
        for name in ENDINGS:
            with suppress(AttributeError, NotImplementedError, RuntimeError):  # not on every system
                asyncio.get_running_loop().add_signal_handler(getattr(signal, name), made.stop)
        with ExitStack() as stack:
            if sys.stderr.isatty():
                shown = asyncio.create_task(_progress(made, title))
                stack.callback(shown.cancel)
            return await made.run()

    return collected, asyncio.run(session())


async def _progress(session: Session, title: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title or _("Listening"), total=session.duration_s)
        while True:
            bar.update(task, completed=session.position_s)
            await asyncio.sleep(REFRESH_S)


def exit_code(collected: Collector, outcome: Outcome, *, unreadable: bool = False) -> int:
    """The contract's exit code: unreadable input first, then findings, then what was not heard."""
    if unreadable or outcome.unreadable:
        return cli.UNREADABLE
    level = worst(collected.findings)
    if level is not None and level is not Level.INFO:
        return cli.FINDINGS
    return cli.NOT_HEARD if outcome.unheard else cli.OK
