"""The film test on every station: whose stream reacts to what happens in this room?

A stage for a guided test, built by whoever guides it: ``FilmTest(plan, start_s)`` gathers each station's
uplink from ``start_s`` on for as long as the plan lasts; at the end it makes a Detection of each station that
films this room, and ``results`` holds what the test says of all, with the curves. See
``sweeper.dsp.film_test``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sweeper.detectors.wifi_frames import Checksums, is_wifi
from sweeper.dsp.film_test import STILL_MOVE_STILL, Plan, Result, Verdict, film_test
from sweeper.protocols import frame_table as ft
from sweeper.protocols import ieee80211 as wifi
from sweeper.records import Detection, Device, Evidence, FrameBatch, Level, Medium, Record
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
        self._checksums: dict[str, Checksums] = {}
        self._flows: dict[int, list[np.ndarray]] = {}
        self._ids: dict[int, str] = {}
        self._source = ""

    def feed(self, record: FrameBatch | Device, /) -> Iterator[Record]:
        """Nothing until the end."""
        if isinstance(record, Device):
            if record.medium is Medium.WIFI:
                self._ids[int(record.address.replace(":", ""), 16)] = record.id
        elif is_wifi(record) and record.frames:
            self._gather(record)
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
            identity = self._ids.get(address, wifi.address(address))
            self.results[identity] = result
            if result.verdict is Verdict.FILMS:
                yield self._detection(identity, result)

    def _gather(self, batch: FrameBatch) -> None:
        self._source = batch.source
        table = self._checksums.setdefault(batch.source, Checksums()).lay_out(batch)
        up = table.ok & (table.kind == ft.DATA) & (table.subtype & 4 == 0)
        up &= table.flags & (ft.TO_DS | ft.FROM_DS) == ft.TO_DS
        rows = np.flatnonzero(up)
        times = np.asarray(batch.times_s)[rows] - self.start_s
        sizes = (table.length[rows] - table.header[rows]).astype(np.float64)
        senders = table.transmitter[rows]
        for sender in np.unique(senders).tolist():
            if sender in self._flows or len(self._flows) < MOST_FLOWS:
                mine = senders == sender
                part = np.stack([times[mine], sizes[mine]], axis=1)
                self._flows.setdefault(sender, []).append(part)

    def _detection(self, identity: str, result: Result) -> Detection:
        at_s = self.start_s + self.plan[-1].stop_s
        return Detection(
            source=self._source,
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
                Evidence("p-value", round(result.p_value, 4), "", self._source, at_s),
                Evidence(
                    "rate while active over rate while still", round(result.ratio, 2), "", self._source, at_s
                ),
                Evidence("delay", result.lag_s, "s", self._source, at_s),
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
