"""Who follows: invented walks whose truth is known by construction, then real ones."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from sweeper.detectors.ble_follow import BleFollow
from sweeper.detectors.ble_inventory import BleInventory
from sweeper.detectors.ble_tracks import Track, Walk
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.records import Advertisement, AdvertisementBatch, Detection, Level, Place, Status
from sweeper.signatures import Library

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import bench_crowd
import bench_follow

LIBRARY = Library.load()
METRE = 1 / 111_320
KEY = bytes(range(22))
AIRTAG = ad.from_fields(manufacturer=[(0x4C, b"\x12\x19\x10" + KEY + b"\x02\x00")])
AIRTAG_NEAR = ad.from_fields(manufacturer=[(0x4C, b"\x12\x02\x10\x02")])
PHONE = ad.from_fields(manufacturer=[(0x4C, bytes.fromhex("10051b1c0a0b0c"))])
UNKNOWN = ad.from_fields(manufacturer=[(0x0001, b"\1")])

Path_ = Callable[[float], Place | None]


def walk(time_s: float) -> Place:
    """1.4 m/s northwards."""
    return Place(lat=43.2 + 1.4 * time_s * METRE, lon=76.9)


def heard(
    address: str, times: Iterable[float], where: Path_ = walk, data: bytes = UNKNOWN, rssi: int = -60
) -> list[Advertisement]:
    return [Advertisement(t, address, "random", rssi, data, place=where(t)) for t in times]


def static(address: str, at_s: float, range_m: float = 100) -> list[Advertisement]:
    """A thing at rest beside the way: heard while the walker is within range."""
    around = range_m / 1.4
    return heard(address, every(5, at_s - around, at_s + around), rssi=-80)


def every(step: float, start: float, stop: float) -> list[float]:
    return [start + n * step for n in range(int((stop - start) / step) + 1)]


def run(*tracks: list[Advertisement], size: int = 50) -> list[Detection]:
    adverts = sorted((a for track in tracks for a in track), key=lambda a: (a.time_s, a.address))
    pipeline = Pipeline([BleInventory(LIBRARY), BleFollow(LIBRARY)])
    out = []
    for at in range(0, len(adverts), size):
        part = tuple(adverts[at : at + size])
        batch = AdvertisementBatch(source="x", time_s=part[0].time_s, adverts=part)
        for record in pipeline.feed(batch):
            assert not isinstance(record, Status), record.detail
            if isinstance(record, Detection):
                out.append(record)
    return out


def addresses(found: list[Detection], *tracks: list[Advertisement]) -> set[str]:
    order = sorted((a for track in tracks for a in track), key=lambda a: (a.time_s, a.address))
    names = list(dict.fromkeys(a.address for a in order))
    return {names[int(d.subject.removeprefix("ble-")) - 1] for d in found}


def test_what_comes_along_is_found_and_what_stands_beside_is_not() -> None:
    tag = heard("follower", every(10, 0, 900))
    street = [static(f"s{n}", n * 20) for n in range(45)]
    found = run(tag, *street)
    assert addresses(found, tag, *street) == {"follower"}
    assert found[0].level is Level.MEDIUM
    assert found[0].kind == "follower"
    assert len(found[0].benign) >= 2
    assert found[0].next


def test_a_known_tracker_is_raised_sooner_and_higher() -> None:
    tag, thing = heard("tag", every(10, 0, 900), data=AIRTAG), heard("thing", every(10, 0, 900))
    times = {d.subject: (d.time_s, d.level) for d in run(tag, thing)}
    assert times["ble-0001"][1] is Level.HIGH
    assert times["ble-0001"][0] < times["ble-0002"][0]
    assert times["ble-0001"][0] <= 240


@pytest.mark.parametrize("data", [AIRTAG_NEAR, PHONE], ids=["owner near", "ordinary phone"])
def test_trackers_with_their_owner_and_ordinary_things_are_left_out(data: bytes) -> None:
    assert run(heard("a", every(5, 0, 3000), data=data)) == []


def test_what_is_paired_with_this_computer_is_ones_own() -> None:
    own = [msgspec.structs.replace(a, platform={"paired": True}) for a in heard("own", every(5, 0, 3000))]
    assert run(own) == []


def test_listening_at_rest_finds_nobody() -> None:
    rest = [heard(f"d{n}", every(20, 0, 7200), lambda t: walk(0)) for n in range(20)]
    assert run(*rest) == []


def test_one_wild_fix_moves_nobody() -> None:
    """The receiver is 5 km off for ten seconds."""
    where = lambda t: walk(3600) if 1800 <= t < 1810 else walk(0)  # noqa: E731
    assert run(*[heard(f"d{n}", every(5, 0, 3600), where) for n in range(5)]) == []


def test_a_wandering_position_moves_nobody() -> None:
    """Indoors the position wanders by hundreds of metres; everything that is heard seems to come along."""
    where = lambda t: walk(300 * (t // 600 % 3))  # noqa: E731
    assert run(*[heard(f"d{n}", every(20, 0, 5400), where) for n in range(20)]) == []


def test_a_bus_hides_nobody_who_gets_on_and_off_with_you() -> None:
    """Forty passengers ride for 5 to 15 minutes between a walk to the stop and a walk home."""
    rng = random.Random(4)

    def ride(t: float) -> Place:
        metres = 1.4 * min(t, 600) + 8 * min(max(t - 600, 0), 1500) + 1.4 * max(t - 2100, 0)
        return Place(lat=43.2 + metres * METRE, lon=76.9)

    passengers = []
    for n in range(40):
        on = 600 + rng.random() * 900
        passengers.append(heard(f"p{n}", every(15, on, on + 300 + rng.random() * 600), ride, rssi=-65))
    tag = heard("follower", every(20, 0, 3300), ride)
    assert addresses(run(tag, *passengers), tag, *passengers) == {"follower"}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_benign_crowd_on_the_move_stays_quiet(seed: int) -> None:
    """A hundred people with phones, earbuds, Tiles, tags; odd journeys have a planted tag."""
    air = bench_crowd.journey(seed)
    raised = bench_crowd.alarms(air, LIBRARY)
    assert [air.kinds[address] for address in raised] == ["planted"] * (seed % 2)


def test_a_full_family_car_does_not_hide_a_tag_for_ever() -> None:
    """Fourteen devices of the family on an empty road look like a bus; after half an hour the tag is told."""
    road = lambda t: walk(12 * t)  # noqa: E731
    family = [heard(f"f{n}", every(15, 0, 3000), road, data=PHONE) for n in range(14)]
    tag = heard("tag", every(15, 0, 3000), road, data=AIRTAG)
    (found,) = run(tag, *family)
    assert addresses([found], tag, *family) == {"tag"}
    assert 1800 <= found.time_s <= 1900


def test_a_kind_that_never_tells_of_its_owner_is_not_high() -> None:
    tile = ad.from_fields(uuids=["FEED"], service_data=[("FEED", b"\x02\x00" + bytes(8))])
    (found,) = run(heard("tile", every(10, 0, 900), data=tile))
    assert found.level is Level.MEDIUM


def test_a_faint_passer_by_is_not_taken_for_a_follower() -> None:
    near = run(heard("a", every(10, 0, 420), rssi=-60))
    far = run(heard("a", every(10, 0, 420), rssi=-85))
    assert len(near) == 1
    assert far == []


def test_what_is_met_again_follows_however_seldom_it_was_heard() -> None:
    """Four times at the start, once half an hour and 3 km later; the street between has come and gone."""
    tag = heard("follower", [0, 10, 20, 30, 1900, 1910])
    street = [static(f"s{n}", n * 20) for n in range(95)]
    found = run(tag, *street)
    assert addresses(found, tag, *street) == {"follower"}
    assert "met again" in found[0].why[0].text


def test_what_waits_at_home_is_met_again_there_and_does_not_follow() -> None:
    home = lambda t: walk(t if t < 3600 else max(0.0, 7200 - t))  # noqa: E731  an hour there, an hour back
    waiting = [heard(f"h{n}", [*every(10, 0, 60), *every(10, 7140, 7300)], home) for n in range(4)]
    assert run(*waiting, [a for n in range(90) for a in static(f"s{n}", 40 * n)]) == []


def test_an_alarm_is_given_once() -> None:
    found = run(heard("a", every(5, 0, 3000)))
    assert len(found) == 1


def test_the_end_brings_the_figures_of_the_whole_walk() -> None:
    inventory, follow = BleInventory(LIBRARY), BleFollow(LIBRARY)
    batch = AdvertisementBatch(source="x", time_s=0, adverts=tuple(heard("a", every(5, 0, 3000))))
    devices = list(inventory.feed(batch))
    for device in devices:
        assert list(follow.feed(device)) == []  # type: ignore[arg-type]
    first = list(follow.feed(batch))
    last = list(follow.finish())
    minutes = [d.why[0].args["minutes"] for d in (*first, *last) if isinstance(d, Detection)]
    assert minutes[0] < 10 < minutes[1] == 50  # type: ignore[operator]


def nowhere(time_s: float) -> None:
    """No position is known."""


def strangers(stays_s: float, until_s: float) -> list[list[Advertisement]]:
    """Thirty at any time, each heard for some time and replaced by another."""
    return [
        heard(f"p{n}", every(20, n * stays_s / 30, n * stays_s / 30 + stays_s), nowhere)
        for n in range(int(30 * (until_s - stays_s) / stays_s))
    ]


def test_a_drive_without_positions_still_finds_a_tracker() -> None:
    tag = heard("tag", every(10, 0, 2400), nowhere, data=AIRTAG)
    crowd = strangers(60, 2400)
    found = run(tag, *crowd, size=500)
    assert addresses(found, tag, *crowd) == {"tag"}
    assert 1200 <= found[0].time_s <= 1800
    assert "positions are not known" in found[0].why[0].text
    assert "follow.reach" not in {e.what for e in found[0].evidence}


def test_without_positions_unknown_kinds_are_not_judged() -> None:
    assert run(heard("tag", every(10, 0, 2400), nowhere), *strangers(60, 2400), size=500) == []


def test_at_rest_phones_that_change_their_addresses_are_no_journey() -> None:
    tag = heard("tag", every(10, 0, 7200), nowhere, data=AIRTAG)
    assert run(tag, *strangers(900, 7200), size=500) == []


def test_alone_without_positions_nothing_is_decided() -> None:
    assert run(heard("a", every(5, 0, 9000), nowhere, data=AIRTAG)) == []


def test_places_can_be_names() -> None:
    where = lambda t: Place(name="home" if t < 1200 else "office" if t < 2400 else "shop")  # noqa: E731
    tag, neighbour = heard("tag", every(20, 0, 3600), where), heard("n", every(20, 0, 1000), where)
    assert addresses(run(tag, neighbour), tag, neighbour) == {"tag"}


def test_batches_do_not_matter() -> None:
    tracks = [heard("tag", every(10, 0, 900)), *[static(f"s{n}", n * 20) for n in range(45)]]
    seen = [[(d.subject, d.time_s) for d in run(*tracks, size=size)] for size in (1, 33, 5000)]
    assert seen[0] == seen[1] == seen[2]


def test_a_date_line_is_no_jump() -> None:
    walk = Walk()
    first = walk.point(Place(lat=0.0, lon=179.9999), 0.0)
    second = walk.point(Place(lat=0.0, lon=-179.9999), 60.0)
    assert first is not None
    assert second is not None
    assert second[0] - first[0] == 0
    assert abs(second[1] - first[1] - 0.0002 / METRE) < 0.01


def test_a_long_silence_counts_as_ten_minutes() -> None:
    track = Track(0.0)
    track.hear(100.0, 600.0)
    track.hear(5000.0, 600.0)
    assert track.heard_s == 700.0
    track.hear(4000.0, 600.0)
    assert track.heard_s == 700.0


def test_levels_are_the_upper_quartile_and_drop_false_zeros() -> None:
    track = Track(0.0)
    for n, level in enumerate([-90, -80, -70, -60, 0, None]):
        track.look(float(n), (0.0, 0.0), level)
    assert track.level_dbm == -60
    assert Track(0.0).level_dbm is None


@pytest.fixture(scope="module")
def logs(corpus_path: Path) -> list[bench_follow.Log]:
    return bench_follow.read(corpus_path / "ble" / "walks")


@pytest.mark.corpus
def test_real_walks_beat_the_published_curve(logs: list[bench_follow.Log]) -> None:
    """The aim: recall of at least 0.93 at no more than 0.9 false alarms an hour."""
    unknown = [log for log in logs if log.name.startswith("bledoubt")]
    got = bench_follow.score(unknown, [bench_follow.alarms(log, bench_follow.Rule()) for log in unknown])
    assert got.found / got.planted >= 0.93
    assert got.false / got.hours <= 0.9
    for epsilon_s in (60, 90, 120):
        theirs = bench_follow.score(unknown, [bench_follow.published(log, epsilon_s) for log in unknown])
        assert got.found >= theirs.found
        assert got.false < theirs.false


@pytest.mark.corpus
def test_logs_left_out_are_judged_as_well(logs: list[bench_follow.Log]) -> None:
    """The one free number chosen on the other logs: still at least 0.93 at no more than 0.9 an hour."""
    unknown = [log for log in logs if log.name.startswith("bledoubt")]
    numbers = bench_follow.COMPANY_S[3:7]
    table = {c: [bench_follow.alarms(log, bench_follow.with_company(c)) for log in unknown] for c in numbers}
    got = bench_follow.left_out(unknown, table)
    assert got.found / got.planted >= 0.93
    assert got.false / got.hours <= 0.9


@pytest.mark.corpus
def test_airtag_walks_are_complete(logs: list[bench_follow.Log]) -> None:
    for log in logs:
        if log.name in ("bledoubt_k", "bledoubt_m"):
            assert log.planted <= set(bench_follow.alarms(log, bench_follow.Rule()))


@pytest.mark.corpus
def test_known_tags_are_found_within_six_minutes_and_nothing_else(logs: list[bench_follow.Log]) -> None:
    runs = [log for log in logs if log.name.startswith("homescout") and len(log.planted) == 4]
    assert len(runs) >= 7
    for log in runs:
        found = bench_follow.alarms(log, bench_follow.Rule())
        assert set(found) == log.planted
        assert max(found.values()) <= 360
