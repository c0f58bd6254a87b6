"""Meeting windows: only what kept to them speaks, and only if there was listening outside."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.detectors.rf_meeting import RfMeeting
from sweeper.records import Burst, Detection, Emission, IqBlock, Medium, Opened, Record, Status

UTC_S = 1_780_000_000.0


def emission(
    number: int, start_s: float, stop_s: float, bursts: tuple[Burst, ...] = (), kind: str = "nfm"
) -> Emission:
    return Emission(
        source="r",
        time_s=stop_s,
        id=f"rf-{number:04d}",
        center_hz=433e6 + 1e6 * number,
        width_hz=12e3,
        power_dbfs=-50.0,
        snr_db=20.0,
        start_s=start_s,
        stop_s=stop_s,
        kind=kind,
        bursts=bursts,
    )


def block(time_s: float, seconds: float = 1.0) -> IqBlock:
    samples = np.zeros(round(1000 * seconds), np.complex64)
    return IqBlock(source="r", time_s=time_s, rate_hz=1e3, center_hz=433e6, samples=samples, first_sample=0)


def told(stage: RfMeeting, *records: Record) -> list[Record]:
    opened = Opened(source="r", time_s=0.0, medium=Medium.RF, live=True, start_utc_s=UTC_S)
    made = [one for record in (opened, *records) for one in stage.feed(record)]  # type: ignore[arg-type]
    return [*made, *stage.finish()]


DAY = [block(float(at)) for at in range(0, 300, 10)]
HEARD = [
    emission(1, 105.0, 190.0),
    emission(2, 50.0, 190.0),
    emission(3, 105.0, 250.0),
    emission(4, 110.0, 180.0, tuple(Burst(t, 0.1, 433e6, 20.0) for t in (110.0, 140.0, 179.0))),
    emission(5, 110.0, 250.0, tuple(Burst(t, 0.1, 433e6, 20.0) for t in (110.0, 249.0))),
    emission(6, 120.0, 130.0, kind="spur"),
]


@pytest.mark.parametrize("utc", [False, True])
def test_only_what_kept_to_the_meeting_speaks(utc: bool) -> None:
    start = UTC_S if utc else 0.0
    found = told(RfMeeting([(start + 100.0, start + 200.0)], utc), *DAY, *HEARD)
    assert [one.subject for one in found if isinstance(one, Detection)] == ["rf-0001", "rf-0004"]
    assert all(len(one.benign) >= 2 for one in found if isinstance(one, Detection))
    assert not [one for one in found if isinstance(one, Status)]


def test_without_listening_outside_nothing_is_claimed() -> None:
    inside = [block(float(at)) for at in range(100, 200, 10)]
    (only,) = told(RfMeeting([(100.0, 200.0)]), *inside, *HEARD)
    assert isinstance(only, Status)
    assert only.said is not None
    assert "not compared" in only.detail
