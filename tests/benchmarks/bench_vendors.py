"""Looking up who holds an address block, a company id or a service: microseconds a look on one core.

    python -m tests.benchmarks.bench_vendors

Addresses are spread over all blocks that are known (the worst for a cache) and over one busy street's two
hundred; the table's first reading is timed apart. The bound is ten microseconds a look: a thousand new
addresses a second then cost one per cent of a core.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from sweeper.vendors import bluetooth, ieee

BOUND_US = 10.0
LOOKS = 200_000


def microseconds(look: Callable[[int], object], values: Sequence[int]) -> float:
    """Processor time a look, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for value in values:
            look(value)
        best = min(best, (time.process_time() - start) / len(values))
    return best * 1e6


def main() -> None:
    start = time.process_time()
    ieee.holder(0x308CFB000001)
    first = time.process_time() - start
    draw = random.Random(6)
    blocks = ieee.blocks(lambda _name: True)
    spread = [int(draw.choice(blocks), 16) << 24 | draw.getrandbits(24) for _ in range(LOOKS)]
    street = [draw.choice(spread[:200]) for _ in range(LOOKS)]
    print(
        f"ieee table, first look: {first * 1e3:.0f} ms; {len(blocks):,} blocks of three octets, "
        f"{ieee.about()['date']}"
    )
    for name, look, values in (
        ("address block, all over the registry", ieee.holder, spread),
        ("address block, a street's devices", ieee.holder, street),
        ("company id", bluetooth.company, [draw.randrange(0x1000) for _ in range(LOOKS)]),
        ("service", bluetooth.member, [0xFC00 + draw.randrange(0x300) for _ in range(LOOKS)]),
    ):
        us = microseconds(look, values)
        print(f"{name}: {us:.2f} us a look, ratio of the bound of {BOUND_US:g} us to it: {BOUND_US / us:.1f}")


if __name__ == "__main__":
    main()
