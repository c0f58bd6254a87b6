"""Signature matching: facts of advertisements against 5,000 signatures, and how its cost grows.

    python -m tests.benchmarks.bench_signatures

The built-in Bluetooth signatures are copied with values of their own until there are enough; where a
condition has none to change (a range, mere presence) the copy asks for a fact of its own. One in eight asks
for a name by a regular expression, and each of these is tried on every name. The facts are those of the
signatures' own examples. The bound is 50,000 looks a second on one core.
"""

from __future__ import annotations

import math
import time
from typing import Any

import msgspec

from sweeper.protocols.ble.facts import facts
from sweeper.records import Medium
from sweeper.signatures import Condition, Library, Match, Signature

BOUND = 50_000
LOOKS = 4_000


def varied(condition: Condition, number: int) -> Condition:
    """The same test on a value that no other copy asks for."""
    changes: dict[str, Any] = {}
    if isinstance(condition.equals, str):
        changes["equals"] = f"{condition.equals}~{number}"
    if condition.any_of is not None:
        changes["any_of"] = tuple(f"{value}~{number}" for value in condition.any_of)
    if condition.starts_with is not None:
        changes["starts_with"] = f"{condition.starts_with}~{number}"
    if condition.regex is not None:
        changes["regex"] = f"{condition.regex}~{number}"
    if not changes:
        changes["key"] = f"{condition.key}~{number}"
    return msgspec.structs.replace(condition, **changes)


def grown(signatures: list[Signature], count: int) -> Library:
    """The signatures and varied copies of them, ``count`` in all."""
    made = list(signatures)
    for number in range(count - len(made)):
        one = signatures[number % len(signatures)]
        match = Match(
            all=tuple(varied(c, number) for c in one.match.all),
            any=tuple(varied(c, number) for c in one.match.any),
            none=one.match.none,
        )
        made.append(msgspec.structs.replace(one, id=f"{one.id}-{number}", match=match))
    return Library(made)


def rate(library: Library, looks: list[dict[str, Any]]) -> float:
    """Looks a second of processor time, the best of three."""
    best = 0.0
    for _ in range(3):
        start = time.process_time()
        for k in range(LOOKS):
            library.match(Medium.BLE, looks[k % len(looks)])
        best = max(best, LOOKS / (time.process_time() - start))
    return best


def main() -> None:
    signatures = [s for s in Library.load().signatures if s.medium is Medium.BLE]
    examples = [e.ad for s in signatures for e in s.examples.positive if e.ad]
    looks = [facts(bytes.fromhex(example)) for example in examples]
    few = rate(grown(signatures, 500), looks)
    many = rate(grown(signatures, 5_000), looks)
    print(f"5,000 signatures: {many:,.0f} looks/s, ratio to the bound of {BOUND:,}/s: {many / BOUND:.2f}")
    exponent = math.log(few / many) / math.log(10)
    print(f"cost from 500 to 5,000 signatures grows with exponent {exponent:.2f} (ratio to linear growth)")


if __name__ == "__main__":
    main()
