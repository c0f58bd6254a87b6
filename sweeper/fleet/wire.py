"""What travels: one JSON object a message, with an id that is never used again.

    topic    sweeper/<sensor>/<kind>      a kind of KINDS
    payload  {"id": "<spool>/<number>", "sensor": …, "kind": …, "item": …, "utc_s": …, "record": {…}}

    topic    sweeper/<sensor>/link        kept by the broker for whoever comes later
    payload  {"state": "up" | "ended" | "lost", "utc_s": …, "waiting": …, "dropped": …}

``record`` is the record as the sensor's pipeline made it. A broker is a stranger to the console: what arrives
is bounded in size and checked against the types before anything is done with it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from sweeper.errors import ProtocolError
from sweeper.records import Closed, Coverage, Device, Emission, Finding, Opened, Record, Status
from sweeper.text import say

ROOT = "sweeper"
LARGEST = 1 << 20
"""Bytes of one message. An emission with all the 4,096 bursts that are kept has about 400 kB."""

LARGEST_WORD = 512
"""Bytes of one word about a link; ours has some eighty."""

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


Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class LinkWord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sensor says of itself when it connects, every half minute, and at its end.

    The broker says *lost* for it. ``utc_s`` is the sensor's clock, ``waiting`` records are on its disk,
    ``dropped`` ones found no room there.
    """

    state: Literal["up", "ended", "lost"]
    utc_s: Annotated[float, msgspec.Meta(ge=0, le=1e11)] | None = None
    waiting: Count = 0
    dropped: Count = 0


class Arrived(msgspec.Struct, frozen=True):
    """A message that passed every check, with its record made again."""

    message: Message
    record: Record


def topic(sensor: str, kind: str) -> str:
    return f"{ROOT}/{sensor}/{kind}"


def allowed(name: str) -> bool:
    """Whether a sensor may be called so: short, printable, and no part of MQTT's own signs."""
    return 0 < len(name) <= NAME_LENGTH and name.isprintable() and not set(name) & set("/+#$")


def encode(message: Message | LinkWord) -> bytes:
    return msgspec.json.encode(message)


def link_word(payload: bytes, topic_name: str) -> tuple[str, LinkWord]:
    """The sensor and its word. Raises ``ProtocolError`` for whatever is none."""
    sensor = topic_name.removeprefix(f"{ROOT}/").removesuffix("/link")
    if not allowed(sensor) or topic_name != topic(sensor, "link") or len(payload) > LARGEST_WORD:
        raise ProtocolError(say("a link message that is none"))
    try:
        return sensor, msgspec.json.decode(payload, type=LinkWord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError(say("a link message that is none")) from None


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
