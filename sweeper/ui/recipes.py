"""What the window can run, as recipes: each builds a fresh session on the core's thread.

The imports stand inside, because they cost a second that the window's first picture should not wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sweeper.errors import InputError, SweeperError
from sweeper.plan import SweepPlan
from sweeper.session import Session, Sink

if TYPE_CHECKING:
    from sweeper.radio import Source
    from sweeper.signatures import Library
    from sweeper.ui.bridge import Recipe

Refuse = Callable[[list[InputError]], None]


class NothingReadable(SweeperError):  # noqa: N818  (a state, said to a person)
    """None of the inputs could be read."""


def library() -> Library:
    """The built-in signatures, read once."""
    from sweeper.bundles.install import folders
    from sweeper.signatures import Library, builtin_folder

    if not _loaded:
        _loaded.append(Library.load(builtin_folder(), *folders()))
    made: Library = _loaded[0]
    return made


_loaded: list[Library] = []


def warm_up() -> None:
    """Import what the next view will need, on the core's thread, while the reader looks at the first screen.

    The plotting library takes half a second of processor time to import, which the window should not stand
    still for.
    """
    import pyqtgraph  # noqa: F401

    library()


def recordings(paths: Sequence[str], refuse: Refuse) -> Recipe:
    """A replay of recordings, interleaved by time; ``refuse`` is told which could not be read."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        from sweeper.radio.replay import open_recordings

        sources, refused = open_recordings(list(paths))
        refuse(refused)
        if not sources:
            raise NothingReadable("; ".join(str(error) for error in refused) or "nothing to read there")
        return _session(sources, sinks, None)

    return recipe


def demo() -> Recipe:
    """The bundled made-up office."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        from sweeper import synth
        from sweeper.radio import synthetic

        return _session(synthetic.sources(synth.load(synth.demo_scene())), sinks, None)

    return recipe


def live(sources: Sequence[Source], plan: SweepPlan) -> Recipe:
    """A sweep with real receivers."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        return _session(sources, sinks, plan)

    return recipe


def _session(sources: Sequence[Source], sinks: Sequence[Sink], plan: SweepPlan | None) -> Session:
    from sweeper.session import standard_stages

    return Session(sources, standard_stages(library(), plan), sinks, plan, merge=True)
