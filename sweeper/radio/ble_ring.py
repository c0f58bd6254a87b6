"""Make a tag that is not one's own sound, as its maker provides for: only when the user asks for it.

::

    AirTag          service 7DFC9000-..., write AF to 7DFC9001-...
    DULT, Google    service 15190001-..., write 00 03 to 8E0C0001-..., answer 02 03 | command, 2 | result, 2
    Find My         service FD44, write 01 00 03 to 4F860003-...

Sources: the IETF DULT accessory protocol (numbers little-endian); AirGuard for Apple's two. This is the one
place where the program transmits. Makers let a tag sound only some time after its owner has left, so a
refusal does not mean that there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Iterable
from typing import Any

import msgspec

from sweeper.radio import ble
from sweeper.serials import when_found
from sweeper.text import Phrase, say

FIND_S = 15.0
"""A separated tag sends every 2 s; BlueZ listens two thirds of the time."""
CONNECT_S = 20.0
ANSWER_S = 5.0


class Way(msgspec.Struct, frozen=True):
    """One maker's way: where to write, what starts the sound, what ends it (empty: it ends by itself)."""

    name: str
    service: str
    characteristic: str
    start: bytes
    stop: bytes
    answers: bool


WAYS = (
    Way(
        "AirTag",
        "7dfc9000-7d1c-4951-86aa-8d9728f8d66c",
        "7dfc9001-7d1c-4951-86aa-8d9728f8d66c",
        b"\xaf",
        b"",
        answers=False,
    ),
    Way(
        "DULT",
        "15190001-12f4-c226-88ed-2ac5579f2a85",
        "8e0c0001-1d68-fb92-bf61-48377421680e",
        b"\x00\x03",
        b"\x01\x03",
        answers=True,
    ),
    Way(
        "Find My",
        "0000fd44-0000-1000-8000-00805f9b34fb",
        "4f860003-943b-49ef-bed4-2f730304427a",
        b"\x01\x00\x03",
        b"\x01\x01\x03",
        answers=False,
    ),
)
"""In the order tried; a device that offers none of the services cannot be made to sound by a stranger."""

COMMAND_RESPONSE = 0x0302
SOUND_COMPLETED = 0x0303


class Outcome(enum.StrEnum):
    SOUNDS = "sounds"
    NOT_HEARD = "not-heard"
    NO_CONNECTION = "no-connection"
    NO_SERVICE = "no-service"
    REFUSED = "refused"


class Rung(msgspec.Struct, frozen=True):
    """What became of it, in words for the user; ``next`` is what to do now."""

    outcome: Outcome
    way: str
    told: Phrase
    next: tuple[Phrase, ...] = ()


_TOLD = {
    Outcome.SOUNDS: say("It was told to sound and agreed. Listen; the sound lasts 5 to 30 seconds."),
    Outcome.NOT_HEARD: say("It was not heard now. Wait for its next advertisement, or go nearer."),
    Outcome.NO_CONNECTION: say("It was heard but let nobody connect. Go nearer and try again."),
    Outcome.NO_SERVICE: say("It offers strangers no way to make it sound."),
    Outcome.REFUSED: say("It refused: its owner may be near, or have left too short a time ago."),
}


_NEXT = {
    Outcome.SOUNDS: (
        say("Follow the sound; if it ends, ring again. Some tags were made mute: search by signal."),
    ),
    Outcome.NOT_HEARD: (say("Walk slowly and search by signal strength; ring again where it is strong."),),
    Outcome.NO_CONNECTION: (
        say("Another phone may hold the connection, often the owner's: then the owner is near."),
        say("Search by signal strength instead."),
    ),
    Outcome.NO_SERVICE: (
        say("Search by signal strength instead; the maker's own application may make it sound."),
    ),
    Outcome.REFUSED: (
        say("Ring again in half an hour: tags obey strangers only some time after their owner has left."),
        say("Search by signal strength meanwhile."),
    ),
}
_KINDS = {"AirTag": "airtag", "DULT": "dult_accessory", "Find My": "findmy_third_party"}
"""What a way of ringing tells of the kind."""


def choose(services: Iterable[str]) -> Way | None:
    """The way for a device that offers these services (UUIDs as bleak writes them)."""
    offered = {service.lower() for service in services}
    return next((way for way in WAYS if way.service in offered), None)


def agreed(answer: bytes, way: Way) -> bool | None:
    """Whether an indication accepts the command; ``None`` if it speaks of something else."""
    if len(answer) < 2:
        return None
    kind = answer[0] | answer[1] << 8
    if kind == SOUND_COMPLETED:
        return True
    if kind != COMMAND_RESPONSE or answer[2:4] != way.start:
        return None
    return answer[4:6] in (b"", b"\0\0")


async def ring(address: str, adapter: str | None = None) -> Rung:
    """Look for the device, connect and ask it to sound. Raises ``Unavailable`` without a working adapter."""
    why = await ble.present(adapter or "")
    if why is not None:
        raise why
    bleak = ble.driver("ble")
    options: dict[str, Any] = {"adapter": adapter} if adapter else {}
    device = await bleak.BleakScanner.find_device_by_address(address, timeout=FIND_S, bluez=options)
    if device is None:
        return _rung(Outcome.NOT_HEARD)
    client = bleak.BleakClient(device, timeout=CONNECT_S)
    failures = (bleak.exc.BleakError, OSError, EOFError, TimeoutError)
    try:
        await client.connect()
    except failures:
        return _rung(Outcome.NO_CONNECTION)
    try:
        return await _ask(client, failures)
    finally:
        with contextlib.suppress(*failures):
            await client.disconnect()


async def _ask(client: Any, failures: tuple[type[BaseException], ...]) -> Rung:
    way = choose(service.uuid for service in client.services)
    if way is None:
        return _rung(Outcome.NO_SERVICE)
    answered: asyncio.Queue[bool] = asyncio.Queue()

    def heard(_sender: Any, data: bytearray) -> None:
        verdict = agreed(bytes(data), way)
        if verdict is not None:
            answered.put_nowait(verdict)

    try:
        if way.answers:
            await client.start_notify(way.characteristic, heard)
        await client.write_gatt_char(way.characteristic, way.start, response=True)
    except failures:
        return _rung(Outcome.REFUSED, way)
    if not way.answers:
        return _rung(Outcome.SOUNDS, way)
    try:
        async with asyncio.timeout(ANSWER_S):
            accepted = await answered.get()
    except TimeoutError:
        accepted = True  # the write itself was acknowledged; not every maker sends the answer
    return _rung(Outcome.SOUNDS if accepted else Outcome.REFUSED, way)


def _rung(outcome: Outcome, way: Way | None = None) -> Rung:
    name = way.name if way is not None else ""
    return Rung(outcome, name, _TOLD[outcome], (*_NEXT[outcome], *when_found(_KINDS.get(name, ""))))
