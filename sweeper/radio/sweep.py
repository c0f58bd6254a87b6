"""The sweep engine: a plan and a receiver in, records out. It knows no driver.

At the start it measures what others assume: how long the receiver takes to settle after a retune, and the
highest gain that does not overload it. Then pass after pass it hears every hop. A receiver that goes away is
called back and the sweep goes on where it stood; what was never heard yields no block, so the coverage is
true, and a Status names the ranges.

A receiver adds a constant to all it hears, which looks like a carrier wherever it is tuned. What most hops
have in common is taken off. A signal that stands just where the receiver was tuned hides there too: a hop
with more at its centre than the others is heard a second time, from a quarter of a hop beside. So is, after
the first pass, what may be the receiver's own (``vetting``): from beside, and at a lower gain.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress

import msgspec
import numpy as np

from sweeper.errors import Reason, Unavailable
from sweeper.plan import FULL, SweepPlan
from sweeper.radio import SourceInfo, clock, tuning
from sweeper.radio.hops import Hop, beside, hops, joined, merged, minus, named, span_hz, spares
from sweeper.radio.preparing import Prepared, prepare
from sweeper.radio.receiver import (
    RATES_HZ,
    USABLE,
    Facts,
    Heard,
    Look,
    RateRefused,
    Receiver,
    ReceiverLost,
    Refused,
)
from sweeper.radio.vetting import Vetting, lower_step
from sweeper.records import IqBlock, Medium, Opened, Record, Samples, State, Status, ended, told
from sweeper.text import Phrase, Words, listed, say

RETRIES_S = (0.5, 1.0, 2.0, 4.0)
"""Waits before the tries to get a lost receiver back: plugging it in again takes a few seconds."""

PATIENCE = 2
"""A hop on which the receiver was lost so often is left out: the hop may be what kills it."""

BLOCK_SAMPLES = 1 << 18
"""A longer look is handed on in blocks of this many samples (109 ms at 2.4 MS/s)."""

DC_RATIO = 20.0
"""Constant part of a look beyond the receiver's own, in times of what noise leaves, that calls for a second
look: chance 2e-9."""


class SweepStats(msgspec.Struct):
    """What the results document says about a live sweep."""

    hops: int = 0
    samples: int = 0
    span_hz: float = 0.0
    wall_s: float = 0.0
    lost: int = 0
    rate_hz: float = 0.0
    gain_db: float | None = None
    settle_s: float = 0.0


class SweepSource:
    """A receiver that is swept over a plan; ``make`` builds it anew for each run."""

    def __init__(
        self, name: str, make: Callable[[], Receiver], retries_s: Sequence[float] = RETRIES_S
    ) -> None:
        self.info = SourceInfo(name=name, medium=Medium.RF, live=True)
        self.stats = SweepStats()
        self._make = make
        self._retries_s = tuple(retries_s)

    async def records(self, plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, then blocks and states, then Closed. Raises ``Unavailable`` if it cannot begin."""
        run = _Run(self.info.name, self._make(), plan, self._retries_s, self.stats)
        try:
            yield await run.connect()
            async with aclosing(run.work()) as work:
                async for record in work:
                    yield record
        finally:
            await run.receiver.close()


class _Run:
    """One sweep from connect to close."""

    def __init__(
        self, name: str, receiver: Receiver, plan: SweepPlan, retries_s: tuple[float, ...], stats: SweepStats
    ) -> None:
        self.receiver = receiver
        self._name = name
        bands = joined(plan.bands) or list(FULL.bands)
        self._plan = msgspec.structs.replace(plan, bands=tuple(bands))
        self._wanted = [(band.start_hz, band.stop_hz) for band in bands]
        self._retries_s = retries_s
        self._began_s = clock.now_s()
        self._stats = stats
        self._facts = Facts(label=name)
        self._rate_hz = 0.0
        self._crystal = 1.0 + plan.ppm * 1e-6
        self._ready = Prepared(None, 0)
        self._heard: list[tuple[float, float]] = []
        self._refusals: dict[str, Words] = {}
        self._overloaded: list[tuple[float, float]] = []
        self._told: dict[Reason, Phrase] = {}
        self._means: deque[complex] = deque(maxlen=64)
        self._hiding: list[Hop] = []
        self._lost: ReceiverLost | None = None
        self._number = 0
        self._first_looks: Vetting | None = None
        self._second_looks: Vetting | None = None
        self._gain_step_db = 0.0

    # --- connecting -----------------------------------------------------------------------------------

    async def connect(self) -> Opened:
        """Take the receiver and set its rate; the record that opens the stream."""
        start_utc_s = time.time()
        self._facts = await self.receiver.open()
        try:
            await self._set_rate()
        except ReceiverLost as lost:
            raise Unavailable(self._name, lost.reason, lost.said) from lost
        self._stats.rate_hz = self._rate_hz
        return Opened(
            source=self._name,
            time_s=0.0,
            medium=Medium.RF,
            format=self._facts.label,
            rate_hz=self._rate_hz,
            start_utc_s=start_utc_s,
            live=True,
        )

    async def _set_rate(self) -> None:
        """The first rate that the receiver takes. The true rate follows the crystal's error."""
        for wanted in RATES_HZ:
            try:
                self._rate_hz = await self.receiver.set_rate(wanted) * self._crystal
            except RateRefused:
                continue
            return
        raise Unavailable(self._name, Reason.REFUSED, say("it takes none of the sample rates"))

    async def _reconnect(self) -> bool:
        """Try to get the receiver back, set as it was."""
        for wait_s in self._retries_s:
            await self.receiver.close()
            await asyncio.sleep(wait_s)
            self._gain_step_db = 0.0
            try:
                self._facts = await self.receiver.open()
                await self._set_rate()
                if self._ready.gain_db is not None:
                    await self.receiver.set_gain(self._ready.gain_db)
            except (Unavailable, ReceiverLost):
                continue
            return True
        await self.receiver.close()
        return False

    # --- the work -------------------------------------------------------------------------------------

    async def work(self) -> AsyncGenerator[Record, None]:
        """Prepare, sweep, and say at the end what was not heard."""
        alive = True
        for attempt in range(PATIENCE):
            try:
                self._ready = await prepare(self.receiver, self._facts, self._plan, self._rate_hz)
                self._means.extend(self._ready.means)
                break
            except ReceiverLost as lost:
                yield self._status(State.DEGRADED, lost.reason, lost.said)
                alive = attempt + 1 < PATIENCE and await self._reconnect()
                if not alive:
                    self._lost = lost
                    break
        if alive:
            yield self._status(State.LISTENING, None, self._how())
        number = 0
        while alive and (self._plan.passes <= 0 or number < self._plan.passes):
            async with aclosing(self._pass(number)) as records:
                async for record in records:
                    yield record
            alive = self._lost is None
            number += 1
        self._count()
        for record in self._last_words():
            yield record

    async def _pass(self, number: int) -> AsyncGenerator[Record, None]:
        """Every hop of one pass, then those that need a second look."""
        self._number = number
        self._overloaded, self._hiding = [], []
        self._first_looks = Vetting(self._rate_hz) if number == 0 else None
        planned = hops(self._plan, self._rate_hz, number)
        todo, first = planned, True
        while todo and self._lost is None:
            again: list[Hop] = []
            async with aclosing(self._hear(todo, again)) as records:
                async for record in records:
                    yield record
            todo, first = again + (self._hiding if first else []), False
        if self._first_looks is not None:
            vetting, self._first_looks = self._first_looks, None
            async with aclosing(self._vet(vetting, len(planned))) as records:
                async for record in records:
                    yield record
        self._count()
        if self._overloaded:
            words = say(
                "the converter was overloaded on {ranges}: signals there may be false",
                ranges=named(self._overloaded),
            )
            for record in self._once(Reason.OVERLOAD, words):
                yield record

    async def _vet(self, vetting: Vetting, planned: int) -> AsyncGenerator[Record, None]:
        """Second looks at what may be the receiver's own: from beside, then at a lower gain."""
        self._second_looks = vetting
        for retuned in (False, True):
            where = vetting.again() if retuned else vetting.retuned(planned)
            async with aclosing(self._hear(where, [])) as records:
                async for record in records:
                    yield record
        present_db = self._ready.gain_db
        lower_db = lower_step(self._facts.gains_db, present_db) if present_db is not None else None
        todo = vetting.softer()
        if present_db is not None and lower_db is not None and todo and self._lost is None:
            with suppress(ReceiverLost):  # the next pass meets the same loss and deals with it
                self._gain_step_db = await self.receiver.set_gain(lower_db) - present_db
                async with aclosing(self._hear(todo, [])) as records:
                    async for record in records:
                        yield record
                self._gain_step_db = 0.0
                await self.receiver.set_gain(present_db)
        self._second_looks, self._gain_step_db = None, 0.0

    async def _hear(self, todo: Sequence[Hop], again: list[Hop]) -> AsyncGenerator[Record, None]:
        """Hear hops in order, across losses of the receiver; hops worth another look go to ``again``."""
        waiting = deque(hop for hop in todo for _ in range(hop.looks))
        failures = 0
        while waiting:
            before = len(waiting)
            try:
                looks = [self._look(hop) for hop in waiting]
                async with aclosing(self.receiver.look(looks)) as outcomes:
                    async for outcome in outcomes:
                        hop = waiting.popleft()
                        if isinstance(outcome, Refused):
                            self._refused(hop, outcome, again)
                            continue
                        for block in self._blocks(hop, outcome):
                            yield block
                return
            except ReceiverLost as lost:
                self._stats.lost += 1
                failures = failures + 1 if len(waiting) == before else 1
                words = say("{what}; trying to get it back", what=lost)
                yield self._status(State.DEGRADED, lost.reason, words)
                if failures >= PATIENCE:
                    waiting.popleft()
                    failures = 0
                if not await self._reconnect():
                    self._lost = lost
                    return
                yield self._status(State.LISTENING, None, say("the receiver is back; the sweep goes on"))

    def _look(self, hop: Hop) -> Look:
        return Look(hop.center_hz / self._crystal, round(hop.dwell_s * self._rate_hz), self._ready.settle)

    def _blocks(self, hop: Hop, heard: Heard) -> Iterator[IqBlock]:
        half = USABLE * self._rate_hz / 2
        self._stats.hops += 1
        self._stats.samples += len(heard.samples)
        samples = self._without_offset(hop, heard)
        if self._second_looks is not None:
            self._second_looks.second(hop, samples)
        else:
            self._heard.append((hop.center_hz - half, hop.center_hz + half))
            if heard.clipped > tuning.CLIPPED:
                self._overloaded.append((hop.start_hz, hop.stop_hz))
            if self._first_looks is not None:
                self._first_looks.first(hop, samples)
        began_s = max(0.0, heard.end_s - self._began_s - len(samples) / self._rate_hz)
        for first in range(0, len(samples), BLOCK_SAMPLES):
            yield IqBlock(
                source=self._name,
                time_s=began_s + first / self._rate_hz,
                rate_hz=self._rate_hz,
                center_hz=hop.center_hz,
                samples=samples[first : first + BLOCK_SAMPLES],
                first_sample=first,
                usable_hz=2 * half,
                sweep_pass=self._number,
                second_look=self._second_looks is not None,
                gain_step_db=self._gain_step_db,
                gain_db=self._ready.gain_db,
            )

    def _without_offset(self, hop: Hop, heard: Heard) -> Samples:
        """The samples without the constant that the receiver adds; a hop at whose centre there is more than
        that is noted, to be looked at from beside."""
        if self._gain_step_db:  # another gain, another offset
            return heard.samples - np.complex64(heard.samples.mean())
        offset = tuning.usual_offset(self._means)
        self._means.append(complex(heard.samples.mean()))
        within = hop.start_hz <= hop.center_hz <= hop.stop_hz
        if within and tuning.dc_ratio(heard.samples, offset) > DC_RATIO:
            self._hiding.append(beside(hop, self._rate_hz))
        return heard.samples - np.complex64(offset)

    def _refused(self, hop: Hop, outcome: Refused, again: list[Hop]) -> None:
        self._refusals[outcome.detail] = outcome.words
        again += spares(hop)

    # --- telling --------------------------------------------------------------------------------------

    def _how(self) -> Phrase:
        gain_db, settle_s = self._ready.gain_db, self._ready.settle / self._rate_hz
        self._stats.gain_db, self._stats.settle_s = gain_db, settle_s
        known: dict[str, str | float] = {
            "receiver": self._facts.label,
            "rate": self._rate_hz / 1e6,
            "settle": 1e3 * settle_s,
        }
        if gain_db is None:
            return say(
                "{receiver}: {rate:.3f} MS/s, gain as the receiver has it, settles in {settle:.2f} ms",
                **known,
            )
        return say(
            "{receiver}: {rate:.3f} MS/s, gain {gain:g} dB, settles in {settle:.2f} ms", gain=gain_db, **known
        )

    def _count(self) -> None:
        self._heard = merged(self._heard)
        self._stats.wall_s = clock.now_s() - self._began_s
        self._stats.span_hz = span_hz(self._wanted) - span_hz(minus(self._wanted, self._heard))

    def _once(self, reason: Reason, words: Phrase) -> Iterator[Status]:
        """A state that holds on every pass is told once."""
        if self._told.get(reason) != words:
            self._told[reason] = words
            yield self._status(State.DEGRADED, reason, words)

    def _last_words(self) -> Iterator[Record]:
        unheard = minus(self._wanted, self._heard)
        problems: list[Words] = []
        if unheard:
            if self._lost is not None:
                state, reason, cause = State.FAILED, self._lost.reason, self._lost.said
            else:
                state, reason, cause = State.DEGRADED, Reason.REFUSED, self._refused_because()
            problems.append(say("{ranges} not swept: {cause}", ranges=named(unheard), cause=cause))
            yield self._status(state, reason, problems[-1])
        elif self._lost is not None:
            problems.append(say("the receiver was lost before the last pass: {cause}", cause=self._lost))
            yield self._status(State.FAILED, self._lost.reason, problems[-1])
        now_s, samples = clock.now_s() - self._began_s, self._stats.samples
        yield ended(problems, source=self._name, time_s=now_s, records=samples, duration_s=now_s)

    def _refused_because(self) -> Phrase:
        """Why some hops were not heard: the first two reasons that the receiver gave."""
        causes = list(self._refusals.values())[:2]
        return listed(causes, "; ") if causes else say("the receiver was lost there")

    def _status(self, state: State, reason: Reason | None, words: Words) -> Status:
        now_s, name = clock.now_s() - self._began_s, self._name
        return told(words, source=name, time_s=now_s, subject=name, state=state, reason=reason)
