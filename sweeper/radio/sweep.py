"""The sweep engine: a plan and a receiver in, records out. It knows no driver.

At the start it measures what others assume: how long the receiver takes to settle after a retune, and the
highest gain that does not overload it. Then pass after pass it hears every hop. A receiver that goes away is
called back and the sweep goes on where it stood; what was never heard yields no block, so the coverage is
true, and a Status names the ranges.

A strong signal that stands just where the receiver was tuned hides in its DC spike; such a hop is heard a
second time from a quarter of a hop beside.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from statistics import median

import msgspec

from sweeper.errors import Reason, Unavailable
from sweeper.plan import FULL, SweepPlan
from sweeper.radio import SourceInfo, tuning
from sweeper.radio.hops import Hop, beside, hops, joined, merged, minus, named, span_hz, spares
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
    nearest,
)
from sweeper.records import Closed, IqBlock, Medium, Opened, Record, State, Status

RETRIES_S = (0.5, 1.0, 2.0, 4.0)
"""Waits before the tries to get a lost receiver back: plugging it in again takes a few seconds."""

PATIENCE = 2
"""A hop on which the receiver was lost so often is left out: the hop may be what kills it."""

BLOCK_SAMPLES = 1 << 18
"""A longer look is handed on in blocks of this many samples (109 ms at 2.4 MS/s)."""

GAIN_LOOKS = 24
"""Hops of the overload test, spread over the plan; fewer where the receiver is slow to settle, so that one
round takes about a second."""

DC_RATIO = 20.0
"""Constant part of a look, in times of what noise leaves, that calls for a second look: chance 2e-9."""

DC_TIMES = 2.0
"""...and in times of the constant part that this receiver shows on most hops."""


class SweepStats(msgspec.Struct):
    """What the results document says about a live sweep."""

    hops: int = 0
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
        self._began_s = time.monotonic()
        self._stats = stats
        self._facts = Facts(label=name)
        self._rate_hz = 0.0
        self._crystal = 1.0 + plan.ppm * 1e-6
        self._settle = 0
        self._gain_db: float | None = plan.gain_db
        self._heard: list[tuple[float, float]] = []
        self._refusals: dict[str, None] = {}
        self._overloaded: list[tuple[float, float]] = []
        self._told: dict[Reason, str] = {}
        self._constant: deque[float] = deque(maxlen=64)
        self._lost: ReceiverLost | None = None

    # --- connecting -----------------------------------------------------------------------------------

    async def connect(self) -> Opened:
        """Take the receiver and set its rate; the record that opens the stream."""
        start_utc_s = time.time()
        self._facts = await self.receiver.open()
        try:
            await self._set_rate()
        except ReceiverLost as lost:
            raise Unavailable(self._name, lost.reason, lost.detail) from lost
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
        raise Unavailable(self._name, Reason.REFUSED, "it takes none of the sample rates")

    async def _reconnect(self) -> bool:
        """Try to get the receiver back, set as it was."""
        for wait_s in self._retries_s:
            await self.receiver.close()
            await asyncio.sleep(wait_s)
            try:
                self._facts = await self.receiver.open()
                await self._set_rate()
                if self._gain_db is not None and self._facts.gains_db:
                    await self.receiver.set_gain(self._gain_db)
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
                await self._prepare()
                break
            except ReceiverLost as lost:
                yield self._status(State.DEGRADED, lost.reason, lost.detail)
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
        self._overloaded = []
        todo = hops(self._plan, self._rate_hz, number)
        while todo and self._lost is None:
            again: list[Hop] = []
            async with aclosing(self._hear(todo, again)) as records:
                async for record in records:
                    yield record
            todo = again
        self._count()
        if self._overloaded:
            text = f"the converter was overloaded on {named(self._overloaded)}: signals there may be false"
            for record in self._once(Reason.OVERLOAD, text):
                yield record

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
                        if self._hides(hop, outcome):
                            again.append(beside(hop, self._rate_hz))
                return
            except ReceiverLost as lost:
                self._stats.lost += 1
                failures = failures + 1 if len(waiting) == before else 1
                yield self._status(State.DEGRADED, lost.reason, f"{lost.detail}; trying to get it back")
                if failures >= PATIENCE:
                    waiting.popleft()
                    failures = 0
                if not await self._reconnect():
                    self._lost = lost
                    return
                yield self._status(State.LISTENING, None, "the receiver is back; the sweep goes on")

    def _look(self, hop: Hop) -> Look:
        return Look(hop.center_hz / self._crystal, round(hop.dwell_s * self._rate_hz), self._settle)

    def _blocks(self, hop: Hop, heard: Heard) -> Iterator[IqBlock]:
        half = USABLE * self._rate_hz / 2
        self._heard.append((hop.center_hz - half, hop.center_hz + half))
        self._stats.hops += 1
        if heard.clipped > tuning.CLIPPED:
            self._overloaded.append((hop.start_hz, hop.stop_hz))
        began_s = max(0.0, heard.end_s - self._began_s - len(heard.samples) / self._rate_hz)
        for first in range(0, len(heard.samples), BLOCK_SAMPLES):
            yield IqBlock(
                source=self._name,
                time_s=began_s + first / self._rate_hz,
                rate_hz=self._rate_hz,
                center_hz=hop.center_hz,
                samples=heard.samples[first : first + BLOCK_SAMPLES],
                first_sample=first,
                usable_hz=2 * half,
            )

    def _hides(self, hop: Hop, heard: Heard) -> bool:
        """Whether something beyond the receiver's own DC stands at the centre of a hop."""
        size, ratio = tuning.dc_of(heard.samples)
        usual = median(self._constant) if len(self._constant) >= 8 else 0.0
        self._constant.append(size)
        return ratio > DC_RATIO and size > DC_TIMES * usual and hop.start_hz <= hop.center_hz <= hop.stop_hz

    def _refused(self, hop: Hop, outcome: Refused, again: list[Hop]) -> None:
        self._refusals[outcome.detail] = None
        again += spares(hop)

    # --- preparing ------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        """Gain, settle time, gain again: each measured with the other in place."""
        first = hops(self._plan, self._rate_hz)
        gains = self._facts.gains_db
        if gains:
            wanted = self._plan.gain_db if self._plan.gain_db is not None else max(gains)
            self._gain_db = await self.receiver.set_gain(nearest(gains, wanted))
        self._settle = await self._measure_settle(first)
        if gains and self._plan.gain_db is None:
            most = max(4, min(GAIN_LOOKS, round(self._rate_hz / max(1, self._settle))))
            await self._choose_gain([first[i] for i in tuning.spread(len(first), most)])
        self._stats.gain_db = self._gain_db
        self._stats.settle_s = self._settle / self._rate_hz

    async def _measure_settle(self, first: Sequence[Hop]) -> int:
        """Retune between two ends, three times, and see when the power stops changing."""
        low = first[0].center_hz
        high = first[-1].center_hz if len(first) > 1 else low + USABLE * self._rate_hz
        samples = max(16 * tuning.BLOCK, round(2 * self._facts.settle_window_s * self._rate_hz))
        looks = [Look(hz / self._crystal, samples) for _ in range(3) for hz in (low, high)]
        tries: list[list[int | None]] = [[], []]
        index = 0
        async with aclosing(self.receiver.look(looks)) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Heard) and index > 0:  # nothing was retuned before the first
                    tries[index % 2].append(tuning.settled_after(outcome.samples))
                index += 1
        fallback = round(self._facts.settle_fallback_s * self._rate_hz)
        margin = round(self._facts.settle_margin_s * self._rate_hz)
        return tuning.settle_from(tries, fallback, samples, margin)

    async def _choose_gain(self, test: Sequence[Hop]) -> None:
        """From the highest gain down until nearly none of the test hops overloads."""
        left, of = list(test), len(test)
        samples = round(0.001 * self._rate_hz)
        while self._gain_db is not None:
            looks = [Look(hop.center_hz / self._crystal, samples, self._settle) for hop in left]
            bad: list[Hop] = []
            shares: list[float] = []
            index = 0
            async with aclosing(self.receiver.look(looks)) as outcomes:
                async for outcome in outcomes:
                    if isinstance(outcome, Heard) and outcome.clipped > tuning.CLIPPED:
                        bad.append(left[index])
                        shares.append(outcome.clipped)
                    index += 1
            lower = tuning.lower_gain(self._facts.gains_db, self._gain_db)
            if tuning.enough(shares, of) or lower is None:
                return
            self._gain_db = await self.receiver.set_gain(lower)
            left = bad

    # --- telling --------------------------------------------------------------------------------------

    def _how(self) -> str:
        gain = f"gain {self._gain_db:g} dB" if self._gain_db is not None else "gain as the receiver has it"
        settle = f"settles in {1e3 * self._settle / self._rate_hz:.2f} ms"
        return f"{self._facts.label}: {self._rate_hz / 1e6:.3f} MS/s, {gain}, {settle}"

    def _count(self) -> None:
        self._heard = merged(self._heard)
        self._stats.wall_s = time.monotonic() - self._began_s
        self._stats.span_hz = span_hz(self._wanted) - span_hz(minus(self._wanted, self._heard))

    def _once(self, reason: Reason, text: str) -> Iterator[Status]:
        """A state that holds on every pass is told once."""
        if self._told.get(reason) != text:
            self._told[reason] = text
            yield self._status(State.DEGRADED, reason, text)

    def _last_words(self) -> Iterator[Record]:
        unheard = minus(self._wanted, self._heard)
        problems: list[str] = []
        if unheard:
            if self._lost is not None:
                state, reason, cause = State.FAILED, self._lost.reason, self._lost.detail
            else:
                state, reason = State.DEGRADED, Reason.REFUSED
                cause = "; ".join(list(self._refusals)[:2]) or "the receiver was lost there"
            problems.append(f"{named(unheard)} not swept: {cause}")
            yield self._status(state, reason, problems[-1])
        elif self._lost is not None:
            problems.append(f"the receiver was lost before the last pass: {self._lost.detail}")
            yield self._status(State.FAILED, self._lost.reason, problems[-1])
        now_s = time.monotonic() - self._began_s
        yield Closed(
            source=self._name,
            time_s=now_s,
            records=self._stats.hops,
            duration_s=now_s,
            problems=tuple(problems),
        )

    def _status(self, state: State, reason: Reason | None, detail: str) -> Status:
        now_s = time.monotonic() - self._began_s
        return Status(
            source=self._name, time_s=now_s, subject=self._name, state=state, reason=reason, detail=detail
        )
