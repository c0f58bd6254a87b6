"""Short packets of everyday senders: weather sensor, key fob, tyre sensor, heat meter.

Each is a list of pulses: how long, and what (on or off for OOK, +1 or -1 for FSK). The formats are those
that the decoder rtl_433 documents publicly, so that it can check what is rendered here.

    weather-sensor  LaCrosse TX141TH-Bv2: OOK pulse width, 40 bits of 625 us: 1 = 417 on 208 off,
                    0 = 208 on 417 off, four pulses of 833/833 us before, twelve repeats:
                    | id 8 | battery 1 | test 1 | channel 2 | 10 T + 500: 12 | humidity 8 | digest 8 |
    key-fob         EV1527: 24 bits of 4 x 350 us: 1 = 3 on 1 off, 0 = 1 on 3 off, sync 1 on 31 off
    tpms            Renault: FSK ±35 kHz, 50 us chips, preamble 0x5555 0x5556, Manchester, nine bytes
                    | flags 6 | pressure/0.75 kPa: 10 | T + 30: 8 | id 24 | 0xffff 16 | CRC-8 |
    wmbus           EN 13757-4 mode T1: FSK ±50 kHz, 100 kchip/s, 3 out of 6, blocks with CRC-16
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sweeper.synth.dice import Dice, Reals
from sweeper.synth.scene import Packets
from sweeper.synth.wave import Envelope, Stretch

Pulses = list[tuple[float, float]]
"""(microseconds, state): state 0/1 for OOK, -1/+1 for FSK."""

EDGE_S = 12e-6
"""A SAW-stabilised OOK sender needs about so long to start and stop."""
DEVIATION_HZ = {"weather-sensor": 0.0, "key-fob": 0.0, "tpms": 35e3, "wmbus": 50e3}
T1_SYMBOLS = (0x16, 0x0D, 0x0E, 0x0B, 0x1C, 0x19, 0x1A, 0x13, 0x2C, 0x25, 0x26, 0x23, 0x34, 0x31, 0x32, 0x29)
"""Mode T's 3-out-of-6 code for the nibbles 0 to 15 (EN 13757-4, table 10)."""


class PacketWave:
    """Packets of one sender over the whole scene."""

    def __init__(self, emitter: Packets, dice: Dice, duration_s: float) -> None:
        self._format = emitter.format
        self._dice = dice
        self._deviation = DEVIATION_HZ[emitter.format]
        self.reach_hz = self._deviation + 60e3
        self._starts = _starts(emitter, dice.sub("times"), duration_s)
        self._made: dict[int, tuple[Reals, Reals, Reals]] = {}

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """One stretch a packet."""
        found = []
        for index, start in enumerate(self._starts):
            if start < stop_s and start + 2.5 > start_s:
                end = start + float(self._packet(index)[0][-1])
                end = min([end, *self._starts[index + 1 : index + 2].tolist()])
                if end > start_s:
                    found.append((start, end))
        return found

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The packet that is on the air at ``t[0]``."""
        index = int(np.searchsorted(self._starts, t[0], side="right")) - 1
        edges, states, area = self._packet(index)
        into = t - self._starts[index]
        if self._deviation:
            return self._deviation * np.interp(into, edges, area), 1.0
        here = np.clip(np.searchsorted(edges, into, side="right") - 1, 0, len(states) - 1)
        before = np.where(here > 0, states[here - 1], 0.0)
        rise = np.clip((into - edges[here]) / EDGE_S, 0, 1)
        return 0.0, before + (states[here] - before) * rise

    def _packet(self, index: int) -> tuple[Reals, Reals, Reals]:
        """Edges in seconds from the packet's start, the state after each, the integral up to each."""
        if index not in self._made:
            pulses = FORMATS[self._format](self._dice, index)
            lengths = np.array([length for length, _ in pulses]) * 1e-6
            states = np.array([state for _, state in pulses], dtype=np.float64)
            edges = np.concatenate(([0.0], np.cumsum(lengths)))
            self._made[index] = (edges, states, np.concatenate(([0.0], np.cumsum(lengths * states))))
        return self._made[index]


def weather_sensor(dice: Dice, index: int) -> Pulses:
    """One transmission: twelve repeats of one reading that drifts from packet to packet."""
    ident = dice.below(255, 1) + 1
    tenths = 500 + round(10 * (dice.between(19, 24, 2) + 0.3 * np.sin(index / 3)))
    humidity = round(dice.between(35, 55, 3) + index % 3)
    body = bytes([ident, tenths >> 8, tenths & 0xFF, humidity])
    bits = _bits(body + bytes([_digest(body)]))
    once: Pulses = [(833.0, 1), (833.0, 0)] * 4
    for bit in bits:
        once += [(417.0, 1), (208.0, 0)] if bit else [(208.0, 1), (417.0, 0)]
    return once * 12 + [(208.0, 1), (208.0, 0)]


def key_fob(dice: Dice, index: int) -> Pulses:
    """A button pressed: the code eight times."""
    unit = 350.0
    code = [*dice.bits(20, 1).tolist(), 0, 0, 1, 0]
    once: Pulses = []
    for bit in code:
        once += [(3 * unit, 1), (unit, 0)] if bit else [(unit, 1), (3 * unit, 0)]
    return [*once, (unit, 1), (31 * unit, 0)] * 8


def tpms(dice: Dice, index: int) -> Pulses:
    """One report of a tyre at about 2.3 bar, sent three times."""
    pressure = round(dice.between(225, 245, 1) / 0.75)
    head = (0x36 << 10) | pressure
    body = head.to_bytes(2, "big") + bytes([30 + round(dice.between(12, 24, 2))])
    body += dice.bytes(3, 3) + b"\xff\xff"
    chips = _bits(b"\x55\x55\x55\x56")
    for bit in _bits(body + bytes([_crc8(body)])):
        chips += [1, 0] if bit else [0, 1]
    once: Pulses = [(50.0, 1 if chip else -1) for chip in [*chips, 1, 0]]
    return once


def wmbus(dice: Dice, index: int) -> Pulses:
    """One frame of a heat meter, format A, its payload encrypted (so: random)."""
    payload = bytes([0x7A, index & 0xFF, 0x00, 0x20, 0x05]) + dice.bytes(32, index + 8)
    serial = bytes(int(f"{dice.below(100, 16 + k):02d}", 16) for k in range(4))
    first = bytes([9 + len(payload), 0x44, 0x2D, 0x2C]) + serial + bytes([0x1B, 0x04])
    blocks = [first, *(payload[i : i + 16] for i in range(0, len(payload), 16))]
    chips = [0, 1] * 19 + [0, 0, 0, 0, 1, 1, 1, 1, 0, 1]
    for block in blocks:
        for byte in block + _crc16(block).to_bytes(2, "big"):
            for nibble in (byte >> 4, byte & 15):
                chips += [T1_SYMBOLS[nibble] >> (5 - k) & 1 for k in range(6)]
    return [(10.0, 1 if chip else -1) for chip in [*chips, 0, 1]]


FORMATS = {"weather-sensor": weather_sensor, "key-fob": key_fob, "tpms": tpms, "wmbus": wmbus}


def _starts(emitter: Packets, dice: Dice, duration_s: float) -> Reals:
    low, high = emitter.period_s
    now = emitter.first_s if emitter.first_s is not None else dice.between(0.0, high)
    starts = []
    while now < duration_s:
        starts.append(now)
        now += dice.between(low, high, len(starts))
    return np.array(starts)


def _bits(data: bytes) -> list[int]:
    return [byte >> (7 - k) & 1 for byte in data for k in range(8)]


def _digest(data: bytes) -> int:
    """The TX141's check byte: a Galois LFSR (generator 0x31, key 0xF4) run over the bits from the end."""
    total, key = 0, 0xF4
    for byte in reversed(data):
        for k in range(8):
            if byte >> k & 1:
                total ^= key
            key = (key << 1 ^ 0x31) & 0xFF if key & 0x80 else key << 1
    return total


def _crc8(data: bytes) -> int:
    """CRC-8, polynomial 0x07, start 0."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07) & 0xFF if value & 0x80 else value << 1
    return value


def _crc16(data: bytes) -> int:
    """EN 13757's CRC: polynomial 0x3D65, start 0, inverted."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x3D65) & 0xFFFF if value & 0x8000 else value << 1
    return value ^ 0xFFFF
