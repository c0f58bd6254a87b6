"""What a management frame says of its sender: information elements, security, WPS, vendors' elements.

The body is a fixed part (by subtype) and then elements::

    id u8 | length u8 | length bytes          id 255: the first of the bytes is the extended id

    beacon, probe response   timestamp 8, interval 2, capabilities 2
    association request      capabilities 2, listen interval 2      reassociation: + current AP 6
    probe request            nothing
    DMG beacon (802.11ad)    timestamp 8, sector sweep 3, interval 2, its control 6, parameters 1

Elements that do not fit end the list; ``complete`` tells whether the list filled its space exactly.
Sources: IEEE 802.11-2020 9.3.3 and 9.4.2; Wi-Fi Simple Configuration 2.0.8 (WPS); the Wi-Fi Alliance's types.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

ASSOC_REQUEST, ASSOC_RESPONSE, REASSOC_REQUEST, PROBE_REQUEST, PROBE_RESPONSE = 0, 1, 2, 4, 5
BEACON, DISASSOCIATION, AUTHENTICATION, DEAUTHENTICATION, ACTION = 8, 10, 11, 12, 13

DMG_BEACON = 16
"""Not a management subtype: stands here for the beacon of 60 GHz networks, an extension frame."""

FIXED = {
    ASSOC_REQUEST: 4,
    ASSOC_RESPONSE: 6,
    REASSOC_REQUEST: 10,
    3: 6,
    PROBE_REQUEST: 0,
    PROBE_RESPONSE: 12,
    BEACON: 12,
    DMG_BEACON: 20,
}
"""Bytes in front of the elements, for the subtypes that have elements."""

CHANGING = frozenset({5, 11, 35, 37, 40, 60, 195})
"""Elements that change from beacon to beacon and say nothing of the device: TIM, load, switch, quiet, TPC."""

SSID, RATES, DS, TIM, COUNTRY, HT_CAPABILITIES, RSN, HT_OPERATION, MESH_ID, VENDOR = (
    0,
    1,
    3,
    5,
    7,
    45,
    48,
    61,
    114,
    221,
)
_WFA, _WIFI_DIRECT_OUI = b"\x00\x50\xf2", b"\x50\x6f\x9a"
_BE16 = Struct(">HH").unpack_from
_LE16 = Struct("<H").unpack_from

Element = tuple[int, bytes]


class Elements(NamedTuple):
    """The elements in the order sent, and whether the last one ended where the frame does."""

    items: tuple[Element, ...]
    complete: bool


def elements(body: bytes, at: int = 0) -> Elements:
    """Walk the elements from ``at`` on. Never raises.

    >>> elements(bytes.fromhex("0003616263 010182"))
    Elements(items=((0, b'abc'), (1, b'\\x82')), complete=True)
    """
    found: list[Element] = []
    end = len(body)
    while at + 2 <= end:
        stop = at + 2 + body[at + 1]
        if stop > end:
            return Elements(tuple(found), False)
        found.append((body[at], body[at + 2 : stop]))
        at = stop
    return Elements(tuple(found), at == end)


def steady(body: bytes, at: int) -> bytes:
    """The elements from ``at`` on without those that change from beacon to beacon: a key for a cache."""
    kept = []
    end = len(body)
    while at + 2 <= end:
        stop = at + 2 + body[at + 1]
        if body[at] not in CHANGING:
            kept.append(body[at:stop])
        at = stop
    return b"".join(kept)


def place_of(body: bytes, at: int, number: int) -> int:
    """Where the first element of that id begins, walking from ``at`` on; 0 if there is none."""
    end = len(body)
    while at + 2 <= end:
        if body[at] == number:
            return at
        at += 2 + body[at + 1]
    return 0


class Wps(NamedTuple):
    """WPS attributes that name a device; empty where not sent."""

    manufacturer: str = ""
    model: str = ""
    number: str = ""
    serial: str = ""
    device: str = ""
    category: str = ""
    uuid: str = ""


_WPS_TEXT = {0x1021: "manufacturer", 0x1023: "model", 0x1024: "number", 0x1042: "serial", 0x1011: "device"}
_CATEGORIES = {
    1: "computer", 2: "input", 3: "printer", 4: "camera", 5: "storage", 6: "network", 7: "display",
    8: "multimedia", 9: "gaming", 10: "telephone", 11: "audio", 12: "docking",
}  # fmt: skip
"""Main categories of the primary device type; 4 covers cameras and scanners."""


def wps(data: bytes) -> Wps:
    """Read WPS attributes: ``id u16 | length u16 | bytes``, big-endian; what does not fit ends them."""
    values: dict[str, str] = {}
    at = 0
    while at + 4 <= len(data):
        code, length = _BE16(data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            break
        if code in _WPS_TEXT:
            values[_WPS_TEXT[code]] = value.rstrip(b"\0 ").decode("utf-8", "replace")
        elif code == 0x1054 and length == 8:
            main, sub = _BE16(value, 0)[0], _BE16(value, 4)[1]
            values["category"] = f"{_CATEGORIES.get(main, main)}/{sub}"
        elif code == 0x1047 and length == 16:
            values["uuid"] = value.hex()
        at += 4 + length
    return Wps(**values)


_SUITES = {1: "802.1X", 2: "PSK", 3: "FT-802.1X", 4: "FT-PSK", 5: "802.1X", 6: "PSK", 8: "SAE", 9: "FT-SAE",
           11: "802.1X", 12: "802.1X-192", 18: "OWE", 24: "SAE", 25: "FT-SAE"}  # fmt: skip


def key_management(data: bytes, at: int) -> tuple[str, ...]:
    """Key management suites of an RSN or WPA element whose version stands at ``at``; empty if cut short."""
    at += 2 + 4  # version, group cipher
    for _ in range(2):  # pairwise ciphers, then key management
        if at + 2 > len(data):
            return ()
        count = _LE16(data, at)[0]
        first, at = at + 2, at + 2 + 4 * count
        if at > len(data):
            return ()
    suites = [data[i + 3] for i in range(first, at, 4)]
    return tuple(dict.fromkeys(_SUITES.get(suite, f"suite-{suite}") for suite in suites))


def security(items: tuple[Element, ...], privacy: bool) -> str:
    """How a network is protected, by its elements and the privacy bit: open, WEP, WPA, WPA2, WPA3, OWE.

    >>> security((), True)
    'WEP'
    """
    rsn = next((data for number, data in items if number == RSN), None)
    if rsn is not None:
        suites = key_management(rsn, 0)
        if any("SAE" in suite for suite in suites):
            mixed = any(suite in ("PSK", "FT-PSK") for suite in suites)
            return "WPA2/WPA3-Personal" if mixed else "WPA3-Personal"
        if "OWE" in suites:
            return "OWE"
        return "WPA2-Enterprise" if any("802.1X" in s for s in suites) else "WPA2-Personal"
    old = next((data for n, data in items if n == VENDOR and data[:4] == _WFA + b"\x01"), None)
    if old is not None:
        return "WPA-Enterprise" if "802.1X" in key_management(old, 4) else "WPA-Personal"
    return "WEP" if privacy else "open"


class Description(NamedTuple):
    """What the elements of one frame say. ``ssid`` is ``None`` where no SSID element was sent."""

    complete: bool
    items: tuple[Element, ...]
    ssid: bytes | None
    channel: int | None
    vendors: tuple[str, ...]
    wps: Wps | None
    country: str
    name: bytes
    mesh: bytes | None
    direct: bool


def describe(body: bytes, at: int = 0) -> Description:
    """Read the elements of a body from ``at`` on. Never raises."""
    items, complete = elements(body, at)
    first: dict[int, bytes] = {}
    vendors: list[str] = []
    attributes = b""
    name = b""
    direct = False
    for number, data in items:
        if number != VENDOR:
            first.setdefault(number, data)
            continue
        vendors.append(f"{data[:3].hex()},{data[3]}" if len(data) > 3 else data[:3].hex())
        if data[:4] == _WFA + b"\x04":
            attributes += data[4:]
        elif data[:4] == _WIFI_DIRECT_OUI + b"\x09":
            direct = True
        elif data[:4] == b"\x00\x0b\x86\x01" and len(data) > 6 and data[4] == 3:  # Aruba: name of the AP
            name = data[6:]
    cisco = first.get(133, b"")
    if len(cisco) >= 26:  # Cisco CCX: 16 bytes of name behind 10 bytes
        name = cisco[10:26].rstrip(b"\0")
    return Description(
        complete=complete,
        items=items,
        ssid=first.get(SSID),
        channel=_channel(first),
        vendors=tuple(dict.fromkeys(vendors)),
        wps=wps(attributes) if attributes else None,
        country=_country(first.get(COUNTRY, b"")),
        name=name,
        mesh=first.get(MESH_ID),
        direct=direct,
    )


def _channel(first: dict[int, bytes]) -> int | None:
    """The primary channel: of the DS element, else of the HT operation element."""
    told = first.get(DS) or first.get(HT_OPERATION)
    return told[0] if told and 0 < told[0] < 234 else None


def _country(data: bytes) -> str:
    code = data[:2]
    return code.decode("ascii") if len(code) == 2 and code.isalpha() else ""


def hidden(ssid: bytes | None) -> bool:
    """Whether an SSID element hides the name: empty, or all zero bytes of its length."""
    return ssid is not None and not ssid.strip(b"\0")


def address(value: int) -> str:
    """A 48-bit number as an address.

    >>> address(0x0000AABBCCDDEEFF)
    'aa:bb:cc:dd:ee:ff'
    """
    return value.to_bytes(6, "big").hex(":")


def randomised(value: int) -> bool:
    """Whether the locally administered bit is set: then the first three octets are no vendor's."""
    return bool(value >> 41 & 1)


def group(value: int) -> bool:
    """Whether the group bit is set: such an address sends nothing."""
    return bool(value >> 40 & 1)
