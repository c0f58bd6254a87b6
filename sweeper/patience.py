"""Foreign code with a limit on its time: a plug-in that hangs is left behind, named, and the sweep goes on.

Code of other packages runs in a thread of its own. What does not answer in time is given up: if it loops in
Python it is ended there (an exception is raised inside it); if it is stuck in a call of the system it stays
in a daemon thread that nobody waits for. Either way the caller gets one ``HungError``.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from sweeper.errors import Reason, SweeperError, Unavailable, contained
from sweeper.records import Record, State, Status, told
from sweeper.text import say

T = TypeVar("T")
Job = Callable[[], Any]

ANSWER_S = float(os.environ.get("SWEEPER_PATIENCE_S", "") or 10.0)
"""For one record or one start. The slowest built-in stage needs 0.3 s for its largest block; a busy computer
may be ten times slower. The environment may say otherwise for a plug-in that needs longer."""
SILENCE_S = 60.0
"""After which a live source that says nothing is mentioned: a quiet receiver still gives blocks or traces."""
WAITING = 16
"""Records that a foreign source may be ahead."""


class HungError(SweeperError):
    """Foreign code that did not answer in time."""


class Worker:
    """One thread that runs jobs one by one. After a job that hung it takes no more."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.hung = False
        self._jobs: SimpleQueue[tuple[Job, SimpleQueue[tuple[bool, Any]]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, job: Callable[[], T], seconds: float) -> T:
        """The job's result, or what it raised. Raises ``HungError`` once its time is up, and ever after."""
        if self.hung:
            raise HungError(say("{name}: did not answer and was left out", name=self.name))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
            self._thread.start()
        answers: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
        self._jobs.put((job, answers))
        try:
            good, answer = answers.get(timeout=seconds)
        except Empty:
            self.hung = True
            end(self._thread)
            raise HungError(
                say(
                    "{name}: no answer in {seconds:g} s; it is left out from here on",
                    name=self.name,
                    seconds=seconds,
                )
            ) from None
        if not good:
            raise answer
        result: T = answer
        return result

    def close(self) -> None:
        """Let the thread end."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (waiting := self._jobs.get()) is not None:
            job, answers = waiting
            try:
                with contained() as caught:
                    answers.put((True, job()))
            except SystemExit:
                return
            if caught.error is not None:  # handed to the caller, who names it
                answers.put((False, caught.error))


def end(thread: threading.Thread) -> None:
    """Raise ``SystemExit`` inside a thread, at its next step of Python."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


def within(name: str, job: Callable[[], T], seconds: float = ANSWER_S) -> T:
    """One job with a limit on its time."""
    worker = Worker(name)
    try:
        return worker.run(job, seconds)
    finally:
        worker.close()


class ForeignStage(Protocol):
    """What a plug-in's detector is."""

    name: str
    accepts: tuple[type[Record], ...]

    def feed(self, record: Any, /) -> Iterable[Record]: ...

    def finish(self) -> Iterable[Record]: ...


class PatientStage:
    """A plug-in's stage, each record with a limit on its time. The same records in the same order."""

    def __init__(self, stage: ForeignStage, seconds: float = ANSWER_S) -> None:
        self.name = str(stage.name)
        self.accepts = tuple(stage.accepts)
        self._stage = stage
        self._seconds = seconds
        self._worker = Worker(self.name)

    def feed(self, record: Record, /) -> list[Record]:
        """What the stage makes of it; ``HungError`` once, then nothing."""
        return self._run(lambda: list(self._stage.feed(record)))

    def finish(self) -> list[Record]:
        try:
            return self._run(lambda: list(self._stage.finish()))
        finally:
            self._worker.close()

    def _run(self, job: Callable[[], list[Record]]) -> list[Record]:
        return [] if self._worker.hung else self._worker.run(job, self._seconds)


class ForeignSource(Protocol):
    """What a plug-in's source is."""

    @property
    def info(self) -> Any: ...

    def records(self, plan: Any) -> AsyncGenerator[Record, None]: ...


class PatientSource:
    """A plug-in's source on a thread and loop of its own: it cannot hold up the sweep."""

    def __init__(
        self, source: ForeignSource, seconds: float = ANSWER_S, silence_s: float = SILENCE_S
    ) -> None:
        self.info = source.info
        self._source = source
        self._seconds = seconds
        self._silence_s = silence_s

    async def records(self, plan: Any) -> AsyncGenerator[Record, None]:
        """Its records. ``Unavailable`` if the first does not come, or a recorded source falls silent."""
        lane = _Lane(self._source, plan)
        lane.start()
        name, last_s, begun, told = self.info.name, 0.0, False, False
        try:
            while True:
                try:
                    patience = self._silence_s if begun and self.info.live else self._seconds
                    async with asyncio.timeout(patience):
                        record = await lane.take()
                except TimeoutError:
                    if not begun or not self.info.live:
                        raise Unavailable(
                            name, Reason.STALLED, say("no record in {seconds:g} s", seconds=patience)
                        ) from None
                    if not told:
                        told = True
                        yield _silent(name, last_s, patience)
                    continue
                if record is None:
                    return
                begun, last_s = True, record.time_s
                yield record
        finally:
            lane.stop()


def _silent(name: str, time_s: float, seconds: float) -> Status:
    words = say("no record in {seconds:g} s", seconds=seconds)
    return told(words, source=name, time_s=time_s, subject=name, state=State.DEGRADED, reason=Reason.STALLED)


class _Lane:
    """The foreign source's thread, and the way from there to the session's loop."""

    def __init__(self, source: ForeignSource, plan: Any) -> None:
        self._source, self._plan = source, plan
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Record | BaseException | None] = asyncio.Queue()
        self._room = threading.Semaphore(WAITING)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=source.info.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens any more; the thread ends at its next record, or at its next step if it hangs."""
        self._stopped = True
        self._room.release()
        if self._thread.is_alive() and self._inbox.empty():
            self._loop.call_later(ANSWER_S, self._give_up)

    def _give_up(self) -> None:
        if self._thread.is_alive():
            end(self._thread)

    async def take(self) -> Record | None:
        """The next record; ``None`` at the end. Raises what the source raised."""
        item = await self._inbox.get()
        self._room.release()
        if isinstance(item, BaseException):
            raise item
        return item

    def _run(self) -> None:
        with suppress(SystemExit):
            asyncio.run(self._pump())

    async def _pump(self) -> None:
        with contained() as caught:
            async for record in self._source.records(self._plan):
                self._room.acquire()
                if self._stopped:
                    return
                self._hand(record)
        self._hand(caught.error)  # the session names it

    def _hand(self, item: Record | BaseException | None) -> None:
        with suppress(RuntimeError):  # the session's loop has ended
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, item)
