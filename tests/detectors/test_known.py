"""Known devices in a session: recognised through rotation, still listed, quiet at home, raised elsewhere."""

from __future__ import annotations

from sweeper.detectors import Setup, build
from sweeper.detectors.known import KnownDevices
from sweeper.findings import FindingsStage
from sweeper.known import Book, Known, Mark
from sweeper.pipeline import Pipeline
from sweeper.protocols.ble import ad
from sweeper.records import (
    Advertisement,
    AdvertisementBatch,
    Detection,
    Device,
    Emission,
    Finding,
    Level,
    Medium,
    Place,
    Recognised,
    Record,
)
from sweeper.signatures import Library
from sweeper.text import Phrase

HOME = Place(lat=43.2380, lon=76.9450, name="home")
ROAD = Place(lat=43.3000, lon=77.0000)
LIBRARY = Library.load()
STAGES = ("ble-inventory", "known", "signature-match")


def airtag(key: int) -> bytes:
    """A Find My frame away from its owner: 12 19, status 10 (AirTag), key bytes."""
    return ad.encode([(0xFF, b"\x4c\x00\x12\x19\x10" + bytes([key] * 22) + b"\x00\x00")])


def plaud(serial: str) -> bytes:
    body = b"\x04\x56\x01\x00\x00" + bytes([len(serial) // 2]) + bytes.fromhex(serial)
    return ad.encode([(0xFF, b"\x59\x00" + body)])


def advert(time_s: float, address: str, data: bytes, place: Place | None = None) -> Advertisement:
    return Advertisement(time_s, address, "random", -60, data, None, place)


def run(book: Book, *adverts: Advertisement, here: Place | None = None) -> list[Record]:
    stages = build(Setup(LIBRARY, known=book, here=here), STAGES)
    pipeline = Pipeline([*stages, FindingsStage()])
    seen: list[Record] = []
    for one in adverts:
        seen += pipeline.feed(AdvertisementBatch(source="x", time_s=one.time_s, adverts=(one,)))
    return [*seen, *pipeline.finish()]


def entry(mark: Mark, *keys: str, place: Place | None = None, kind: str = "") -> Known:
    return Known(
        id="K-001", medium=Medium.BLE, mark=mark, alias="neighbour", keys=keys, place=place, kind=kind
    )


def devices_of(records: list[Record]) -> list[Device]:
    return list({r.id: r for r in records if isinstance(r, Device)}.values())


def findings(records: list[Record]) -> list[Finding]:
    return list({r.id: r for r in records if isinstance(r, Finding)}.values())


TAG = "C1:00:00:00:00:01"


def test_unknown_it_is_told_and_known_it_is_information() -> None:
    (unknown,) = findings(run(Book(), advert(1, TAG, airtag(1))))
    assert unknown.level is Level.LOW
    book = Book([entry(Mark.OWN, f"address={TAG}")])
    records = run(book, advert(1, TAG, airtag(1)))
    (known,) = findings(records)
    assert known.level is Level.INFO
    assert known.why[0].args == {"alias": "neighbour"}
    (device,) = devices_of(records)
    assert (device.facts["known.alias"], device.facts["known.mark"]) == ("neighbour", "own")


def test_the_mark_survives_a_new_address() -> None:
    serial = "8881234567890123"
    book = Book([entry(Mark.FALSE_ALARM, f"plaud.serial={serial}")])
    records = run(
        book,
        advert(1, "4A:00:00:00:00:01", plaud(serial)),
        advert(900, "4A:00:00:00:00:02", plaud(serial)),
    )
    (device,) = devices_of(records)
    assert device.addresses == ("4A:00:00:00:00:01", "4A:00:00:00:00:02")
    assert device.facts["known.alias"] == "neighbour"
    assert [f.level for f in findings(records)] == [Level.INFO]


def test_another_one_of_the_same_kind_is_not_known() -> None:
    book = Book([entry(Mark.OWN, "plaud.serial=8881234567890123")])
    records = run(book, advert(1, "4A:00:00:00:00:09", plaud("8889999999999999")))
    assert not [r for r in records if isinstance(r, Recognised)]
    assert findings(records)[0].level is not Level.INFO


def test_a_false_alarm_heard_elsewhere_is_raised_once() -> None:
    book = Book([entry(Mark.FALSE_ALARM, f"address={TAG}", place=HOME)])
    records = run(
        book,
        advert(1, TAG, airtag(1), HOME),
        advert(60, TAG, airtag(1), HOME),
        advert(600, TAG, airtag(1), ROAD),
        advert(660, TAG, airtag(1), ROAD),
        advert(720, TAG, airtag(1), HOME),
    )
    levels = [(r.time_s, r.level) for r in records if isinstance(r, Finding)]
    assert {level for time_s, level in levels if time_s < 600} == {Level.INFO}
    (finding,) = findings(records)
    assert (finding.level, finding.raised_s) == (Level.MEDIUM, 600)
    raised = [r for r in records if isinstance(r, Detection) and r.detector == "known"]
    assert len(raised) == 1
    assert len(raised[0].benign) >= 2


def test_the_session_has_one_place() -> None:
    book = Book([entry(Mark.FRIENDLY, f"address={TAG}", place=Place(name="home"))])
    (home,) = findings(run(book, advert(1, TAG, airtag(1)), here=Place(name="Home")))
    (office,) = findings(run(book, advert(1, TAG, airtag(1)), here=Place(name="office")))
    (untold,) = findings(run(book, advert(1, TAG, airtag(1))))
    assert (home.level, office.level, untold.level) == (Level.INFO, Level.MEDIUM, Level.INFO)


def test_one_of_a_kind_at_its_place_and_no_second() -> None:
    book = Book([entry(Mark.FALSE_ALARM, place=HOME, kind="airtag")])
    records = run(
        book,
        advert(1, TAG, airtag(1), HOME),
        advert(2, "C1:00:00:00:00:02", airtag(2), HOME),
        advert(3, TAG, airtag(1), HOME),
    )
    assert sorted(f.level.rank for f in findings(records)) == [Level.INFO.rank, Level.LOW.rank]


def test_its_successor_with_a_new_key_takes_the_mark() -> None:
    book = Book([entry(Mark.FALSE_ALARM, place=HOME, kind="airtag")])
    records = run(
        book,
        advert(1, TAG, airtag(1), HOME),
        advert(100, "C1:00:00:00:00:02", airtag(2), HOME),
    )
    said = [r.subject for r in records if isinstance(r, Recognised)]
    assert said == ["ble-0001", "ble-0002"]


def follower(subject: str) -> Detection:
    return Detection(
        source="x",
        time_s=900.0,
        detector="ble-follow",
        subject=subject,
        kind="follower",
        level=Level.HIGH,
        confidence=0.8,
        title=Phrase("It follows"),
        why=(),
        benign=(),
        next=(),
    )


def recognised(mark: Mark, by: str = "address", place: str = "") -> Recognised:
    return Recognised(
        source="x",
        time_s=1.0,
        subject="ble-0001",
        entry="K-001",
        mark=mark.value,
        alias="a",
        confidence=0.9,
        by=by,
        place=place,
    )


def test_what_travels_along_is_answered_only_by_ones_own_or_an_anywhere_mark() -> None:
    for known, expected in (
        (recognised(Mark.OWN), Level.INFO),
        (recognised(Mark.OWN, place="home"), Level.INFO),
        (recognised(Mark.FRIENDLY), Level.INFO),
        (recognised(Mark.FRIENDLY, place="home"), Level.HIGH),
        (recognised(Mark.FALSE_ALARM, place="home"), Level.HIGH),
        (recognised(Mark.FALSE_ALARM, by="kind"), Level.HIGH),
    ):
        stage = FindingsStage()
        assert list(stage.feed(known)) == []
        (finding,) = list(stage.feed(follower("ble-0001")))
        assert isinstance(finding, Finding)
        assert finding.level is expected, known


def test_a_finding_that_was_raised_does_not_sink() -> None:
    stage = FindingsStage()
    list(stage.feed(follower("ble-0001")))
    (finding,) = list(stage.feed(recognised(Mark.OWN)))
    assert isinstance(finding, Finding)
    assert (finding.level, finding.raised_s) == (Level.HIGH, 900.0)
    assert finding.why[0].args == {"alias": "a"}


def test_emissions_are_recognised_too() -> None:
    known = Known(
        id="K-1", medium=Medium.RF, mark=Mark.FRIENDLY, alias="baby", center_hz=433.92e6, width_hz=12.5e3
    )
    heard = Emission(
        source="x",
        time_s=0.0,
        id="E-1",
        center_hz=433.921e6,
        width_hz=13e3,
        power_dbfs=-50.0,
        snr_db=20.0,
        start_s=0.0,
        stop_s=1.0,
    )
    (said,) = list(KnownDevices(Book([known])).feed(heard))
    assert isinstance(said, Recognised)
    assert (said.subject, said.alias) == ("E-1", "baby")
