"""The console's ear: messages from the broker into the store, acknowledged when they are committed."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections import deque
from typing import Any

import msgspec

from sweeper.errors import ProtocolError
from sweeper.fleet import wire
from sweeper.fleet.link import Broker, Link
from sweeper.fleet.rooms import Rooms

BATCH = 500
"""Messages of one commit; a commit is what costs (10 ms on a slow disk)."""
WAITING = 5_000
"""Beyond this paho's thread waits, so the broker does: it keeps what we have not acknowledged."""
AT_LEAST_ONCE = 1
RETRY_S = 5.0
MOST_COMPLAINTS = 20


class Subscriber:
    """Listens to all sensors of a broker. ``name`` keeps the broker's queue for us while we are away.

    ``taken``, ``doubled`` and ``refused`` count messages; ``complaints`` are the lines about what was none.
    """

    def __init__(self, rooms: Rooms, to: Broker, name: str = "console") -> None:
        self._rooms = rooms
        self._link = Link(to, f"sweeper-{name}", keep_session=True)
        self._link.on_up = self._up
        self._link.on_refused = self._refuse
        self._link.on_message = self._arrived
        self._waiting: queue.Queue[Any] = queue.Queue(WAITING)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper-subscriber", daemon=True)
        self.taken = 0
        self.doubled = 0
        self.refused = 0
        self._complaints: deque[str] = deque(maxlen=MOST_COMPLAINTS)

    @property
    def connected(self) -> bool:
        return self._link.connected

    def start(self) -> None:
        self._thread.start()
        self._link.start()

    def stop(self) -> None:
        """What was not committed stays with the broker."""
        self._stopping.set()
        self._link.stop()
        self._thread.join()

    def _up(self) -> None:
        self._link.client.subscribe(f"{wire.ROOT}/+/+", AT_LEAST_ONCE)

    def _arrived(self, message: Any) -> None:
        while not self._stopping.is_set():
            try:
                self._waiting.put(message, timeout=0.2)
                return
            except queue.Full:
                continue

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                batch = [self._waiting.get(timeout=0.2)]
            except queue.Empty:
                continue
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._keep(batch)

    def _keep(self, batch: list[Any]) -> None:
        good = []
        for message in batch:
            if message.topic.endswith("/link"):
                self._link_state(message)
                continue
            try:
                good.append(wire.decode(message.payload, message.topic).message)
            except ProtocolError as error:
                self._refuse(str(error))
        while not self._stopping.is_set():
            try:
                new = self._rooms.add(good)
            except sqlite3.Error as error:  # a full disk may have room again; the broker keeps the rest
                self._refuse(f"cannot be kept: {error}")
                self._stopping.wait(RETRY_S)
                continue
            self.taken += new
            self.doubled += len(good) - new
            for message in batch:
                self._link.client.ack(message.mid, message.qos)
            return

    def _link_state(self, message: Any) -> None:
        try:
            sensor, word = wire.link_word(message.payload, message.topic)
        except ProtocolError as error:
            self._refuse(str(error))
            return
        # One that the broker had kept is of some time ago, and says nothing of the sensor's clock.
        self._rooms.link(sensor, msgspec.structs.replace(word, utc_s=None) if message.retain else word)

    def complaints(self) -> list[str]:
        """What was wrong since the last call; of very many the newest."""
        return [self._complaints.popleft() for _ in range(len(self._complaints))]

    def _refuse(self, line: str) -> None:
        self.refused += 1
        self._complaints.append(line)
