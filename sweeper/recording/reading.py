"""The records of a probed recording."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

from sweeper.recording import advert_csv, advert_log, captures, power_csv, samples
from sweeper.recording.files import READ_ERRORS, open_stream, reason
from sweeper.recording.probing import Probe
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, AdvertisementBatch, Medium, Record
from sweeper.text import say


def read(
    found: Probe, source: str, problems: Problems, start_s: float = 0.0
) -> Generator[Record, None, None]:
    """The records of a probed recording, in file order, times in seconds from its start.

    ``start_s`` seeks: samples before it are not read, batches before it are left out. Raises ``InputError``
    where nothing could be read; anything later is told to ``problems``.
    """
    for line in found.problems:
        problems.add(line)
    if found.looks:
        yield from samples.blocks(found.name, source, found.looks, problems, start_s)
        return
    with open_stream(found.path) as file:
        if found.medium is Medium.RF:
            made: Iterator[Record] = power_csv.traces(file, found.format, source, problems)
        elif found.format == advert_log.FORMAT:
            made = _advert_batches(advert_log.adverts(file, problems), found.origin_s, source, problems)
        elif found.format == advert_csv.FORMAT:
            made = _advert_batches(advert_csv.adverts(file, problems), found.origin_s, source, problems)
        else:
            made = captures.batches(file, found.origin_s, source, problems)
        try:
            for record in made:
                if not start_s or record.time_s >= start_s:
                    yield record
        except READ_ERRORS as error:
            problems.add(say("reading broke off: {error}", error=reason(error)))


def _advert_batches(
    logs: Iterator[Advertisement], origin_s: float, source: str, problems: Problems
) -> Iterator[Record]:
    """Advertisements of a log in batches of at most a second and ``captures.BATCH``."""
    batch: list[Advertisement] = []
    last_s = -math.inf
    for logged in logs:
        advert = captures.at(logged, round(logged.time_s - origin_s, captures.CLOCK_DIGITS))
        if batch and (
            len(batch) >= captures.BATCH or abs(advert.time_s - batch[0].time_s) >= captures.BATCH_S
        ):
            yield AdvertisementBatch(source=source, time_s=batch[0].time_s, adverts=tuple(batch))
            batch = []
        if advert.time_s < last_s - captures.BACK_S:
            problems.count(
                captures.CLOCK_BACK,
                say(
                    "by {seconds:.0f} s at {time} UTC",
                    seconds=last_s - advert.time_s,
                    time=f"{logged.time_s:.0f}",
                ),
            )
        last_s = advert.time_s
        batch.append(advert)
    if batch:
        yield AdvertisementBatch(source=source, time_s=batch[0].time_s, adverts=tuple(batch))
