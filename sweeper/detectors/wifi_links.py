"""Random addresses that are one device: phones change theirs, their counters and habits do not.

Stations with random addresses are chained in order of appearance. One follows another if both send the same
element order and abilities and the later begins, soon after the earlier fell silent, at a sequence number
just above where that one ended, or asks for a network name that the other asked for too. Counters have 4,096
values, so how often chance hits the allowed range tells the confidence; in a crowd it hits too often, and
nothing is linked. Phones that start their counter anew with each address are not linked either: a wrong link
would be worse than none.

After Vanhoef et al., "Why MAC Address Randomization is not Enough" (ASIA CCS 2016).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

COUNTER = 4096
LONGEST_S = 180.0
"""Silence between two addresses of one phone: it probes every minute or two."""

STEPS, STEPS_PER_S = 24, 1.0
"""Frames that may have been missed: a burst on channels not heard, and one each second."""

LEAST = 0.8
"""Least confidence of a link."""

COUNTER_LEAST = 0.95
"""What the counter alone must give: by chance one phone in twenty would pass in a crowd of strangers."""

NAME_CONFIDENCE = 0.8
"""One rare network name asked for by both: neighbours and households share names too."""

MOST_ENDS = 64
"""Addresses of one kind that a newcomer may follow; from nine on its counter proves nothing any more."""

MOST_ASKERS = 3
"""A name asked for by more random addresses than this is common and links nobody."""


class Sighting(NamedTuple):
    """What a random address showed: times, sequence numbers of first and last frame, signature, names."""

    number: int
    first_s: float
    last_s: float
    first_sequence: int
    last_sequence: int
    signature: str
    names: frozenset[bytes]


class Link(NamedTuple):
    """The chain that a station belongs to (number of its first member), and how sure the whole chain is."""

    chain: int
    confidence: float


def linked(sightings: Iterable[Sighting]) -> dict[int, Link]:
    """Chains of two and more by station number. Deterministic: earlier sightings choose first."""
    ordered = sorted(sightings, key=lambda s: (s.first_s, s.number))
    askers: dict[bytes, int] = defaultdict(int)
    for one in ordered:
        for name in one.names:
            askers[name] += 1
    open_ends: dict[str, list[Sighting]] = defaultdict(list)
    chain_of: dict[int, int] = {}
    sure: dict[int, float] = {}
    for one in ordered:
        ends = [e for e in open_ends[one.signature] if e.last_s >= one.first_s - LONGEST_S]
        scored = [(_confidence(end, one, len(ends), askers), -end.number, end) for end in ends]
        best = max(scored, default=(0.0, 0, None))
        if best[0] >= LEAST and best[2] is not None:
            chain = chain_of.get(best[2].number, best[2].number)
            chain_of[best[2].number] = chain_of[one.number] = chain
            sure[chain] = min(sure.get(chain, 1.0), best[0])
            ends.remove(best[2])
        open_ends[one.signature] = [*ends[-MOST_ENDS:], one]
    return {number: Link(chain, round(sure[chain], 2)) for number, chain in chain_of.items()}


def _confidence(before: Sighting, after: Sighting, rivals: int, askers: dict[bytes, int]) -> float:
    """How sure it is that ``after`` goes on where ``before`` ended."""
    gap_s = after.first_s - before.last_s
    if not 0 <= gap_s <= LONGEST_S:
        return 0.0
    allowed = STEPS + STEPS_PER_S * gap_s
    ahead = (after.first_sequence - before.last_sequence) % COUNTER
    by_counter = 1 - rivals * allowed / COUNTER if 0 < ahead <= allowed else 0.0
    by_counter = by_counter if by_counter >= COUNTER_LEAST else 0.0
    rare = any(askers[name] <= MOST_ASKERS for name in before.names & after.names)
    by_name = NAME_CONFIDENCE if rare else 0.0
    return 1 - (1 - by_counter) * (1 - by_name)
