"""A remote RTL-SDR behind an ``rtl_tcp`` server: the receiver in another room.

The protocol is that of osmocom's ``rtl_tcp``, unchanged since 2012 and spoken by every server of that name::

    server ──> "RTL0" | tuner type u32 | number of gains u32          12 bytes, big-endian, once
    server ──> I Q I Q I Q …                                          unsigned bytes, for ever
    client ──> command u8 | argument u32, big-endian                  5 bytes, never answered

Nothing is acknowledged: what arrives after a retune is old for as long as the server's and the network's
buffers are deep. A thread reads without pause, so that nothing waits in between, and the settle time,
measured from the moment the command is sent, covers the buffers too. A refused rate shows as too few samples.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence

import msgspec
import numpy as np

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.radio import clock
from sweeper.radio.arrivals import Arrivals
from sweeper.radio.receiver import (
    Facts,
    Heard,
    Look,
    RateRefused,
    ReceiverLost,
    Refused,
    clipped_share,
    complex_of,
)
from sweeper.text import say

HEADER = 12
MAGIC = b"RTL0"
SET_FREQUENCY, SET_RATE, SET_GAIN_MODE, SET_GAIN, SET_AGC = 0x01, 0x02, 0x03, 0x04, 0x08

CONNECT_S = 5.0
"""For the connection and for the header: a server sends it at once."""

SILENCE_S = 3.0
"""Without a byte for so long the server or its dongle has stalled: buffers come every 55 ms."""

BACKLOG_S = 1.0
"""At the start the server hands out quickly what it has buffered; that says nothing of the rate."""

RATE_TEST_S = 1.6
RATE_SHARE = 0.92
"""Counting bytes for so long tells 2.4 from 2.048 MS/s; buffers of 55 ms blur it by a few per cent."""
RATE_WAIT_S = 30.0
"""A server that takes longer for it carries a tenth of the least of the rates."""
RATE_TRIES = 2
"""A network or a computer that was busy for a moment makes up for it in the second count; a rate does not."""

AHEAD = 4
"""Looks asked for ahead, so that the thread goes on while the consumer computes."""

MARGIN_S = 0.075
"""A retune falls anywhere into the server's buffer of 131,072 samples, 64 ms at 2.048 MS/s: the tries that
measured the settling may have met its end, and a look its beginning."""

STREAM_AHEAD_S = 1.0
"""A stream asks for so much ahead: a consumer that is held up for less loses nothing."""

CHUNK = 1 << 16
"""Bytes asked of the socket at a time: 14 ms at 2.4 MS/s."""

E4000_DB = (-1, 1.5, 4, 6.5, 9, 11.5, 14, 16.5, 19, 21.5, 24, 29, 34, 42)
FC0012_DB = (-9.9, -4, 7.1, 17.9, 19.2)
FC0013_DB = (
    *(-9.9, -7.3, -6.5, -6.3, -6, -5.8, -5.4, 5.8, 6.1, 6.3, 6.5, 6.7, 6.8, 7),
    *(7.1, 17.9, 18.1, 18.2, 18.4, 18.6, 18.8, 19.1, 19.7),
)
R820T_DB = (
    *(0, 0.9, 1.4, 2.7, 3.7, 7.7, 8.7, 12.5, 14.4, 15.7, 16.6, 19.7, 20.7, 22.9, 25.4),
    *(28, 29.7, 32.8, 33.8, 36.4, 37.2, 38.6, 40.2, 42.1, 43.4, 43.9, 44.5, 48, 49.6),
)
"""Gain steps of the tuners, as ``rtl_test`` prints them."""

TUNERS: dict[int, tuple[str, tuple[tuple[float, float], ...], tuple[float, ...]]] = {
    1: ("E4000", ((52e6, 1100e6), (1250e6, 2200e6)), E4000_DB),
    2: ("FC0012", ((22e6, 948.6e6),), FC0012_DB),
    3: ("FC0013", ((22e6, 1100e6),), FC0013_DB),
    4: ("FC2580", ((146e6, 308e6), (438e6, 924e6)), ()),
    5: ("R820T", ((24e6, 1766e6),), R820T_DB),
    6: ("R828D", ((24e6, 1766e6),), R820T_DB),
}
"""Type number (``enum rtlsdr_tuner``) -> name, what it reaches (osmocom's wiki), its gain steps in dB."""


class Header(msgspec.Struct, frozen=True):
    """What the server says of itself, once."""

    tuner: int
    gains: int


def parse_header(data: bytes) -> Header:
    """The first 12 bytes from a server. Raises ``ProtocolError``."""
    if not MAGIC.startswith(data[:4]):
        raise ProtocolError(say("not an rtl_tcp server: it began with {data}", data=repr(data[:4])), 0)
    if len(data) < HEADER:
        raise ProtocolError(say("the server sent {count} of 12 header bytes", count=len(data)), len(data))
    tuner, gains = struct.unpack(">II", data[4:HEADER])
    return Header(tuner, gains)


def command(code: int, argument: int) -> bytes:
    """Five bytes; a negative argument goes as two's complement."""
    return struct.pack(">BI", code, argument & 0xFFFFFFFF)


class _Job:
    """A command, how many bytes to throw away after it, and how many to hand over then.

    What was on its way when the command was sent is thrown away besides. ``rate_hz`` where it sets that.
    """

    def __init__(self, order: bytes, skip: int, count: int, rate_hz: float = 0.0) -> None:
        self.order = order
        self.rate_hz = rate_hz
        self.skip = skip
        self.raw = bytearray(count)
        self.began_s = 0.0
        self.end_s = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Wire:
    """One connection and the thread that reads it. What arrives while nobody asks is thrown away."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._lost: ReceiverLost | None = None
        self._taken = 0
        self._arrivals = Arrivals()
        connection.settimeout(SILENCE_S)
        self._thread = threading.Thread(target=self._work, name="rtl_tcp", daemon=True)
        self._thread.start()

    def post(self, order: bytes, skip: int, count: int, rate_hz: float = 0.0) -> _Job:
        """Queue a command and the bytes that are to be read after it."""
        job = _Job(order, skip, count, rate_hz)
        self._jobs.put(job)
        return job

    async def wait(self, job: _Job, within_s: float) -> bytearray:
        """The bytes of a job, once they are there. Raises ``ReceiverLost``."""
        deadline_s = time.monotonic() + within_s
        while not job.done.done():
            if self._lost is not None:
                raise self._lost
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise ReceiverLost(Reason.STALLED, say("the server sends too slowly"))
            await asyncio.wait([job.done], timeout=min(left_s, SILENCE_S))
        if self._lost is not None and not job.end_s:
            raise self._lost
        return job.raw

    def tell(self, order: bytes) -> None:
        """Send a command that nothing follows. Raises ``ReceiverLost``."""
        try:
            self._connection.sendall(order)
        except OSError as error:
            raise ReceiverLost(Reason.ENDED, say("the connection broke: {error}", error=error)) from error

    async def close(self) -> None:
        """Close the connection and wait for the thread."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _work(self) -> None:
        """The thread: one job after the other, and in between keep the pipe empty."""
        idle = bytearray(CHUNK)
        job: _Job | None = None
        try:
            while True:
                with contextlib.suppress(queue.Empty):
                    job = self._jobs.get_nowait()
                if job is None:
                    self._take(memoryview(idle))
                    continue
                self._do(job, memoryview(idle))
                self._answer(job)
                job = None
        except TimeoutError:
            self._lost = ReceiverLost(
                Reason.STALLED, say("no samples from the server in {seconds:.0f} s", seconds=SILENCE_S)
            )
        except ReceiverLost as lost:
            self._lost = lost
        except OSError as error:
            self._lost = ReceiverLost(Reason.ENDED, say("the connection broke: {error}", error=error))
        while job is not None or not self._jobs.empty():  # those that were never begun are waited for too
            self._answer(job or self._jobs.get())
            job = None

    def _do(self, job: _Job, idle: memoryview) -> None:
        if job.order:
            self._connection.sendall(job.order)
        if job.rate_hz:
            self._arrivals.begin(2 * job.rate_hz)
        waiting = self._arrivals.waiting(time.monotonic()) if job.order else 0
        skip = job.skip + waiting
        skip += (self._taken + skip) % 2  # so that the first byte is an I
        while skip:
            skip -= self._take(idle[: min(skip, CHUNK)])
        job.began_s = clock.now_s()
        view, got = memoryview(job.raw), 0
        while got < len(view):
            got += self._take(view[got:])
        job.end_s = clock.now_s()

    def _take(self, view: memoryview) -> int:
        got = self._connection.recv_into(view)
        if not got:
            raise ReceiverLost(Reason.ENDED, say("the server closed the connection"))
        self._taken += got
        self._arrivals.took(got, time.monotonic())
        return got

    def _answer(self, job: _Job) -> None:
        def done() -> None:
            if not job.done.done():
                job.done.set_result(None)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(done)


class RtlTcp:
    """A remote dongle as a ``Receiver``."""

    def __init__(self, host: str, port: int) -> None:
        self.name = f"rtltcp:{host}:{port}"
        self._address = (host, port)
        self._wire: Wire | None = None
        self._ranges: tuple[tuple[float, float], ...] = ()
        self._gains: tuple[float, ...] = ()
        self._rate_hz = 0.0

    async def open(self) -> Facts:
        """Connect and read the header. Raises ``Unavailable``."""
        try:
            connection, header = await asyncio.to_thread(self._connect)
        except (OSError, ProtocolError) as error:
            raise self._unavailable(error) from error
        self._wire = Wire(connection)
        name, self._ranges, self._gains = TUNERS.get(header.tuner, ("unknown tuner", (), ()))
        manual = 1 if self._gains else 0  # a tuner whose steps are not known keeps its own control
        for code, argument in ((SET_GAIN_MODE, manual), (SET_AGC, 0)):
            self._wire.tell(command(code, argument))
        host, port = self._address
        return Facts(
            label=f"rtl_tcp {host}:{port} ({name})",
            gains_db=self._gains,
            settle_window_s=0.25,
            settle_margin_s=MARGIN_S,
            settle_fallback_s=0.2,
        )

    def _connect(self) -> tuple[socket.socket, Header]:
        connection = socket.create_connection(self._address, CONNECT_S)
        try:
            connection.settimeout(CONNECT_S)
            data = b""
            while len(data) < HEADER and (part := connection.recv(HEADER - len(data))):
                data += part
                if not MAGIC.startswith(data[:4]):
                    break
            return connection, parse_header(data)
        except (OSError, ProtocolError):
            connection.close()
            raise

    def _unavailable(self, error: Exception) -> Unavailable:
        if isinstance(error, ProtocolError):
            return Unavailable(self.name, Reason.BAD_DATA, error.said, say("check host and port"))
        if isinstance(error, TimeoutError):
            return Unavailable(
                self.name, Reason.NO_SERVICE, say("the server does not answer"), say("is rtl_tcp running?")
            )
        words = getattr(error, "strerror", None) or str(error)
        return Unavailable(self.name, Reason.NO_SERVICE, words, say("start it there: rtl_tcp -a 0.0.0.0"))

    def _open_wire(self) -> Wire:
        if self._wire is None:
            raise ReceiverLost(Reason.ENDED, say("not connected"))
        return self._wire

    async def set_rate(self, rate_hz: float) -> float:
        """The rate, once the server has shown that it delivers it. Raises as ``Receiver.set_rate``."""
        wire = self._open_wire()
        order = command(SET_RATE, round(rate_hz))
        self._rate_hz = float(round(rate_hz))
        skip, count, share = 2 * round(BACKLOG_S * rate_hz), 2 * round(RATE_TEST_S * rate_hz), 0.0
        for _ in range(RATE_TRIES):
            job = wire.post(order, skip, count, rate_hz if order else 0.0)
            await wire.wait(job, RATE_WAIT_S)
            share = max(share, RATE_TEST_S / max(job.end_s - job.began_s, 1e-3))
            if share >= RATE_SHARE:
                break
            order, skip = b"", 0
        else:
            raise RateRefused(
                say(
                    "the server delivers {value:.0f} % of {rate:.3f} MS/s",
                    value=100 * share,
                    rate=rate_hz / 1e6,
                )
            )
        return self._rate_hz

    async def set_gain(self, gain_db: float) -> float:
        """Fix the gain; the server takes it or, unheard of, does not. Raises ``ReceiverLost``."""
        self._open_wire().tell(command(SET_GAIN, round(10 * gain_db)))
        return gain_db

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        """One outcome a look, in order. Raises ``ReceiverLost``."""
        wire = self._open_wire()
        jobs: deque[_Job | None] = deque()
        for index, look in enumerate(looks):
            while len(jobs) < AHEAD and index + len(jobs) < len(looks):
                jobs.append(self._post(wire, looks[index + len(jobs)]))
            job = jobs.popleft()
            if job is None:
                yield Refused(say("the tuner does not reach {mhz:.3f} MHz", mhz=look.center_hz / 1e6))
                continue
            patience_s = SILENCE_S + 10 * AHEAD * (look.settle + look.samples) / self._rate_hz
            raw = np.frombuffer(await wire.wait(job, patience_s), np.uint8)
            yield Heard(complex_of(raw), job.end_s, clipped_share(raw))

    def _post(self, wire: Wire, look: Look) -> _Job | None:
        if self._ranges and not any(low <= look.center_hz <= high for low, high in self._ranges):
            return None
        order = command(SET_FREQUENCY, round(look.center_hz))
        return wire.post(order, 2 * look.settle, 2 * look.samples)

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        """Blocks without a gap from one frequency, while the consumer is at most ``STREAM_AHEAD_S`` behind;
        after that ``end_s`` jumps. Raises ``ReceiverLost``."""
        wire = self._open_wire()
        first = self._post(wire, Look(center_hz, samples, round(0.2 * self._rate_hz)))
        if first is None:
            yield Refused(say("the tuner does not reach {mhz:.3f} MHz", mhz=center_hz / 1e6))
            return
        ahead = max(AHEAD, math.ceil(STREAM_AHEAD_S * self._rate_hz / samples))
        jobs = deque([first, *(wire.post(b"", 0, 2 * samples) for _ in range(ahead))])
        while True:
            job = jobs.popleft()
            raw = np.frombuffer(await wire.wait(job, SILENCE_S + 10 * samples / self._rate_hz), np.uint8)
            jobs.append(wire.post(b"", 0, 2 * samples))
            yield Heard(complex_of(raw), job.end_s, clipped_share(raw))

    async def close(self) -> None:
        """Close the connection."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()
