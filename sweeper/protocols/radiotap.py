"""Capture headers in front of an 802.11 frame: radiotap (127), prism and AVS (119), PPI (192).

radiotap, little-endian::

    version u8 = 0 | pad u8 | length u16 | present u32 [| present u32 ...] | fields ...

A present word names, bit by bit from the lowest, the fields that follow in that order, each aligned to its
own size counted from the header's start. Bit 31 announces another present word, bit 29 starts the standard
numbering again (drivers add one such set for each antenna), bit 30 a vendor's set, whose length stands in its
own field. What is unknown ends the reading, not the frame. Source: radiotap.org.

prism: ``message u32 | length u32 | device 16 bytes | items``, an item is ``id u32 | status u16 | size u16 |
value u32``.
AVS, big-endian: ``0x80211001 u32 | length u32 | ... | channel @28 | rate @32 | signal @48``.
PPI, little-endian: ``version u8 | flags u8 | length u16 | link u32 | fields``, a field is ``type u16 |
size u16 | value``; type 2 is 802.11-Common. Source: CACE PPI header format 1.0.7.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from sweeper.errors import ProtocolError
from sweeper.text import say

DLT_80211, DLT_PRISM, DLT_RADIOTAP, DLT_PPI = 105, 119, 127, 192
LINK_TYPES = (DLT_80211, DLT_PRISM, DLT_RADIOTAP, DLT_PPI)

FIELDS: tuple[tuple[str, int, int], ...] = (
    ("tsft", 8, 8), ("flags", 1, 1), ("rate", 1, 1), ("channel", 2, 4), ("fhss", 2, 2), ("signal", 1, 1),
    ("noise", 1, 1), ("lock", 2, 2), ("tx_attenuation", 2, 2), ("db_tx_attenuation", 2, 2),
    ("tx_power", 1, 1), ("antenna", 1, 1), ("db_signal", 1, 1), ("db_noise", 1, 1), ("rx_flags", 2, 2),
    ("tx_flags", 2, 2), ("rts_retries", 1, 1), ("data_retries", 1, 1), ("xchannel", 4, 8),
    ("mcs", 1, 3), ("ampdu", 4, 8), ("vht", 2, 12), ("timestamp", 8, 12), ("he", 2, 12), ("he_mu", 2, 12),
    ("he_mu_user", 2, 6), ("zero_length", 1, 1), ("lsig", 2, 4),
)  # fmt: skip
"""Name, alignment and size of each standard field, by bit."""

SIZES = {name: size for name, _, size in FIELDS}

FLAG_FCS, FLAG_PAD, FLAG_BAD_FCS = 0x10, 0x20, 0x40
RX_BAD_PLCP = 0x0002
MAX_WORDS = 64
"""Present words believed; the length field allows thousands, no driver writes more than its antennas."""

_HEAD = Struct("<BxHI").unpack_from
_WORD = Struct("<I").unpack_from
_SHORT = Struct("<H").unpack_from


class Radio(NamedTuple):
    """What the capture header tells. ``start`` is where the 802.11 frame begins; ``None`` is *not told*."""

    start: int
    fcs: bool = False
    bad: bool = False
    padded: bool = False
    signal_dbm: int | None = None
    freq_mhz: int | None = None
    rate_mbps: float | None = None


@lru_cache(maxsize=1024)
def layout(words: tuple[int, ...]) -> dict[str, int]:
    """Offset of the first occurrence of each field, for a header with these present words.

    A vendor's set ends the map: its length stands in the data, see ``parse``.

    >>> layout((0b100010,))
    {'flags': 8, 'signal': 9}
    """
    at = 4 + 4 * len(words)
    offsets: dict[str, int] = {}
    standard = True
    for word in words:
        if not standard:
            break
        for bit, (name, align, size) in enumerate(FIELDS):
            if word >> bit & 1:
                at = at + align - 1 & -align
                offsets.setdefault(name, at)
                at += size
        if word >> 28 & 1:  # fields in TLV form follow: nothing behind them can be placed by bits alone
            break
        standard = not word >> 30 & 1
    return offsets


def present(data: bytes, length: int) -> tuple[int, ...]:
    """The present words of a header of ``length`` bytes. Raises ``ProtocolError`` if they run out of it."""
    words = [_WORD(data, 4)[0]]
    while words[-1] >> 31:
        at = 4 + 4 * len(words)
        if at + 4 > length or len(words) >= MAX_WORDS:
            raise ProtocolError(say("radiotap: present words without end"), at)
        words.append(_WORD(data, at)[0])
    return tuple(words)


def length_of(data: bytes) -> int:
    """The header's length. Raises ``ProtocolError`` where it is none."""
    if len(data) < 8:
        raise ProtocolError(say("radiotap: shorter than its header"), len(data))
    version, length, _ = _HEAD(data, 0)
    if version != 0:
        raise ProtocolError(say("radiotap: version {version}", version=version), 0)
    if not 8 <= length <= len(data):
        raise ProtocolError(
            say("radiotap: length {length} in {count} bytes", length=length, count=len(data)), 2
        )
    return int(length)


def parse(data: bytes) -> Radio:
    """Read one radiotap header. Raises ``ProtocolError``; a field that does not fit counts as not sent."""
    length = length_of(data)
    at = layout(present(data, length))

    def byte(name: str, offset: int = 0) -> int | None:
        where = at.get(name)
        return None if where is None or where + SIZES[name] > length else data[where + offset]

    def short(name: str) -> int | None:
        where = at.get(name)
        return None if where is None or where + SIZES[name] > length else int(_SHORT(data, where)[0])

    flags, signal = byte("flags") or 0, byte("signal")
    rx = short("rx_flags") or 0
    return Radio(
        start=length,
        fcs=bool(flags & FLAG_FCS),
        bad=bool(flags & FLAG_BAD_FCS or rx & RX_BAD_PLCP),
        padded=bool(flags & FLAG_PAD),
        signal_dbm=None if signal is None else signal - 256 if signal > 127 else signal,
        freq_mhz=short("channel") or None,
        rate_mbps=_rate(byte("rate"), byte("mcs", 0), byte("mcs", 1), byte("mcs", 2)),
    )


HT20_MBPS = (6.5, 13.0, 19.5, 26.0, 39.0, 52.0, 58.5, 65.0)
"""Rates of HT MCS 0 to 7 on 20 MHz with the long guard interval; 40 MHz carries 108/52 of it."""


def _rate(legacy: int | None, known: int | None, flags: int | None, mcs: int | None) -> float | None:
    if legacy:
        return legacy / 2
    if known is None or flags is None or mcs is None or not known & 2 or mcs > 31:
        return None
    rate = HT20_MBPS[mcs % 8] * (mcs // 8 + 1)
    if flags & 3 == 1:
        rate *= 108 / 52
    return round(rate / 0.9 if flags & 4 else rate, 1)


def channel_mhz(channel: int) -> int | None:
    """Centre frequency of a channel number where only the number is told; 1..14 are read as 2.4 GHz."""
    if 1 <= channel <= 13:
        return 2407 + 5 * channel
    if channel == 14:
        return 2484
    return 5000 + 5 * channel if 15 < channel < 200 else None


def channel_of(freq_mhz: int) -> int | None:
    """Channel number of a centre frequency in the 2.4, 5, 6 and 60 GHz bands.

    >>> channel_of(2437), channel_of(5180), channel_of(5955)
    (6, 36, 1)
    """
    if freq_mhz == 2484:
        return 14
    if 2412 <= freq_mhz <= 2472:
        return (freq_mhz - 2407) // 5
    if 4900 < freq_mhz < 5925:
        return (freq_mhz - 5000) // 5
    if 5925 < freq_mhz <= 7125:
        return (freq_mhz - 5950) // 5
    return (freq_mhz - 56160) // 2160 if 56160 < freq_mhz < 72000 else None


def prism(data: bytes) -> Radio:
    """Read a prism or AVS header. Raises ``ProtocolError``."""
    if len(data) < 8:
        raise ProtocolError(say("prism: shorter than its header"), len(data))
    if data[:3] == b"\x80\x21\x10":
        return _avs(data)
    order = "<" if data[0] else ">"
    message, length = Struct(order + "II").unpack_from(data, 0)
    if message not in (0x41, 0x44) or not 24 <= length <= len(data):
        raise ProtocolError(
            say(
                "prism: message {message:#x}, length {length} in {count} bytes",
                message=message,
                length=length,
                count=len(data),
            ),
            0,
        )
    item = Struct(order + "IHHi").unpack_from
    values = []
    for at in range(24, min(length, 144) - 11, 12):
        _, status, _, value = item(data, at)
        values.append(None if status else value)
    values += [None] * (10 - len(values))
    rssi, signal, rate, channel = values[3], values[5], values[7], values[2]
    dbm = signal if signal is not None and -120 <= signal < 0 else rssi
    return Radio(
        start=length,
        signal_dbm=dbm if dbm is not None and -120 <= dbm < 0 else None,
        freq_mhz=channel_mhz(channel) if channel is not None else None,
        rate_mbps=rate / 2 if rate is not None and 0 < rate < 256 else None,
    )


def _avs(data: bytes) -> Radio:
    length = Struct(">I").unpack_from(data, 4)[0]
    if not 64 <= length <= len(data):
        raise ProtocolError(say("AVS: length {length} in {count} bytes", length=length, count=len(data)), 4)
    channel, rate = Struct(">II").unpack_from(data, 28)
    kind, signal = Struct(">Ii").unpack_from(data, 44)
    return Radio(
        start=length,
        signal_dbm=signal if kind == 2 and -120 <= signal < 0 else None,
        freq_mhz=channel_mhz(channel),
        rate_mbps=rate / 10 if 0 < rate < 10_000 else None,
    )


def ppi(data: bytes) -> Radio:
    """Read a PPI header that carries 802.11. Raises ``ProtocolError``."""
    if len(data) < 8:
        raise ProtocolError(say("PPI: shorter than its header"), len(data))
    version, _, length, link = Struct("<BBHI").unpack_from(data, 0)
    if version != 0 or link != DLT_80211 or not 8 <= length <= len(data):
        raise ProtocolError(
            say(
                "PPI: version {version}, link type {link}, length {length}",
                version=version,
                link=link,
                length=length,
            ),
            0,
        )
    at = 8
    while at + 4 <= length:
        kind, size = Struct("<HH").unpack_from(data, at)
        if kind == 2 and size >= 20 and at + 24 <= length:
            flags, rate, freq = Struct("<HHH").unpack_from(data, at + 12)
            signal = Struct("<b").unpack_from(data, at + 22)[0]
            return Radio(
                start=length,
                fcs=bool(flags & 1),
                bad=bool(flags & 4),
                signal_dbm=signal if -127 < signal < 0 else None,
                freq_mhz=freq or None,
                rate_mbps=rate / 2 if rate else None,
            )
        at += 4 + size
    return Radio(start=length)


def header(link_type: int, data: bytes) -> Radio:
    """Read the capture header of any of ``LINK_TYPES``. Raises ``ProtocolError``."""
    if link_type == DLT_80211:
        return Radio(start=0)
    if link_type == DLT_RADIOTAP:
        return parse(data)
    if link_type == DLT_PRISM:
        return prism(data)
    if link_type == DLT_PPI:
        return ppi(data)
    raise ProtocolError(say("link type {link_type} is not 802.11", link_type=link_type))
