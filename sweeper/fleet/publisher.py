"""From the spool to the broker, at the broker's pace, for as long as it takes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from sweeper.fleet import wire
from sweeper.fleet.link import IN_FLIGHT, Broker, Link
from sweeper.fleet.spool import Spool

LOOK_S = 0.5
"""How often the spool is looked at while nothing happens."""
AT_LEAST_ONCE = 1
HEARTBEAT_S = 30.0
"""A room in which nothing changes sends nothing; without this it could not be told from a dead sensor."""


class Publisher:
    """Sends what the spool holds; a row is forgotten when the broker has acknowledged it.

    ``sensor`` is the name under which the console files it; the broker tells the console itself when the link
    is lost (MQTT's last will). ``on_refused`` gets one line where the broker does not let us in.
    """

    def __init__(
        self, spool: Spool, sensor: str, to: Broker, on_refused: Callable[[str], None] = lambda line: None
    ) -> None:
        self._spool = spool
        self._sensor = sensor
        self._link = Link(to, f"sensor-{spool.name}")
        self._link.on_sent = self._sent
        self._link.on_up = self._up
        self._link.on_refused = on_refused
        lost = wire.encode(wire.LinkWord("lost"))
        self._link.client.will_set(wire.topic(sensor, "link"), lost, AT_LEAST_ONCE, retain=True)
        self._under_way: dict[int, int] = {}
        self._acknowledged: deque[int] = deque()
        self._last = 0
        self._told = 0.0
        self._told_waiting = 0
        self._stopping = threading.Event()
        self._moved = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper-publisher", daemon=True)

    @property
    def connected(self) -> bool:
        return self._link.connected

    def start(self) -> None:
        self._link.start()
        self._thread.start()

    def stop(self, patience_s: float = 5.0) -> bool:
        """Wait at most ``patience_s`` until everything is sent; ``False``: the rest waits in the spool."""
        deadline = time.monotonic() + patience_s
        while len(self._spool) and time.monotonic() < deadline:
            time.sleep(0.05)
        empty = not len(self._spool)
        self._stopping.set()
        self._moved.set()
        self._thread.join()
        if self._link.connected:
            self._say("ended").wait_for_publish(2.0)
        self._link.stop()
        return empty

    def _up(self) -> None:
        self._told = time.monotonic()
        self._say("up")
        self._moved.set()

    def _say(self, state: Literal["up", "ended"]) -> Any:
        self._told_waiting = len(self._spool)
        word = wire.LinkWord(state, time.time(), self._told_waiting, self._spool.dropped)
        return self._link.client.publish(
            wire.topic(self._sensor, "link"), wire.encode(word), AT_LEAST_ONCE, retain=True
        )

    def _due(self) -> bool:
        """A word is due every half minute, and when what was said to wait has all been sent."""
        late = time.monotonic() - self._told >= HEARTBEAT_S
        return late or (self._told_waiting > 0 and not len(self._spool))

    def _sent(self, mid: int) -> None:
        # On paho's thread, under paho's lock: take no lock here that is held while publishing.
        self._acknowledged.append(mid)
        self._moved.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._forget()
            self._hand_out()
            if self._link.connected and self._due():
                self._up()
            self._moved.wait(LOOK_S)
            self._moved.clear()
        self._forget()

    def _forget(self) -> None:
        done = []
        while self._acknowledged:
            number = self._under_way.pop(self._acknowledged.popleft(), None)
            if number is not None:
                done.append(number)
        if done:
            self._spool.sent(done)

    def _hand_out(self) -> None:
        """Fill the window. While the link is down nothing goes to paho: it would wait in memory."""
        while self._link.connected and len(self._under_way) < IN_FLIGHT:
            rows = self._spool.next(self._last, IN_FLIGHT - len(self._under_way))
            if not rows:
                return
            for number, kind, item, utc_s, data in rows:
                made = wire.Message(
                    f"{self._spool.name}/{number}", self._sensor, kind, item, utc_s, msgspec.Raw(data)
                )
                info = self._link.client.publish(
                    wire.topic(self._sensor, kind), wire.encode(made), AT_LEAST_ONCE
                )
                self._under_way[info.mid] = number
                self._last = number
