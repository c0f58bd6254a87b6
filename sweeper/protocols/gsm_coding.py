"""GSM's channel coding read backwards: bits of bursts to what a base station says of itself.

SCH (3GPP TS 45.003 §4.7), one burst
    25 bits | parity 10 | tail 4  ─ convolution 1/2 ─>  78 bits, 39 on either side of the training sequence
BCCH (§4.4, coded as §4.1), four bursts
    184 bits | Fire code 40 | tail 4  ─ convolution 1/2 ─>  456 bits, interleaved over 4 × 114

Octets go least significant bit first. The 25 bits of the SCH (TS 44.018 §9.1.30a, TS 45.002 §3.3.2.2):

    octet 1  BSIC 6 bits | T1 bits 11, 10        T1  = FN div (26·51)
    octet 2  T1 bits 9…2                         T2  = FN mod 26
    octet 3  T1 bit 1 | T2 5 bits | T3' bits 3, 2   T3' = (FN mod 51 - 1) div 10
    octet 4  T3' bit 1

Only the broadcast channel is read: it is the network's own name plate. Paging and all that names a subscriber
is left alone. Soft bits are positive for 0 and negative for 1, the farther from 0 the surer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Soft = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]

SCH_PARITY, SCH_WIDTH = 0b10101110101, 10
"""D¹⁰ + D⁸ + D⁶ + D⁵ + D⁴ + D² + 1 (TS 45.003 §4.7)."""

FIRE, FIRE_WIDTH = (1 << 40 | 1 << 26 | 1 << 23 | 1 << 17 | 1 << 3 | 1), 40
"""(D²³ + 1)(D¹⁷ + D³ + 1) (TS 45.003 §4.1.2)."""

SCH_BITS, SCH_CODED = 25, 78
BLOCK_BITS, BLOCK_CODED = 184, 456
MEMORY = 4
STATES = 1 << MEMORY

MULTIFRAME = 51
HYPERFRAME = 26 * 51 * 2048
BCCH_FRAMES = (2, 3, 4, 5)
"""Frames of the 51-multiframe, slot 0 of C0, that hold the BCCH (TS 45.002 §7, table 3)."""

_PATH = np.arange(2 * STATES)
_BIT = [_PATH >> (MEMORY - k) & 1 for k in range(MEMORY + 1)]
_SIGNS = np.array(
    [1 - 2 * (_BIT[0] ^ _BIT[3] ^ _BIT[4]), 1 - 2 * (_BIT[0] ^ _BIT[1] ^ _BIT[3] ^ _BIT[4])], np.float64
)
"""The pair of coded bits (as signs) on each path: 1 + D³ + D⁴ and 1 + D + D³ + D⁴. A path is five bits, the
newest first."""

_K = np.arange(BLOCK_CODED)
_BURST, _PLACE = _K % 4, 2 * (49 * _K % 57) + (_K % 8) // 4
"""TS 45.003 §4.1.4: burst and place of each coded bit."""


class Sync(NamedTuple):
    """What a synchronisation burst says; ``errors`` counts its coded bits that came wrong."""

    bsic: int
    frame: int
    errors: int

    @property
    def training(self) -> int:
        """Training sequence of the cell's normal bursts: the base station's colour code, BCC."""
        return self.bsic & 7


def convolution(soft: Soft) -> Bits:
    """The likeliest bits behind a rate 1/2, K = 5 code that begins and ends in zeros (Viterbi); the four tail
    bits are left out."""
    pairs = np.asarray(soft, np.float64).reshape(-1, 2)
    gain = pairs @ _SIGNS
    best = np.full(STATES, -1e18)
    best[0] = 0.0
    chosen = np.empty((len(pairs), STATES), np.int8)
    for k in range(len(pairs)):
        paths = (np.concatenate((best, best)) + gain[k]).reshape(STATES, 2)
        chosen[k] = paths[:, 1] > paths[:, 0]
        best = paths.max(axis=1)
    out = np.empty(len(pairs), np.uint8)
    state = 0
    for k in range(len(pairs) - 1, -1, -1):
        out[k] = state >> (MEMORY - 1)
        state = (state << 1 | int(chosen[k, state])) & (STATES - 1)
    return out[:-MEMORY]


def coded(bits: Bits) -> Bits:
    """The convolutional code of ``bits`` and four zeros: what an errorless channel would have brought."""
    past = np.concatenate((np.zeros(MEMORY, np.uint8), bits, np.zeros(MEMORY, np.uint8)))
    now, one, three, four = past[4:], past[3:-1], past[1:-3], past[:-4]
    return np.stack((now ^ three ^ four, now ^ one ^ three ^ four), axis=1).reshape(-1)


def parity_holds(bits: Bits, polynomial: int, width: int) -> bool:
    """Whether ``bits`` (message, then parity) leave the remainder of all ones that the standard asks for."""
    register = 0
    for bit in bits.tolist():
        register = register << 1 | bit
        if register >> width:
            register ^= polynomial
    return register == (1 << width) - 1


def octets(bits: Bits) -> bytes:
    """Bits as octets, least significant first."""
    return np.packbits(bits, bitorder="little").tobytes()


def sync(soft: Soft) -> Sync | None:
    """The 78 soft bits of a synchronisation burst read; ``None`` where the parity says no."""
    bits = convolution(soft[:SCH_CODED])
    if not parity_holds(bits, SCH_PARITY, SCH_WIDTH):
        return None
    errors = int(np.count_nonzero(coded(bits) != (np.asarray(soft[:SCH_CODED]) < 0)))
    a, b, c, d = octets(bits[:SCH_BITS])
    t1 = (a & 3) << 9 | b << 1 | c >> 7
    t2 = c >> 2 & 31
    t3 = 10 * ((c & 3) << 1 | d & 1) + 1
    if t2 > 25 or t3 > 41:
        return None
    return Sync(a >> 2, MULTIFRAME * ((t3 - t2) % 26) + t3 + MULTIFRAME * 26 * t1, errors)


def block(bursts: Soft) -> bytes | None:
    """Four bursts' payloads, shape ``[4, 114]``, as the 23 octets of a block; ``None`` where the Fire code
    says no."""
    bits = convolution(np.asarray(bursts)[_BURST, _PLACE])
    return octets(bits[:BLOCK_BITS]) if parity_holds(bits, FIRE, FIRE_WIDTH) else None
