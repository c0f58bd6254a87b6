"""Each wall of the wire by itself: one byte or one sign too much is refused, what just fits is taken."""

from __future__ import annotations

import msgspec
import pytest

from sweeper.errors import ProtocolError
from sweeper.fleet import wire
from sweeper.records import Status

RECORD = msgspec.json.encode(Status(source="s", time_s=1.0, subject="x", state="ready"))
GOOD = wire.Message("s/1", "Room 1", "status", "x", 1.0, msgspec.Raw(RECORD))


def taken(topic: str = "", **changed: object) -> bool:
    message = msgspec.structs.replace(GOOD, **changed)
    try:
        arrived = wire.decode(wire.encode(message), topic or wire.topic(message.sensor, message.kind))
    except ProtocolError:
        return False
    assert arrived.message.sensor == message.sensor
    return True


@pytest.mark.parametrize(
    "name", ["", "a" * (wire.NAME_LENGTH + 1), "a/b", "+", "#", "$SYS", "a\n", "\u202ea"]
)
def test_names_that_no_sensor_has(name: str) -> None:
    assert not wire.allowed(name)
    assert not taken(sensor=name)


def test_names_that_one_may_have() -> None:
    for name in ("a", "a" * wire.NAME_LENGTH, "Зал 2", "Бөлме"):
        assert wire.allowed(name)
        assert taken(sensor=name)


def test_nobody_speaks_in_anothers_name_or_of_another_kind() -> None:
    assert taken("sweeper/Room 1/status")
    assert not taken("sweeper/Room 2/status")
    assert not taken("sweeper/Room 1/device")
    assert not taken("other/Room 1/status")
    assert not taken(kind="link")
    assert not taken(kind="device"), "the fields of another record"


def test_ids_and_items_are_bounded() -> None:
    assert taken(id="x" * wire.NAME_LENGTH, item="i" * wire.ITEM_LENGTH)
    assert not taken(id="")
    assert not taken(id="x" * (wire.NAME_LENGTH + 1))
    assert not taken(item="i" * (wire.ITEM_LENGTH + 1))


def test_a_message_is_bounded_in_bytes() -> None:
    made = wire.encode(GOOD)
    fits = made + b" " * (wire.LARGEST - len(made))
    assert wire.decode(fits, "sweeper/Room 1/status").message.id == "s/1"
    with pytest.raises(ProtocolError, match="bytes"):
        wire.decode(fits + b" ", "sweeper/Room 1/status")


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"record":' * 50_000, b"\xff", b"", b"null"])
def test_what_is_no_message(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.decode(payload, "sweeper/Room 1/status")
