"""Many 802.11 frames at once: one row a frame, one numpy column a header field.

A Python object for each frame costs more than its parsing, so a batch is laid out as two rectangles of bytes
(the capture headers, and the first 44 bytes of each 802.11 frame) and the fields are cut out of those column
by column. The bodies are not touched. The 802.11 header, little-endian::

    frame control u16 | duration u16 | address 1 | address 2 | address 3 | sequence u16
    [| address 4 if to and from DS] [| QoS u16] [| HT control u32 if order]

A DMG beacon (802.11ad, an extension frame of subtype 0) has one address, its sender's.
Control frames are shorter; a control wrapper carries ``control u16 | HT control u32`` behind address 1 and is
read as the frame it wraps. Source: IEEE 802.11-2020, 9.2 and 9.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sweeper.errors import ProtocolError
from sweeper.protocols import radiotap

MANAGEMENT, CONTROL, DATA, EXTENSION = 0, 1, 2, 3
DMG_BEACON = 0
"""Subtype of an extension frame."""
TO_DS, FROM_DS, RETRY, POWER, PROTECTED, ORDER = 0x01, 0x02, 0x08, 0x10, 0x40, 0x80
NO_SIGNAL = 127
"""Stands where no signal was told: no receiver reports +127 dBm."""

WIDTH = 44
"""Longest header: 24 + address 4 (6) + QoS (2) + HT control (4), and 8 bytes of reserve."""

_HEADS = 96
"""Bytes of the capture header that are read; the fields used stand in front."""

Column = npt.NDArray[Any]

_CONTROL_LENGTH = np.array([16, 16, 16, 16, 16, 16, 16, 10, 16, 16, 16, 16, 10, 10, 16, 16], np.int32)
"""Header bytes by control subtype: wrapper (7), CTS (12) and ACK (13) have one address."""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Columns of ``n`` rows; addresses are 48-bit numbers, first octet highest.

    ``ok``: the header is whole, of version 0, and the receiver does not call the frame bad. ``bad``: it does.
    ``start``/``stop``: the 802.11 frame within the captured bytes, FCS left off. ``length``: its length on
    the air without FCS. ``header``: bytes of its header. ``transmitter`` is 0 where the frame names none.
    """

    ok: Column
    bad: Column
    fcs: Column
    start: Column
    stop: Column
    length: Column
    header: Column
    kind: Column
    subtype: Column
    flags: Column
    duration: Column
    receiver: Column
    transmitter: Column
    address3: Column
    sequence: Column
    tid: Column
    signal_dbm: Column
    freq_mhz: Column
    rate_mbps: Column

    def __len__(self) -> int:
        return len(self.ok)


def table(
    link_type: int, frames: Sequence[bytes], lengths: Sequence[int], *, fcs_everywhere: bool = False
) -> FrameTable:
    """Lay out a batch of one link type. Never raises for the frames' sake: what is broken is not ``ok``.

    ``fcs_everywhere`` says that frames end in an FCS although their capture headers do not tell.
    """
    radio = _radios(link_type, frames)
    captured = np.fromiter(map(len, frames), np.int64, len(frames))
    original = np.maximum(np.fromiter(lengths, np.int64, len(frames)), captured)
    fcs = radio.fcs | fcs_everywhere
    length = original - radio.start - 4 * fcs
    stop = np.minimum(captured, original - 4 * fcs)
    starts = radio.start.tolist()
    cut = np.frombuffer(
        b"".join([f[s : s + WIDTH].ljust(WIDTH, b"\0") for f, s in zip(frames, starts, strict=True)]),
        np.uint8,
    ).reshape(len(frames), WIDTH)
    return _headers(cut, radio, stop, length, fcs)


@dataclass(slots=True)
class _Radio:
    readable: Column
    start: Column
    fcs: Column
    bad: Column
    signal: Column
    freq: Column
    rate: Column


def _blank(n: int) -> _Radio:
    return _Radio(
        readable=np.ones(n, bool),
        start=np.zeros(n, np.int64),
        fcs=np.zeros(n, bool),
        bad=np.zeros(n, bool),
        signal=np.full(n, NO_SIGNAL, np.int16),
        freq=np.zeros(n, np.uint16),
        rate=np.zeros(n, np.float32),
    )


def _radios(link_type: int, frames: Sequence[bytes]) -> _Radio:
    if link_type == radiotap.DLT_80211:
        return _blank(len(frames))
    if link_type == radiotap.DLT_RADIOTAP:
        return _radiotaps(frames)
    radio = _blank(len(frames))
    for row, frame in enumerate(frames):
        _fill(radio, row, link_type, frame)
    return radio


def _fill(radio: _Radio, row: int, link_type: int, frame: bytes) -> None:
    """One capture header the slow way."""
    try:
        one = radiotap.header(link_type, frame)
    except ProtocolError:
        radio.readable[row] = False
        return
    radio.start[row] = one.start
    radio.fcs[row] = one.fcs
    radio.bad[row] = one.bad
    radio.signal[row] = NO_SIGNAL if one.signal_dbm is None else one.signal_dbm
    radio.freq[row] = one.freq_mhz or 0
    radio.rate[row] = one.rate_mbps or 0.0


def _radiotaps(frames: Sequence[bytes]) -> _Radio:
    n = len(frames)
    radio = _blank(n)
    heads = np.frombuffer(b"".join([f[:_HEADS].ljust(_HEADS, b"\0") for f in frames]), np.uint8)
    heads = heads.reshape(n, _HEADS)
    captured = np.fromiter(map(len, frames), np.int64, n)
    start = heads[:, 2].astype(np.int64) | heads[:, 3].astype(np.int64) << 8
    radio.readable = (heads[:, 0] == 0) & (start >= 8) & (start <= captured)
    radio.start = np.where(radio.readable, start, 0)
    words, chained = _present(heads)
    radio.readable &= chained <= start
    for key in _distinct(words, radio.readable):
        rows = np.flatnonzero(radio.readable & (words == key).all(axis=1))
        chain = tuple(int(w) for w in key)
        if any(w >> 31 for w in chain[-1:]):  # longer than what is laid out here
            for row in rows.tolist():
                _fill(radio, row, radiotap.DLT_RADIOTAP, frames[row])
            continue
        count = next(i for i, w in enumerate(chain) if not w >> 31) + 1
        _group(radio, rows, heads[rows], start[rows], radiotap.layout(chain[:count]))
    return radio


_CHAIN = 8
"""Present words laid out in columns; longer chains are read one by one."""


def _present(heads: Column) -> tuple[Column, Column]:
    """The present words (zero behind the last) and the byte at which they end."""
    words = np.zeros((len(heads), _CHAIN), np.uint32)
    going = np.ones(len(heads), bool)
    ends = np.full(len(heads), 4, np.int64)
    for i in range(_CHAIN):
        word = np.ascontiguousarray(heads[:, 4 + 4 * i : 8 + 4 * i]).view("<u4")[:, 0]
        words[:, i] = np.where(going, word, 0)
        ends += 4 * going
        going &= word >> 31 == 1
        if not going.any():
            break
    return words, ends


def _distinct(words: Column, readable: Column) -> Column:
    """The different chains of present words among the readable rows, few in any capture."""
    rows = words[readable]
    if not len(rows):
        return rows
    if (rows == rows[0]).all():
        return rows[:1]
    return np.unique(rows, axis=0)


def _group(radio: _Radio, rows: Column, heads: Column, start: Column, at: dict[str, int]) -> None:
    """Cut the fields out of rows that share their present words."""

    def byte(name: str, offset: int = 0) -> Column | None:
        where, size = at.get(name, _HEADS), radiotap.SIZES[name]
        whole = where + size <= start
        return np.where(whole, heads[:, where + offset], 0) if where + size <= _HEADS else None

    flags = byte("flags")
    if flags is not None:
        radio.fcs[rows] = flags & radiotap.FLAG_FCS != 0
        radio.bad[rows] = flags & radiotap.FLAG_BAD_FCS != 0
    rx_flags = byte("rx_flags")
    if rx_flags is not None:
        radio.bad[rows] |= rx_flags & radiotap.RX_BAD_PLCP != 0
    if "signal" in at and at["signal"] < _HEADS:
        signal = heads[:, at["signal"]].view(np.int8).astype(np.int16)
        radio.signal[rows] = np.where(at["signal"] < start, signal, NO_SIGNAL)
    low, high = byte("channel"), byte("channel", 1)
    if low is not None and high is not None:
        radio.freq[rows] = low.astype(np.uint16) | high.astype(np.uint16) << 8
    _rates(radio, rows, byte("rate"), byte("mcs"), byte("mcs", 1), byte("mcs", 2))


def _rates(
    radio: _Radio,
    rows: Column,
    legacy: Column | None,
    known: Column | None,
    flags: Column | None,
    mcs: Column | None,
) -> None:
    rate = np.zeros(len(rows), np.float32)
    if known is not None and flags is not None and mcs is not None:
        ht = np.array(radiotap.HT20_MBPS, np.float32)[mcs % 8] * (mcs // 8 + 1)
        ht = np.where(flags & 3 == 1, ht * (108 / 52), ht)
        ht = np.where(flags & 4 != 0, ht / 0.9, ht)
        rate = np.where((known & 2 != 0) & (mcs < 32), np.round(ht, 1), 0).astype(np.float32)
    if legacy is not None:
        rate = np.where(legacy > 0, legacy / np.float32(2), rate).astype(np.float32)
    radio.rate[rows] = rate


def _address(cut: Column, at: int) -> Column:
    wide = np.zeros((len(cut), 8), np.uint8)
    wide[:, 2:] = cut[:, at : at + 6]
    return wide.view(">u8")[:, 0].astype(np.uint64)


def _short(cut: Column, at: int) -> Column:
    return cut[:, at].astype(np.uint16) | cut[:, at + 1].astype(np.uint16) << 8


def _headers(cut: Column, radio: _Radio, stop: Column, length: Column, fcs: Column) -> FrameTable:
    wrapped = cut[:, 0] & 0xFC == 0x74
    if wrapped.any():
        cut = _unwrap(cut, wrapped)
    control, flags = cut[:, 0], cut[:, 1]
    kind, subtype = control >> 2 & 3, control >> 4
    data = kind == DATA
    both = data & (flags & (TO_DS | FROM_DS) == (TO_DS | FROM_DS))
    qos = data & (subtype & 8 != 0)
    order = (flags & ORDER != 0) & ((kind == MANAGEMENT) | qos)
    header = np.select([kind == CONTROL, kind == EXTENSION], [_CONTROL_LENGTH[subtype], 10], 24)
    header = header + 6 * both + 2 * qos + 4 * order
    available = stop - radio.start - 6 * wrapped
    ok = radio.readable & ~radio.bad & (control & 3 == 0) & (available >= header)
    named = (kind == MANAGEMENT) | data | (kind == CONTROL) & (_CONTROL_LENGTH[subtype] == 16)
    second = np.where(named, _address(cut, 10), 0)
    # a control frame's transmitter may carry the group bit to tell its bandwidth (9.3.1.2)
    second = np.where(kind == CONTROL, second & np.uint64(0xFEFFFFFFFFFF), second)
    extended = (kind == EXTENSION) & (subtype == DMG_BEACON)
    if extended.any():
        second = np.where(extended, _address(cut, 4), second)
    tid_low = np.where(both, cut[:, 30], cut[:, 24]) & 15
    return FrameTable(
        ok=ok,
        bad=radio.bad,
        fcs=fcs,
        start=radio.start,
        stop=stop,
        length=length,
        header=header,
        kind=kind,
        subtype=subtype,
        flags=flags,
        duration=_short(cut, 2),
        receiver=_address(cut, 4),
        transmitter=second,
        address3=np.where((kind == MANAGEMENT) | data, _address(cut, 16), 0),
        sequence=_short(cut, 22) >> 4,
        tid=np.where(qos, tid_low, 255),
        signal_dbm=radio.signal,
        freq_mhz=radio.freq,
        rate_mbps=radio.rate,
    )


def _unwrap(cut: Column, wrapped: Column) -> Column:
    """Control wrappers as the frames they carry: ``control @10`` to the front, the HT control left out."""
    whole = cut.copy()
    inside = cut[wrapped]
    plain = np.zeros_like(inside)
    plain[:, 0] = inside[:, 10]
    plain[:, 1] = inside[:, 11]
    plain[:, 2:10] = inside[:, 2:10]
    plain[:, 10 : WIDTH - 6] = inside[:, 16:WIDTH]
    whole[wrapped] = plain
    return whole
