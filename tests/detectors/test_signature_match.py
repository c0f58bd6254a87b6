"""Signatures at work: who is claimed, when, and in whose words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sweeper.detectors.signature_match import SignatureMatch
from sweeper.records import Detection, Device, Emission, Level, Medium
from sweeper.signatures import FindingKind, Library
from tests.test_signatures import GOOD, put


@pytest.fixture
def library(tmp_path: Path) -> Library:
    put(tmp_path, GOOD.replace("[title]", "needs = { sightings = 3 }\n\n[title]"))
    return Library.load(tmp_path)


def device(sightings: int) -> Device:
    return Device(
        source="x", time_s=float(sightings), id="ble-0001", medium=Medium.BLE, address="AA:BB:CC:11:22:33",
        signature="example", sightings=sightings, facts={"ble.company": 76, "ble.name": "xy"},
    )  # fmt: skip


def test_a_claim_waits_for_the_sightings_that_the_signature_needs_and_comes_once(library: Library) -> None:
    stage = SignatureMatch(library)
    assert [len(list(stage.feed(device(n)))) for n in (1, 2, 3, 4)] == [0, 0, 1, 0]


def test_of_a_crowd_the_first_hundred_are_claimed_alone_and_all_others_together(
    library: Library,
) -> None:
    """No later one gets a finding; the count is told at each doubling, and whole at the end."""
    stage, told = SignatureMatch(library), []
    for number in range(1, 951):
        one = msgspec.structs.replace(device(3), id=f"ble-{number:04}", time_s=float(number))
        told += [(number, claim) for claim in stage.feed(one)]
    told += [(0, claim) for claim in stage.finish()]
    claims = [(number, claim) for number, claim in told if isinstance(claim, Detection)]
    assert len(claims) == len(told)
    assert [number for number, _ in claims] == [*range(1, 101), 101, 203, 407, 815, 0]
    assert len({claim.subject for _, claim in claims}) == 101
    last = claims[-1][1]
    assert (last.subject, last.time_s, last.why[-1].args["count"]) == ("ble-0101", 950.0, 950)
    assert len(last.benign) >= 2
    assert last.next
    assert list(stage.feed(device(3))) == [], "one that was claimed is not claimed again"


def test_one_that_stays_does_not_hide_in_a_crowd(library: Library) -> None:
    """A flood's members come and go. Of those that stay a hundred more are claimed, and no more."""
    stage = SignatureMatch(library)

    def claims(number: int, stayed_s: float) -> list[str]:
        one = msgspec.structs.replace(
            device(3), id=f"ble-{number:04}", time_s=1e3 + stayed_s, first_s=1e3, last_s=1e3 + stayed_s
        )
        return [claim.subject for claim in stage.feed(one) if isinstance(claim, Detection)]

    for number in range(1, 400):
        claims(number, 5.0)
    assert claims(250, 59.0) == []
    assert claims(250, 61.0) == ["ble-0250"]
    assert claims(250, 90.0) == [], "once"
    assert sum(len(claims(number, 61.0)) for number in range(102, 400)) == 99
    (last,) = stage.finish()
    assert isinstance(last, Detection)
    assert last.why[-1].args == {"count": 399, "few": 200}


def test_a_hundred_are_no_crowd(library: Library) -> None:
    stage = SignatureMatch(library)
    made = [
        claim
        for number in range(1, 101)
        for claim in stage.feed(msgspec.structs.replace(device(3), id=f"ble-{number:04}"))
    ]
    assert len(made) == 100
    assert list(stage.finish()) == []


def test_the_claim_brings_why_causes_and_evidence(library: Library) -> None:
    (claim,) = SignatureMatch(library).feed(device(9))
    assert isinstance(claim, Detection)
    assert claim.kind == FindingKind.TRACKER.value
    assert len(claim.benign) >= 1
    assert {evidence.what: evidence.value for evidence in claim.evidence} == {
        "ble.company": 76,
        "ble.name": "xy",
    }
    assert claim.title.translations["ru"] == "Пример"


def test_an_ordinary_thing_is_named_and_not_claimed(library: Library) -> None:
    quiet = msgspec.structs.replace(
        library.signatures[0], level=Level.INFO, kind=FindingKind.UNKNOWN_TRANSMITTER
    )
    assert list(SignatureMatch(Library([quiet])).feed(device(9))) == []


def test_an_emission_is_matched_on_what_was_measured() -> None:
    """A PAL picture on 1200 MHz: the line rate of ITU-R BT.1700, the centre off as FM pictures wander."""
    emission = Emission(
        source="x", time_s=1.0, id="rf-0001", center_hz=1203.3e6, width_hz=9e6, power_dbfs=-30.0, snr_db=25.0,
        start_s=0.0, stop_s=1.0, kind="analog-video", features={"line_rate_hz": 15625.0},
    )  # fmt: skip
    (claim,) = SignatureMatch(Library.load()).feed(emission)
    assert isinstance(claim, Detection)
    assert claim.signature == "analog-video-1g2-ch4"
    assert "1200 MHz" in claim.title.text
