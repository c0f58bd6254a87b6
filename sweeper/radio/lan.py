"""The active look over the user's own network. It sends; so it runs only on an explicit command or click.

Whoever starts it shows ``statement(look)`` first, which says plainly what will be sent, and asks. Then:

1. Questions to everybody: mDNS, SSDP, WS-Discovery and the search for peer-to-peer cameras, each twice.
2. One attempt to connect to each address of the subnet (at most 1,024), so that those that are there show.
3. At those that are there: camera ports, one attempt each; on RTSP ports one ``OPTIONS``.

Attempts are paced. What comes back is put into frames (``protocols.lan_probes``) and goes the way of captured
packets: inventory, signatures, findings. Nothing is logged in to, no password tried, no picture asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

from sweeper.errors import Reason
from sweeper.plan import SweepPlan
from sweeper.protocols import lan_probes
from sweeper.protocols.lan import ETHERNET
from sweeper.protocols.lan_probes import Answer
from sweeper.radio import SourceInfo, clock
from sweeper.radio.lan_asking import Asker, Look
from sweeper.radio.lan_network import neighbours
from sweeper.records import Closed, Coverage, FrameBatch, Medium, Opened, Record, State, Status, told
from sweeper.text import Phrase, say

FLUSH_S = 0.5
MOST_ANSWERS = 20_000
"""Packets kept of one look: a device that floods must not fill the memory."""

SMALL = 8
"""Fewer addresses than this are no network of which one could expect others to answer."""

OUR_PORT = 49_152
"""Stands for our own port in rebuilt frames: the first of the ephemeral ones (RFC 6335)."""

NAMES = (("mdns", "mDNS"), ("ssdp", "SSDP"), ("onvif", "WS-Discovery (ONVIF)"))


def statement(look: Look) -> tuple[Phrase, ...]:
    """What will be sent, to whom and how much: to be shown before anything is."""
    where = ", ".join(str(net.network) for net in look.nets)
    told = [say("This asks the devices of your network, so it sends. Networks: {where}.", where=where)]
    asked = ", ".join(name for kind, name in NAMES if kind in look.kinds)
    if asked:
        told.append(
            say("To everybody: which services are there, by {asked}, each question twice.", asked=asked)
        )
    if "pppp" in look.kinds:
        told.append(say("To everybody: the search for peer-to-peer cameras (UDP port 32108), twice."))
    if "ports" in look.kinds:
        told.append(
            say(
                "To each of {count} addresses: one attempt to connect; to those that are there: one on each "
                "of {ports} camera ports, at most {rate} attempts a second. On RTSP ports: one question what "
                "is on offer.",
                count=len(look.addresses),
                ports=len(look.ports),
                rate=round(look.rate_per_s),
            )
        )
        told += [
            say("Of {whole} only {part} is asked one by one.", whole=str(net.network), part=str(net.part))
            for net in look.nets
            if net.part != net.network
        ]
    return (
        *told,
        say("Nothing is logged in to, no password is tried, no picture is asked for."),
        say("Devices and the router may note it; a camera's owner may see that somebody asked."),
        say("Do this only in a network that is yours, or whose owner agrees."),
    )


class LanSource:
    """One look over the network, then it ends. ``known`` is the kernel's table of neighbours."""

    def __init__(self, look: Look, known: Callable[[], Mapping[str, bytes]] = neighbours) -> None:
        self.look = look
        self.info = SourceInfo(name="lan", medium=Medium.LAN, live=True)
        self._known = known
        self._waiting: list[Answer] = []
        self._frames = self._left_out = 0
        self._began = 0.0

    async def records(self, _plan: SweepPlan) -> AsyncGenerator[Record, None]:
        """Opened, what came back, what was not asked, Closed."""
        self._began = clock.now_s()
        yield Opened(
            source=self.info.name,
            time_s=0.0,
            medium=Medium.LAN,
            format="active look",
            start_utc_s=time.time(),
            live=True,
        )
        asker = Asker(self.look, self._hear, self._now, self._known)
        task = asyncio.create_task(asker.run())
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=FLUSH_S)
                for record in self._batches():
                    yield record
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for record in [*self._batches(), *self._neighbours(), *self._last_words(asker)]:
            yield record

    def _now(self) -> float:
        return round(clock.now_s() - self._began, 6)

    def _hear(self, answer: Answer) -> None:
        if self._frames + len(self._waiting) < MOST_ANSWERS:
            self._waiting.append(answer)
        else:
            self._left_out += 1

    def _batches(self) -> Iterator[Record]:
        """The answers that wait, as frames: one batch for each link type."""
        known = self._known() if self._waiting else {}
        rows: dict[int, list[tuple[float, bytes]]] = {}
        for answer in self._waiting:
            here = self.look.here(answer.host)
            link_type, frame = lan_probes.frame(answer, here, OUR_PORT, known.get(answer.host))
            rows.setdefault(link_type, []).append((answer.time_s, frame))
        self._waiting = []
        for link_type, found in rows.items():
            yield self._batch(link_type, found)

    def _batch(self, link_type: int, rows: list[tuple[float, bytes]]) -> FrameBatch:
        self._frames += len(rows)
        return FrameBatch(
            source=self.info.name,
            time_s=rows[0][0],
            medium=Medium.LAN,
            link_type=link_type,
            times_s=tuple(time_s for time_s, _ in rows),
            frames=tuple(frame for _, frame in rows),
            lengths=tuple(len(frame) for _, frame in rows),
        )

    def _neighbours(self) -> Iterator[Record]:
        """Those that answer the kernel and nobody else: they are there, and are listed."""
        now = self._now()
        rows = [
            (now, lan_probes.arp_reply(mac, host, self.look.here(host)))
            for host, mac in sorted(self._known().items())
            if self.look.mine(host)
        ]
        if rows:
            yield self._batch(ETHERNET, rows)

    def _last_words(self, asker: Asker) -> Iterator[Record]:
        """What was covered and what was not."""
        now, name = self._now(), self.info.name
        there = {host for host in (*asker.alive, *self._known()) if self.look.mine(host)}
        if len(there) <= 1 and len(self.look.addresses) >= SMALL:
            yield self._status(
                State.DEGRADED,
                Reason.REFUSED,
                say(
                    "at most one other device answers: the network may keep its devices apart, and then "
                    "nothing can be said of them"
                ),
            )
        if self._left_out:
            words = say("{count} answers were left out", count=self._left_out)
            yield self._status(State.DEGRADED, Reason.DROPPED, words)
        words = say(
            "{sent} questions and attempts sent, {devices} devices there; IPv6 was not asked",
            sent=asker.sent,
            devices=len(there),
        )
        yield self._status(State.ENDED, None, words)
        yield Coverage(
            source=name, time_s=now, medium=Medium.LAN, seconds=now, frames=self._frames, lost=self._left_out
        )
        yield Closed(source=name, time_s=now, records=self._frames, duration_s=now)

    def _status(self, state: State, reason: Reason | None, words: Phrase) -> Status:
        name = self.info.name
        return told(words, source=name, time_s=self._now(), subject=name, state=state, reason=reason)
