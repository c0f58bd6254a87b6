"""rtl_tcp: the distribution's real server on the virtual dongle, and servers played here that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.radio import arrivals
from sweeper.radio import rtl_tcp as module
from sweeper.radio.receiver import Heard, Look, ReceiverLost, Refused
from sweeper.radio.rtl_tcp import RtlTcp, command, parse_header
from sweeper.radio.sweep import SweepSource
from sweeper.records import State
from tests.radio import virtual
from tests.radio.virtual import blocks, closed, covered, gaps, heard, limited, peak_hz, plan_of, scene, states

CARRIER_HZ = 433.9e6
HEADER = struct.pack(">4sII", b"RTL0", 5, 29)


class Played:
    """A server on a port of its own. ``faults`` has one entry a connection; the last holds for all later.

    ``send`` bytes of the stream go out (``None``: no end), then ``then`` happens: "close" or "stall".
    """

    def __init__(
        self, header: bytes = HEADER, send: tuple[int | None, ...] = (None,), then: str = "close"
    ) -> None:
        self.header, self.send, self.then = header, send, then
        self.connections = 0
        self.commands: list[tuple[int, int]] = []
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)  # little is old after a retune
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client:
                limit = self.send[min(self.connections, len(self.send) - 1)]
                self.connections += 1
                with contextlib.suppress(OSError):
                    client.sendall(self.header)
                    self._stream(client, limit)

    def _stream(self, client: socket.socket, limit: int | None) -> None:
        tuned, rate, sample, pending, held = 100e6, 2.048e6, 0, b"", b""
        noise = 0.1 * np.random.default_rng(1).standard_normal((32, 2 * 4096))
        client.setblocking(False)
        while not self._over.is_set():
            with contextlib.suppress(BlockingIOError):
                told = client.recv(4096)
                if not told:
                    return
                pending += told
            while len(pending) >= 5:
                code, argument = struct.unpack(">BI", pending[:5])
                self.commands.append((code, argument))
                tuned = float(argument) if code == 1 else tuned
                rate = float(argument) if code == 2 else rate
                pending = pending[5:]
            if limit is not None and limit <= 0:
                if self.then == "close":
                    return
                time.sleep(0.05)
                continue
            if not held:
                n = sample + np.arange(4096)
                turn = np.exp(2j * np.pi * ((CARRIER_HZ - tuned) / rate * n)) * (
                    abs(CARRIER_HZ - tuned) < 1.2e6
                )
                levels = np.stack([turn.real, turn.imag], 1).ravel() * 0.3 + noise[sample // 4096 % 32]
                held = (levels * 127.5 + 127.5).clip(0, 255).astype(np.uint8).tobytes()
                sample += 4096
            with contextlib.suppress(BlockingIOError):
                sent = client.send(held[:4001])  # an odd number: I and Q fall into different packets
                held = held[sent:]
                limit = None if limit is None else limit - sent


@contextmanager
def played(**how: object) -> Iterator[Played]:
    server = Played(**how)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The played servers need no second of counting; they send as they can and not in time."""
    monkeypatch.setattr(module, "RATE_TEST_S", 0.1)
    monkeypatch.setattr(module, "BACKLOG_S", 0.1)
    monkeypatch.setattr(module, "RATE_SHARE", 0.0)
    monkeypatch.setattr(arrivals, "USUAL_S", 1e9)
    monkeypatch.setattr(module, "SILENCE_S", 30.0)
    monkeypatch.setattr(module, "CONNECT_S", 30.0)


def source(port: int) -> SweepSource:
    return SweepSource("rtltcp", lambda: RtlTcp("127.0.0.1", port), retries_s=(0.05, 0.2))


PLAN = plan_of((432, 436), gain_db=20.0)


def test_a_well_behaved_server() -> None:
    threads = threading.active_count()
    with played() as server:
        records = heard(source(server.port), PLAN)
    assert gaps(covered(records), 432e6, 436e6) == []
    near = [b for b in blocks(records) if abs(b.center_hz - CARRIER_HZ) < 1.0e6]
    assert near
    for block in near:
        hz, db = peak_hz(block)
        assert abs(hz - CARRIER_HZ) < 400
        assert db > 20
    assert (2, 2_560_000) in server.commands
    assert (4, 197) in server.commands  # of an R820T's gains 19.7 dB is the nearest to 20
    assert (3, 1) in server.commands
    assert threading.active_count() == threads


def most(answers: Iterable[bool]) -> bool:
    known = list(answers)
    return 2 * sum(known) > len(known)


def test_the_real_rtl_tcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    text = "device serial=42\nnoise -100\npaced 1\ncarrier f=433.9e6 level=-40\ncarrier f=430.7e6 level=-25\n"
    folder = scene(tmp_path, monkeypatch, text)
    with virtual.rtl_tcp(folder) as port:
        swept = source(port)
        records = heard(swept, plan_of((430, 436), gain_db=30.0, passes=3))
    assert gaps(covered(records), 430e6, 436e6) == []
    assert swept.stats.rate_hz == 2.56e6
    assert swept.stats.settle_s > 0.05  # the server's buffers are 55 ms each
    near = [b for b in blocks(records) if abs(b.center_hz - 433.9e6) < 0.96e6]
    assert near
    # A server that gets no processor just after a command obeys late: most of the passes, not all.
    assert most(abs(peak_hz(b)[0] - 433.9e6) < 400 for b in near)
    far = [b for b in blocks(records) if abs(b.center_hz - 433.9e6) > 1.3e6 < abs(b.center_hz - 430.7e6)]
    assert most(peak_hz(b)[1] < 16 for b in far)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not an rtl_tcp server"),
        (b"RTL1" + HEADER[4:], "not an rtl_tcp server"),
        (HEADER[:7], "7 of 12 header bytes"),
        (b"", "0 of 12 header bytes"),
    ],
)
def test_garbage_and_half_a_header(header: bytes, words: str) -> None:
    with played(header=header, send=(0,)) as server, pytest.raises(Unavailable, match=words) as why:
        heard(source(server.port), PLAN)
    assert why.value.reason is Reason.BAD_DATA


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.5)
    with played(header=HEADER[:7], send=(0,), then="stall") as server, pytest.raises(Unavailable) as why:
        heard(source(server.port), PLAN)
    assert why.value.reason is Reason.NO_SERVICE


def test_no_server_and_no_such_host() -> None:
    for host, port in (("127.0.0.1", virtual.free_port()), ("no-such-host.invalid", 1234)):
        with pytest.raises(Unavailable) as why:
            limited(RtlTcp(host, port).open())
        assert why.value.reason is Reason.NO_SERVICE
        assert why.value.mend


ENOUGH = 9_000_000
"""Bytes that carry a connection through the preparation and into the sweep of ``PLAN``."""


def test_a_server_that_drops_the_connection_is_called_again() -> None:
    with played(send=(ENOUGH, None)) as server:
        records = heard(source(server.port), plan_of((400, 436), gain_db=20.0))
    assert server.connections == 2
    assert Reason.ENDED in [s.reason for s in states(records)]
    assert gaps(covered(records), 400e6, 436e6) == []
    assert closed(records).problems == ()


def test_a_server_that_stalls_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 1.0)
    with played(send=(ENOUGH, 0), then="stall") as server:
        records = heard(source(server.port), plan_of((400, 436), gain_db=20.0))
    assert states(records)[-1].state is State.FAILED
    assert states(records)[-1].reason is Reason.STALLED
    reached = max((high for _, high in covered(records)), default=400e6)
    assert f"{reached / 1e6:.2f}-436.00 MHz not swept" in closed(records).problems[0]


def test_a_server_too_slow_for_the_rate_is_asked_for_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(module, "BACKLOG_S", 0.4)
    folder = scene(
        tmp_path, monkeypatch, "device serial=42\npaced 1\nrefuse_rate 2400000\nrefuse_rate 2560000\n"
    )
    with virtual.rtl_tcp(folder) as port:  # it goes on at its default of 2.048 MS/s
        swept = source(port)
        heard(swept, plan_of((430, 431), gain_db=30.0))
    assert swept.stats.rate_hz == 2.048e6


def test_what_the_tuner_cannot_reach_is_refused_here() -> None:
    with played() as server:
        records = heard(source(server.port), plan_of((2400, 2404), gain_db=20.0))
    assert blocks(records) == []
    assert closed(records).problems[0].startswith("2400.00-2404.00 MHz not swept: the tuner does not reach")


def test_a_stream_follows_without_a_gap() -> None:
    async def listen(port: int) -> list[Heard]:
        receiver = RtlTcp("127.0.0.1", port)
        await receiver.open()
        await receiver.set_rate(2.4e6)
        got: list[Heard] = []
        try:
            async with aclosing(receiver.stream(CARRIER_HZ - 50e3, 10_000)) as stream:
                async for block in stream:
                    assert isinstance(block, Heard)
                    got.append(block)
                    if len(got) == 20:
                        break
        finally:
            await receiver.close()
        return got

    with played() as server:
        whole = np.concatenate([block.samples for block in limited(listen(server.port))])
    tone = np.exp(-2j * np.pi * 50e3 / 2.4e6 * np.arange(len(whole)))
    kept = np.abs(np.mean((whole * tone).reshape(20, -1), axis=1))
    assert kept.min() > 0.25  # the carrier of 0.3 stays in phase with one tone over all blocks
    assert np.abs(np.mean(whole * tone)) > 0.25


def test_closing_while_a_look_is_waited_for() -> None:
    async def close_early(port: int) -> None:
        receiver = RtlTcp("127.0.0.1", port)
        await receiver.open()
        await receiver.set_rate(2.4e6)
        waiting = asyncio.ensure_future(anext(receiver.look([Look(433e6, 48_000_000)])))
        await asyncio.sleep(0)
        await receiver.close()
        with pytest.raises(ReceiverLost):
            await waiting

    threads = threading.active_count()
    with played() as server:
        limited(close_early(server.port), 20)
    assert threading.active_count() <= threads + 1  # asyncio keeps one thread of its pool until the loop ends


def test_refused_in_a_stream() -> None:
    async def listen(port: int) -> object:
        receiver = RtlTcp("127.0.0.1", port)
        await receiver.open()
        await receiver.set_rate(2.4e6)
        try:
            return await anext(receiver.stream(2.4e9, 1000))
        finally:
            await receiver.close()

    with played() as server:
        assert isinstance(limited(listen(server.port)), Refused)


@given(st.binary(max_size=40))
def test_any_header_is_parsed_or_refused(data: bytes) -> None:
    try:
        header = parse_header(data)
    except ProtocolError:
        assert data[:12] != b"RTL0" + data[4:12] or len(data) < 12
    else:
        assert data[:4] == b"RTL0"
        assert header.tuner == int.from_bytes(data[4:8], "big")


def test_commands_are_five_bytes_big_endian() -> None:
    assert command(0x01, 433_920_000) == bytes.fromhex("0119dd1800")
    assert command(0x04, -99) == bytes.fromhex("04ffffff9d")
