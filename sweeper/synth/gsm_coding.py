"""What a GSM base station says of itself, coded for the air (3GPP 45.003; messages 44.018).

SCH    25 bits | parity 10 | tail 4 -> convolution 1/2 -> 78 bits in one burst
       BSIC 6, T1 11, T2 5, T3' 3: the cell's colour and the frame number
BCCH   184 bits | Fire code 40 | tail 4 -> convolution 1/2 -> 456 bits, interleaved over four bursts
       System Information: country, network, area and cell
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sweeper.synth.scene import GsmC0

Bits = npt.NDArray[np.uint8]

SCH_PARITY = 0b10101110101
"""D^10 + D^8 + D^6 + D^5 + D^4 + D^2 + 1."""
FIRE = 1 << 40 | 1 << 26 | 1 << 23 | 1 << 17 | 1 << 3 | 1
"""(D^23 + 1)(D^17 + D^3 + 1)."""
FILL = 0x2B
PAGING_EMPTY = bytes.fromhex("15062100 01f0".replace(" ", ""))
"""Paging request type 1 to nobody: what an idle CCCH block holds."""


def sch_bits(bsic: int, frame: int) -> Bits:
    """The 78 coded bits of a synchronisation burst sent in frame number ``frame``."""
    t1, t2, t3 = frame // (26 * 51), frame % 26, ((frame % 51) - 1) // 10
    octets = bytes(
        [bsic << 2 | t1 >> 9, t1 >> 1 & 0xFF, (t1 & 1) << 7 | t2 << 2 | t3 >> 1, t3 & 1],
    )
    return _convolve(_with_parity(_lsb_first(octets)[:25], SCH_PARITY, 10))


def block_bits(octets: bytes) -> list[Bits]:
    """23 octets as the 4 x 114 bits of a BCCH or CCCH block."""
    coded = _convolve(_with_parity(_lsb_first(octets), FIRE, 40))
    bursts = np.zeros((4, 114), dtype=np.uint8)
    for k, bit in enumerate(coded):
        bursts[k % 4, 2 * (49 * k % 57) + (k % 8) // 4] = bit
    return list(bursts)


def system_information(cell: GsmC0, multiframe: int) -> bytes:
    """The BCCH message of a 51-multiframe (45.002, 6.3.1.3): types 1 to 4 in turn, 23 octets."""
    lai = _area(cell)
    rach = bytes([0xB9, 0x00, 0x00])
    kind = (1, 2, 3, 4, 1, 2, 3, 4)[multiframe % 8]
    if kind == 3:
        body = bytes.fromhex("49061b") + cell.ci.to_bytes(2, "big") + lai
        body += bytes.fromhex("480300") + bytes([0x28]) + bytes.fromhex("6540") + rach
    elif kind == 4:
        body = bytes.fromhex("31061c") + lai + bytes.fromhex("6540") + rach
    elif kind == 2:
        body = bytes.fromhex("59061a") + bytes(16) + bytes([0xFF]) + rach
    else:
        body = bytes.fromhex("550619") + bytes(16) + rach
    return body.ljust(23, bytes([FILL]))


def paging_block() -> bytes:
    """An idle CCCH block."""
    return PAGING_EMPTY.ljust(23, bytes([FILL]))


def _area(cell: GsmC0) -> bytes:
    """Location area identification: digits of country and network in swapped nibbles (24.008, 10.5.1.3)."""
    a, b, c = cell.mcc // 100, cell.mcc // 10 % 10, cell.mcc % 10
    d, e = cell.mnc // 10, cell.mnc % 10
    return bytes([b << 4 | a, 0xF0 | c, e << 4 | d]) + cell.lac.to_bytes(2, "big")


def _lsb_first(octets: bytes) -> Bits:
    return np.unpackbits(np.frombuffer(octets, dtype=np.uint8), bitorder="little")


def _with_parity(bits: Bits, polynomial: int, width: int) -> Bits:
    """The bits, their inverted remainder and four zeros that empty the coder."""
    register = 0
    for bit in [*bits.tolist(), *[0] * width]:
        register = register << 1 | bit
        if register >> width:
            register ^= polynomial
    parity = [(register >> (width - 1 - k) & 1) ^ 1 for k in range(width)]
    return np.array([*bits.tolist(), *parity, 0, 0, 0, 0], dtype=np.uint8)


def _convolve(bits: Bits) -> Bits:
    """Rate 1/2: 1 + D^3 + D^4 and 1 + D + D^3 + D^4."""
    past = np.concatenate((np.zeros(4, dtype=np.uint8), bits))
    now, one, three, four = past[4:], past[3:-1], past[1:-3], past[:-4]
    return np.stack((now ^ three ^ four, now ^ one ^ three ^ four), axis=1).reshape(-1)
