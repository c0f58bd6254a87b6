"""What travels: one JSON object a message, with an id that is never used again.

    topic    sweeper/<sensor>/<kind>      a kind of KINDS, or link
    payload  {"id": "<spool>/<number>", "sensor": …, "kind": …, "item": …, "utc_s": …, "record": {…}}

``record`` is the record as the sensor's pipeline made it. A broker is a stranger to the console: what arrives
is bounded in size and checked against the types before anything is done with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sweeper.errors import ProtocolError
from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.text import say

ROOT = "sweeper"
LARGEST = 1 << 20
"""Bytes of one message. An emission with all the 4,096 bursts that are kept has about 400 kB."""

NAME_LENGTH = 64
ITEM_LENGTH = 512

KINDS: dict[str, type[Record]] = {
    "finding": Finding,
    "device": Device,
    "emission": Emission,
    "coverage": Coverage,
    "status": Status,
    "input": Opened,
    "closed": Closed,
}


class Message(msgspec.Struct, frozen=True):
    """One record on its way. ``utc_s`` is the sensor's clock when it was made."""

    id: str
    sensor: str
    kind: str
    item: str
    utc_s: float
    record: msgspec.Raw


class Arrived(msgspec.Struct, frozen=True):
    """A message that passed every check, with its record made again."""

    message: Message
    record: Record


def topic(sensor: str, kind: str) -> str:
    return f"{ROOT}/{sensor}/{kind}"


def allowed(name: str) -> bool:
    """Whether a sensor may be called so: short, printable, and no part of MQTT's own signs."""
    return 0 < len(name) <= NAME_LENGTH and name.isprintable() and not set(name) & set("/+#$")


def encode(message: Message) -> bytes:
    return msgspec.json.encode(message)


def decode(payload: bytes, topic_name: str) -> Arrived:
    """The message and its record. Raises ``ProtocolError`` for whatever is none, or lies about its sender."""
    if len(payload) > LARGEST:
        raise ProtocolError(say("a message of {count} bytes", count=len(payload)))
    try:
        message = msgspec.json.decode(payload, type=Message)
        type_ = KINDS.get(message.kind)
        if type_ is None:
            raise ProtocolError(say("a message of an unknown kind"))
        record: Any = msgspec.json.decode(message.record, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(say("a message that is none: {error}", error=error)) from None
    if not allowed(message.sensor) or topic_name != topic(message.sensor, message.kind):
        raise ProtocolError(say("a message under another sensor's name"))
    if not 0 < len(message.id) <= NAME_LENGTH or len(message.item) > ITEM_LENGTH:
        raise ProtocolError(say("a message with an impossible id"))
    return Arrived(message, record)
