"""One unit's analysis, in whatever process it lands. What goes in and comes out is plain data."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from functools import lru_cache
from multiprocessing.connection import wait
from pathlib import Path

import msgspec

from sweeper import language
from sweeper.batch.units import OVERLAP_S, Unit, reason
from sweeper.errors import InputError, contained
from sweeper.radio.replay import ReplaySource
from sweeper.report import results
from sweeper.report.collect import Collector
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library

NICENESS = 5
"""Workers give way to whatever else the computer is used for."""


class Settings(msgspec.Struct, frozen=True):
    """What every worker needs to know: the folders of signatures (lowest first) and the texts' language."""

    signatures: tuple[str, ...]
    lang: str = "en"


class Result(msgspec.Struct, frozen=True):
    """``document`` is the results document as JSON; ``failure`` is one line where there is none."""

    unit: Unit
    document: bytes = b""
    failure: str = ""


def begin() -> None:
    """Called once in a new worker process."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """End when the parent is gone. Workers hold both ends of the queue that they wait at, so that a killed
    parent would leave them there for ever, and its semaphores with them."""
    wait([parent])
    os._exit(1)


def analyse(unit: Unit, settings: Settings) -> Result:
    """Run one unit through the pipeline. Never raises: what fails is a ``Result`` with a line."""
    with contained() as caught:
        made = _document(unit, settings)
    if caught.error is not None:
        return Result(unit, failure=f"{unit.name}: {caught.line()}")
    return Result(unit, made)


def _document(unit: Unit, settings: Settings) -> bytes:
    collected = Collector()
    library = _library(settings.signatures)
    if unit.problem:
        collected.refuse(unit.name, unit.problem)
    else:
        try:
            source = _source(unit)
        except InputError as error:
            collected.refuse(unit.name, reason(error))
        else:
            session = Session([source], standard_stages(library), [collected])
            asyncio.run(session.run())
    render = language.get(settings.lang).phrase
    return results.encode(results.document(collected, library=library, render=render), indent=None).encode()


def _source(unit: Unit) -> ReplaySource:
    if unit.pieces == 1:
        return ReplaySource(unit.path, name=unit.name)
    return ReplaySource(
        unit.path,
        name=unit.name,
        start_s=max(0.0, unit.start_s - OVERLAP_S),
        stop_s=None if unit.stop_s is None else unit.stop_s + OVERLAP_S,
        digest=unit.piece == 0,
    )


@lru_cache(maxsize=2)
def _library(folders: tuple[str, ...]) -> Library:
    return Library.load(*(Path(folder) for folder in folders))
