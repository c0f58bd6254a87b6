"""``sweeper sensor`` and ``sweeper console`` as a user runs them, over the real mosquitto."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.fleet.test_link import Mosquitto, mosquitto, wait_for

__all__ = ["mosquitto"]

RECORDINGS = Path(__file__).parents[2] / "recordings"


def command(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sweeper", "--lang", "en", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rows(store: Path, query: str) -> list[tuple[object, ...]]:
    if not store.exists():
        return []
    base = sqlite3.connect(store)
    try:
        return base.execute(query).fetchall()
    except sqlite3.OperationalError:  # the console is making it
        return []
    finally:
        base.close()


def test_two_rooms_and_a_console(mosquitto: Mosquitto, tmp_path: Path) -> None:
    mosquitto.address()
    broker = (
        *("--broker", f"mqtts://localhost:{mosquitto.port}", "--user", "sweeper"),
        *("--password-file", tmp_path / "given", "--ca", tmp_path / "cert.pem"),
    )
    (tmp_path / "plan.toml").write_text("[rooms.Office]\nx = 0.3\ny = 0.3\n[rooms.Hall]\nx = 0.7\ny = 0.6\n")
    store, shown = tmp_path / "rooms.sqlite", tmp_path / "rooms.html"
    console = command("console", "--store", store, "--plan", tmp_path / "plan.toml", "--page", shown, *broker)
    try:
        wait_for(store.exists)
        for room, recording in (
            ("Office", "devices/airtag-separated.jsonl"),
            ("Hall", "clean/ble-crowd.jsonl"),
        ):
            spool = tmp_path / room
            sensor = command(
                "sensor", "--name", room, "--replay", RECORDINGS / recording, "--spool", spool, *broker
            )
            _out, errors = sensor.communicate(timeout=300)
            assert sensor.returncode == (1 if room == "Office" else 0), errors
            assert errors == ""
        wait_for(lambda: len(rows(store, "SELECT DISTINCT sensor FROM messages WHERE kind = 'closed'")) == 2)
        console.send_signal(signal.SIGINT)
        said, errors = console.communicate(timeout=300)
    finally:
        console.kill()
    assert errors == ""
    assert console.returncode == 1
    assert "2 rooms." in said
    trackers = rows(
        store,
        "SELECT DISTINCT sensor FROM messages WHERE kind = 'finding' "
        "AND CAST(record AS TEXT) LIKE '%tracker%'",
    )
    assert ("Office",) in trackers
    assert rows(store, "SELECT COUNT(*) FROM messages WHERE sensor = 'Hall' AND kind = 'device'")[0][0] > 0  # type: ignore[operator]
    assert shown.read_text("utf-8").count('class="room ') == 2


def test_without_a_broker_everything_waits_on_disk(tmp_path: Path) -> None:
    sensor = command(
        *("sensor", "--name", "Attic", "--replay", RECORDINGS / "devices/airtag-separated.jsonl"),
        *("--spool", tmp_path, "--broker", "mqtt://localhost:1"),
    )
    _out, errors = sensor.communicate(timeout=300)
    waiting = rows(tmp_path / "spool.sqlite", "SELECT COUNT(*) FROM waiting")[0][0]
    assert f"{waiting} records wait in the spool" in errors
    assert sensor.returncode == 1


def test_a_room_needs_a_name_that_a_topic_can_hold(tmp_path: Path) -> None:
    sensor = command("sensor", "--name", "a/#", "--spool", tmp_path, "--broker", "mqtt://localhost:1")
    _out, errors = sensor.communicate(timeout=300)
    assert sensor.returncode == 2
    assert "cannot be a room's name" in errors
    assert "Traceback" not in errors
