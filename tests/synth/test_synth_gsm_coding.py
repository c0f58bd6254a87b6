"""SCH, BCCH, training sequences and dummy bursts against a real cell's bursts (corpus)."""

from __future__ import annotations

import bz2
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sweeper.synth import gsm, gsm_coding
from sweeper.synth.scene import GsmC0

CELL = GsmC0(name="c", center_hz=941e6, level_dbm=-80, bsic=21, mcc=401, mnc=77, lac=0x1234, ci=0xBEEF)


def bursts(corpus: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """(slot, frame number, 148 bits) of the corpus's real call: GSMTAP headers and hard bits."""
    raw = bz2.decompress((corpus / "rf" / "gsm" / "call_bursts.bz2").read_bytes())
    for at in range(0, len(raw), 174):
        header = raw[at + 10 : at + 26]
        (frame,) = struct.unpack(">I", header[8:12])
        yield header[3], frame, np.frombuffer(raw[at + 26 : at + 174], np.uint8)


@pytest.mark.corpus
def test_sch_of_a_real_cell(corpus_path: Path) -> None:
    """Coding its BSIC and frame number gives the bits it sent (a few of them were received with errors)."""
    right = total = 0
    for _, frame, bits in bursts(corpus_path):
        if np.array_equal(bits[42:106], gsm.SCH_TRAINING):
            total += 1
            sent = gsm_coding.sch_bits(48, frame)
            right += np.array_equal(sent, np.concatenate((bits[3:42], bits[106:145])))
    assert total > 190
    assert right > 0.9 * total


@pytest.mark.corpus
def test_bcch_of_a_real_cell(corpus_path: Path) -> None:
    """Bits of a block without errors, decoded by hand and coded again, are the bits received."""
    blocks: dict[int, dict[int, np.ndarray]] = {}
    for slot, frame, bits in bursts(corpus_path):
        if slot == 0 and frame % 51 in (2, 3, 4, 5):
            blocks.setdefault(frame // 51, {})[frame % 51 - 2] = np.concatenate((bits[3:60], bits[88:145]))
    right = 0
    for parts in blocks.values():
        if len(parts) == 4:
            coded = [parts[k % 4][2 * (49 * k % 57) + (k % 8) // 4] for k in range(456)]
            data = [0, 0, 0, 0]
            for k in range(228):
                data.append(int(coded[2 * k]) ^ data[-3] ^ data[-4])
            octets = np.packbits(data[4:188], bitorder="little").tobytes()
            right += all(np.array_equal(a, parts[k]) for k, a in enumerate(gsm_coding.block_bits(octets)))
    assert right >= 20


@pytest.mark.corpus
def test_dummy_and_training_bits_of_a_real_cell(corpus_path: Path) -> None:
    dummies = normal = 0
    for _, _, bits in bursts(corpus_path):
        dummies += np.array_equal(bits[3:145], gsm.DUMMY)
        normal += np.array_equal(bits[61:87], gsm.TRAINING[0])
    assert dummies == 8_636  # the corpus's own count
    assert normal == 7_501


def test_system_information_3_holds_the_cell() -> None:
    """44.018, 9.1.35: L2 length, 06 1b, cell identity, then the area as 24.008 packs it."""
    octets = gsm_coding.system_information(CELL, 2)
    assert octets[:3] == bytes.fromhex("49061b")
    assert octets[3:5] == b"\xbe\xef"
    assert octets[5:8] == bytes.fromhex("04f177")  # 401 77
    assert octets[8:10] == b"\x12\x34"
    assert len(octets) == 23
    assert all(len(gsm_coding.system_information(CELL, k)) == 23 for k in range(8))


def test_training_sequences_correlate_with_themselves_only() -> None:
    """Their middle 16 bits have the autocorrelation that the standard chose them for."""
    for sequence in gsm.TRAINING:
        a = 1 - 2.0 * sequence
        peaks = [abs(np.sum(a[5:21] * a[5 + k : 21 + k])) for k in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)]
        assert max(peaks) <= 0.01
