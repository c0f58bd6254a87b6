"""Mutations of bytes: what breaks parsers, drawn from one seeded generator so that a run can be repeated."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from tests.fuzz.archives import repacked

NUMBERS = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1024, 4096, 32767, 32768)
NUMBERS += (65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
"""Where lengths, counts and signs turn over."""

WORDS = (
    *(b"-1", b"0", b"1e999", b"-1e999", b"NaN", b"Infinity", b"1e-320", b"9" * 40, b"0x1", b"null", b"true"),
    *(b'""', b"[]", b"{}", b"\xff", b"\xed\xa0\x80", b"\x00", b"\x1b[2J", b"\xe2\x80\xae", b"../", b"\r\n"),
)
"""Texts that a text format may not expect: numbers without bounds, half characters, escapes."""

LONGEST = 1 << 15
"""Inputs stay small: cost must come from what they say, not from their size."""


def mutated(dice: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """``data`` with one to eight changes; of an archive half of the time inside, and packed again whole."""
    if data.startswith(b"PK\x03\x04") and dice.random() < 0.5:
        return repacked(dice, data, lambda inner: mutated(dice, inner, [inner]))
    made = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        dice.choice(CHANGES)(dice, made, pool)
    return bytes(made[:LONGEST])


def _place(dice: random.Random, made: bytearray) -> int:
    """A place in it, nearer to the start half of the time: headers stand there."""
    span = min(len(made), 64) if dice.random() < 0.5 else len(made)
    return dice.randrange(span + 1)


def _flip(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    if made:
        made[min(_place(dice, made), len(made) - 1)] ^= 1 << dice.randrange(8)


def _number(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    size = dice.choice((1, 2, 4, 8))
    at = _place(dice, made)
    value = dice.choice(NUMBERS) & ((1 << 8 * size) - 1)
    made[at : at + size] = value.to_bytes(size, dice.choice(("little", "big")))


def _cut(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    del made[_place(dice, made) :]


def _remove(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    at = _place(dice, made)
    del made[at : at + dice.choice((1, 2, 4, 16, 64))]


def _repeat(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    at = _place(dice, made)
    piece = made[at : at + dice.choice((1, 2, 4, 16, 64))]
    made[at:at] = piece * dice.choice((1, 2, 16))


def _noise(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    at = _place(dice, made)
    made[at:at] = dice.randbytes(dice.choice((1, 2, 4, 16)))


def _splice(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    other = dice.choice(pool)
    begin = dice.randrange(len(other) + 1)
    at = _place(dice, made)
    made[at : at + dice.choice((0, 4, 64))] = other[begin : begin + dice.choice((4, 16, 256))]


def _word(dice: random.Random, made: bytearray, pool: Sequence[bytes]) -> None:
    """A number or a quoted text of a text format replaced whole."""
    found = list(re.finditer(rb'"[^"]{0,80}"|-?\d[\d.e+-]*', bytes(made[:4096])))
    if not found:
        _number(dice, made, pool)
        return
    chosen = dice.choice(found)
    word = dice.choice(WORDS)
    made[chosen.start() : chosen.end()] = b'"' + word + b'"' if chosen[0][:1] == b'"' else word


CHANGES = (_flip, _number, _number, _cut, _remove, _repeat, _noise, _splice, _word)


def smallest(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """A small input that still fails: pieces are left out, halves first."""
    size = max(1, len(data) // 2)
    while size:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data
