"""AD structures: what an advertisement is made of, legacy (31 bytes) and extended (up to 1,650).

::

    +--------+------+-----------------+--------+------+------
    | length | type | length-1 bytes  | length | type | ...       zero length: the rest is padding
    +--------+------+-----------------+--------+------+------

    01 flags              02-07 service UUIDs (16, 32, 128 bit)   08 09 short and complete name
    0a transmit power     16 20 21 service data (16, 32, 128 bit) ff company id, then the maker's bytes

Source: Bluetooth Core Specification 5.4, volume 3 part C section 11, and the Core Specification Supplement,
part A. UUIDs and company ids travel with the least significant byte first.

Anybody can send anything, so ``parse`` keeps every structure up to the first broken one and says what broke.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from sweeper.errors import ProtocolError
from sweeper.text import say

FLAGS = 0x01
SHORT_NAME = 0x08
COMPLETE_NAME = 0x09
TX_POWER = 0x0A
SERVICE_DATA_16 = 0x16
APPEARANCE = 0x19
SERVICE_DATA_32 = 0x20
SERVICE_DATA_128 = 0x21
MANUFACTURER = 0xFF

MAX_BYTES = 1650
"""Most AD bytes that extended advertising can chain (Core 5.4, volume 4 part E section 7.8.54)."""

UUID_BYTES = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16, 0x14: 2, 0x15: 16, 0x1F: 4}
"""AD types that list UUIDs (advertised and solicited) and the bytes of each."""
SERVICE_DATA_BYTES = {SERVICE_DATA_16: 2, SERVICE_DATA_32: 4, SERVICE_DATA_128: 16}
BASE_UUID = bytes.fromhex("fb349b5f8000008000100000")
"""The Bluetooth base UUID, least significant byte first, without the short UUID that ends it."""


class Advert(msgspec.Struct):
    """One advertisement's AD structures, in the order sent. ``problem`` says why reading stopped early."""

    flags: int | None = None
    name: str | None = None
    name_complete: bool = False
    tx_power_dbm: int | None = None
    appearance: int | None = None
    uuids: list[str] = []
    reversed_uuids: list[str] = []
    manufacturer: list[tuple[int, bytes]] = []
    service_data: list[tuple[str, bytes]] = []
    types: list[int] = []
    problem: ProtocolError | None = None


def structures(data: bytes) -> list[tuple[int, bytes]]:
    """``[(type, value)]`` of all AD structures; raises ``ProtocolError`` where one runs past the end."""
    found, problem = _split(data)
    if problem is not None:
        raise problem
    return found


def _split(data: bytes) -> tuple[list[tuple[int, bytes]], ProtocolError | None]:
    found: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    if end > MAX_BYTES:
        return found, ProtocolError(
            say(
                "{end} bytes of AD structures, at most {max_bytes} can be sent", end=end, max_bytes=MAX_BYTES
            ),
            MAX_BYTES,
        )
    while at < end:
        length = data[at]
        if length == 0:
            break
        after = at + 1 + length
        if after > end:
            problem = say(
                "an AD structure of {length} bytes where {end} are left", length=length, end=end - at - 1
            )
            return found, ProtocolError(problem, at)
        found.append((data[at + 1], data[at + 2 : after]))
        at = after
    return found, None


def parse(data: bytes) -> Advert:
    """Read an advertisement. Never raises: what is broken is told in ``problem``."""
    found, problem = _split(data)
    advert = Advert(problem=problem)
    for kind, value in found:
        advert.types.append(kind)
        if kind == MANUFACTURER:
            if len(value) < 2:
                advert.problem = advert.problem or ProtocolError(
                    say("manufacturer data without a company id")
                )
            else:
                advert.manufacturer.append((value[0] | value[1] << 8, value[2:]))
        elif kind in SERVICE_DATA_BYTES:
            _service_data(advert, SERVICE_DATA_BYTES[kind], value)
        elif kind in UUID_BYTES:
            _uuid_list(advert, UUID_BYTES[kind], value)
        else:
            _common(advert, kind, value)
    return advert


def _common(advert: Advert, kind: int, value: bytes) -> None:
    if kind == FLAGS:
        advert.flags = value[0] if value else None
    elif kind in (SHORT_NAME, COMPLETE_NAME):
        if advert.name is None or (kind == COMPLETE_NAME and not advert.name_complete):
            advert.name = value.decode("utf-8", "backslashreplace").rstrip("\0")
            advert.name_complete = kind == COMPLETE_NAME
    elif kind == TX_POWER and value:
        advert.tx_power_dbm = value[0] - 256 if value[0] > 127 else value[0]
    elif kind == APPEARANCE and len(value) >= 2:
        advert.appearance = value[0] | value[1] << 8


def _uuid_list(advert: Advert, size: int, value: bytes) -> None:
    if len(value) % size:
        advert.problem = advert.problem or ProtocolError(
            say("a list of {size}-byte UUIDs of {count} bytes", size=size, count=len(value))
        )
    for at in range(0, len(value) - size + 1, size):
        _add_uuid(advert, value[at : at + size])


def _service_data(advert: Advert, size: int, value: bytes) -> None:
    if len(value) < size:
        advert.problem = advert.problem or ProtocolError(say("service data without its UUID"))
        return
    advert.service_data.append((uuid_text(value[:size]), value[size:]))
    _add_uuid(advert, value[:size])


def _add_uuid(advert: Advert, raw: bytes) -> None:
    text = uuid_text(raw)
    if text not in advert.uuids:
        advert.uuids.append(text)
        if len(raw) == 16:
            advert.reversed_uuids.append(uuid_text(raw[::-1]))


@lru_cache(4096)
def uuid_text(raw: bytes) -> str:
    """The UUID as people write it, in capitals; those on the Bluetooth base are shortened.

    >>> uuid_text(bytes.fromhex("aafe"))
    'FEAA'
    """
    if len(raw) == 2:
        return f"{raw[1]:02X}{raw[0]:02X}"
    if len(raw) == 16 and raw[:12] == BASE_UUID:
        raw = raw[12:]
    if len(raw) == 4:
        return raw[::-1].hex().upper().removeprefix("0000")
    digits = raw[::-1].hex().upper()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid_bytes(text: str) -> bytes:
    """The inverse of ``uuid_text``, in the order sent. Raises ``ProtocolError`` if it is not a UUID.

    A 128-bit UUID on the Bluetooth base is shortened to what a device would have sent.
    """
    digits = text.replace("-", "").upper()
    try:
        raw = bytes.fromhex(digits)[::-1]
    except ValueError:
        raw = b""
    if len(raw) not in (2, 4, 16):
        raise ProtocolError(say("{value!r} is not a UUID", value=text))
    if len(raw) == 16 and raw[:12] == BASE_UUID:
        raw = raw[12:14] if raw[14:] == b"\0\0" else raw[12:]
    return raw


def encode(items: Iterable[tuple[int, bytes]]) -> bytes:
    """AD structures as bytes, the inverse of ``structures``; raises ``ProtocolError`` on an oversized one."""
    out = bytearray()
    for kind, value in items:
        if len(value) > 254:
            raise ProtocolError(
                say("an AD structure holds at most 254 bytes, not {count}", count=len(value)), len(out)
            )
        out += bytes((len(value) + 1, kind)) + value
    return bytes(out)


def from_fields(
    *,
    flags: int | None = None,
    name: str | None = None,
    uuids: Iterable[str] = (),
    manufacturer: Iterable[tuple[int, bytes]] = (),
    service_data: Iterable[tuple[str, bytes]] = (),
    tx_power_dbm: int | None = None,
) -> bytes:
    """AD bytes from the fields that operating systems hand over, in one fixed order.

    The order and grouping that were on the air are gone by then; what the fields say is kept, so that a live
    adapter and a capture go through one door. Values too long for one structure are cut to what fits.
    """
    items: list[tuple[int, bytes]] = []
    if flags is not None:
        items.append((FLAGS, bytes((flags & 0xFF,))))
    by_size: dict[int, bytes] = {2: b"", 4: b"", 16: b""}
    for text in uuids:
        raw = uuid_bytes(text)
        by_size[len(raw)] += raw
    for size, kind in ((2, 0x03), (4, 0x05), (16, 0x07)):
        most = 254 // size * size
        for at in range(0, len(by_size[size]), most):
            items.append((kind, by_size[size][at : at + most]))
    for company, value in manufacturer:
        items.append((MANUFACTURER, company.to_bytes(2, "little") + value[:252]))
    for text, value in service_data:
        raw = uuid_bytes(text)
        kind = {2: SERVICE_DATA_16, 4: SERVICE_DATA_32, 16: SERVICE_DATA_128}[len(raw)]
        items.append((kind, (raw + value)[:254]))
    if tx_power_dbm is not None and -127 <= tx_power_dbm <= 127:
        items.append((TX_POWER, tx_power_dbm.to_bytes(1, "big", signed=True)))
    if name is not None:
        items.append((COMPLETE_NAME, name.encode("utf-8", "replace")[:254]))
    return encode(items)
