"""Sensors and consoles without a right clock: nothing is lost, nothing old wins, and it is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from sweeper import language
from sweeper.clocks import doubt
from sweeper.fleet import link, page, wire
from sweeper.fleet.feed import STEP_S, WRITE_S, Feed
from sweeper.fleet.rooms import Room, Rooms
from sweeper.fleet.spool import Spool
from sweeper.fleet.subscriber import Subscriber
from sweeper.records import Device, Medium, State, Status
from sweeper.text import english

NOW = 1_795_392_000.0
"""23.11.2026"""
DAY = 86_400.0


def message(number: int, utc_s: float, state: str = "", item: str = "ble-1") -> wire.Message:
    record = Device(source="ble", time_s=0.0, id=item, medium=Medium.BLE, address="AA", state=state)
    return wire.Message(
        f"s/{number}", "Room 1", "device", item, utc_s, msgspec.Raw(msgspec.json.encode(record))
    )


def status(number: int, utc_s: float, state: State) -> wire.Message:
    record = Status(source="ble", time_s=0.0, subject="ble", state=state)
    raw = msgspec.Raw(msgspec.json.encode(record))
    return wire.Message(f"s/{number}", "Room 1", "status", f"ble/{state}", utc_s, raw)


def test_what_a_sensor_heard_in_1970_is_kept_for_the_term_and_not_longer(tmp_path: Path) -> None:
    now = [NOW]
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: now[0])
    rooms.add([message(1, 12.0), message(2, 4e9, item="ble-2")])  # one began in 1970, one lives in 2096
    assert rooms.purge(30) == 0
    assert rooms.all()[0].heard_utc_s == NOW, "the last word came now, not in 1970 or 2096"
    now[0] += 29 * DAY
    assert rooms.purge(30) == 0
    now[0] += 2 * DAY
    assert rooms.purge(30) == 2
    rooms.close()


def test_after_a_start_without_a_clock_the_last_word_is_what_arrived_last(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: NOW)
    rooms.add([message(1, NOW - DAY, "with its owner"), status(2, NOW - DAY, State.FAILED)])
    rooms.add([message(3, 30.0, "separated"), status(4, 31.0, State.LISTENING)])
    (room,) = rooms.all()
    assert [device.state for device in room.devices] == ["separated"]
    assert room.faults == (), "it listens again, whatever its clock says"
    rooms.add([status(5, 40.0, State.FAILED)])
    assert [utc_s for utc_s, _ in rooms.all()[0].faults] == [NOW], "when it arrived: 1970 cannot be"
    rooms.close()


def test_a_console_without_a_right_clock_deletes_nothing(tmp_path: Path) -> None:
    now = [50.0]
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: now[0])
    rooms.add([message(1, NOW)])
    now[0] = 100 * DAY
    assert rooms.purge(30) == 0
    now[0] = NOW  # the network told the time
    assert rooms.purge(30) == 0, "its term begins now"
    now[0] += 31 * DAY
    assert rooms.purge(30) == 1
    rooms.close()


def test_a_store_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "rooms.sqlite")
    old.executescript(
        "CREATE TABLE messages (id TEXT PRIMARY KEY, sensor TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT "
        "NULL, utc_s REAL NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX things ON messages (sensor, kind, item, utc_s);"
        "CREATE TABLE links (sensor TEXT PRIMARY KEY, state TEXT NOT NULL, utc_s REAL NOT NULL);"
    )
    for number, age, state in ((1, 10.0, "new"), (2, 20.0, "old")):
        made = message(number, NOW - age, state)
        old.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
            (made.id, made.sensor, made.kind, made.item, made.utc_s, bytes(made.record)),
        )
    old.execute("INSERT INTO links VALUES ('Room 1', 'lost', ?)", (NOW - 5,))
    old.commit()
    old.close()
    for _ in range(2):  # the second time there is nothing left to do
        rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: NOW)
        (room,) = rooms.all()
        assert (room.link, room.heard_utc_s, [d.state for d in room.devices]) == ("lost", NOW - 5, ["new"])
        rooms.close()


def test_a_sensor_says_that_its_clock_is_wrong_and_when_it_was_set(tmp_path: Path) -> None:
    steady, wall = [1000.0], [20.0]
    spool = Spool(tmp_path)
    feed = Feed(spool, clock=lambda: steady[0], utc=lambda: wall[0])

    def later(steps_s: float = 0.0) -> list[Status]:
        steady[0] += WRITE_S
        wall[0] += WRITE_S + steps_s
        feed(Status(source="x", time_s=1.0, subject="x", state=State.LISTENING))
        found = [msgspec.json.decode(row[4], type=Status) for row in spool.next(0, 100)]
        return [one for one in found if one.subject == "clock"]

    (first,) = later()
    assert first.state is State.DEGRADED
    assert first.said is not None
    assert "1970-01-01" in english(first.said)
    assert len(later(STEP_S / 2)) == 1, "a small step is no word worth"
    said = later(NOW)
    assert [one.state for one in said] == [State.DEGRADED, State.LISTENING]
    assert f"{NOW / 3600:.1f} h" in said[-1].detail
    assert "set back by 2.0 h" in later(-7200.0)[-1].detail
    assert len(later()) == 3
    spool.close()


def test_a_store_makes_the_folders_it_lies_in(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "of the house" / "first floor" / "rooms.sqlite")
    assert rooms.add([message(1, NOW)]) == 1
    rooms.close()


def test_clocks_that_cannot_be_right() -> None:
    assert doubt(NOW) is None
    assert doubt(0.0) is not None
    assert doubt(1_700_000_000.0) is not None, "2023: this program was not there"


@pytest.mark.parametrize("code", language.CODES)
def test_what_waits_and_what_the_clock_says_is_shown(code: str) -> None:
    spoken = language.get(code)
    plain = page.render([Room("Room 1", "up", NOW)], spoken, NOW)
    shown = page.render([Room("Room 1", "up", NOW, ahead_s=-7200.0, waiting=3711, dropped=5)], spoken, NOW)
    assert "3711" in shown
    assert "3711" not in plain
    assert shown.count("<p>") == plain.count("<p>") + 3


def test_the_words_of_what_waits() -> None:
    def notes(**told: float) -> list[str]:
        return page._notes(Room("Room 1", "up", NOW, **told), language.get("en"))  # type: ignore[arg-type]

    assert notes(ahead_s=page.CLOCK_S) == []
    assert notes(waiting=1) == ["1 record waits on the sensor's disk and is not shown here yet."]
    assert notes(waiting=2) == ["2 records wait on the sensor's disk and are not shown here yet."]
    assert notes(dropped=2) == ["2 readings were dropped: the sensor's disk share was full."]
    (ahead,), (behind,) = notes(ahead_s=7200.0), notes(ahead_s=-7200.0)
    assert "2\u202fh ahead" in ahead or "2\u202fh 00\u202fmin ahead" in ahead
    assert "behind" in behind


def test_the_brokers_word_of_a_lost_link_leaves_the_sensors_own(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: NOW)
    rooms.link("Room 1", wire.LinkWord("up", NOW + 500, 7, 2))
    rooms.link("Room 1", wire.LinkWord("lost"))
    (room,) = rooms.all()
    assert (room.link, room.ahead_s, room.waiting, room.dropped) == ("lost", 500.0, 7, 2)
    rooms.link("Room 2", wire.LinkWord("lost"))
    assert [room.link for room in rooms.all()] == ["lost", "lost"]
    rooms.close()


@pytest.mark.parametrize(("kept", "ahead_s"), [(True, 0.0), (False, -3600.0)])
def test_a_word_that_the_broker_had_kept_says_nothing_of_the_clock(
    tmp_path: Path, kept: bool, ahead_s: float
) -> None:
    """It was said at any time; what a sensor says now is of now."""
    pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: NOW)
    console = Subscriber(rooms, link.broker("mqtt://localhost:1"))
    word = wire.encode(wire.LinkWord("up", NOW - 3600.0, 3))
    console._link_state(SimpleNamespace(topic="sweeper/Room 1/link", payload=word, retain=kept))
    (room,) = rooms.all()
    assert (room.link, room.ahead_s, room.waiting) == ("up", ahead_s, 3)
    rooms.close()


@pytest.mark.parametrize(
    ("payload", "topic"),
    [
        (b'{"state":"up"}', "sweeper/a/b/link"),
        (b'{"state":"up"}', "sweeper/a/device"),
        (b'{"state":"up"}', "sweeper//link"),
        (b'{"state":"away"}', "sweeper/a/link"),
        (b'{"state":"up","utc_s":-1}', "sweeper/a/link"),
        (b'{"state":"up","utc_s":1e300}', "sweeper/a/link"),
        (b'{"state":"up","waiting":1.5}', "sweeper/a/link"),
        (b'{"state":"up","dropped":99999999999999999999}', "sweeper/a/link"),
        (b'{"state":"up"}' + b" " * wire.LARGEST_WORD, "sweeper/a/link"),
        (b"[" * 400, "sweeper/a/link"),
        (b"\xff", "sweeper/a/link"),
    ],
)
def test_words_of_a_link_that_are_none(payload: bytes, topic: str) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.link_word(payload, topic)
    assert wire.link_word(b'{"state":"up"}', "sweeper/a/link") == ("a", wire.LinkWord("up"))
