"""Does a stream react to what happens in the room? A test against chance.

A camera with a variable bit rate sends more while the picture changes. So something is made to change by a
known plan (the person keeps still, moves, keeps still; or the light goes on and off by a code), and each
flow's bit rate is compared between the two states. How often would chance do as well? The plan's blocks are
dealt anew a few thousand times over the same measured blocks: the share of deals that separate them at least
as well is the p-value. Encoders and networks hold pictures back, so the plan may lag by up to three seconds,
in the measurement and in every deal alike. Traffic also drifts by itself, which dealing does not imitate: so
a reaction must also show as a step at (nearly) every change of the plan, up and down.

A camera at a constant bit rate does not react, nor does one that films another room: *does not react* is said
only if the flow is steady enough that a reaction would have shown, else *cannot tell*.

After SnoopDog (USENIX Security 2021), CamLoPA (ratio of 1.1 between moving and still) and the work of Lagesse
and Wu (delays up to 30 s for clips; here streams only).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEP_S = 0.5
"""Resolution of the bit rate: lags are tried in such steps."""

BLOCK_S = 2.5
"""Blocks that are dealt: longer than the usual distance of key frames, so that blocks are independent."""

LONGEST_LAG_S = 3.0
DEALS = 4_999
"""Random deals: the least p-value is 1 in 5,000."""

P_REACTS = 0.01
P_CHANCE = 0.10
RATIO = 1.10
"""Least rise that counts as a reaction, CamLoPA's figure."""

FOLLOWS = 0.75
"""Share of the plan's changes that a reaction must follow; of the two of still, move, still: both."""

WANDER = 1.5
"""A step this many deviations of the flow's own steps is chance once in fifteen; two such once in 200."""

DETECTABLE = 1.35
"""A flow is steady enough for *does not react* if a rise by so much would have stood out."""

SEED = 20260111


class Verdict(enum.StrEnum):
    FILMS = "films-this-room"
    DOES_NOT_REACT = "does-not-react"
    CANNOT_TELL = "cannot-tell"


class Phase(NamedTuple):
    """One part of the plan: seconds from the test's start, and whether something changes in the picture."""

    start_s: float
    stop_s: float
    active: bool


Plan = tuple[Phase, ...]

STILL_MOVE_STILL: Plan = (Phase(0, 15, False), Phase(15, 30, True), Phase(30, 45, False))
"""Keep still, move about, keep still."""


def light_code(chips: int = 18, chip_s: float = BLOCK_S, seed: int = SEED) -> Plan:
    """Light on and off by a code that nothing else in the house follows; 45 s by default.

    A code of half ones, at most two alike in a row, drawn once and for all by ``seed``.
    """
    rng = np.random.default_rng(seed)
    while True:
        code = rng.permutation(np.arange(chips) % 2 == 0)
        runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[~code[0]], code, [~code[-1]]]))))
        if runs.max() <= 2:
            return tuple(Phase(i * chip_s, (i + 1) * chip_s, bool(on)) for i, on in enumerate(code))


class Result(NamedTuple):
    """What the test says of one flow, and the picture: kbit/s in steps of ``STEP_S``, and the plan.

    ``ratio`` is the bit rate while active over that while not, ``lag_s`` the delay at which it is greatest.
    ``detectable`` is the least ratio that would have stood out of this flow's own unrest.
    """

    verdict: Verdict
    p_value: float
    ratio: float
    lag_s: float
    detectable: float
    kbps: Floats
    plan: Plan


def film_test(times_s: Floats, sizes: Floats, plan: Plan = STILL_MOVE_STILL, tested: int = 1) -> Result:
    """Test one flow: packet times from the test's start, and bytes. Deterministic.

    ``tested`` flows are tested at once: chance has that many tries, so each must be the more unlikely.
    """
    seconds = plan[-1].stop_s
    steps = round(seconds / STEP_S)
    inside = (times_s >= 0) & (times_s < seconds)
    index = (times_s[inside] / STEP_S).astype(int)
    kbps = np.bincount(index, weights=sizes[inside], minlength=steps)[:steps] * 8 / STEP_S / 1e3
    per_block = round(BLOCK_S / STEP_S)
    lags = int(LONGEST_LAG_S / STEP_S) + 1
    active = _active(plan, steps)[::per_block][: steps // per_block]
    rates = np.array([_blocks(kbps, lag, per_block) for lag in range(lags)])
    if not kbps.any() or active.all() or not active.any() or np.median(kbps) <= 0:
        return Result(Verdict.CANNOT_TELL, 1.0, 1.0, 0.0, float("inf"), kbps, plan)
    logs = np.log(rates + 0.05 * np.median(kbps))
    scores = _score(logs, active[None, :])[:, 0]
    best = int(np.argmax(scores))
    p_value = _chance(logs, active, float(scores[best]))
    ratio = float(np.exp(logs[best][active].mean() - logs[best][~active].mean()))
    unrest = logs[0][~active].std(ddof=1) * np.sqrt(1 / active.sum() + 1 / (~active).sum())
    detectable = float(np.exp(3.0 * unrest))
    reacts = p_value * tested <= P_REACTS and ratio >= RATIO and _follows(logs[best], active) >= FOLLOWS
    steady = p_value > P_CHANCE and detectable <= DETECTABLE
    verdict = Verdict.FILMS if reacts else Verdict.DOES_NOT_REACT if steady else Verdict.CANNOT_TELL
    return Result(verdict, p_value, ratio, best * STEP_S, detectable, kbps, plan)


def _follows(logs: Floats, active: npt.NDArray[np.bool_]) -> float:
    """Share of the plan's changes at which the rate steps the same way: by ``RATIO`` at least, and by more
    than it wanders from block to block within a phase."""
    steps = np.diff(logs)
    changes = np.diff(active.astype(int))
    inside = steps[changes == 0]
    wander = float(inside.std()) if len(inside) > 2 else 0.0
    rises = steps[changes != 0] * changes[changes != 0]
    return float(np.mean(rises >= max(np.log(RATIO), WANDER * wander))) if len(rises) else 0.0


def _active(plan: Plan, steps: int) -> npt.NDArray[np.bool_]:
    active = np.zeros(steps, bool)
    for phase in plan:
        active[round(phase.start_s / STEP_S) : round(phase.stop_s / STEP_S)] = phase.active
    return active


def _blocks(kbps: Floats, lag: int, per_block: int) -> Floats:
    """Median of each block's steps when the flow lags by ``lag``: key frames, one or two in a block, do not
    count. The end is filled with what was last seen."""
    moved = np.concatenate([kbps[lag:], np.repeat(np.median(kbps[-per_block:]), lag)])
    count = len(kbps) // per_block
    return np.asarray(np.median(moved[: count * per_block].reshape(count, per_block), axis=1))


def _score(logs: Floats, active: npt.NDArray[np.bool_]) -> Floats:
    """Difference of means over pooled deviation, for each lag (rows of ``logs``) and each deal."""
    ones = active.astype(float).T  # blocks x deals
    n1 = ones.sum(axis=0)
    n0 = len(ones) - n1
    total, squares = logs.sum(axis=1)[:, None], (logs**2).sum(axis=1)[:, None]
    s1 = logs @ ones
    m1, m0 = s1 / n1, (total - s1) / n0
    spread = np.maximum(squares - n1 * m1**2 - n0 * m0**2, 1e-12) / (len(ones) - 2)
    return np.asarray((m1 - m0) / np.sqrt(spread * (1 / n1 + 1 / n0)))


def _chance(logs: Floats, active: npt.NDArray[np.bool_], best: float) -> float:
    """Share of deals that do at least as well at their own best lag."""
    rng = np.random.default_rng(SEED)
    deals = rng.permuted(np.broadcast_to(active, (DEALS, len(active))), axis=1)
    scores = _score(logs, deals).max(axis=0)
    return float((1 + np.count_nonzero(scores >= best - 1e-9)) / (DEALS + 1))
