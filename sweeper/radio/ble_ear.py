"""Listening to Bluetooth for as long as asked, over whatever radio: batches, trouble and recovery.

An adapter that is switched off, pulled out, or whose daemon restarts says nothing; it only falls silent. So
after a silence listening is begun anew, and what then goes wrong is told once, until it works again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Protocol

from sweeper.errors import Reason, Unavailable
from sweeper.plan import SweepPlan
from sweeper.radio import clock
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Coverage,
    Medium,
    Opened,
    Place,
    Record,
    State,
    Status,
    ended,
    told,
)
from sweeper.text import Phrase, Words, say

BATCH_S = 0.5
"""How long advertisements are collected before they are handed on."""
SILENCE_S = 15.0
"""Longer than BlueZ's own pause between two turns (bleak issue 2022 measured about 5 s)."""
RETRY_S = 3.0
BACKLOG = 20_000
"""Advertisements kept while nobody fetches them: 15 s of the most that D-Bus carried (1,200/s, measured)."""

PAUSE_S = 2.0
"""A longer silence of everything around is a pause; BlueZ's own are about 5 s."""
LEAST_RATE = 4.0
"""Advertisements a second of listening below which such a silence may be chance: at 4 a second, e^-8 of the
silences last 2 s, which is 0.3 % of the time."""
WHOLE = 0.9
"""A listening share above this is not worth a word: windows do not join without a seam."""

Hear = Callable[[Advertisement], None]
Where = Callable[[], Place | None]


class Radio(Protocol):
    """What an ear listens with. ``begin`` raises ``Unavailable``; ``end`` never fails."""

    async def begin(self, clock: Callable[[], float], hear: Hear) -> None: ...

    async def end(self) -> None: ...


async def listen(
    name: str, form: str, radio: Radio, plan: SweepPlan, where: Where | None
) -> AsyncGenerator[Record, None]:
    """Opened, then batches and states for ``plan.ble_seconds``, then Closed. Raises ``Unavailable``."""
    ear = Ear(name, radio, where)
    await ear.begin()
    duty, still = Duty(), clock.Standstill(BATCH_S)
    try:
        yield Opened(
            source=name,
            time_s=0.0,
            medium=Medium.BLE,
            format=form,
            start_utc_s=ear.start_utc_s,
            live=True,
        )
        while (left_s := plan.ble_seconds + duty.stood_s - ear.now_s) > 0:
            still.beat()
            await asyncio.sleep(min(BATCH_S, left_s))
            stood_s = still.beat()
            duty.stood_still(stood_s)
            for record in ear.take():
                if isinstance(record, AdvertisementBatch):
                    duty.heard(record)
                yield record
            for status in await ear.mind(stood_s):
                yield status
    finally:
        await ear.end()
    end_s = ear.now_s
    if duty.count:
        yield duty.coverage(name, end_s)
    yield ended(duty.told(end_s), source=name, time_s=end_s, records=duty.count, duration_s=end_s)


class Duty:
    """How much of the time was listened to, as far as what was heard shows: long silences are pauses."""

    def __init__(self) -> None:
        self.count = 0
        self.stood_s = 0.0
        """So long the computer slept or the program was halted: neither listened nor a pause."""
        self._last_s = 0.0
        self._silent_s = 0.0

    def heard(self, batch: AdvertisementBatch) -> None:
        """Count a batch, and the pause before any of its advertisements."""
        for advert in batch.adverts:
            self._pause(advert.time_s)
            self._last_s = max(self._last_s, advert.time_s)
        self.count += len(batch.adverts)

    def stood_still(self, seconds: float) -> None:
        """A time that is no silence, though nothing was heard in it."""
        self.stood_s += seconds
        self._last_s += seconds

    def _pause(self, now_s: float) -> None:
        if now_s - self._last_s > PAUSE_S:
            self._silent_s += now_s - self._last_s

    def share(self, end_s: float) -> float | None:
        """0 to 1; ``None`` where so little is on the air that a silence shows nothing."""
        silent_s = self._silent_s + (end_s - self._last_s if end_s - self._last_s > PAUSE_S else 0.0)
        awake_s = end_s - self.stood_s
        listened_s = awake_s - silent_s
        if awake_s <= 0 or self.count < LEAST_RATE * listened_s or listened_s <= 0:
            return None
        return min(1.0, listened_s / awake_s)

    def coverage(self, source: str, end_s: float) -> Coverage:
        """The row for the report."""
        share = self.share(end_s)
        return Coverage(
            source=source,
            time_s=end_s,
            medium=Medium.BLE,
            seconds=max(0.0, end_s - self.stood_s),
            adverts=self.count,
            duty=None if share is None else round(share, 3),
        )

    def told(self, end_s: float) -> tuple[Phrase, ...]:
        """What the reader must know about listening in turns."""
        share = self.share(end_s)
        if share is None:
            return (say("so little was heard that nobody can tell how much of the time was listened to"),)
        if share > WHOLE:
            return ()
        line = say("the adapter listened {share:.0%} of the time: the system listens in turns", share=share)
        return (line,)


class Ear:
    """A radio that is kept going: what it hears, and what is wrong with it."""

    def __init__(self, name: str, radio: Radio, where: Where | None) -> None:
        self._name = name
        self._radio = radio
        self._where = where
        self._working = False
        self._heard: deque[Advertisement] = deque()
        self._lost = 0
        self._heard_s = self._tried_s = self._told_s = 0.0
        self._trouble: Reason | None = None
        self._start = clock.now_s()
        self.start_utc_s = time.time()

    @property
    def now_s(self) -> float:
        """Seconds since the beginning, by a clock that nobody sets."""
        return clock.now_s() - self._start

    async def begin(self) -> None:
        """Start listening; raises ``Unavailable`` with the reason and the mend."""
        await self._radio.begin(lambda: self.now_s, self._hear)
        self._working = True
        self._tried_s = self.now_s

    async def end(self) -> None:
        """Stop, if it was begun."""
        if self._working:
            self._working = False
            await self._radio.end()

    def take(self) -> Iterator[Record]:
        """What was heard since the last time, and how much was lost."""
        if self._heard:
            adverts = tuple(self._heard)
            self._heard.clear()
            yield AdvertisementBatch(source=self._name, time_s=adverts[0].time_s, adverts=adverts)
        if self._lost:
            words = say("{count} advertisements were dropped: analysis was behind", count=self._lost)
            self._lost = 0
            yield self._status(State.DEGRADED, Reason.DROPPED, words)

    async def mind(self, stood_s: float = 0.0) -> list[Status]:
        """After a silence begin anew; say what is wrong, once for each reason, and when it is right again.

        An adapter that slept as long has likely forgotten that it was to scan, and is to blame for nothing.
        """
        now = self.now_s
        if self._trouble is not None and self._heard_s > self._told_s:
            return self._tell(State.LISTENING, None, say("advertisements are heard again"))
        patience_s = SILENCE_S if self._working else RETRY_S
        if max(now - max(self._heard_s, self._tried_s), stood_s) < patience_s:
            return []
        was_working = self._working
        await self.end()
        try:
            await self.begin()
        except Unavailable as why:
            self._tried_s = self.now_s
            return self._tell(State.FAILED, why.reason, why.said)
        if not was_working:
            return self._tell(State.LISTENING, None, say("listening works again"))
        if stood_s >= patience_s:
            return []
        words = say("nothing was heard for {seconds:.0f} s; listening was begun anew", seconds=SILENCE_S)
        return self._tell(State.DEGRADED, Reason.STALLED, words)

    def _tell(self, state: State, reason: Reason | None, words: Words) -> list[Status]:
        if reason is self._trouble:
            return []
        self._trouble, self._told_s = reason, self.now_s
        return [self._status(state, reason, words)]

    def _status(self, state: State, reason: Reason | None, words: Words) -> Status:
        return told(
            words, source=self._name, time_s=self.now_s, subject=self._name, state=state, reason=reason
        )

    def _hear(self, advert: Advertisement) -> None:
        self._heard_s = self.now_s
        if len(self._heard) >= BACKLOG:
            self._heard.popleft()
            self._lost += 1
        place = self._where() if self._where is not None else None
        self._heard.append(advert if place is None else _placed(advert, place))


def _placed(advert: Advertisement, place: Place) -> Advertisement:
    return Advertisement(
        advert.time_s,
        advert.address,
        advert.address_type,
        advert.rssi_dbm,
        advert.data,
        advert.channel,
        place,
        advert.hint,
        advert.platform,
    )
