"""Meeting windows: what was on the air only while people met, and never before or after.

A microphone that is switched on by remote control for a meeting gives itself away by its hours. The stage
listens all day and says at the end which emissions were heard only inside the given times. It speaks only if
there was listening outside them too; without that *only* would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeper.records import (
    Detection,
    Emission,
    Evidence,
    IqBlock,
    Level,
    Medium,
    Opened,
    Record,
    State,
    Trace,
    told,
)
from sweeper.reference import only_within
from sweeper.text import say

LEAST_OUTSIDE_S = 1.0
"""Listening outside the windows that *only* rests on, at least; the title says how long it was."""


class RfMeeting:
    """Emissions in; at the end a Detection for each that kept to the windows.

    Windows count seconds from the start of the input or, with ``utc``, since 1970 in UTC.
    """

    name = "rf-meeting"
    accepts: tuple[type[Record], ...] = (Opened, IqBlock, Trace, Emission)

    def __init__(self, windows_s: Sequence[tuple[float, float]], utc: bool = False) -> None:
        self._windows_s = tuple(windows_s)
        self._utc = utc
        self._emissions: dict[str, Emission] = {}
        self._outside_s = 0.0
        self._inside_s = 0.0
        self._sampled: set[str] = set()
        self._last = ("", 0.0)

    def feed(self, record: Opened | IqBlock | Trace | Emission, /) -> Iterator[Record]:
        """Counts and remembers; speaks at the end."""
        if isinstance(record, Emission):
            self._emissions[record.id] = record
        elif isinstance(record, Opened):
            if record.medium is Medium.RF:
                self._last = (record.source, 0.0)
                if self._utc and record.start_utc_s is not None:
                    start_s, self._utc = record.start_utc_s, False
                    self._windows_s = tuple((low - start_s, high - start_s) for low, high in self._windows_s)
        else:
            self._last = (record.source, max(self._last[1], record.time_s))
            if isinstance(record, IqBlock):
                self._sampled.add(record.source)
                self._listened(record.time_s, len(record.samples) / record.rate_hz)
            elif record.source not in self._sampled:
                self._listened(record.time_s, record.dwell_s)
        yield from ()

    def finish(self) -> Iterator[Record]:
        """What kept to the windows, or why that cannot be said."""
        source, time_s = self._last
        if self._outside_s < LEAST_OUTSIDE_S or self._inside_s <= 0:
            text = say(
                "the meeting was not compared: {inside} s were listened to inside its times and {outside} s "
                "outside",
                inside=round(self._inside_s, 1),
                outside=round(self._outside_s, 1),
            )
            yield told(text, source=source, time_s=time_s, subject=self.name, state=State.DEGRADED)
            return
        own = [one for one in self._emissions.values() if one.kind != "spur"]
        for emission in sorted(only_within(own, self._windows_s), key=lambda one: one.id):
            yield self._detection(emission)

    def _listened(self, start_s: float, seconds: float) -> None:
        middle = start_s + seconds / 2
        if any(low <= middle <= high for low, high in self._windows_s):
            self._inside_s += seconds
        else:
            self._outside_s += seconds

    def _detection(self, emission: Emission) -> Detection:
        mhz = round(emission.center_hz / 1e6, 4)
        return Detection(
            source=emission.source,
            time_s=emission.time_s,
            detector=self.name,
            subject=emission.id,
            kind="new-emission",
            level=Level.MEDIUM if len(emission.bursts) > 1 or not emission.bursts else Level.LOW,
            confidence=0.4,
            title=say("An emission at {mhz} MHz was on the air only during the meeting", mhz=mhz),
            why=(
                say(
                    "It was heard from {start} to {stop} s, inside the meeting's times; {outside} s of "
                    "listening outside them did not show it",
                    start=round(emission.start_s, 1),
                    stop=round(emission.stop_s, 1),
                    outside=round(self._outside_s, 1),
                ),
            ),
            benign=(
                say("A telephone, a laptop or a key fob that somebody brought to the meeting"),
                say("The room's own microphones, projector or lighting control, switched on for the meeting"),
                say("A transmitter outside that was on the air then by chance"),
            ),
            next=(
                say("Ask for telephones to be left outside at the next meeting and compare again"),
                say("Listen to the same frequency at the next meeting and walk towards it with 'locate'"),
            ),
            evidence=(
                Evidence("first heard", emission.start_s, "s", emission.source, emission.start_s),
                Evidence("last heard", emission.stop_s, "s", emission.source, emission.stop_s),
                Evidence("listened outside the meeting", round(self._outside_s, 2), "s"),
            ),
        )
