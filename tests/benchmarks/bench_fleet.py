"""What sensors cost: messages and bytes, spool, broker, console: the figures of ``docs/scale.md``.

The hours are those of the bundled recordings, replayed as if live: the feed's clock follows the recording.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import msgspec

from sweeper.fleet import wire
from sweeper.fleet.feed import Feed
from sweeper.fleet.publisher import Publisher
from sweeper.fleet.rooms import Rooms
from sweeper.fleet.spool import Spool
from sweeper.fleet.subscriber import Subscriber
from sweeper.radio.replay import ReplaySource
from sweeper.records import Record
from sweeper.session import Session, standard_stages
from sweeper.signatures import Library, builtin_folder
from tests.fleet.test_link import Mosquitto, rows

RECORDINGS = Path(__file__).parents[2] / "recordings"
EVERYTHING = 1 << 30


class Hour:
    """A sink whose feed lives in the recording's time."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.spool = Spool(folder)
        self.feed = Feed(self.spool, clock=lambda: self.now, utc=lambda: self.now)

    def __call__(self, record: Record) -> None:
        self.now = max(self.now, record.time_s)
        self.feed(record)


def traffic(folder: Path) -> None:
    library = Library.load(builtin_folder())
    for name in ("clean/ble-crowd.jsonl", "clean/office-wifi.pcap", "devices/nfm-bug-433.sigmf-meta"):
        source = ReplaySource(RECORDINGS / name)
        hour = Hour(folder / name.replace("/", "-"))
        asyncio.run(Session([source], standard_stages(library), [hour]).run())
        heard_s = source.info.duration_s or hour.now
        waiting = hour.spool.next(0, EVERYTHING)
        size = sum(len(row[4]) for row in waiting)
        things = {row[2] for row in waiting if row[1] in ("device", "emission")}
        print(
            f"{name}: {heard_s:.0f} s, {len(things)} things, {len(waiting)} messages, "
            f"{size / max(len(waiting), 1):.0f} bytes each"
        )


def spooling(folder: Path) -> None:
    spool = Spool(folder / "spool")
    start = time.perf_counter()
    for first in range(0, 20_000, 100):
        spool.put(rows(first, 100))
    took = time.perf_counter() - start
    print(f"spool: {20_000 / took:,.0f} rows/s in commits of 100")


def end_to_end(folder: Path, count: int = 20_000) -> None:
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin") is None:
        print("broker: mosquitto is not installed")
        return
    mosquitto = Mosquitto(folder)
    try:
        rooms = Rooms(folder / "rooms.sqlite")
        console = Subscriber(rooms, mosquitto.address())
        console.start()
        spool = Spool(folder / "sensor")
        spool.put(rows(0, count))
        sensor = Publisher(spool, "Room 1", mosquitto.address())
        start, used = time.perf_counter(), time.process_time()
        sensor.start()
        while len(rooms) < count:
            time.sleep(0.05)
        took, cpu = time.perf_counter() - start, time.process_time() - used
        sensor.stop()
        console.stop()
        print(
            f"one sensor to the console over TLS: {count / took:,.0f} messages/s, "
            f"{cpu / count * 1e6:.0f} µs of both ends' processor each"
        )
    finally:
        mosquitto.stop()


def console(folder: Path, sensors: int = 10, things: int = 1000) -> None:
    path = folder / "console.sqlite"
    rooms = Rooms(path)
    made = [
        wire.Message(f"{s}/{n}/{again}", f"Room {s}", kind, item, utc_s + again, msgspec.Raw(data))
        for s in range(sensors)
        for n, (kind, item, utc_s, data) in enumerate(rows(0, things))
        for again in range(3)
    ]
    start = time.process_time()
    for first in range(0, len(made), 500):
        rooms.add(made[first : first + 500])
    added = time.process_time() - start
    start = time.process_time()
    listed = rooms.all()
    read = time.process_time() - start
    assert sum(len(room.devices) for room in listed) == sensors * things
    size = path.stat().st_size + path.with_name(path.name + "-wal").stat().st_size
    print(
        f"console: {len(made) / added:,.0f} messages/s kept, {size / len(made):.0f} bytes each on disk; "
        f"{sensors} rooms with {things} things each listed in {read:.2f} s"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (traffic, spooling, end_to_end, console):
            place = folder / part.__name__
            place.mkdir()
            part(place)


if __name__ == "__main__":
    main()
