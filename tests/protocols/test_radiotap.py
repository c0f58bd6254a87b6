"""Capture headers: radiotap.org's layout rules, real headers, and any bytes at all."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import ProtocolError
from sweeper.protocols import radiotap
from sweeper.protocols.radiotap import Radio


def test_alignment_follows_the_standard() -> None:
    """TSFT is aligned to 8 from the header's start; channel to 2 behind flags and rate (radiotap.org)."""
    at = radiotap.layout((0b101111,))
    assert at == {"tsft": 8, "flags": 16, "rate": 17, "channel": 18, "signal": 22}


KERNEL = "88 11 11 24 22 11 11 22 22 22 11 11 11 11 22 22 11 11 .. 13 48 2c"
"""Alignment and size of bits 0 to 21 in hexadecimal digits, as Linux has them (net/wireless/radiotap.c)."""


def test_every_field_lies_where_the_kernel_puts_it() -> None:
    """Behind 8 bytes of header and one of flags each field stands at the next multiple of its alignment."""
    for bit, told in enumerate(KERNEL.split()):
        if told == "..":
            continue
        align, size = (int(digit, 16) for digit in told)
        name = radiotap.FIELDS[bit][0]
        assert radiotap.SIZES[name] == size
        at = 8 if bit < 1 else -(-9 // align) * align
        assert radiotap.layout((1 << bit | 1 << 1,))[name] == (8 if bit == 1 else at), name


def test_a_second_present_word_moves_the_fields() -> None:
    at = radiotap.layout((1 << 31 | 1 << 29 | 0b1, 0b100000))
    assert at == {"tsft": 16, "signal": 24}  # two words end at 12, TSFT goes to 16


def test_the_first_of_repeated_fields_counts() -> None:
    at = radiotap.layout((1 << 31 | 1 << 29 | 1 << 5, 1 << 5 | 1 << 11))
    assert at == {"signal": 12, "antenna": 14}


def test_a_vendors_set_ends_the_map() -> None:
    assert radiotap.layout((1 << 31 | 1 << 30 | 0b10, 0xFF)) == {"flags": 12}


ATHEROS = bytes.fromhex("00001a002f480000 d3d0a0c200000000 10 02 6c09 a000 bc 01 0000")
"""Header as ath9k writes it: TSFT, flags, rate, channel, signal, antenna, RX flags; values from a beacon."""


def test_a_drivers_header() -> None:
    radio = radiotap.parse(ATHEROS + b"frame")
    assert radio == Radio(start=26, fcs=True, signal_dbm=-68, freq_mhz=2412, rate_mbps=1.0)


@pytest.mark.parametrize(("flags", "rx", "bad"), [(0x10, 0, False), (0x50, 0, True), (0x10, 2, True)])
def test_bad_frames_are_told(flags: int, rx: int, bad: bool) -> None:
    header = struct.pack("<BBHIBBH", 0, 0, 12, 1 << 1 | 1 << 14, flags, 0, rx)
    assert radiotap.parse(header).bad is bad


def test_ht_rates() -> None:
    """MCS 7 on 40 MHz with the short guard interval is 150 Mbit/s, MCS 15 on 20 MHz 130 (IEEE 802.11n)."""
    header = struct.pack("<BBHI", 0, 0, 11, 1 << 19)
    assert radiotap.parse(header + bytes([0x7, 0x5, 7])).rate_mbps == 150.0
    assert radiotap.parse(header + bytes([0x7, 0x0, 15])).rate_mbps == 130.0


def test_fields_beyond_the_length_count_as_not_sent() -> None:
    header = struct.pack("<BBHI", 0, 0, 9, 1 << 1 | 1 << 5) + b"\x10" + b"\xbc"
    assert radiotap.parse(header).signal_dbm is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\x08\0", b"\1\0\x08\0\0\0\0\0", b"\0\0\xff\0\0\0\0\0", b"\0\0\x07\0\0\0\0\0", b"\xff" * 30],
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        radiotap.parse(data)


def test_present_words_without_end_are_refused() -> None:
    with pytest.raises(ProtocolError):
        radiotap.parse(struct.pack("<BBH", 0, 0, 400) + b"\xff" * 396)


def test_prism_both_orders() -> None:
    for order in "<>":
        items = b"".join(struct.pack(order + "IHHi", 0, 0, 4, v) for v in (1, 2, 11, 0, 0, -61, 0, 22, 0, 30))
        radio = radiotap.prism(struct.pack(order + "II16s", 0x44, 144, b"wlan0") + items + b"frame")
        assert radio == Radio(start=144, signal_dbm=-61, freq_mhz=2462, rate_mbps=11.0)


def test_avs() -> None:
    header = struct.pack(">IIQQIIIIIIii", 0x80211001, 64, 0, 0, 4, 6, 540, 0, 0, 2, -70, 0) + bytes(8)
    assert radiotap.prism(header) == Radio(start=64, signal_dbm=-70, freq_mhz=2437, rate_mbps=54.0)


def test_ppi() -> None:
    common = struct.pack("<HHQHHHHBBbb", 2, 20, 0, 1, 12, 2417, 0, 0, 0, -55, -95)
    other = struct.pack("<HH4s", 30, 4, b"gps!")
    header = struct.pack("<BBHI", 0, 0, 8 + len(other) + len(common), 105) + other + common
    radio = radiotap.ppi(header)
    assert radio == Radio(start=40, fcs=True, signal_dbm=-55, freq_mhz=2417, rate_mbps=6.0)


@pytest.mark.parametrize(
    ("freq", "channel"),
    [(2412, 1), (2472, 13), (2484, 14), (5180, 36), (5825, 165), (5955, 1), (58320, 1), (100, None)],
)
def test_channels(freq: int, channel: int | None) -> None:
    assert radiotap.channel_of(freq) == channel


@given(st.sampled_from([*radiotap.LINK_TYPES, 1, 113]), st.binary(max_size=200))
def test_any_bytes(link_type: int, data: bytes) -> None:
    try:
        radio = radiotap.header(link_type, data)
    except ProtocolError:
        return
    assert 0 <= radio.start <= len(data)
