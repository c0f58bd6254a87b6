"""The harmonic test on a live receiver: an emission, and what stands at 2f, 3f, f/2 and f/3 of it.

A transmitter on the table shows its harmonics, a distant station does not (``dsp.harmonics``). Each place is
heard like a band of a sweep, at one gain, and what the RF stage finds there is compared. A harmonic that the
receiver makes itself stands beside a signal that overloads it; so the overload is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

import msgspec

from sweeper.detectors import Setup, build
from sweeper.dsp.harmonics import MULTIPLES, Harmonic, harmonics, places
from sweeper.pipeline import Pipeline
from sweeper.plan import RTLSDR_RANGE_HZ, Band, Mode, SweepPlan
from sweeper.radio import Source
from sweeper.records import Emission, Record, Status
from sweeper.signatures import Library

AROUND_HZ = 1e6
"""Heard about each place: enough neighbours to tell how crowded the band is, one hop of the receiver."""

NEAR_HZ = 15e3
"""The user names a frequency by hand: the strongest emission within this is meant."""

PASSES = 3
"""Three passes confirm a line from several centres, so that the receiver's own do not count."""


class Answer(msgspec.Struct, frozen=True):
    """The emission that was tested (``None``: nothing was heard at its frequency), its harmonics, the
    multiples that could be listened to, and what the receiver had to say meanwhile."""

    fundamental: Emission | None
    found: tuple[Harmonic, ...]
    heard: tuple[float, ...]
    statuses: tuple[Status, ...] = ()


def plan_for(center_hz: float, width_hz: float, gain_db: float | None = None, ppm: float = 0.0) -> SweepPlan:
    """Where to listen: about the emission and about each of its multiples that an RTL-SDR reaches."""
    wanted = [(center_hz - width_hz / 2, center_hz + width_hz / 2)]
    wanted += [(start, stop) for _, start, stop in places(center_hz, width_hz)]
    low, high = RTLSDR_RANGE_HZ
    bands = []
    for start, stop in wanted:
        middle = (start + stop) / 2
        if low <= middle <= high:
            half = max(AROUND_HZ / 2, (stop - start) / 2)
            bands.append(Band(max(low, middle - half), min(high, middle + half)))
    return SweepPlan(
        name="harmonic test",
        bands=tuple(bands),
        mode=Mode.BURST_SAFE,
        passes=PASSES,
        gain_db=gain_db,
        ppm=ppm,
    )


async def harmonic_test(
    source: Source,
    center_hz: float,
    width_hz: float = 12_500.0,
    gain_db: float | None = None,
    ppm: float = 0.0,
) -> Answer:
    """Listen and compare. Raises ``Unavailable`` where the source cannot start."""
    plan = plan_for(center_hz, width_hz, gain_db, ppm)
    pipeline = Pipeline(build(Setup(Library(()), plan), ["rf-emissions"]))
    emissions: dict[str, Emission] = {}
    statuses: list[Status] = []

    def note(records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, Emission):
                emissions[record.id] = record
            elif isinstance(record, Status):
                statuses.append(record)

    stream = source.records(plan)
    async with aclosing(stream):
        async for record in stream:
            note(list(pipeline.feed(record)))
    note(list(pipeline.finish()))
    return judged(list(emissions.values()), center_hz, width_hz, tuple(statuses))


def judged(
    emissions: Sequence[Emission], center_hz: float, width_hz: float, statuses: tuple[Status, ...] = ()
) -> Answer:
    """The same from emissions that are known already, e.g. of a full sweep."""
    own = [one for one in emissions if one.kind != "spur"]
    reach = max(width_hz / 2, NEAR_HZ)
    near = [one for one in own if abs(one.center_hz - center_hz) <= reach]
    fundamental = max(near, key=lambda one: (one.power_dbfs, one.id), default=None)
    low, high = RTLSDR_RANGE_HZ
    heard = tuple(float(m) for m in MULTIPLES if low <= float(m) * center_hz <= high)
    found = tuple(harmonics(fundamental, own)) if fundamental is not None else ()
    return Answer(fundamental, found, heard, statuses)
