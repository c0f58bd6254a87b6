"""Sample conversion against arithmetic on hand-made bytes and Python's struct."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.recording.formats import LARGEST, format_named, mend, to_complex


def converted(name: str, raw: bytes) -> list[float]:
    form = format_named(name)
    assert form is not None
    return form.floats(np.frombuffer(raw, np.uint8)).tolist()


def test_cu8_has_its_zero_between_127_and_128() -> None:
    assert converted("cu8", bytes([0, 127, 128, 255])) == pytest.approx([-1, -1 / 255, 1 / 255, 1])


def test_cs8_is_a_128th() -> None:
    assert converted("cs8", b"\x80\x00\x01\x7f") == [-1.0, 0.0, 1 / 128, 127 / 128]


@pytest.mark.parametrize(
    ("name", "code"), [("cs16", "<h"), ("cs16_be", ">h"), ("ci16_le", "<h"), ("ri16_be", ">h")]
)
def test_16_bits_in_both_byte_orders(name: str, code: str) -> None:
    raw = b"".join(struct.pack(code, value) for value in (-32768, 0, 1, 32767))
    assert converted(name, raw) == [-1.0, 0.0, 1 / 32768, 32767 / 32768]


def test_32_bits_keep_what_a_float_can_hold() -> None:
    raw = struct.pack("<4i", -(2**31), 0, 2**30, 128)
    assert converted("cs32", raw) == [-1.0, 0.0, 0.5, 2.0**-24]
    raw = struct.pack(">4I", 0, 2**31 - 1, 2**31, 2**32 - 1)
    assert converted("cu32_be", raw) == pytest.approx([-1.0, 0.0, 0.0, 1.0], abs=1e-9)


def test_cu16_is_symmetric() -> None:
    assert converted("cu16", struct.pack("<2H", 0, 65535)) == pytest.approx([-1.0, 1.0])


def test_24_bits_carry_their_sign() -> None:
    raw = b"\x00\x00\x80" + b"\x00\x00\x00" + b"\xff\xff\x7f" + b"\xff\xff\xff"
    assert converted("cs24", raw) == pytest.approx([-1.0, 0.0, 1.0 - 2**-23, -(2.0**-23)])


def test_floats_are_untouched_and_doubles_narrowed() -> None:
    values = [0.25, -3.5, 1e6, 0.0]
    assert converted("cf32", struct.pack("<4f", *values)) == values
    assert converted("cf32_be", struct.pack(">4f", *values)) == values
    assert converted("cf64", struct.pack("<4d", *values)) == values


@pytest.mark.parametrize("name", ["cf16", "cs64", "cu24", "xs16", "", "cs", "c16", "cf32 cs8", "ci8_xx"])
def test_other_names_are_none(name: str) -> None:
    assert format_named(name) is None


def test_sigmf_and_rtl433_name_the_same_formats() -> None:
    for ours, sigmf in [("cu8", "cu8"), ("cs8", "ci8"), ("cs16", "ci16_le"), ("cf32_be", "cf32_be")]:
        assert format_named(ours) == format_named(sigmf)


def test_real_samples_get_no_imaginary_part() -> None:
    floats = np.array([0.5, -0.25], np.float32)
    assert to_complex(floats, False).tolist() == [0.5 + 0j, -0.25 + 0j]
    assert to_complex(floats, True).tolist() == [0.5 - 0.25j]


@given(st.lists(st.floats(width=32), max_size=64))
def test_mending_leaves_good_values_and_counts_the_others(values: list[float]) -> None:
    array = np.array(values, np.float32)
    bad = [not (abs(value) <= LARGEST) for value in array.tolist()]
    before = array.copy()
    assert mend(array) == sum(bad)
    for value, was, wrong in zip(array.tolist(), before.tolist(), bad, strict=True):
        assert value == (0.0 if wrong else was)


@given(st.binary(max_size=64))
def test_no_bytes_upset_a_double(raw: bytes) -> None:
    form = format_named("cf64")
    assert form is not None
    floats = form.floats(np.frombuffer(raw[: len(raw) // 8 * 8], np.uint8))
    mend(floats)
    assert np.isfinite(floats).all()
