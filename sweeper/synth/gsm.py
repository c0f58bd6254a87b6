"""GSM on the air: a handset's bursts in one slot of eight, and a base station's first carrier.

frame  60/13 ms = 8 slots of 15/26 ms = 156.25 symbols of 48/13 us (3GPP 45.002)
normal 3 tail | 57 | 1 | 26 training | 1 | 57 | 3 tail     FCCH: 148 zeros     SCH: 3 | 39 | 64 | 39 | 3
slot 0 of C0, 51 frames: F S BBBB CCCC F S CCCC CCCC F S ... I     (FCCH at 0 10 20 30 40)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sweeper.synth import gsm_coding
from sweeper.synth.dice import Dice, Reals
from sweeper.synth.gmsk import Keyed, signs
from sweeper.synth.gsm_coding import Bits
from sweeper.synth.scene import Dect, GsmC0, GsmUplink
from sweeper.synth.wave import Envelope, Stretch

BAUD = 1_625_000 / 6
FRAME_S = 0.06 / 13
SLOT_S = FRAME_S / 8
BURST_SYMBOLS = 148
SLOT_SYMBOLS = 156.25
RAMP_S = 12e-6
"""Power ramps inside the guard period; 45.005's mask allows 28 us."""
HYPERFRAME = 26 * 51 * 2048
BT = 0.3


def _bits(text: str) -> Bits:
    return np.array([int(c) for c in text], dtype=np.uint8)


TRAINING = tuple(
    _bits(text)
    for text in (
        "00100101110000100010010111",
        "00101101110111100010110111",
        "01000011101110100100001110",
        "01000111101101000100011110",
        "00011010111001000001101011",
        "01001110101100000100111010",
        "10100111110110001010011111",
        "11101111000100101110111100",
    )
)
"""45.002, 5.2.3."""
SCH_TRAINING = _bits("1011100101100010000001000000111100101101010001010111011000011011")
DUMMY = _bits(
    "1111101101110110000010100100111000001001000100000001111100011100010111000101110001010111010010100"
    "011001100111001111010011111000100101111101010"
)
"""The mixed bits of the dummy burst (45.002, 5.2.6): 142 bits between the tails."""
TAIL = np.zeros(3, dtype=np.uint8)


class UplinkWave:
    """A call: random (so: enciphered) payload, one idle frame in 26."""

    reach_hz = 250e3

    def __init__(self, emitter: GsmUplink, dice: Dice) -> None:
        self._slot_s = emitter.slot * SLOT_S
        self._training = TRAINING[emitter.training]
        self._dice = dice
        self._burst = lru_cache(maxsize=64)(self._make)

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """One stretch a burst, with its ramps."""
        first = math.floor((start_s - self._slot_s - SLOT_S) / FRAME_S)
        found = []
        for frame in range(max(0, first), math.ceil((stop_s - self._slot_s) / FRAME_S) + 1):
            if frame % 26 != 25:
                begin = frame * FRAME_S + self._slot_s
                found.append((begin - RAMP_S, begin + BURST_SYMBOLS / BAUD + RAMP_S))
        return [(a, b) for a, b in found if a < stop_s and b > start_s]

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The burst that is on the air at ``t[0]``."""
        frame = math.floor((t[0] - self._slot_s + 2 * RAMP_S) / FRAME_S)
        into = t - (frame * FRAME_S + self._slot_s)
        room = np.minimum(into + RAMP_S, BURST_SYMBOLS / BAUD + RAMP_S - into)
        ramp = np.sin(np.clip(room / RAMP_S, 0, 1) * (np.pi / 2)) ** 2
        return self._burst(frame).turns(into * BAUD), ramp

    def _make(self, frame: int) -> Keyed:
        payload = self._dice.bits(114, frame)
        return Keyed(signs(normal_burst(payload, self._training, frame % 2)), BT)


class C0Wave:
    """A base station's first carrier: never silent, FCCH and SCH on slot 0, its parameters in the BCCH."""

    reach_hz = 250e3

    def __init__(self, cell: GsmC0, dice: Dice) -> None:
        self._cell = cell
        self._dice = dice
        self._slot = lru_cache(maxsize=256)(self._make)
        self._block = lru_cache(maxsize=32)(self._coded)

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """Slot after slot; they join without a step in phase."""
        first, last = math.floor(start_s / SLOT_S), math.ceil(stop_s / SLOT_S)
        return [(k * SLOT_S, (k + 1) * SLOT_S) for k in range(max(0, first), last)]

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The burst of one slot."""
        slot = math.floor((t[0] + t[-1]) / 2 / SLOT_S)
        return self._slot(slot).turns((t - slot * SLOT_S) * BAUD), 1.0

    def _make(self, slot: int) -> Keyed:
        frame, number = divmod(slot, 8)
        bits = self._first_slot(frame) if number == 0 else self._traffic(slot, number)
        return Keyed(np.concatenate((signs(bits), np.ones(9))), BT, joins=(BURST_SYMBOLS, SLOT_SYMBOLS))

    def _first_slot(self, count: int) -> Bits:
        frame = (self._cell.first_frame + count) % HYPERFRAME
        place = frame % 51
        if place == 50:
            return _tailed(DUMMY)
        if place % 10 == 0:
            return np.zeros(BURST_SYMBOLS, dtype=np.uint8)
        if place % 10 == 1:
            coded = gsm_coding.sch_bits(self._cell.bsic, frame)
            return _tailed(np.concatenate((coded[:39], SCH_TRAINING, coded[39:])))
        part = (place % 10 - 2) % 4
        message = frame // 51 if place < 6 else -1
        return normal_burst(self._block(message)[part], TRAINING[self._cell.bsic & 7], 1)

    def _coded(self, multiframe: int) -> list[Bits]:
        if multiframe < 0:
            return gsm_coding.block_bits(gsm_coding.paging_block())
        return gsm_coding.block_bits(gsm_coding.system_information(self._cell, multiframe))

    def _traffic(self, slot: int, number: int) -> Bits:
        if self._dice.uniform(8, slot // 2600)[number] >= self._cell.load:
            return _tailed(DUMMY)
        return normal_burst(self._dice.sub("traffic").bits(114, slot), TRAINING[self._cell.bsic & 7], 0)


class DectWave:
    """DECT: 1.152 Mbit/s GFSK, frames of 10 ms with 24 slots; an idle base sends 96 bits in each."""

    reach_hz = 1.2e6
    BAUD = 1_152_000.0
    FRAME_S = 0.010
    SLOT_S = 0.010 / 24

    def __init__(self, emitter: Dect, dice: Dice) -> None:
        self._emitter = emitter
        self._dice = dice
        self._burst = lru_cache(maxsize=64)(self._make)

    def stretches(self, start_s: float, stop_s: float) -> Sequence[Stretch]:
        """Bursts of the base, and in a call of the handset half a frame later."""
        length = (424 if self._emitter.call else 96) / self.BAUD
        found = []
        for frame in range(max(0, math.floor(start_s / self.FRAME_S) - 1), math.ceil(stop_s / self.FRAME_S)):
            for half in (0, 12) if self._emitter.call else (0,):
                begin = frame * self.FRAME_S + (self._emitter.slot + half) * self.SLOT_S
                found.append((begin, begin + length))
        return [(a, b) for a, b in found if a < stop_s and b > start_s]

    def at(self, t: Reals, band: tuple[float, float]) -> tuple[Reals | float, Envelope]:
        """The burst of one slot, with 10 us ramps."""
        slot = math.floor((t[0] + 1e-9) / self.SLOT_S)
        into = t - slot * self.SLOT_S
        length = (424 if self._emitter.call else 96) / self.BAUD
        ramp = np.clip(np.minimum(into + 1e-6, length - into) / 6e-6, 0, 1)
        return self._burst(slot).turns(into * self.BAUD), np.sin(ramp * (np.pi / 2))

    def _make(self, slot: int) -> Keyed:
        handset = slot % 24 >= 12
        preamble, word = (0x5555, 0x1675) if handset else (0xAAAA, 0xE98A)
        head = np.array([(preamble << 16 | word) >> (31 - k) & 1 for k in range(32)], dtype=np.uint8)
        count = 392 if self._emitter.call else 64
        bits = np.concatenate((head, self._dice.bits(count, slot)))
        return Keyed(2.0 * bits - 1.0, 0.5)


def normal_burst(payload: Bits, training: Bits, stolen: int) -> Bits:
    """114 payload bits around a training sequence."""
    flag = np.array([stolen], dtype=np.uint8)
    return _tailed(np.concatenate((payload[:57], flag, training, flag, payload[57:])))


def _tailed(bits: Bits) -> Bits:
    return np.concatenate((TAIL, bits, TAIL))
