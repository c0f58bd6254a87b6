"""One logged advertisement under whatever names its program gave the fields.

Scripts around bleak, phone apps and war-driving programs all write the same few things and call them
differently. Names are compared without case, spaces, dashes and underscores::

    when       time timestamp ts datetime date utc epoch firstseen lastseen
    who        address mac macaddress addr bdaddr deviceaddress
    how loud   rssi rssidbm signal signaldbm signalstrength
    what       data advdata rawdata raw payload scanrecord advertisement          AD structures in hex
               manufacturerdata servicedata serviceuuids localname name devicename ssid txpower   as bleak's
    where      lat latitude currentlatitude, lon lng longitude currentlongitude, place

bleak's fields come as JSON objects, as Python's own print of a dictionary, or as text such as
``0x004C:1219...``; they are written back as AD structures: a log enters by the same door as a capture.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sweeper.errors import ProtocolError
from sweeper.protocols.ble import ad
from sweeper.protocols.ble.address import raw
from sweeper.records import Advertisement, Place

WHEN = ("time", "timestamp", "ts", "datetime", "utc", "epoch", "date", "lastseen", "firstseen")
WHO = ("address", "mac", "macaddress", "addr", "bdaddr", "deviceaddress")
LEVEL = ("rssi", "rssidbm", "signal", "signaldbm", "signalstrength")
BYTES = ("data", "advdata", "rawdata", "raw", "payload", "scanrecord", "advertisement", "hexpayload")
NAME = ("localname", "name", "devicename", "ssid")
LAT = ("lat", "latitude", "currentlatitude")
LON = ("lon", "lng", "longitude", "currentlongitude")

MOST_TEXT = 8_192
"""Characters of one field that are looked into: an extended advertisement has 3,300 hex digits."""
NO_NAME = ("", "unknown", "none", "n/a", "null")
"""What programs write for a device that sent no name."""


def folded(name: str) -> str:
    """A field's name as it is compared.

    >>> folded("MAC Address")
    'macaddress'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def advert_of(row: Mapping[str, Any]) -> Advertisement | None:
    """The advertisement in a row of folded names; ``None`` without a time and a sender."""
    time_s = moment(_first(row, WHEN))
    address = _first(row, WHO)
    if time_s is None or not isinstance(address, str) or not 0 < len(address.strip()) <= 64:
        return None
    level = number(_first(row, LEVEL))
    channel = number(row.get("channel"))
    kind = row.get("addresstype")
    hint = row.get("kind")
    return Advertisement(
        time_s=time_s,
        address=address.strip(),
        address_type=kind.lower() if isinstance(kind, str) and kind.lower() in ("random", "public") else None,
        rssi_dbm=round(level) if level is not None and -127 <= level <= 20 else None,
        data=payload(row),
        channel=int(channel) if channel is not None and 0 <= channel <= 39 else None,
        place=_place(row),
        hint=hint[:200] if isinstance(hint, str) else "",
    )


def is_sender(value: Any) -> bool:
    """Whether it is a device's address: six bytes, as programs other than ours write it."""
    return isinstance(value, str) and raw(value.strip()) is not None


def number(value: Any) -> float | None:
    """A finite number, from a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> float | None:
    """UTC seconds; milliseconds, as Android counts them, are told by their size (beyond the year 5000)."""
    found = number(value)
    if found is not None:
        if abs(found) > 1e14:
            return None
        return found / 1000 if abs(found) > 1e11 else found
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def payload(row: Mapping[str, Any]) -> bytes:
    """The AD structures: as logged, or written back from bleak's fields; empty where neither is there."""
    found = _hex(_first(row, BYTES))
    if found:
        return found
    name = _first(row, NAME)
    uuids = _decoded(row.get("serviceuuids"))
    if isinstance(uuids, str):
        uuids = [part for part in re.split(r"[;,\s\[\]'\"]+", uuids) if part]
    try:
        return ad.from_fields(
            name=name if isinstance(name, str) and name.strip().lower() not in NO_NAME else None,
            uuids=[text for text in uuids if isinstance(text, str)] if isinstance(uuids, list) else (),
            manufacturer=sorted(_companies(row)),
            service_data=sorted((key, value) for key, value in _pairs(row.get("servicedata"))),
            tx_power_dbm=_whole(row.get("txpower")),
        )
    except ProtocolError:
        return b""


def _whole(value: Any) -> int | None:
    found = number(value)
    return None if found is None else round(found)


def _companies(row: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
    """Company ids and their bytes: a dictionary, or one company in a field of its own."""
    for key, value in _pairs(row.get("manufacturerdata")):
        company = _company(key)
        if company is not None:
            yield company, value
    company = _company(_first(row, ("manufacturerid", "companyid", "company")))
    if company is not None:
        value = _hex(_first(row, ("manufacturerdata", "rawmdata", "mdata", "companydata")))
        if value:
            yield company, value


def _company(key: Any) -> int | None:
    """A company id: decimal, or hexadecimal where it says so by ``0x`` or a letter."""
    if isinstance(key, int) and not isinstance(key, bool):
        return key if 0 <= key <= 0xFFFF else None
    if not isinstance(key, str):
        return None
    text = key.strip().lower()
    try:
        found = int(text) if text.isdecimal() else int(text.removeprefix("0x"), 16)
    except ValueError:
        return None
    return found if 0 <= found <= 0xFFFF else None


def _pairs(value: Any) -> Iterator[tuple[Any, bytes]]:
    """Key and bytes of a dictionary in any of the ways in which programs print one."""
    decoded = _decoded(value)
    if isinstance(decoded, dict):
        for key, item in decoded.items():
            found = _hex(item)
            if found:
                yield key if isinstance(key, int) else str(key), found
    elif isinstance(decoded, str):
        for part in re.split(r"[;,{}\s]+", decoded):
            key, mark, digits = part.partition(":" if ":" in part else "=")
            found = _hex(digits)
            if mark and found:
                yield key, found


def _decoded(value: Any) -> Any:
    """A JSON or Python literal in a text field as what it says; other text as it is."""
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        return None if isinstance(value, str) else value
    text = value.strip()
    if not text.startswith(("{", "[")):
        return text
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _hex(value: Any) -> bytes:
    """Bytes, from bytes, a list of numbers, or hex digits with or without separators; empty for all else."""
    if isinstance(value, bytes | bytearray):
        return bytes(value[: ad.MAX_BYTES])
    if isinstance(value, list):
        whole = all(isinstance(item, int) and 0 <= item <= 255 for item in value)
        return bytes(value[: ad.MAX_BYTES]) if whole else b""
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        return b""
    text = value.strip()
    if text.startswith(("b'", 'b"', "[", "bytearray(")):
        text = text.removeprefix("bytearray(").removesuffix(")")
        try:
            return _hex(ast.literal_eval(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return b""
    digits = re.sub(r"0x|[\s:\-]", "", text.lower())
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _place(row: Mapping[str, Any]) -> Place | None:
    name = row.get("place")
    name = name[:200] if isinstance(name, str) else ""
    lat, lon = number(_first(row, LAT)), number(_first(row, LON))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return Place(name=name) if name else None
    return Place(lat, lon, name)


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = row.get(name)
        if value is not None and value != "":
            return value
    return None
