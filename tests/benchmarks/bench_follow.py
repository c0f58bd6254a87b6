"""Who follows: the rule's curve on real walks, beside the published rule's, judged log by log.

    python tests/benchmarks/bench_follow.py [FOLDER]

FOLDER is the corpus's ``ble/walks`` (the default). Printed are: the published rule (BLE-Doubt: one stretch
without a gap above epsilon lasts over 300 s and spans over 300 m), ours over its one free number (how long an
innocent device of unknown kind comes along), each log at the shipped setting, and leave-one-log-out: the
number is chosen on the other logs, for the best recall at no more than 0.9 false alarms an hour, and counted
on the one left out.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from sweeper.detectors.ble_follow import BleFollow, Rule
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.pipeline import Pipeline
from sweeper.recording import advert_log
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, AdvertisementBatch, Detection, Device, Status
from sweeper.signatures import Library

COMPANY_S = (60, 80, 100, 120, 150, 180, 220, 260, 320, 400)
MOST_PER_HOUR = 0.9
LIBRARY = Library([])
"""Logs carry no payload; the library is not needed."""


class Log(NamedTuple):
    name: str
    planted: frozenset[str]
    adverts: tuple[Advertisement, ...]

    @property
    def hours(self) -> float:
        return (self.adverts[-1].time_s - self.adverts[0].time_s) / 3600


class Score(NamedTuple):
    planted: int
    found: int
    false: int
    hours: float
    times_s: tuple[float, ...]

    def __str__(self) -> str:
        median = sorted(self.times_s)[len(self.times_s) // 2] / 60 if self.times_s else math.nan
        return (
            f"recall {self.found / max(1, self.planted):.3f} ({self.found}/{self.planted}), "
            f"{self.false} false = {self.false / self.hours:.2f} an hour, median {median:.1f} min"
        )


def read(folder: Path) -> list[Log]:
    """Every log of the folder, by name."""
    logs = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            head = msgspec.json.decode(file.readline())
            adverts = tuple(advert_log.adverts(file, Problems()))
        logs.append(Log(path.stem, frozenset(head["truth"]["planted"]), adverts))
    return logs


def alarms(log: Log, rule: Rule) -> dict[str, float]:
    """Address -> seconds after the log's start, by the stages of the product."""
    pipeline = Pipeline([BleInventory(LIBRARY), BleFollow(LIBRARY, rule)])
    start = log.adverts[0].time_s
    address: dict[str, str] = {}
    raised: dict[str, float] = {}
    for batch in batches(log):
        for record in pipeline.feed(batch):
            if isinstance(record, Device):
                address[record.id] = record.address
            elif isinstance(record, Status):
                raise SystemExit(f"{log.name}: {record.subject}: {record.detail}")
            elif isinstance(record, Detection):
                raised.setdefault(address[record.subject], record.time_s - start)
    return raised


def batches(log: Log, size: int = 500) -> Iterator[AdvertisementBatch]:
    for at in range(0, len(log.adverts), size):
        part = log.adverts[at : at + size]
        yield AdvertisementBatch(source=log.name, time_s=part[0].time_s, adverts=part)


def score(logs: list[Log], raised: list[dict[str, float]]) -> Score:
    pairs = list(zip(logs, raised, strict=True))
    return Score(
        sum(len(log.planted) for log in logs),
        sum(len(log.planted & set(found)) for log, found in pairs),
        sum(len(set(found) - log.planted) for log, found in pairs),
        sum(log.hours for log in logs),
        tuple(found[a] for log, found in pairs for a in sorted(log.planted & set(found))),
    )


def published(log: Log, epsilon_s: float) -> dict[str, float]:
    """BLE-Doubt's rule as its paper gives it."""
    start, first = log.adverts[0].time_s, log.adverts[0].place
    assert first is not None
    assert first.lat is not None
    shrink = math.cos(math.radians(first.lat))
    runs: dict[str, tuple[float, float, list[tuple[float, float]]]] = {}
    raised: dict[str, float] = {}
    for advert in log.adverts:
        place = advert.place
        assert place is not None
        point = ((place.lat or 0.0) * 111_320, (place.lon or 0.0) * 111_320 * shrink)
        began, last, points = runs.get(advert.address, (advert.time_s, -math.inf, []))
        if advert.time_s - last > epsilon_s:
            began, points = advert.time_s, []
        if point not in points:
            points.append(point)
        runs[advert.address] = (began, advert.time_s, points)
        lasts = advert.address not in raised and advert.time_s - began > 300
        if lasts and max(math.dist(point, p) for p in points) > 300:
            raised[advert.address] = advert.time_s - start
    return raised


def with_company(company_s: float) -> Rule:
    rule = Rule()
    return msgspec.structs.replace(
        rule, other=msgspec.structs.replace(rule.other, company_s=float(company_s))
    )


def left_out(logs: list[Log], table: dict[int, list[dict[str, float]]]) -> Score:
    """Each log counted at the number that was best on the others."""
    chosen: list[dict[str, float]] = []
    for out in range(len(logs)):
        rest = [log for i, log in enumerate(logs) if i != out]

        def worth(company_s: int, out: int = out, rest: list[Log] = rest) -> tuple[bool, int, float, int]:
            got = score(rest, [found for i, found in enumerate(table[company_s]) if i != out])
            quiet = got.false / got.hours <= MOST_PER_HOUR
            return (quiet, got.found, -got.false, company_s)

        chosen.append(table[max(table, key=worth)][out])
    return score(logs, chosen)


def main() -> None:
    root = Path(os.environ.get("SWEEPER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    logs = read(Path(sys.argv[1]) if len(sys.argv) > 1 else root / "ble" / "walks")
    unknown = [log for log in logs if log.name.startswith("bledoubt")]
    if unknown:
        for epsilon_s in (60, 90, 120):
            got = score(unknown, [published(log, epsilon_s) for log in unknown])
            print(f"published rule, gap {epsilon_s:3d} s   {got}")
        table = {c: [alarms(log, with_company(c)) for log in unknown] for c in COMPANY_S}
        for company_s in COMPANY_S:
            print(f"ours, company {company_s:3d} s        {score(unknown, table[company_s])}")
        print(f"ours, one log left out    {left_out(unknown, table)}")
    for log in logs:
        found = alarms(log, Rule())
        late = max((found[a] for a in log.planted & set(found)), default=math.nan)
        print(f"{log.name:14s} {score([log], [found])}, last {late / 60:.1f} min")


if __name__ == "__main__":
    main()
