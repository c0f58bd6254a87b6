"""Signature matching: facts of adverts, frames and emissions against 5,000 signatures, and how it grows.

    python -m tests.benchmarks.bench_signatures

The built-in signatures of each radio are copied with values of their own until there are enough; where a
condition has none to change (mere presence) the copy asks for a fact of its own. A copied regular expression
keeps its words and asks for a number more, so copies share what the index can see; a copied range is moved
along the spectrum. The facts are those of the signatures' own examples, so nearly every look is a hit (air is
mostly misses, which cost less). "fresh" gives every look a name that was never heard before. The bound is
50,000 looks a second on one core.
"""

from __future__ import annotations

import math
import time
from typing import Any

import msgspec

from sweeper.records import Medium
from sweeper.signature_check import example_facts
from sweeper.signatures import Condition, Facts, Library, Match, Signature

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
        flags = "(?i)" if condition.regex.startswith("(?i)") else ""
        changes["regex"] = f"{flags}(?:{condition.regex.removeprefix(flags)})~{number}"
    if isinstance(condition.contains, str):
        changes["contains"] = f"{condition.contains}~{number}"
    if condition.mask is not None:
        changes["mask"] = f"{condition.mask}~{number}"
    if condition.range is not None:
        low, high = condition.range
        shift = number % 1000 * (high - low)
        changes["range"] = (low + shift, high + shift)
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


def looks_of(signatures: list[Signature]) -> list[Facts]:
    """The facts of every positive example."""
    return [example_facts(s, example) for s in signatures for example in s.examples.positive]


def renamed(looks: list[Facts]) -> list[Facts]:
    """The looks over and over, with a number in every name."""
    made: list[Facts] = []
    for k in range(LOOKS):
        facts = dict(looks[k % len(looks)])
        for key in ("ble.name", "wifi.ssid", "lan.name"):
            if isinstance(facts.get(key), str):
                facts[key] = f"{facts[key]} {k:06d}"
            elif isinstance(facts.get(key), list):
                facts[key] = [f"{name} {k:06d}" for name in facts[key]]  # type: ignore[union-attr]
        made.append(facts)
    return made


def rate(library: Library, medium: Medium, looks: list[Facts]) -> float:
    """Looks a second of processor time, the best of three."""
    best = 0.0
    for _ in range(3):
        start = time.process_time()
        for k in range(LOOKS):
            library.match(medium, looks[k % len(looks)])
        best = max(best, LOOKS / (time.process_time() - start))
    return best


def main() -> None:
    everything = Library.load().signatures
    for medium in Medium:
        signatures = [s for s in everything if s.medium is medium]
        looks = looks_of(signatures)
        few = rate(grown(signatures, 500), medium, looks)
        many = rate(grown(signatures, 5_000), medium, looks)
        fresh = rate(grown(signatures, 5_000), medium, renamed(looks))
        print(
            f"{medium.value}: 5,000 signatures: {many:,.0f} looks/s (fresh {fresh:,.0f}), "
            f"ratio to the bound of {BOUND:,}/s: {many / BOUND:.2f}; cost from 500 to 5,000 signatures grows "
            f"with exponent {math.log(few / many) / math.log(10):.2f}"
        )


if __name__ == "__main__":
    main()
