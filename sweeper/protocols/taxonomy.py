"""Signatures of a Wi-Fi station by the elements it sends, in hostap's form.

The order of elements in probe and association requests, and the capabilities in them, come from chip and
driver, not from the user, so they tell kinds of device apart although the address is random::

    0,1,50,45,48,221(0050f2,2),htcap:002c,htagg:01,htmcs:000000ff

Element ids in the order sent, vendor elements with OUI and type; then HT capabilities, A-MPDU parameters and
MCS set, VHT capabilities and both MCS maps, power limits, extended capabilities, and the WPS model name, each
if sent. Sources: hostap ``src/ap/taxonomy.c`` describes the form; Gentry and Pennarun, "Passive Taxonomy of
Wifi Clients using MLME Frame Contents", arXiv 1608.01725.
"""

from __future__ import annotations

from sweeper.protocols.ieee80211 import Element

_HT, _POWER, _EXTENDED, _VHT, _VENDOR = 45, 33, 127, 191, 221


def signature(items: tuple[Element, ...], model: str = "") -> str:
    """The signature of a frame's elements; ``model`` is the WPS model name, if one was sent.

    >>> signature(((0, b""), (1, b""), (221, bytes.fromhex("0050f202"))))
    '0,1,221(0050f2,2)'
    """
    return ",".join(order(items) + _capabilities(dict(reversed(items))) + _model(items, model))


def order(items: tuple[Element, ...]) -> list[str]:
    """The element ids in the order sent, vendor elements with OUI and type."""
    return [
        f"221({data[:3].hex()},{data[3]})" if number == _VENDOR and len(data) > 3 else str(number)
        for number, data in items
    ]


def _capabilities(first: dict[int, bytes]) -> list[str]:
    parts: list[str] = []
    ht = first.get(_HT, b"")
    if len(ht) >= 2:
        parts.append(f"htcap:{_hex(ht[:2])}")
    if len(ht) >= 3:
        parts.append(f"htagg:{ht[2]:02x}")
    if len(ht) >= 7:
        parts.append(f"htmcs:{_hex(ht[3:7])}")
    vht = first.get(_VHT, b"")
    for name, at in (("vhtcap", 0), ("vhtrxmcs", 4), ("vhttxmcs", 8)):
        if len(vht) >= at + 4:
            parts.append(f"{name}:{_hex(vht[at : at + 4])}")
    power = first.get(_POWER, b"")
    if len(power) == 2:
        parts.append(f"txpow:{_hex(power)}")
    extended = first.get(_EXTENDED, b"")
    if extended:
        parts.append(f"extcap:{extended.hex()}")
    return parts


def _hex(data: bytes) -> str:
    """A little-endian number in hexadecimal digits."""
    return data[::-1].hex()


def _model(items: tuple[Element, ...], model: str) -> list[str]:
    """``wps:`` and the model name; everything but letters, digits and a few marks becomes an underscore."""
    if not any(number == _VENDOR and data[:4] == b"\x00\x50\xf2\x04" for number, data in items) or not model:
        return []
    return ["wps:" + "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in model)]
