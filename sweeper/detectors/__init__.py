"""Stages: one ability, one file; this list wires them, in order.

To add a detector: one file with a ``stage(setup)`` factory, its test, one line here; other packages use
the entry-point group ``sweeper.detectors`` with the same factory and come after the built-in ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

import msgspec

from sweeper.pipeline import Stage
from sweeper.plan import SweepPlan
from sweeper.signatures import Library


class Setup(msgspec.Struct, frozen=True):
    """What a factory may need to build its stage."""

    library: Library
    plan: SweepPlan = SweepPlan()


Factory = Callable[[Setup], Stage]

BUILTIN: dict[str, str] = {
    "signature-match": "sweeper.detectors.signature_match:stage",  # after every inventory, it reads theirs
}
"""Name -> ``module:factory``, in the order of the pipeline."""


def resolve(target: str) -> Factory:
    """The factory behind ``module:name``."""
    module, _, name = target.partition(":")
    factory: Factory = getattr(import_module(module), name)
    return factory


def build(setup: Setup, names: Iterable[str] | None = None) -> list[Stage]:
    """The built-in stages in order, or only the named ones."""
    wanted = BUILTIN if names is None else {name: BUILTIN[name] for name in names}
    return [resolve(target)(setup) for target in wanted.values()]
