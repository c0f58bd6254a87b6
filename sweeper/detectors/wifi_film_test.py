"""The film test on every station: whose stream reacts to what happens in this room?

A stage for a guided test, built by whoever guides it: ``FilmTest(plan, start_s)`` gathers each station's
uplink from ``start_s`` on for as long as the plan lasts; at the end it makes a Detection of each station that
films this room, and ``results`` holds what the test says of all, with the curves; ``addresses`` whose. See
``sweeper.dsp.film_test``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.detectors.wifi_frames import Air, by_address
from sweeper.dsp.film_test import STILL_MOVE_STILL, Plan, Result, Verdict, film_test
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.protocols.frame_table import FrameTable
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Record
from sweeper.text import Phrase, say

LEAST_KBPS = 30.0
"""A flow below this shows no stream; what hardly sends cannot be tested."""

MOST_FLOWS = 2_000

VERDICTS = {
    Verdict.FILMS: say("Films this room."),
    Verdict.DOES_NOT_REACT: say(
        "Does not react: it films elsewhere, sends no video, or keeps its bit rate constant."
    ),
    Verdict.CANNOT_TELL: say("Cannot tell: its traffic is too uneven or too little for this test."),
}


class FilmTest:
    """FrameBatch in; at the end a Detection for each station that films this room."""

    name = "film-test"
    accepts: tuple[type[Record], ...] = (FrameBatch, Device)

    def __init__(self, plan: Plan = STILL_MOVE_STILL, start_s: float = 0.0) -> None:
        self.plan = plan
        self.start_s = start_s
        self.results: dict[str, Result] = {}
        self.addresses: dict[str, str] = {}
        self._air = Air()
        self._flows: dict[int, list[np.ndarray]] = {}

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """Nothing until the end."""
        table = self._air.take(record)
        if table is not None and isinstance(record, FrameBatch):
            self._gather(record, table)
        return iter(())

    def finish(self) -> Iterator[Record]:
        """The test of every station that sent enough, in order of their addresses."""
        seconds = self.plan[-1].stop_s
        tested: dict[int, np.ndarray] = {}
        for address, parts in sorted(self._flows.items()):
            rows = np.concatenate(parts)
            rows = rows[(rows[:, 0] >= 0) & (rows[:, 0] < seconds)]
            if rows[:, 1].sum() * 8 / seconds / 1e3 >= LEAST_KBPS:
                tested[address] = rows[np.argsort(rows[:, 0], kind="stable")]
        for address, rows in tested.items():
            result = film_test(rows[:, 0], rows[:, 1], self.plan, len(tested))
            identity = self._air.subject(address)
            self.results[identity], self.addresses[identity] = result, wifi.address(address)
            if result.verdict is Verdict.FILMS:
                yield self._detection(identity, result)

    def _gather(self, batch: FrameBatch, table: FrameTable) -> None:
        up = table.ok & (table.kind == ft.DATA) & (table.subtype & 4 == 0)
        up &= table.flags & (ft.TO_DS | ft.FROM_DS) == ft.TO_DS
        times = np.asarray(batch.times_s) - self.start_s
        sizes = (table.length - table.header).astype(np.float64)
        for sender, mine in by_address(table.transmitter, np.flatnonzero(up)):
            if sender in self._flows or len(self._flows) < MOST_FLOWS:
                self._flows.setdefault(sender, []).append(np.stack([times[mine], sizes[mine]], axis=1))

    def _detection(self, identity: str, result: Result) -> Detection:
        at_s = self.start_s + self.plan[-1].stop_s
        return Detection(
            source=self._air.source,
            time_s=at_s,
            detector=self.name,
            subject=identity,
            kind="camera",
            level=Level.HIGH,
            confidence=0.9,
            title=say("A device whose stream reacts to what happens in this room"),
            why=(
                say(
                    "It sent {ratio} times as much while something moved; chance does so once in {odds}.",
                    ratio=round(result.ratio, 2),
                    odds=round(1 / result.p_value),
                ),
            ),
            benign=BENIGN,
            next=NEXT,
            evidence=(
                Evidence("p-value", round(result.p_value, 4), "", self._air.source, at_s),
                Evidence(
                    "rate while active over rate while still",
                    round(result.ratio, 2),
                    "",
                    self._air.source,
                    at_s,
                ),
                Evidence("delay", result.lag_s, "s", self._air.source, at_s),
            ),
        )


BENIGN: tuple[Phrase, ...] = (
    say("A camera of the household that you know and that is meant to see this room."),
    say("A motion sensor, robot or game that sends more while somebody moves."),
    say("A phone or laptop in a video call in this room."),
)
NEXT: tuple[Phrase, ...] = (
    say(
        "Cover likely places one after the other and repeat the test: the stream falls when it sees nothing."
    ),
    say("Search by signal strength: go where it grows."),
    say("Unplug it or take it off the network only after you have noted its address and place."),
)
