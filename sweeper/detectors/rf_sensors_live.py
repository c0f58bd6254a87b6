"""Known sensors of a live sweep or watch: each new burst's own band, cut out and handed to ``rtl_433``.

The last seconds of samples stay in memory. When an emission that may be a sensor's is told with a burst that
lies wholly within them, the burst is mixed to zero, brought down to the rate that the program likes and given
to it in a thread beside the sweep, which goes on. An emission is asked about a few times at most, and few
wait at once: a busy band costs no more than the program can do. Once named, it keeps its name.
"""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from sweeper.detectors.rf_rtl433 import KEYED, Packet, answer, banded, name_of, named
from sweeper.dsp.channel import Spectrum
from sweeper.memory import room
from sweeper.records import Burst, Emission, IqBlock, Record, State, told
from sweeper.text import say

MEMORY = 64 << 20
"""Bytes of samples remembered, on a small computer a sixteenth of its memory: three seconds at 2.56 MS/s. An
emission is told half a second after a burst."""

BEFORE_S, AFTER_S = 0.05, 0.25
"""Cut out beside the burst: repeats follow within a quarter of a second, and the program's slicer needs an
end that is quiet."""

SILENCE_S = 0.1
"""Appended, so that a packet at the end of what was heard has an end: its longest gaps are shorter."""

LONGEST_S = 1.0
WIDTH_HZ = 200e3
"""Band that is cut out at least: a tyre sensor's two tones are 72 kHz apart, its crystal is 50 kHz off."""

RATE_HZ = 250e3
"""The program's own default rate, for which its decoders are tuned."""

SLACK_S = 0.001
MOST_TRIES = 3
MOST_WAITING = 4
PATIENCE_S = 15.0
"""How long one burst may take, where a whole second of samples takes it 50 ms."""


class LiveSensors:
    """One live source. ``by`` tells the program's name and version when first needed."""

    def __init__(self, name: str, program: str, by: Callable[[], str]) -> None:
        self._name = name
        self._program = program
        self._by = by
        self._blocks: deque[IqBlock] = deque()
        self._bytes, self._room = 0, room(MEMORY)
        self._emissions: dict[str, Emission] = {}
        self._named: dict[str, Packet] = {}
        self._tries: dict[str, int] = {}
        self._asked: set[tuple[str, float]] = set()
        self._worker = ThreadPoolExecutor(1, "rtl_433")
        self._waiting: deque[tuple[str, Future[list[Packet]]]] = deque()
        self._failed = False

    def remember(self, block: IqBlock) -> None:
        """Keep a block of samples as long as there is room."""
        if block.channel or block.second_look:
            return
        self._blocks.append(block)
        self._bytes += block.samples.nbytes
        while self._bytes > self._room:
            self._bytes -= self._blocks.popleft().samples.nbytes

    def emission(self, emission: Emission) -> Iterator[Record]:
        """Ask about its newest bursts; tell it again with its name where that is known."""
        self._emissions[emission.id] = emission
        packet = self._named.get(emission.id)
        if packet is not None:
            yield named(emission, packet, self._by())
        elif emission.kind in KEYED and banded(emission.center_hz):
            self._ask(emission)
        yield from self.answered()

    def answered(self) -> Iterator[Record]:
        """Emissions whose answer has come, named."""
        while self._waiting and self._waiting[0][1].done():
            yield from self._take(*self._waiting.popleft())

    def end(self) -> Iterator[Record]:
        """What is still being asked is waited for; each takes ``PATIENCE_S`` at most."""
        while self._waiting:
            yield from self._take(*self._waiting.popleft())
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _take(self, subject: str, asked: Future[list[Packet]]) -> Iterator[Record]:
        emission = self._emissions[subject]
        try:
            packet = name_of(emission, asked.result())
        except (OSError, subprocess.SubprocessError) as error:
            if not self._failed:
                self._failed = True
                problem = say("{program}: {error}", program=self._program, error=error)
                yield told(
                    say("known sensors were not named: {problem}", problem=problem),
                    source=emission.source,
                    time_s=emission.time_s,
                    subject=self._name,
                    state=State.DEGRADED,
                )
            return
        if packet is not None and subject not in self._named:
            self._named[subject] = packet
            yield named(emission, packet, self._by())

    def _ask(self, emission: Emission) -> None:
        """Hand over the strongest burst that was not asked about yet and is remembered as a whole."""
        if self._failed or len(self._waiting) >= MOST_WAITING:
            return
        for burst in sorted(emission.bursts, key=lambda one: (-one.snr_db, one.start_s)):
            key = (emission.id, burst.start_s)
            if self._tries.get(emission.id, 0) >= MOST_TRIES or key in self._asked:
                continue
            blocks = whole(self._blocks, burst)
            if blocks:
                self._asked.add(key)
                self._tries[emission.id] = self._tries.get(emission.id, 0) + 1
                work = self._worker.submit(heard, self._program, blocks, emission, burst)
                self._waiting.append((emission.id, work))
                return


def whole(blocks: Iterable[IqBlock], burst: Burst) -> list[IqBlock]:
    """The blocks of the one look that holds all of the burst, those around it; empty where none does."""
    look: list[IqBlock] = []
    for block in blocks:
        if look and not _follows(look[-1], block):
            if found := _around(look, burst):
                return found
            look = []
        look.append(block)
    return _around(look, burst)


def _follows(before: IqBlock, block: IqBlock) -> bool:
    same = (before.rate_hz, before.center_hz) == (block.rate_hz, block.center_hz)
    return same and block.first_sample == before.first_sample + len(before.samples)


def _around(look: list[IqBlock], burst: Burst) -> list[IqBlock]:
    if not look or abs(burst.center_hz - look[0].center_hz) > look[0].rate_hz / 2:
        return []
    stop_s = burst.start_s + burst.duration_s
    if burst.start_s < look[0].time_s + SLACK_S or stop_s > _end_s(look[-1]) - SLACK_S:
        return []
    low, high = burst.start_s - BEFORE_S, min(stop_s, burst.start_s + LONGEST_S) + AFTER_S
    return [block for block in look if block.time_s < high and _end_s(block) > low]


def _end_s(block: IqBlock) -> float:
    return block.time_s + len(block.samples) / block.rate_hz


def heard(program: str, blocks: list[IqBlock], emission: Emission, burst: Burst) -> list[Packet]:
    """The packets that the program hears in the burst's band, in the source's time."""
    first = blocks[0]
    samples = np.concatenate([block.samples for block in blocks])
    width_hz = max(WIDTH_HZ, 1.5 * emission.width_hz)
    rate_hz, center_hz = first.rate_hz, first.center_hz
    if rate_hz > 1.5 * max(RATE_HZ, 1.25 * width_hz):
        rate_of = max(1.25, RATE_HZ / width_hz)
        cut = Spectrum(samples, rate_hz).cut(burst.center_hz - center_hz, width_hz, rate_of)
        samples, rate_hz, center_hz = cut.samples, cut.rate_hz, center_hz + cut.center_hz
    quiet = np.zeros(round(SILENCE_S * rate_hz), np.complex64)
    found = answer(program, [samples, quiet], rate_hz, center_hz, scaled=True, patience_s=PATIENCE_S)
    return [packet._replace(time_s=round(packet.time_s + first.time_s, 6)) for packet in found]
