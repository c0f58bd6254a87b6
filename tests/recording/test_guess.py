"""The format told by content: signals made here with known format, and the corpus whose names tell it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.recording.guess import guess, is_float, sample_bytes

N = 40_000
Complex = npt.NDArray[np.complex128]


def signals() -> dict[str, Complex]:
    """What receivers see, full scale 1."""
    rng = np.random.default_rng(7)
    noise = (rng.normal(size=N) + 1j * rng.normal(size=N)) / np.sqrt(2)
    tone = np.exp(2j * np.pi * np.cumsum(0.01 + 0.002 * np.sin(np.arange(N) / 500)))
    gate = ((np.arange(N) // 2_000) % 10 == 0).astype(float)
    return {
        "quiet noise": 0.02 * noise,
        "loud noise": 0.2 * noise,
        "FM": 0.5 * tone + 0.01 * noise,
        "strong FM": 0.9 * tone + 0.01 * noise,
        "overdriven FM": 3.0 * tone + 0.05 * noise,
        "bursts": 0.6 * gate * tone + 0.015 * noise,
        "bursts on silence": 0.6 * gate * tone + 0.008 * noise,
        "DC offset": 0.05 * noise + 0.1 + 0.05j,
        "I stronger than Q": 0.3 * noise.real + 0.05j * noise.imag,
    }


def encoded(samples: Complex, name: str) -> npt.NDArray[np.uint8]:
    parts = samples.view(np.float64)
    if name == "cf32":
        return np.ascontiguousarray(parts.astype("<f4")).view(np.uint8)
    if name == "cf64":
        return np.ascontiguousarray(parts.astype("<f8")).view(np.uint8)
    if name == "cu8":
        return np.clip(np.round(parts * 127.5 + 127.5), 0, 255).astype(np.uint8)
    if name == "cs8":
        return np.clip(np.round(parts * 128), -128, 127).astype(np.int8).view(np.uint8)
    order = ">i2" if name == "cs16_be" else "<i2"
    return np.clip(np.round(parts * 32768), -32768, 32767).astype(order).view(np.uint8)


@pytest.mark.parametrize("signal", signals())
@pytest.mark.parametrize("name", ["cu8", "cs8", "cs16", "cs16_be", "cf32", "cf64"])
def test_each_format_is_recognised_whatever_was_received(signal: str, name: str) -> None:
    assert guess(encoded(signals()[signal], name)) == name


@pytest.mark.parametrize("level", [2e-4, 1e-3, 1e-2])
def test_weak_16_bit_recordings(level: float) -> None:
    assert guess(encoded(signals()["quiet noise"] * level * 50, "cs16")) == "cs16"


def test_converters_of_12_bits_shifted_up() -> None:
    values = (signals()["loud noise"].view(np.float64) * 2047).round().astype("<i2") * 16
    assert guess(values.astype("<i2").view(np.uint8)) == "cs16"


def test_floats_in_units_of_a_converter() -> None:
    assert guess(encoded(signals()["FM"] * 20_000, "cf32")) == "cf32"


@pytest.mark.parametrize("raw", [b"", b"\x7f" * 10_000, bytes(10_000), b"\x01\x02\x03"])
def test_nothing_told_nothing_guessed(raw: bytes) -> None:
    assert guess(np.frombuffer(raw, np.uint8)) is None


def test_compressed_bytes_are_undecided() -> None:
    raw = np.random.default_rng(3).integers(0, 256, 200_000, dtype=np.uint8)
    assert guess(raw) is None


@pytest.mark.parametrize("name", ["cu8", "cs8", "cs16"])
@pytest.mark.parametrize("level", [0.5 + 0.5j, 0.25 + 0.75j, 0.5 + 0j])
def test_rectangles_without_noise_are_no_floats(name: str, level: complex) -> None:
    """Generated on-off keying, as demodulators' own test files have it."""
    gate = ((np.arange(N) // 300) % 3 == 0).astype(complex)
    raw = encoded(gate * level, name)
    assert not is_float(raw, 8)
    if name != "cs16":
        assert not is_float(raw, 4)


@pytest.mark.parametrize("steps", [127.5, 128.0, 2048.0])
def test_floats_made_from_a_converters_few_values(steps: float) -> None:
    rounded = np.round(signals()["bursts"].view(np.float64) * steps) / steps
    assert guess(rounded.astype("<f4").view(np.uint8)) == "cf32"
    assert guess(rounded.astype("<f8").view(np.uint8)) == "cf64"


@given(st.binary(max_size=2_000))
def test_any_bytes_are_survived(raw: bytes) -> None:
    assert guess(np.frombuffer(raw[: len(raw) // 16 * 16], np.uint8)) in (
        None, "cu8", "cs8", "cs16", "cs16_be", "cf32", "cf64"
    )  # fmt: skip


def test_pieces_are_spread_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"".join(bytes([part]) * 100_000 for part in range(64)))
    with path.open("rb") as file:
        seen = set(sample_bytes(file, 0, path.stat().st_size).tolist())
    assert {0, 63} <= seen
    assert len(seen) >= 16


@pytest.mark.corpus
def test_the_corpus_is_told_right(corpus_path: Path) -> None:
    """Formats as the corpus's own list gives them."""
    formats = {
        ".cfile": "cf32", ".cu8": "cu8", ".complex": "cf32", ".complex16s": "cs8", ".complex32s": "cs16",
        ".cf32": "cf32", ".iq": "cf32", ".dat": "cf32",
    }  # fmt: skip
    by_name = {
        "f1815.3_s19.2_bw20_0.08s_hackrf-1.bin": "cs8",
        "btle_ch37_iq_float32_welcom_msg.bin": "cf32",
        "sigmf_logo.sigmf-data": "cs16",
    }
    wrong = {}
    seen = 0
    for path in sorted((corpus_path / "rf").rglob("*")):
        expected = by_name.get(path.name) or formats.get(path.suffix)
        if expected is None or not path.is_file():
            continue
        with path.open("rb") as file:
            told = guess(sample_bytes(file, 0, path.stat().st_size))
        seen += 1
        if told != expected:
            wrong[path.name] = told
    assert seen > 40
    assert wrong == {}
