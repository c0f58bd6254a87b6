"""The guided tests on made walks: a tag that stays, one that comes along, one whose owner stayed behind."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sweeper.detectors.ble_test import DRIVE, PLANS, STATIONARY, BleTest, Plan, Role
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Detection,
    Device,
    Level,
    Medium,
    Record,
    State,
    Status,
)

TAG = "C1:00:00:00:00:01"
OTHER = "C1:00:00:00:00:02"
NOISE = "C1:00:00:00:00:FF"


def device(address: str, state: str | None = "separated", kind: str = "airtag", number: int = 1) -> Device:
    return Device(
        source="x",
        time_s=0.0,
        id=f"ble-{number:04d}",
        medium=Medium.BLE,
        address=address,
        addresses=(address,),
        kind=kind,
        state=state,
    )


def run(
    plan: Plan,
    heard: Iterable[tuple[str, float, float, int]],
    devices: Iterable[Device],
    start_s: float = 0.0,
) -> tuple[BleTest, list[Record]]:
    """``heard``: address, from, to, level; one advertisement in ten seconds."""
    test = BleTest(plan, start_s)
    for one in devices:
        list(test.feed(one))
    spans = [(NOISE, 0.0, plan.seconds, -90), *heard]
    for tenth in range(int(plan.seconds // 10)):
        time_s = tenth * 10.0 + 1
        adverts = tuple(
            Advertisement(start_s + time_s, address, "random", level)
            for address, begin, end, level in spans
            if begin <= time_s < end
        )
        list(test.feed(AdvertisementBatch(source="x", time_s=start_s + time_s, adverts=adverts)))
    return test, list(test.finish())


def claims(records: list[Record]) -> list[Detection]:
    return [record for record in records if isinstance(record, Detection)]


def test_the_drive_takes_at_least_35_minutes() -> None:
    """DULT: a tag may take 30 minutes to say that its owner is away."""
    start_s, stop_s = DRIVE.span(Role.ALONG)
    assert stop_s - start_s >= 35 * 60
    assert list(PLANS.values()) == [STATIONARY, DRIVE]


def test_the_plan_tells_which_step_it_is() -> None:
    assert DRIVE.at(0.0) == (0, 180.0)
    assert DRIVE.at(180.0) == (1, 2100.0)
    assert DRIVE.at(DRIVE.seconds) is None
    assert all(step.do.text and step.why.text for plan in PLANS.values() for step in plan.steps)


def test_a_tag_that_stays_in_the_flat() -> None:
    test, records = run(STATIONARY, [(TAG, 0, 620, -62)], [device(TAG)], start_s=100.0)
    (claim,) = claims(records)
    assert (claim.kind, claim.level, claim.subject) == ("tracker", Level.MEDIUM, "ble-0001")
    assert len(claim.benign) >= 2
    assert test.result is not None
    assert test.result.complete


def test_a_faint_one_is_most_likely_next_door() -> None:
    _, records = run(STATIONARY, [(TAG, 0, 620, -88)], [device(TAG)])
    assert [claim.level for claim in claims(records)] == [Level.LOW]


def test_a_tag_in_the_bag() -> None:
    _, records = run(STATIONARY, [(TAG, 0, 1200, -62)], [device(TAG)])
    (claim,) = claims(records)
    assert (claim.kind, claim.level) == ("follower", Level.HIGH)


def test_passers_by_and_the_owners_own_are_not_raised() -> None:
    test, records = run(
        STATIONARY,
        [(TAG, 100, 200, -60), (OTHER, 0, 1200, -60)],
        [device(TAG), device(OTHER, state="near_owner", number=2)],
    )
    assert claims(records) == []
    assert test.result is not None
    assert any("owners near" in phrase.text for phrase in test.result.told)


def test_a_tag_in_the_car_from_the_start() -> None:
    _, records = run(DRIVE, [(TAG, 0, DRIVE.seconds, -75)], [device(TAG)])
    (claim,) = claims(records)
    assert (claim.kind, claim.level) == ("follower", Level.HIGH)


def test_a_tag_whose_owner_stayed_behind_appears_on_the_way() -> None:
    _, records = run(DRIVE, [(TAG, 1900, DRIVE.seconds, -75)], [device(TAG)])
    (claim,) = claims(records)
    assert (claim.kind, claim.level) == ("follower", Level.MEDIUM)
    assert any("owner stayed behind" in phrase.text for phrase in claim.why)


def test_state_unknown_is_not_high() -> None:
    _, records = run(DRIVE, [(TAG, 0, DRIVE.seconds, -75)], [device(TAG, state=None, kind="tile")])
    assert [claim.level for claim in claims(records)] == [Level.MEDIUM]


@pytest.mark.parametrize(
    "heard",
    [
        [(TAG, 0, 170, -60)],  # where the car stands
        [(TAG, 900, 1000, -60)],  # passed by
        [(TAG, 2290, DRIVE.seconds, -60)],  # where it stopped
        [(TAG, 0, 170, -60), (TAG, 2290, DRIVE.seconds, -60)],  # back where it started
    ],
)
def test_what_was_left_behind_is_not_raised(heard: list[tuple[str, float, float, int]]) -> None:
    _, records = run(DRIVE, heard, [device(TAG)])
    assert claims(records) == []


def test_a_test_broken_off_excludes_nothing() -> None:
    test = BleTest(DRIVE)
    list(test.feed(device(TAG)))
    advert = Advertisement(1.0, TAG, "random", -60)
    list(test.feed(AdvertisementBatch(source="x", time_s=1.0, adverts=(advert,))))
    (status,) = [record for record in test.finish() if isinstance(record, Status)]
    assert status.state is State.DEGRADED
    assert test.result is not None
    assert not test.result.complete
    told = " ".join(phrase.text for phrase in test.result.told)
    assert "not complete" in told
    assert "No tracker" not in told
