"""Other packages' sources, detectors and signatures, found by their entry points.

    [project.entry-points."sweeper.detectors"]
    name = "package.module:stage"       # the same factory as a built-in detector's
    [project.entry-points."sweeper.sources"]
    name = "package.module:source"      # called with what follows ``name:`` on the command line
    [project.entry-points."sweeper.signatures"]
    name = "package.module:folder"      # a function giving a Path laid out as ``signatures/`` is

A plug-in is named in everything it does; one that cannot be loaded is told and left out. What it runs has a
limit on its time (``sweeper.patience``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec

from sweeper.errors import contained
from sweeper.patience import within

DETECTORS = "sweeper.detectors"
SOURCES = "sweeper.sources"
SIGNATURES = "sweeper.signatures"
GROUPS = (DETECTORS, SOURCES, SIGNATURES)


class Plugin(msgspec.Struct, frozen=True):
    """One entry point: its group and name, the package it comes from, and what it points to."""

    group: str
    name: str
    package: str
    version: str
    target: str


class Loaded(msgspec.Struct, frozen=True):
    """What an entry point gave, or the line that says why it gave nothing."""

    plugin: Plugin
    value: Any = None
    problem: str = ""


def installed(group: str) -> list[Plugin]:
    """The plug-ins of a group in order of name; nothing is loaded."""
    return [_described(point) for point in _points(group)]


def load(group: str) -> Iterator[Loaded]:
    """Each plug-in of a group, loaded; a failure of its code is a problem, not an exception."""
    for point in _points(group):
        with contained() as caught:
            yielded = Loaded(_described(point), within(point.name, point.load))
        yield yielded if caught.error is None else Loaded(_described(point), None, caught.line())


@cache
def _points(group: str) -> list[EntryPoint]:
    """Looked for once: reading what every installed package declares takes tens of milliseconds."""
    return sorted(entry_points(group=group), key=lambda point: (point.name, point.value))


def _described(point: EntryPoint) -> Plugin:
    dist = point.dist
    name, version = (dist.name, dist.version) if dist is not None else ("", "")
    return Plugin(point.group, point.name, name, version, point.value)
