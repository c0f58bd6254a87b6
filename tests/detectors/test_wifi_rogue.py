"""Access points that pretend, and large networks that only look odd."""

from __future__ import annotations

from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.detectors.wifi_rogue import WifiRogue
from sweeper.pipeline import Pipeline
from sweeper.records import Detection, Level
from sweeper.signatures import Library
from tests.detectors import wifi_air as air

HOME, OTHER, TWIN = "50:c7:bf:00:00:01", "50:c7:bf:00:00:02", "00:c0:ca:00:00:03"
RSN = air.element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))


def claims(*rows: tuple[float, bytes]) -> list[Detection]:
    pipeline = Pipeline([WifiInventory(Library([])), WifiRogue()])
    made = [r for row in rows for r in pipeline.feed(air.batch([row]))]
    made += pipeline.finish()
    return [r for r in made if isinstance(r, Detection)]


def test_it_answers_to_any_name() -> None:
    answers = [(i, air.beacon(TWIN, f"net{i}".encode(), subtype=5)) for i in range(6)]
    (claim,) = claims(*answers)
    assert (claim.kind, claim.level, claim.subject) == ("rogue-ap", Level.MEDIUM, "wifi-0001")


def test_two_names_are_ordinary() -> None:
    assert claims(*[(i, air.beacon(TWIN, f"net{i % 2}".encode())) for i in range(10)]) == []


def test_an_open_twin_of_another_maker() -> None:
    rows = [(0.0, air.beacon(HOME, b"Alatau", RSN, capabilities=0x411)), (1.0, air.beacon(TWIN, b"Alatau"))]
    (claim,) = claims(*rows)
    assert (claim.level, claim.subject) == (Level.LOW, "wifi-0002")


def test_an_open_twin_of_the_same_maker_is_ordinary() -> None:
    rows = [(0.0, air.beacon(HOME, b"Alatau", RSN, capabilities=0x411)), (1.0, air.beacon(OTHER, b"Alatau"))]
    assert claims(*rows) == []


def test_two_clocks_in_turn_are_two_transmitters() -> None:
    clocks = [int(i * 1e5 + (5e9 if i % 3 == 0 else 1e6)) for i in range(40)]
    rows = [(i * 0.1, air.beacon(HOME, b"Alatau", clock=clock)) for i, clock in enumerate(clocks)]
    (claim,) = claims(*rows)
    assert (claim.level, claim.subject) == (Level.MEDIUM, "wifi-0001")


def test_a_restart_is_ordinary() -> None:
    clocks = [int(i * 1e5 + (5e9 if i < 20 else 1e3)) for i in range(40)]
    rows = [(i * 0.1, air.beacon(HOME, b"Alatau", clock=clock)) for i, clock in enumerate(clocks)]
    assert claims(*rows) == []


def test_a_clock_that_says_nothing_is_ordinary() -> None:
    rows = [(i * 0.1, air.beacon(HOME, b"Alatau", clock=(i * 7919) % 1000 * 10**7 + 1)) for i in range(60)]
    assert claims(*rows) == []
