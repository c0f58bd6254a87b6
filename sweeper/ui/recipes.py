"""What the window can run, as recipes: each builds a fresh session on the core's thread.

The imports stand inside, because they cost a second that the window's first picture should not wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweeper.errors import InputError, SweeperError
from sweeper.plan import SweepPlan
from sweeper.text import listed, say

if TYPE_CHECKING:
    from sweeper.known import Book
    from sweeper.pipeline import Stage
    from sweeper.radio import Source
    from sweeper.records import Medium
    from sweeper.reference import Friendly
    from sweeper.session import Session, Sink
    from sweeper.signatures import Library
    from sweeper.teaching import Clean
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


def forget_library() -> None:
    """Read the signatures anew when they are next asked for: one has changed."""
    _loaded.clear()
    _clean.clear()


def clean(medium: Medium) -> list[Clean]:
    """What a new signature must not hit; some seconds the first time, then kept."""
    from sweeper.teaching import clean_looks

    if medium not in _clean:
        _clean[medium] = clean_looks(library(), medium)
    return _clean[medium]


_clean: dict[Medium, list[Clean]] = {}


def warm_up() -> None:
    """Import what the next view will need, on the core's thread, while the reader looks at the first screen.

    The plotting library takes half a second of processor time to import, which the window should not stand
    still for.
    """
    import pyqtgraph  # noqa: F401

    library()


def recordings(paths: Sequence[str], refuse: Refuse, known: Path | None = None) -> Recipe:
    """A replay of recordings, interleaved by time; ``refuse`` is told which could not be read."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        from sweeper.radio.replay import open_recordings

        sources, refused = open_recordings(list(paths))
        refuse(refused)
        if not sources:
            raise NothingReadable(
                listed([error.said for error in refused], "; ") if refused else say("nothing to read there")
            )
        return _session(sources, sinks, known)

    return recipe


def demo() -> Recipe:
    """The bundled made-up office."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        from sweeper import synth
        from sweeper.radio import synthetic

        return _session(synthetic.sources(synth.load(synth.demo_scene())), sinks, None)

    return recipe


def live(
    sources: Sequence[Source],
    plan: SweepPlan,
    *,
    known: Path | None = None,
    reference: str = "",
    friendly: Sequence[Friendly] = (),
    guided: Sequence[Stage] = (),
) -> Recipe:
    """A sweep with real receivers. ``known``: the book of known devices; ``reference``: compared with."""

    def recipe(sinks: Sequence[Sink]) -> Session:
        from sweeper.reference import Comparison
        from sweeper.session import Session, standard_stages
        from sweeper.ui import references

        found = references.load(reference)
        comparison = Comparison(found, tuple(friendly)) if found is not None else None
        stages = standard_stages(library(), plan, comparison, guided, known=book(known))
        return Session(sources, stages, sinks, plan, merge=True)

    return recipe


def book(path: Path | None) -> Book | None:
    """The known devices; none where there is no such file or it cannot be read, which the board says."""
    from sweeper import known

    if path is None or not path.exists():
        return None
    try:
        return known.load(path)
    except SweeperError:
        return None


def _session(sources: Sequence[Source], sinks: Sequence[Sink], known: Path | None) -> Session:
    from sweeper.session import Session, standard_stages

    return Session(sources, standard_stages(library(), known=book(known)), sinks, merge=True)
