"""Random addresses of one phone, and those of many phones of one kind."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.detectors.wifi_links import Link, Sighting, linked
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.measure.wifi_clusters import measure


def seen(
    number: int, first_s: float, first: int, names: tuple[bytes, ...] = (), signature: str = "0,1"
) -> Sighting:
    return Sighting(number, first_s, first_s + 1, first, first + 5, signature, frozenset(names))


def test_a_counter_that_goes_on() -> None:
    found = linked([seen(1, 0, 100), seen(2, 30, 110), seen(3, 60, 4000), seen(4, 62, 120)])
    assert set(found) == {1, 2, 4}
    assert {link.chain for link in found.values()} == {1}
    assert all(link.confidence > 0.9 for link in found.values())


def test_counters_wrap() -> None:
    assert set(linked([seen(1, 0, 4090), seen(2, 5, 3)])) == {1, 2}


def test_other_kinds_and_other_times_are_not_linked() -> None:
    assert linked([seen(1, 0, 100), seen(2, 30, 110, signature="0,1,50")]) == {}
    assert linked([seen(1, 0, 100), seen(2, 900, 110)]) == {}
    assert linked([seen(1, 0, 100), seen(2, 0.5, 110)]) == {}  # both on the air at once
    assert linked([seen(1, 0, 100), seen(2, 30, 90)]) == {}


def test_a_rare_name_links_a_common_one_does_not() -> None:
    assert linked([seen(1, 0, 100, (b"Granny",)), seen(2, 30, 3000, (b"Granny",))]) == {
        1: Link(1, 0.8),
        2: Link(1, 0.8),
    }
    common = [seen(i, 10 * i, (i * 1777) % 4096, (b"metro",)) for i in range(1, 9)]
    assert linked(common) == {}


def test_a_crowd_of_one_kind_is_rarely_linked() -> None:
    """200 phones with counters at random, one sighting each within an hour: links are chance, and few."""
    dice = random.Random(5)
    crowd = [seen(i, dice.uniform(0, 3600), dice.randrange(4096)) for i in range(200)]
    assert len(linked(crowd)) <= 20


def test_a_flood_of_addresses_is_quick() -> None:
    """Twenty thousand addresses of one kind within seconds: the work grows with their number alone."""
    assert len(linked(seen(i, i / 1000, i * 7 % 4096) for i in range(20_000))) == 0


def test_the_inventory_tells_it_at_the_end() -> None:
    rows = []
    for turn in range(3):
        for k in range(4):
            frame = bytearray(air.probe(f"02:00:00:00:00:{turn:02x}"))
            frame[22:24] = (16 * (50 + 6 * turn + k)).to_bytes(2, "little")
            rows.append((40.0 * turn + 0.02 * k, bytes(frame)))
    found = air.devices(air.run(WifiInventory(Library([])), *(air.batch([row]) for row in rows)))
    assert {d.facts.get("wifi.cluster") for d in found.values()} == {"wifi-0001"}
    assert all(d.facts["wifi.cluster_confidence"] > 0.9 for d in found.values())


sightings = st.builds(
    Sighting,
    st.integers(1, 50), st.floats(0, 1e5), st.floats(0, 1e5), st.integers(0, 4095), st.integers(0, 4095),
    st.sampled_from(["a", "b"]), st.frozensets(st.binary(max_size=2), max_size=3),
)  # fmt: skip


@given(st.lists(sightings, max_size=30, unique_by=lambda s: s.number))
def test_any_sightings(found: list[Sighting]) -> None:
    links = linked(found)
    assert set(links) <= {s.number for s in found}
    assert all(0.8 <= link.confidence <= 1 for link in links.values())
    assert all(link.chain in links for link in links.values())


def test_real_bursts_under_new_addresses(corpus_path: Path) -> None:
    """Derived from a laboratory's probes, whose senders are known: what is linked is one device."""
    found = measure(corpus_path / "wifi" / "probes" / "position_1_sc6-61_2024-02-08.pcap")
    assert found.devices > 20
    assert found.wrong <= 0.01 * found.right
    assert found.linked >= 0.08 * found.neighbours
