"""The film test over frames: which of several stations films this room."""

from __future__ import annotations

from sweeper.detectors.wifi_film_test import VERDICTS, FilmTest
from sweeper.detectors.wifi_inventory import WifiInventory
from sweeper.dsp.film_test import STILL_MOVE_STILL, Verdict
from sweeper.pipeline import Pipeline
from sweeper.records import Detection, FrameBatch, Level, Medium
from sweeper.signatures import Library
from tests.detectors import wifi_air as air
from tests.dsp.test_film_test import stream

POINT, GATE = "50:c7:bf:00:00:01", "50:c7:bf:00:00:0f"
HERE, THERE, QUIET = (f"20:32:33:00:00:0{i}" for i in (1, 2, 3))


def test_the_camera_in_this_room_is_named() -> None:
    start_s = 7.0
    rows: list[tuple[float, bytes, int]] = []
    for address, gain in ((HERE, 1.7), (THERE, 1.0)):
        head = air.data(address, POINT, GATE, size=0)
        for time_s, size in zip(*stream(STILL_MOVE_STILL, gain, 5), strict=True):
            rows.append((start_s + float(time_s), head, len(head) + int(size)))
    rows += [(start_s + t, air.data(QUIET, POINT, GATE, size=0), 126) for t in range(45)]
    rows.sort()
    stage = FilmTest(STILL_MOVE_STILL, start_s)
    pipeline = Pipeline([WifiInventory(Library([])), stage])
    made = []
    for at in range(0, len(rows), 300):
        times, frames, lengths = zip(*rows[at : at + 300], strict=True)
        made += pipeline.feed(
            FrameBatch(
                source="t",
                time_s=times[0],
                medium=Medium.WIFI,
                link_type=105,
                times_s=times,
                frames=frames,
                lengths=lengths,
            )
        )
    made += pipeline.finish()
    (claim,) = [r for r in made if isinstance(r, Detection)]
    assert (claim.subject, claim.kind, claim.level) == ("wifi-0001", "camera", Level.HIGH)
    assert len(claim.benign) >= 2
    assert {name: result.verdict for name, result in stage.results.items()} == {
        "wifi-0001": Verdict.FILMS,
        "wifi-0002": Verdict.DOES_NOT_REACT,
    }


def test_every_verdict_has_words() -> None:
    assert set(VERDICTS) == set(Verdict)
