"""What fuzzing found stays mended; every target takes its seeds and some mutations; the fuzzer can find."""

from __future__ import annotations

import random

import pytest

from sweeper.errors import SweeperError
from tests.fuzz import __main__ as runner
from tests.fuzz.mutate import LONGEST, mutated, smallest
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

SEEDS = seeds()
QUICK, WHOLE = 150, 4
"""Mutations for a parser, and for the whole program on a file; ``python -m tests.fuzz`` does far more."""

CASES = [
    # 22.11.2026: zipfile raises ValueError where the central directory lies before its own start
    (
        "bundle",
        "504b010214031400000000000000215c74ca125926010000260100000d00000000000000000000008001000000006d61"
        "6e69666573742e6a736f6e504b010214031400000000000000215c11f7567e2f0b00002f0b0000220000000000000000"
        "000000800151010000626c652f616972706f64732d66696e646d792d6e6561722d6f776e65722e746f6d6c504b010214"
        "031400000000000000215c3018f0b3ab0f0000ab0f00002100000000000000000000008001c00c0000626c652f616972"
        "706f64732d66696e646d792d7365706172617465642e746f6d6c504b05060000000003000300da000000aa1c00000000",
    ),
    # 22.11.2026: base64.b64decode raises ValueError, not binascii.Error, for text that is not ASCII
    ("minisign", "e1"),
    # 22.11.2026: zipfile raises IndexError where a sheet of extra fields is cut
    (
        "job-import",
        "504b010214031400000000001447765d43bfa6a30200000000000000ffff00000000000000000000800100000000006f"
        "622e6a736f6e504b010214031400000000001447765d06b0a1dd03000000030000000b00000000000000000000008001"
        "2800000061756469742e6a736f6e6c504b010214031400000000001447765d8316dc8c01000000010000000600000000"
        "000000000000008001540000002e2e2f6f7574504b010214031400000000001447765d43bfa6a302000000020000000d"
        "00000000000000000000008001790000006d616e69666573742e6a736f6e504b05060000000004000400de000000a600"
        "00000000",
    ),
    # 22.11.2026: msgspec raises UnicodeDecodeError, which is none of its own errors, for keys not in UTF-8
    ("evidence", "7b2266696c6573223a7b22ff22"),
    # 22.11.2026: a level of 100,000 dB left float32's range in a detector
    (
        "file.csv",
        (
            b"2026-11-22, 08:00:00, 433000000, 434000000, 100000.00, 10" + b", -50.1" * 10 + b"\n"
            b"2026-11-22, 08:00:01, 433000000, 434000000, 100000.00, 10, 100000" + b", -50.1" * 9 + b"\n"
        ).hex(),
    ),
    # nesting that no reader should follow
    ("evidence", (b"[" * 5000).hex()),
    ("mqtt", (b'{"record":' * 3000).hex()),
    ("signature-toml", (b"a=" + b"[" * 5000).hex()),
]
"""(target, input): what once raised something else than a ``SweeperError``; the runner prints new lines."""


@pytest.mark.parametrize(("name", "data"), CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)])
def test_what_was_found_stays_mended(name: str, data: str) -> None:
    shape, wrong = runner.defect(TARGETS[name], bytes.fromhex(data))
    assert (wrong, bool(shape)) == ("", True)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_seeds_are_understood_and_mutations_do_no_harm(name: str) -> None:
    """At least one seed is read without a complaint: else mutations would test nothing but the refusal."""
    understood = 0
    for seed in SEEDS[name]:
        _shape, wrong = runner.defect(TARGETS[name], seed)
        assert wrong == ""
        understood += _accepts(name, seed)
    assert understood or name in (
        "evidence",
        "job-import",
        "minisign",
    )  # these accept only what is signed or whole
    dice = random.Random(name)
    for _ in range(WHOLE if name.startswith("file.") else QUICK):
        data = mutated(dice, dice.choice(SEEDS[name]), SEEDS[name])
        assert (runner.defect(TARGETS[name], data)[1], data.hex())[0] == "", data.hex()


def _accepts(name: str, data: bytes) -> bool:
    try:
        TARGETS[name](data)
    except SweeperError:
        return False
    return True


def _careless(data: bytes) -> str:
    """A parser with a planted defect: a length that is believed."""
    if data[:2] == b"OK":
        return str(data[2 + data[2]])
    raise SweeperError("none")


def test_the_fuzzer_finds_a_planted_defect_and_makes_it_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "planted", _careless)
    found = runner.fuzz("planted", 2.0, 1, [b"OK\x01" + bytes(60)])
    ((wrong, data),) = found.items()
    assert wrong.startswith("IndexError")
    assert data[:2] == b"OK"
    assert len(data) <= 3


def test_mutations_are_repeatable_bounded_and_many() -> None:
    def made() -> list[bytes]:
        dice = random.Random(7)
        return [mutated(dice, b"\x01\x02\x03\x04" * 20, [b"other"]) for _ in range(300)]

    first = made()
    assert first == made()
    assert len(set(first)) > 250
    assert max(map(len, first)) <= LONGEST


def test_smallest_keeps_what_matters() -> None:
    assert smallest(b"....A.......B....", lambda data: b"A" in data and b"B" in data) == b"AB"


@pytest.mark.parametrize("words", [["--help"], ["10", "no-such-parser"]])
def test_a_wrong_call_is_one_line_that_names_the_targets_or_the_fault(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert repr(words[0]) in line or words[-1] in line
