"""Stages: one ability, one file; this list wires them, in order.

To add a detector: one file with a ``stage(setup)`` factory, its test, one line here; other packages use
the entry-point group ``sweeper.detectors`` with the same factory and come after the built-in ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

import msgspec

from sweeper import plugins
from sweeper.errors import Reason, contained
from sweeper.known import Book
from sweeper.patience import PatientStage, within
from sweeper.pipeline import Stage
from sweeper.plan import SweepPlan
from sweeper.records import Place, Record, State, told
from sweeper.reference import Comparison
from sweeper.signatures import Library


class Setup(msgspec.Struct, frozen=True):
    """What a factory may need to build its stage. ``here`` is where the whole session listens, if told."""

    library: Library
    plan: SweepPlan = SweepPlan()
    comparison: Comparison | None = None
    known: Book | None = None
    here: Place | None = None


Factory = Callable[[Setup], Stage]

BUILTIN: dict[str, str] = {
    "rf-emissions": "sweeper.detectors.rf_emissions:stage",
    "rf-sensors": "sweeper.detectors.rf_sensors:stage",  # idle without rtl_433; names what rf-emissions told
    "rf-passes": "sweeper.detectors.rf_passes:stage",  # stitches the traces of rf-emissions
    "ble-inventory": "sweeper.detectors.ble_inventory:stage",
    "ble-follow": "sweeper.detectors.ble_follow:stage",  # reads the inventory's devices
    "ble-changing": "sweeper.detectors.ble_changing:stage",
    "wifi-inventory": "sweeper.detectors.wifi_inventory:stage",
    "lan-inventory": "sweeper.detectors.lan_inventory:stage",
    "known": "sweeper.detectors.known:stage",  # after every inventory: what the user knows of them
    "rf-friendly": "sweeper.detectors.rf_friendly:stage",
    "lan-links": "sweeper.detectors.lan_links:stage",  # after both inventories, it joins theirs
    "wifi-cameras": "sweeper.detectors.wifi_cameras:stage",
    "wifi-clips": "sweeper.detectors.wifi_clips:stage",
    "wifi-deauth": "sweeper.detectors.wifi_deauth:stage",
    "wifi-rogue": "sweeper.detectors.wifi_rogue:stage",
    "reference": "sweeper.detectors.reference:stage",  # idle without a reference to compare with
    "signature-match": "sweeper.detectors.signature_match:stage",  # after every inventory, it reads theirs
}
"""Name -> ``module:factory``, in the order of the pipeline."""


def resolve(target: str) -> Factory:
    """The factory behind ``module:name``."""
    module, _, name = target.partition(":")
    factory: Factory = getattr(import_module(module), name)
    return factory


def build(setup: Setup, names: Iterable[str] | None = None) -> list[Stage]:
    """The built-in stages in order, then those of other packages; or only the named built-in ones."""
    if names is not None:
        return [resolve(BUILTIN[name])(setup) for name in names]
    return [*(resolve(target)(setup) for target in BUILTIN.values()), *_outside(setup)]


def _outside(setup: Setup) -> Iterator[Stage]:
    for loaded in plugins.load(plugins.DETECTORS):
        with contained() as caught:
            stage = _patient(loaded, setup) if not loaded.problem else None
        if caught.error is not None or stage is None:
            yield Absent(loaded.plugin.name, loaded.problem or caught.line())
        else:
            yield stage


def _patient(loaded: plugins.Loaded, setup: Setup) -> Stage:
    """The plug-in's stage, built and run with a limit on its time."""
    return PatientStage(within(loaded.plugin.name, lambda: loaded.value(setup)))


class Absent:
    """Stands for a plug-in that could not be built: it says so once, and does nothing else."""

    accepts: tuple[type[Record], ...] = ()

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self._problem = problem

    def feed(self, _record: Record, /) -> Iterable[Record]:
        return ()

    def finish(self) -> Iterable[Record]:
        """The one thing it has to say."""
        yield told(
            self._problem,
            source="",
            time_s=0.0,
            subject=self.name,
            state=State.FAILED,
            reason=Reason.STAGE_ERROR,
        )
