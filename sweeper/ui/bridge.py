"""The one way between the window and the core.

The core runs on an asyncio loop in one plain thread; the Qt thread has no asyncio. Window to core goes only
by ``call_soon_threadsafe``. Core to window: rare records (a source opened, ended, failed) by one queued
signal; traces onto a ``Panorama`` that the spectrum view takes at display rate; everything else is kept by
id, newest wins, and handed over in batches when the window asks, so a flood never queues up.

    Qt thread                                   core's thread
    Core.start(recipe) ── call_soon ──────────> Session.run()
    pause, resume, seek, stop ── call_soon ───> ...
    opened, status, ended <── queued signal ─── _Feed(record)
    Core.take() <───────────── lock ─────────── pending emissions, devices, findings, coverage
    Panorama.take() <───────── lock ─────────── Panorama.add(trace)

The session's modules and asyncio are imported when the first call goes over: that is a quarter of all that a
start would have to read, and the first picture needs none of it.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import shiboken6
from PySide6.QtCore import QObject, Signal

from sweeper.errors import Caught, contained
from sweeper.records import (
    AdvertisementBatch,
    Closed,
    Coverage,
    Device,
    Emission,
    Finding,
    Opened,
    Record,
    Status,
    Trace,
)
from sweeper.report.collect import Collector
from sweeper.ui.memory import Memory
from sweeper.ui.panorama import Panorama
from sweeper.ui.walks import Heard
from sweeper.ui.words import told

if TYPE_CHECKING:
    import asyncio

    from sweeper.radio import Source
    from sweeper.session import Outcome, Session, Sink
    from sweeper.subjects import Gather

JOIN_S = 8.0
"""Longest wait for the core's thread when the window, already hidden, closes. Sources give up their hardware
in less than two seconds; only a block of a wide recording that is just being analysed takes longer, and then
what was heard is already kept: the thread dies with the program."""

AT_ONCE = 2_000
"""Records handed over in one batch: what tables take in within a few milliseconds; the rest comes with the
next."""

Recipe = Callable[["Sequence[Sink]"], "Session"]
"""Builds a fresh session with these sinks; called on the core's thread, so it may import and read."""


class Stretch(msgspec.Struct, frozen=True):
    """A connected piece of a source's spectrum: the ``index``-th that was found."""

    source: str
    index: int


class Batch(msgspec.Struct, eq=False):
    """What came since the last ``take``."""

    emissions: list[Emission] = []
    devices: list[Device] = []
    findings: list[Finding] = []
    coverage: list[Coverage] = []
    position_s: float = 0.0
    duration_s: float | None = None


class Ended(msgspec.Struct, frozen=True, eq=False):
    """A session is over; ``problem`` is one line where it could not even begin."""

    outcome: Outcome | None
    problem: str = ""


class _Feed:
    """The session's sink: sorts records by how they travel. Runs on the core's thread."""

    def __init__(self, core: Core, run: int) -> None:
        self._core = core
        self._run = run

    def __call__(self, record: Record) -> None:
        core = self._core
        if core.run != self._run:
            return
        if isinstance(record, Trace):
            core.stretch(record).add(record)
        elif isinstance(record, Emission | Device | Finding | Coverage):
            with core.lock:
                core.pending[_key(record)] = record
            if isinstance(record, Device) and record.rssi_dbm is not None:
                core.memory.hear(record.id, record.last_s, record.rssi_dbm)
        elif isinstance(record, AdvertisementBatch):
            for advert in record.adverts:
                if advert.rssi_dbm is not None:
                    core.memory.hear(advert.address, advert.time_s, advert.rssi_dbm)
                place = advert.place
                if place is not None and place.lat is not None and place.lon is not None:
                    core.memory.pass_by(
                        Heard(advert.time_s, place.lat, place.lon, advert.address, advert.rssi_dbm)
                    )
        elif isinstance(record, Opened | Closed | Status):
            core.told.emit((self._run, record))


def _key(record: Record) -> tuple[Any, ...]:
    if isinstance(record, Coverage):
        return (record.source, record.medium, record.start_hz, record.stop_hz)
    return (type(record), getattr(record, "id", ""))


class Core(QObject):
    """Owns the core's thread and the session that runs on it. All methods are the Qt thread's."""

    told = Signal(object)
    """``(run, Opened | Closed | Status)``."""
    ended = Signal(object)
    """``(run, Ended)``."""
    answered = Signal(object)
    """``(callback, result, problem)`` of ``ask``."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lock = threading.Lock()
        self.run = 0
        self.pending: dict[tuple[Any, ...], Record] = {}
        self.collected = Collector()
        self.gathered: Gather | None = None
        """What a signature can be made of; ``None`` before the first session."""
        self._panoramas: dict[str, list[Panorama]] = {}
        self.memory = Memory()
        self._session: Session | None = None
        self._recipe: Recipe | None = None
        self._after: Callable[[], None] | None = None
        self._speed: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._last_act: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._over = False
        self.answered.connect(_deliver)

    # What the window tells the core.

    def start(
        self,
        recipe: Recipe,
        *,
        speed: float | None = None,
        position_s: float = 0.0,
        after: Callable[[], None] | None = None,
    ) -> int:
        """End what runs and run a new session; returns its number, which its signals carry.

        ``after`` is called on the core's thread when the session is over, however it ended.
        """
        self.run += 1
        self._recipe, self._speed, self._after = recipe, speed, after
        self._forget()
        self._call(self._begin, self.run, recipe, speed, position_s)
        return self.run

    def pause(self) -> None:
        self._call(self._on_session, "pause")

    def resume(self) -> None:
        self._call(self._on_session, "resume")

    def stop(self) -> None:
        """End soon; stages still say what they have."""
        self._call(self._on_session, "stop")

    def set_speed(self, speed: float | None) -> None:
        self._speed = speed
        self._call(self._change_speed, speed)

    def seek(self, position_s: float) -> None:
        """Go to a position: forward by analysing what lies between, back by starting anew."""
        session = self._session
        if session is not None and position_s >= session.position_s:
            self._call(session.skip_to, position_s)
        elif self._recipe is not None:
            self.start(self._recipe, speed=self._speed, position_s=position_s, after=self._after)

    def join(self, source: Source) -> bool:
        """Take a source into the live session that runs; on the core's thread, so by ``ask``."""
        return self._session is not None and self._session.join(source)

    def ask(self, work: Callable[[], Any | Awaitable[Any]], then: Callable[[Any, str], object]) -> None:
        """Do ``work`` on the core's thread and call ``then(result, problem)`` on this one."""
        self._call(self._errand, work, then)

    def close(self) -> bool:
        """Stop session, loop and thread, for good; ``True`` if the thread is gone."""
        self.run += 1
        self._over = True
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return True
        if thread.is_alive():
            loop.call_soon_threadsafe(self._end_loop)
            thread.join(JOIN_S)
        self._thread = self._loop = None
        return not thread.is_alive()

    # What the window takes.

    def take(self) -> Batch:
        """What changed since the last call, at most ``AT_ONCE`` records of it."""
        with self.lock:
            if len(self.pending) <= AT_ONCE:
                pending, self.pending = self.pending, {}
            else:
                pending = dict(islice(self.pending.items(), AT_ONCE))
                for key in pending:
                    del self.pending[key]
        batch = Batch()
        for record in pending.values():
            if isinstance(record, Emission):
                batch.emissions.append(record)
            elif isinstance(record, Device):
                batch.devices.append(record)
            elif isinstance(record, Finding):
                batch.findings.append(record)
            elif isinstance(record, Coverage):
                batch.coverage.append(record)
        session = self._session
        if session is not None:
            batch.position_s = session.position_s
            batch.duration_s = session.duration_s
        return batch

    def spectra(self) -> list[Stretch]:
        """Every stretch of spectrum heard so far, by source and in the order in which they were found."""
        with self.lock:
            return [
                Stretch(source, index)
                for source, made in self._panoramas.items()
                for index in range(len(made))
            ]

    def panorama(self, stretch: Stretch) -> Panorama | None:
        """The spectrum of a stretch; ``None`` if it is of a session that is over."""
        with self.lock:
            made = self._panoramas.get(stretch.source, [])
            return made[stretch.index] if stretch.index < len(made) else None

    def stretch(self, trace: Trace) -> Panorama:
        """The panorama that a trace belongs to; made where there is none (core's thread)."""
        with self.lock:
            made = self._panoramas.setdefault(trace.source, [])
            for panorama in made:
                if panorama.takes(trace):
                    return panorama
            made.append(Panorama())
            return made[-1]

    def level(self, source: str, low_hz: float, high_hz: float) -> tuple[float, float] | None:
        """``(time_s, dB above the floor)`` between two frequencies, as last heard by a source."""
        with self.lock:
            made = list(self._panoramas.get(source, []))
        for panorama in made:
            heard = panorama.level(low_hz, high_hz)
            if heard is not None:
                return heard
        return None

    @property
    def alive(self) -> bool:
        """Whether the core's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    # On the core's thread from here on.

    def _begin(self, run: int, recipe: Recipe, speed: float | None, position_s: float) -> None:
        import asyncio

        before = self._task
        after = self._after
        if self._session is not None:
            self._session.stop()
        self._task = asyncio.get_running_loop().create_task(
            self._live(run, recipe, speed, position_s, before, after)
        )

    async def _live(
        self,
        run: int,
        recipe: Recipe,
        speed: float | None,
        position_s: float,
        before: asyncio.Task[None] | None,
        after: Callable[[], None] | None,
    ) -> None:
        import asyncio

        if before is not None:
            await asyncio.wait([before])
        outcome = None
        with contained() as caught:
            from sweeper.subjects import Gather

            collected = Collector()
            gathered = Gather()
            session = recipe([collected, gathered, _Feed(self, run)])
            self.gathered = gathered
            session.speed = speed
            session.skip_to(position_s)
            self.collected, self._session = collected, session
            outcome = await session.run()
        if after is not None:
            with contained() as late:
                after()
            caught.error = caught.error or late.error
        self.ended.emit((run, Ended(outcome, _plain(caught))))

    def _on_session(self, what: str) -> None:
        if self._session is not None:
            getattr(self._session, what)()

    def _change_speed(self, speed: float | None) -> None:
        if self._session is not None:
            self._session.speed = speed

    def _errand(self, work: Callable[[], Any], then: Callable[[Any, str], object]) -> None:
        import asyncio

        async def do() -> None:
            result = None
            with contained() as caught:
                result = work()
                if isinstance(result, Awaitable):
                    result = await result
            self.answered.emit((then, result, _plain(caught)))

        task = asyncio.get_running_loop().create_task(do())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _end_loop(self) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        if self._session is not None:
            self._session.stop()
        self._last_act = loop.create_task(self._wind_up(loop))

    async def _wind_up(self, loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        if self._task is not None:
            _done, slow = await asyncio.wait([self._task], timeout=JOIN_S / 2)
            for task in slow:
                task.cancel()
            await asyncio.wait([self._task], timeout=JOIN_S / 4)
        if self._errands:  # one that is just letting a receiver go must not be disturbed
            await asyncio.wait(list(self._errands), timeout=JOIN_S / 4)
        late = set(self._errands)
        for errand in late:
            errand.cancel()
        if late:
            await asyncio.wait(late, timeout=JOIN_S / 4)
        loop.stop()

    # Between the threads.

    def _forget(self) -> None:
        with self.lock:
            self.pending.clear()
            self._panoramas.clear()
        self.memory.forget()

    def _call(self, what: Callable[..., object], *args: object) -> None:
        import asyncio

        if self._over:  # an answer that came late asks for more: nobody is left to do it
            return
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="core", daemon=True)
            self._thread.start()
        self._loop.call_soon_threadsafe(what, *args)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _plain(caught: Caught) -> str:
    if caught.error is None:
        return ""
    return told(caught.words())


def _deliver(answer: tuple[Callable[[Any, str], object], Any, str]) -> None:
    then, result, problem = answer
    asked = getattr(then, "__self__", None) or getattr(getattr(then, "func", None), "__self__", None)
    if isinstance(asked, QObject) and not shiboken6.isValid(asked):
        return  # the view was rebuilt meanwhile
    then(result, problem)
