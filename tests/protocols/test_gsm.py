"""GSM's channel coding and System Information, against the standard's encoder, a real call and tshark."""

from __future__ import annotations

import bz2
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.protocols import gsm_coding, gsm_messages
from sweeper.synth import gsm_coding as encoder
from sweeper.synth.scene import GsmC0

FRAMES = st.integers(0, 26 * 2048 - 1).map(lambda n: 51 * n)


def soft(bits: np.ndarray) -> np.ndarray:
    return 1.0 - 2.0 * bits.astype(float)


@given(
    st.integers(0, 63), FRAMES, st.sampled_from([1, 11, 21, 31, 41]), st.sets(st.integers(0, 77), max_size=3)
)
@settings(max_examples=40)
def test_a_synchronisation_burst_comes_back_even_with_three_wrong_bits(
    bsic: int, multiframe: int, place: int, wrong: set[int]
) -> None:
    sent = soft(encoder.sch_bits(bsic, multiframe + place))
    sent[sorted(wrong)] *= -0.3  # unsure and wrong
    found = gsm_coding.sync(sent)
    assert found is not None
    assert (found.bsic, found.frame, found.errors) == (bsic, multiframe + place, len(wrong))
    assert found.training == bsic % 8


@given(st.binary(min_size=23, max_size=23), st.integers(0, 1000))
@settings(max_examples=25)
def test_a_block_comes_back_through_noise(octets: bytes, seed: int) -> None:
    bursts = soft(np.array(encoder.block_bits(octets)))
    heard = bursts + np.random.default_rng(seed).normal(0, 0.5, bursts.shape)  # 2 % of the bits turn over
    assert gsm_coding.block(heard) == octets


def test_noise_says_nothing() -> None:
    random = np.random.default_rng(4)
    assert all(gsm_coding.block(random.normal(size=(4, 114))) is None for _ in range(50))
    syncs = [gsm_coding.sync(random.normal(size=78)) for _ in range(300)]
    believed = [s for s in syncs if s is not None]
    assert len(believed) <= 3  # ten parity bits: one in a thousand
    assert all(s.errors > 2 for s in believed)


def test_a_parity_that_is_not_inverted_is_refused() -> None:
    """TS 45.003 §4.7: the remainder is all ones; a plain cyclic code would leave zeros."""
    zeros = np.zeros(35, np.uint8)
    assert not gsm_coding.parity_holds(zeros, gsm_coding.SCH_PARITY, gsm_coding.SCH_WIDTH)
    zeros[25:] = 1
    assert gsm_coding.parity_holds(zeros, gsm_coding.SCH_PARITY, gsm_coding.SCH_WIDTH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("49061b 76d1 04f110 04b1", ("401", "01", 1201, 30417)),  # 401-01, written out by TS 24.008 §10.5.1.3
        ("49061b 0001 130062 1234", ("310", "260", 0x1234, 1)),  # a network code of three digits
        ("31061c 04f177 0001", ("401", "77", 1, None)),
        ("49061b 0001 04fa10 04b1", None),  # A is no digit
        ("59061a 0000 04f110 04b1", None),  # type 2 has no name
        ("49051b 76d1 04f110 04b1", None),  # not radio resources
        ("", None),
    ],
)
def test_the_name_of_a_cell(text: str, expected: tuple[str, str, int, int | None] | None) -> None:
    found = gsm_messages.cell_name(bytes.fromhex(text))
    assert (found if found is None else tuple(found)) == expected


@given(st.binary(max_size=40))
def test_any_octets_are_a_name_or_nothing(octets: bytes) -> None:
    found = gsm_messages.cell_name(octets)
    if found is not None:
        assert len(found.mcc) == 3
        assert len(found.mnc) in (2, 3)
        assert (found.mcc + found.mnc).isdigit()
        assert 0 <= found.lac < 65536


def told_by_tshark(folder: Path, messages: list[bytes]) -> list[tuple[str, ...]]:
    """MCC, MNC, LAC, cell identity as tshark's GSM dissector reads them from GSMTAP packets."""
    path = folder / "bcch.pcap"
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for octets in messages:
            tap = bytes([2, 4, 1, 0, 0, 30, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0]) + octets  # Um, BCCH
            udp = struct.pack(">HHHH", 4729, 4729, 8 + len(tap), 0) + tap
            ip = struct.pack(
                ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1"
            )
            frame = bytes(12) + b"\x08\x00" + ip + udp
            stream.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    fields = ("e212.lai.mcc", "e212.lai.mnc", "gsm_a.lac", "gsm_a.bssmap.cell_ci")
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", *(a for f in fields for a in ("-e", f))]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [tuple(line.split("\t")) for line in text.splitlines()]


def as_tshark(name: gsm_messages.CellName | None) -> tuple[int, int, int, int | None]:
    assert name is not None
    return int(name.mcc), int(name.mnc), name.lac, name.ci


def numbers(row: tuple[str, ...]) -> tuple[int, int, int, int | None]:
    return int(row[0]), int(row[1]), int(row[2], 0), int(row[3], 0) if row[3] else None


needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@needs_tshark
def test_names_are_what_tshark_reads(tmp_path: Path) -> None:
    cells = [GsmC0(name="c", center_hz=941e6, level_dbm=-60, mcc=m, mnc=n, lac=a, ci=c) for m, n, a, c in
             [(401, 1, 1201, 30417), (250, 99, 65533, 0), (262, 2, 1, 65535)]]  # fmt: skip
    messages = [encoder.system_information(cell, kind) for cell in cells for kind in (2, 3)]
    told = told_by_tshark(tmp_path, messages)
    assert [as_tshark(gsm_messages.cell_name(m)) for m in messages] == [numbers(row) for row in told]


def call(corpus: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Slot, kind, frame number (as the capturing receiver wrote them) and bits of every burst of a call."""
    packed = (corpus / "rf/gsm/call_bursts.bz2").read_bytes()
    raw = np.frombuffer(bz2.decompress(packed), np.uint8).reshape(-1, 174)
    head = raw[:, 10:26]
    frames = head[:, 8:12].astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    return head[:, 3], head[:, 12], frames, raw[:, 26:]


@pytest.mark.corpus
def test_frame_numbers_of_a_real_call(corpus_path: Path) -> None:
    _, kinds, frames, bits = call(corpus_path)
    heard = [
        (gsm_coding.sync(np.concatenate((soft(b)[3:42], soft(b)[106:145]))), f)
        for b, f in zip(bits[kinds == 3], frames[kinds == 3], strict=True)
    ]
    read = [(said, frame) for said, frame in heard if said is not None]
    assert len(read) >= 0.95 * len(heard)  # the capture has a stretch of ten that are no SCH
    assert all(said.frame == frame for said, frame in read)
    assert len({said.bsic for said, _ in read}) == 1


@pytest.mark.corpus
@needs_tshark
def test_the_cell_of_a_real_call_is_what_tshark_reads(corpus_path: Path, tmp_path: Path) -> None:
    slots, _, frames, bits = call(corpus_path)
    of_frame = dict(zip(frames[slots == 0].tolist(), soft(bits[slots == 0]), strict=True))
    messages = []
    for first in range(min(of_frame), max(of_frame) - 3):
        if first % 51 == 2:
            block = np.array(
                [np.r_[of_frame[first + k][3:60], of_frame[first + k][88:145]] for k in range(4)]
            )
            octets = gsm_coding.block(block)
            if octets is not None and gsm_messages.cell_name(octets) is not None:
                assert gsm_messages.message_type(octets) == {2: "3", 6: "3", 3: "4", 7: "4"}[first // 51 % 8]
                messages.append(octets)
    assert len(messages) >= 10
    told = told_by_tshark(tmp_path, messages)
    assert [as_tshark(gsm_messages.cell_name(m)) for m in messages] == [numbers(row) for row in told]
