"""Sensor and console over the real mosquitto: TLS, a password, and everything that can be switched off."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sweeper.errors import InputError, SweeperError
from sweeper.fleet import link, wire
from sweeper.fleet.feed import EVERY_S, WRITE_S, Feed
from sweeper.fleet.publisher import Publisher
from sweeper.fleet.rooms import Rooms
from sweeper.fleet.spool import Spool
from sweeper.fleet.subscriber import Subscriber
from sweeper.records import Device, Finding, Level, Medium, State, Status
from sweeper.text import say

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")


def wait_for(what: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Mosquitto:
    """The real broker with TLS and a password, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port: int = taken.getsockname()[1]
        certificate(folder)
        subprocess.run(
            ["mosquitto_passwd", "-c", "-b", str(folder / "users"), "sweeper", "secret"],
            check=True,
            capture_output=True,
        )
        for name in ("users", "key.pem"):
            (folder / name).chmod(0o644)
        (folder / "password").write_text("secret\n")
        folder.joinpath("mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {folder}/users\n"
            f"certfile {folder}/cert.pem\nkeyfile {folder}/key.pem\nuser root\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nmax_queued_messages 0\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    def address(self, password: str = "secret") -> link.Broker:
        (self.folder / "given").write_text(password)
        return link.broker(
            f"mqtts://localhost:{self.port}",
            user="sweeper",
            password_file=self.folder / "given",
            ca=self.folder / "cert.pem",
        )


def certificate(folder: Path) -> None:
    """A certificate for localhost that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.joinpath("cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    folder.joinpath("key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if shutil.which("mosquitto") is None and not Path("/usr/sbin/mosquitto").exists():
        pytest.skip("mosquitto is not installed")
    made = Mosquitto(tmp_path)
    yield made
    made.stop()


def device(number: int, **more: object) -> Device:
    return Device(
        source="ble", time_s=float(number), id=f"ble-{number}", medium=Medium.BLE, address="AA", **more
    )


def rows(first: int, count: int) -> list[tuple[str, str, float, bytes]]:
    return [
        ("device", f"ble-{n}", float(n), msgspec.json.encode(device(n))) for n in range(first, first + count)
    ]


def items(rooms: Rooms) -> list[str]:
    return [d.id for room in rooms.all() for d in room.devices]


def test_nothing_is_lost_or_doubled_while_the_broker_stops_and_starts(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "sensor")
    rooms = Rooms(tmp_path / "console.sqlite")
    sensor, console = Publisher(spool, "Room 1", mosquitto.address()), Subscriber(rooms, mosquitto.address())
    console.start()
    wait_for(lambda: console.connected)
    sensor.start()
    spool.put(rows(0, 2000))
    wait_for(lambda: len(rooms) > 100)
    mosquitto.stop()
    spool.put(rows(2000, 500))
    wait_for(lambda: not sensor.connected)
    mosquitto.start()
    wait_for(lambda: len(rooms) == 2500)
    console.stop()
    spool.put(rows(2500, 300))
    wait_for(lambda: len(spool) == 0)
    again = Subscriber(rooms, mosquitto.address())  # the broker kept them
    again.start()
    wait_for(lambda: len(rooms) == 2800)
    assert sensor.stop()
    wait_for(lambda: rooms.all()[0].link == "ended")
    again.stop()
    assert sorted(items(rooms), key=lambda i: int(i[4:])) == [f"ble-{n}" for n in range(2800)]
    assert [room.sensor for room in rooms.all()] == ["Room 1"]
    assert console.refused == again.refused == 0


def test_what_was_not_sent_is_sent_by_the_next_run(mosquitto: Mosquitto, tmp_path: Path) -> None:
    mosquitto.stop()
    spool = Spool(tmp_path / "sensor")
    first = Publisher(spool, "Room 1", mosquitto.address())
    first.start()
    spool.put(rows(0, 50))
    assert not first.stop(patience_s=0.3)
    spool.close()
    mosquitto.start()
    rooms = Rooms(tmp_path / "console.sqlite")
    console = Subscriber(rooms, mosquitto.address())
    console.start()
    wait_for(lambda: console.connected)
    spool = Spool(tmp_path / "sensor")
    second = Publisher(spool, "Room 1", mosquitto.address())
    second.start()
    spool.put(rows(50, 1))
    wait_for(lambda: len(rooms) == 51)
    assert second.stop()
    console.stop()


def test_a_sensor_that_dies_is_seen_to_be_lost(mosquitto: Mosquitto, tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "console.sqlite")
    console = Subscriber(rooms, mosquitto.address())
    console.start()
    wait_for(lambda: console.connected)
    sensor = Publisher(Spool(tmp_path / "sensor"), "Room 2", mosquitto.address())
    sensor.start()
    wait_for(lambda: [room.link for room in rooms.all()] == ["up"])
    wire_end = sensor._link.client.socket()
    sensor._link.client.loop_stop()
    wire_end.shutdown(socket.SHUT_RDWR)
    wire_end.close()
    wait_for(lambda: [room.link for room in rooms.all()] == ["lost"])
    console.stop()
    assert [(room.sensor, room.link) for room in rooms.all()] == [("Room 2", "lost")]


class Told(Rooms):
    """A store that remembers every word of a link."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.words: list[wire.LinkWord] = []

    def link(self, sensor: str, word: wire.LinkWord) -> None:
        super().link(sensor, word)
        self.words.append(word)


def test_what_was_buffered_while_the_link_was_down_is_told_until_it_is_sent(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    rooms, spool = Told(tmp_path / "console.sqlite"), Spool(tmp_path / "sensor")
    sensor, console = Publisher(spool, "Room 1", mosquitto.address()), Subscriber(rooms, mosquitto.address())
    console.start()
    wait_for(lambda: console.connected)
    sensor.start()
    wait_for(lambda: [room.link for room in rooms.all()] == ["up"])
    mosquitto.stop()
    wait_for(lambda: not sensor.connected)
    spool.put(rows(0, 700))
    mosquitto.start()
    wait_for(lambda: len(rooms) == 700)
    wait_for(lambda: rooms.words[-1].waiting == 0 and any(word.waiting == 700 for word in rooms.words))
    assert abs(rooms.all()[0].ahead_s) < 60, (
        "one computer, one clock; the word was no old one of the broker's"
    )
    assert sensor.stop()
    console.stop()


def test_a_wrong_password_is_said(mosquitto: Mosquitto, tmp_path: Path) -> None:
    said: list[str] = []
    sensor = Publisher(Spool(tmp_path / "sensor"), "Room 1", mosquitto.address("wrong"), said.append)
    sensor.start()
    wait_for(lambda: bool(said))
    assert not sensor.connected
    assert "Not authorized" in said[0]
    sensor.stop(0)


def test_hostile_messages_are_refused_and_the_rest_is_kept(mosquitto: Mosquitto, tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "console.sqlite")
    console = Subscriber(rooms, mosquitto.address())
    console.start()
    wait_for(lambda: console.connected)
    stranger = link.Link(mosquitto.address(), "stranger")
    stranger.start()
    wait_for(lambda: stranger.connected)
    good = wire.Message("s/1", "Room 1", "device", "ble-1", 1.0, msgspec.Raw(msgspec.json.encode(device(1))))
    posts = [
        ("sweeper/Room 1/device", b"\xff\xfe not json"),
        ("sweeper/Room 1/device", b"[" * 100_000),
        ("sweeper/Room 9/device", wire.encode(good)),  # under another's name
        (
            "sweeper/Room 1/finding",
            wire.encode(msgspec.structs.replace(good, kind="finding")),
        ),  # a device's fields
        ("sweeper/Room 1/device", wire.encode(msgspec.structs.replace(good, id="x" * 65))),
        ("sweeper/Room 1/link", b"up; DROP TABLE"),
        ("sweeper/Room 1/link", b'{"state":"up","waiting":-1}'),
        ("sweeper/Room 1/device", b" " * (wire.LARGEST + 1)),
        ("sweeper/Room 1/device", wire.encode(good)),
    ]
    for topic, payload in posts:
        stranger.client.publish(topic, payload, 1)
    wait_for(lambda: console.refused == 8)
    wait_for(lambda: len(rooms) == 1)
    assert items(rooms) == ["ble-1"]
    stranger.stop()
    console.stop()


@pytest.mark.parametrize(
    ("url", "user", "line"),
    [
        ("mqtt://10.0.0.5", "u", "without TLS only a broker on this computer"),
        ("mqtts://10.0.0.5", "", "needs a user and a password"),
        ("http://10.0.0.5", "u", "not a broker"),
        ("mqtts://a:99999", "u", "not a broker"),
        ("mqtts://me:pw@host", "u", "not a broker"),
    ],
)
def test_addresses_that_are_none_or_not_private(url: str, user: str, line: str) -> None:
    with pytest.raises(SweeperError, match=line):
        link.broker(url, user=user)
    assert link.broker("mqtts://h", user="u").port == 8883
    assert link.broker("mqtt://localhost").tls is False


def test_a_full_spool_drops_readings_and_keeps_findings(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_bytes=100_000)
    spool.put([("finding", "F-1", 0.0, b"f" * 1000)])
    for n in range(300):
        spool.put([("device", f"d{n}", float(n), b"d" * 1000)])
    kept = spool.next(0, 1000)
    assert sum(len(row[4]) for row in kept) <= 100_000
    assert spool.dropped == 301 - len(kept)
    assert kept[0][2] == "F-1"
    assert kept[-1][2] == "d299"  # the newest is there, the oldest went


def test_numbers_go_on_after_everything_was_sent_and_the_program_began_anew(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(rows(0, 3))
    spool.sent([row[0] for row in spool.next(0, 10)])
    spool.close()
    again = Spool(tmp_path)
    again.put(rows(3, 1))
    assert [row[0] for row in again.next(0, 10)] == [4]
    assert again.name == spool.name


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError):
        Spool(tmp_path / "file")
    with pytest.raises(InputError):
        Rooms(tmp_path / "file" / "rooms.sqlite")


def finding(level: Level) -> Finding:
    return Finding(
        source="ble",
        time_s=1.0,
        id="F-1",
        level=level,
        kind="tracker",
        title=say("A tracker"),
        subject="ble-1",
        raised_s=1.0,
        confidence=0.5,
        why=(),
        benign=(),
        next=(),
        evidence=(),
    )


def test_readings_are_thinned_and_changes_are_not(tmp_path: Path) -> None:
    now = [100.0]
    spool = Spool(tmp_path)
    feed = Feed(spool, clock=lambda: now[0], utc=lambda: now[0])
    for _ in range(900):  # 90 s of ten a second
        now[0] += 0.1
        feed(device(1, rssi_dbm=round(-now[0])))
    assert len(spool) in (3, 4)
    before = len(spool)
    feed(device(1, state="separated"))
    feed(finding(Level.LOW))
    feed(finding(Level.LOW))
    feed(finding(Level.HIGH))
    feed(Status(source="ble", time_s=1.0, subject="ble", state=State.FAILED))
    now[0] += WRITE_S
    feed(Status(source="ble", time_s=2.0, subject="ble", state=State.LISTENING))
    kinds = [row[1] for row in spool.next(0, 100)][before:]
    assert kinds == ["device", "finding", "finding", "status", "status"]
    now[0] += EVERY_S
    feed(device(1, state="separated", sightings=77))
    feed.flush()
    last = msgspec.json.decode(spool.next(0, 100)[-1][4], type=Device)
    assert last.sightings == 77


def test_old_rows_are_purged(tmp_path: Path) -> None:
    now = [time.time() - 40 * 86_400]
    rooms = Rooms(tmp_path / "rooms.sqlite", clock=lambda: now[0])
    secret = device(1, model="Someone's own tag")
    raw = msgspec.Raw(msgspec.json.encode(secret))
    rooms.add([wire.Message("s/1", "Room 1", "device", "ble-1", now[0], raw)])
    now[0] += 40 * 86_400
    rooms.add(
        [
            wire.Message(
                "s/2", "Room 1", "device", "ble-2", time.time(), msgspec.Raw(msgspec.json.encode(device(2)))
            )
        ]
    )
    assert rooms.purge(30) == 1
    assert items(rooms) == ["ble-2"]
    rooms.close()
    assert all(b"own tag" not in path.read_bytes() for path in tmp_path.glob("rooms.sqlite*"))


def test_a_quiet_room_still_says_that_it_listens(mosquitto: Mosquitto, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("sweeper.fleet.publisher.HEARTBEAT_S", 0.2)
    rooms = Rooms(tmp_path / "console.sqlite")
    console = Subscriber(rooms, mosquitto.address())
    console.start()
    sensor = Publisher(Spool(tmp_path / "sensor"), "Room 1", mosquitto.address())
    sensor.start()
    wait_for(lambda: [room.link for room in rooms.all()] == ["up"])
    first = rooms.all()[0].heard_utc_s
    wait_for(lambda: rooms.all()[0].heard_utc_s > first + 1)
    assert sensor.stop()
    console.stop()
