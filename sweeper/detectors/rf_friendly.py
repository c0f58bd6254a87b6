"""Friendly signals that changed: declared by the user, now stronger or wider than they were.

A signal on the user's list of known ones stays listed and does not alarm (``detectors.known``). But a bug may
hide behind a friendly frequency, and a friendly transmitter may be carried into the room. Professional
receivers skip friendly signals *unless their power changes*; so does this stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sweeper.detectors import Setup
from sweeper.known import Book, Known
from sweeper.records import Detection, Emission, Evidence, Level, Record
from sweeper.text import say

AGAIN_DB = 3.0
"""Told once, and again when it has grown by this much."""


class RfFriendly:
    """Emission in, a Detection where it no longer is what the user declared. Idle without such entries."""

    name = "rf-friendly"
    accepts: tuple[type[Record], ...] = (Emission,)

    def __init__(self, book: Book) -> None:
        self._book = book
        self._told: dict[str, float] = {}

    def feed(self, emission: Emission, /) -> Iterator[Record]:
        """At most one Detection."""
        if emission.kind == "spur" or not emission.features.get("center_known", True):
            return
        changed = self._book.changed(emission)
        if changed is None:
            return
        entry, stronger_db, wider = changed
        if stronger_db < self._told.get(emission.id, -1e9) + AGAIN_DB:
            return
        self._told[emission.id] = stronger_db
        yield _detection(emission, entry, stronger_db, wider)

    def finish(self) -> Iterable[Record]:
        return ()


def stage(setup: Setup) -> RfFriendly:
    """The factory; idle without a book."""
    return RfFriendly(setup.known or Book())


def _detection(emission: Emission, entry: Known, stronger_db: float, wider: float) -> Detection:
    mhz = round(emission.center_hz / 1e6, 4)
    return Detection(
        source=emission.source,
        time_s=emission.time_s,
        detector=RfFriendly.name,
        subject=emission.id,
        kind="stronger-emission",
        level=Level.MEDIUM if stronger_db > 2 * AGAIN_DB + 6 else Level.LOW,
        confidence=0.5,
        title=say("A signal that you declared friendly has changed: {mhz} MHz", mhz=mhz),
        why=(
            say(
                "{alias} stands {db} dB higher over the noise than when it was declared, and is {times} "
                "times as wide",
                alias=entry.alias,
                db=round(stronger_db, 1),
                times=round(wider, 1),
            ),
        ),
        benign=(
            say("The friendly transmitter, or the antenna, is nearer than it was, or a door stands open"),
            say("Another transmitter uses the same channel now and then"),
            say("It was declared with another antenna or at another place"),
        ),
        next=(
            say("Switch the friendly transmitter off: what is left is not it"),
            say("If it is as it should be, declare it again"),
        ),
        evidence=(
            Evidence("signal-to-noise ratio", emission.snr_db, "dB", emission.source, emission.time_s),
            Evidence("declared signal-to-noise ratio", entry.snr_db, "dB"),
            Evidence("bandwidth", emission.width_hz, "Hz", emission.source, emission.time_s),
            Evidence("known.entry", entry.id),
        ),
    )
