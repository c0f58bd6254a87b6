"""``python -m tests.fuzz [MINUTES] [TARGET…]``: mutate and generate for each parser until the time is over.

    python -m tests.fuzz 10              ten processor minutes, shared evenly among all targets
    python -m tests.fuzz 10 pcap lan     ten for these two

Every target begins with its seeds. An input whose answer has a shape not seen before joins the pool, so that
mutations go deeper; one in twenty is noise. A defect is made small and printed as a line for
``tests/fuzz/test_fuzz.py``; the run goes on and ends with exit code 1.
"""

from __future__ import annotations

import random
import re
import sys
import time
import warnings
from collections.abc import Sequence

from sweeper.errors import SweeperError
from tests.fuzz.mutate import mutated, smallest
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS, TIME_S, Target

POOL = 2000
"""Inputs kept for mutation; beyond it one is replaced."""

NOISE = 0.05


def defect(target: Target, data: bytes) -> tuple[str, str]:
    """(shape, what is wrong or nothing) of one input."""
    began = time.process_time()
    wrong = ""
    try:
        shape = target(data)
    except SweeperError as error:
        shape = re.sub(r"\d+|0x[0-9a-f]+|'[^']*'|/\S+", "#", str(error))[:120]
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        shape = wrong = f"{type(error).__name__} {where}"
    if time.process_time() - began > TIME_S:
        wrong = wrong or "slow"
    return shape, wrong


def fuzz(name: str, seconds: float, seed: int, begin: Sequence[bytes]) -> dict[str, bytes]:
    """Run one target; defect -> a small input. Prints one line."""
    target, dice = TARGETS[name], random.Random(f"{name} {seed}")
    pool, shapes, found = list(begin), set[str](), dict[str, bytes]()
    runs, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        if runs < len(begin):
            data = begin[runs]
        elif dice.random() < NOISE:
            data = dice.randbytes(dice.randrange(300))
        else:
            data = mutated(dice, dice.choice(pool), pool)
        runs += 1
        shape, wrong = defect(target, data)
        if wrong and wrong not in found:
            found[wrong] = (
                smallest(data, lambda less, wrong=wrong: defect(target, less)[1] == wrong)
                if wrong != "slow"
                else data
            )
            print(f"  {name}: {wrong}\n  ({name!r}, bytes.fromhex({found[wrong].hex()!r})),", flush=True)
        elif shape not in shapes:
            shapes.add(shape)
            if len(pool) < POOL:
                pool.append(data)
            else:
                pool[dice.randrange(len(begin), POOL)] = data
    print(
        f"{name:15} {runs:9,} inputs {spent:6.0f} s  {len(shapes):5} shapes  {len(found)} defects", flush=True
    )
    return found


def refused(why: str) -> int:
    """One line; the exit code of a wrong call."""
    print(f"tests.fuzz [MINUTES] [TARGET…]: {why}", file=sys.stderr)
    return 2


def main(arguments: Sequence[str]) -> int:
    """Run; exit code 1 if anything was found, 2 for a call that says nothing."""
    try:
        minutes = float(arguments[0]) if arguments else 1.0
    except ValueError:
        return refused(f"{arguments[0]!r} is no number of minutes")
    names = list(arguments[1:]) or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        return refused(f"no target {', '.join(unknown)}; there are: {' '.join(TARGETS)}")
    warnings.simplefilter("error")  # arithmetic that overflows is a defect too, as in the tests
    warnings.simplefilter("ignore", DeprecationWarning)
    begin = seeds()
    seed = int(time.time())
    print(f"seed {seed}")
    found = [fuzz(name, minutes * 60 / len(names), seed, begin[name]) for name in names]
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
