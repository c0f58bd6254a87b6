"""A friendly signal is silent while it is as declared, and speaks when its power or width changes."""

from __future__ import annotations

import pytest

from sweeper.detectors.known import KnownDevices
from sweeper.detectors.rf_friendly import RfFriendly
from sweeper.findings import FindingsStage
from sweeper.known import Book, Mark, entry_of
from sweeper.pipeline import Pipeline
from sweeper.records import Detection, Emission, Finding, Level, Record
from sweeper.text import say


def emission(center_hz: float = 433.92e6, width_hz: float = 12e3, snr_db: float = 20.0) -> Emission:
    return Emission(
        source="r",
        time_s=1.0,
        id="rf-0001",
        center_hz=center_hz,
        width_hz=width_hz,
        power_dbfs=-50.0,
        snr_db=snr_db,
        start_s=0.0,
        stop_s=1.0,
        kind="nfm",
    )


BELL = Book([entry_of(emission(), id="K-001", mark=Mark.FRIENDLY, alias="wireless bell")])


class Alarm:
    """Stands for any detector that would raise this emission."""

    name = "alarm"
    accepts: tuple[type[Record], ...] = (Emission,)

    def feed(self, one: Emission, /) -> list[Record]:
        words = (say("so"), say("so"))
        return [
            Detection(
                source="r",
                time_s=1.0,
                detector="alarm",
                subject=one.id,
                kind="new-emission",
                level=Level.LOW,
                confidence=0.5,
                title=say("new"),
                why=words,
                benign=words,
                next=words,
            )
        ]

    def finish(self) -> list[Record]:
        return []


def level_of(one: Emission) -> Level:
    """What the reader is told of an emission that some other detector raises too."""
    line = Pipeline([KnownDevices(BELL), RfFriendly(BELL), Alarm(), FindingsStage()])
    found = [record for record in line.feed(one) if isinstance(record, Finding)]
    return found[-1].level


@pytest.mark.parametrize(
    ("heard", "level"),
    [
        (emission(), Level.INFO),
        (emission(snr_db=24.0), Level.INFO),
        (emission(snr_db=8.0), Level.INFO),
        (emission(snr_db=28.0), Level.LOW),
        (emission(snr_db=40.0), Level.MEDIUM),
        (emission(width_hz=20e3), Level.LOW),
        (emission(center_hz=433.95e6), Level.LOW),
    ],
)
def test_silent_as_declared_and_loud_when_changed(heard: Emission, level: Level) -> None:
    """The last one is another signal: it is not friendly at all."""
    assert level_of(heard) is level


def test_a_change_is_told_once_and_again_when_it_grows() -> None:
    stage = RfFriendly(BELL)
    told = [len(list(stage.feed(emission(snr_db=snr)))) for snr in (27.0, 28.0, 29.9, 30.5, 30.6)]
    assert told == [1, 0, 0, 1, 0]
    (finding,) = stage.feed(emission(snr_db=60.0))
    assert isinstance(finding, Detection)
    assert len(finding.benign) >= 2


def test_without_friends_it_is_idle() -> None:
    assert list(RfFriendly(Book()).feed(emission())) == []
