"""Position logs: each format against figures worked out by hand, gaps told, bad files refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.recording.positions import Fix, Positions, _between, of_tpv, place_of, read_positions
from sweeper.records import Place
from sweeper.text import english

T0 = 1_795_334_400.0  # 2026-11-22T08:00:00Z, by `date -u -d ... +%s`

GPX = """<?xml version="1.0"?>
<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="43.0" lon="76.0"><time>2026-11-22T08:00:00Z</time></trkpt>
<trkpt lat="43.1" lon="76.2"><time>2026-11-22T08:01:00Z</time></trkpt>
<trkpt lat="43.2" lon="76.2"/>
<trkpt lat="9.0" lon="9.0"><time>2026-11-22T08:01:30Z</time><hdop>99</hdop></trkpt>
</trkseg></trk></gpx>"""


def sentence(body: str) -> str:
    """A sentence with NMEA 0183's checksum: all characters between $ and * by exclusive or."""
    total = 0
    for character in body:
        total ^= ord(character)
    return f"${body}*{total:02X}"


NMEA = "\r\n".join(
    [
        sentence("GPGGA,075950,4300.00,N,07600.00,E,1,08,1.0,700,M,0,M,,"),  # no date yet
        sentence("GPRMC,080000,A,4300.00,N,07600.00,E,0.0,0.0,221126,,"),
        sentence("GNGGA,080010.00,4330.00,N,07600.00,W,1,08,1.0,700,M,0,M,,"),
        sentence("GPRMC,080020,V,4400.00,N,07600.00,E,0.0,0.0,221126,,"),  # void
        sentence("GPGGA,080030,4400.00,S,07600.00,E,0,08,1.0,700,M,0,M,,"),  # no fix
        "$GPRMC,080040,A,4300.00,N,07600.00,E,0.0,0.0,221126,,*00",  # wrong sum
    ]
)

GPSD = """{"class":"VERSION","release":"3.25"}
{"class":"TPV","mode":3,"time":"2026-11-22T08:00:00.000Z","lat":43.0,"lon":76.0,"eph":5.0}
{"class":"TPV","mode":1,"time":"2026-11-22T08:00:05.000Z"}
{"class":"TPV","mode":3,"time":"2026-11-22T08:00:10.000Z","lat":43.5,"lon":76.0,"eph":500.0}
not json
"""

TYPED = """time,place
2026-11-22T08:00:00Z, office
# the way
1795336200, home, 43.25, 76.9
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "log"
    path.write_text(text, encoding="utf-8")
    return path


def test_gpx(tmp_path: Path) -> None:
    log = read_positions(write(tmp_path, GPX))
    assert [fix.utc_s for fix in log.fixes] == [T0, T0 + 60]
    middle = log.at(T0 + 30)
    assert middle is not None
    assert (middle.lat, middle.lon) == (pytest.approx(43.05), pytest.approx(76.1))
    assert len(log.problems) == 2


def test_nmea(tmp_path: Path) -> None:
    log = read_positions(write(tmp_path, NMEA))
    assert [(f.utc_s - T0, f.place.lat, f.place.lon) for f in log.fixes] == [(0, 43.0, 76.0), (10, 43.5, -76)]
    assert any("damaged" in english(line) for line in log.problems)


def test_gpsd(tmp_path: Path) -> None:
    log = read_positions(write(tmp_path, GPSD))
    assert [(f.utc_s - T0, f.place) for f in log.fixes] == [(0, Place(43.0, 76.0))]


def test_typed_places_hold_until_the_next(tmp_path: Path) -> None:
    log = read_positions(write(tmp_path, TYPED))
    assert log.at(T0 - 1) is None
    assert log.at(T0 + 1700) == Place(name="office")
    assert log.at(T0 + 1801) == Place(43.25, 76.9, "home")
    assert len(log.problems) == 1  # the header


def test_a_gap_is_not_bridged() -> None:
    log = Positions([Fix(0.0, Place(43.0, 76.0)), Fix(600.0, Place(44.0, 76.0))])
    assert log.at(20.0) == Place(43.0, 76.0)
    assert log.at(300.0) is None
    assert log.at(580.0) == Place(44.0, 76.0)
    assert log.at(640.0) is None


def test_across_the_date_line() -> None:
    log = Positions([Fix(0.0, Place(0.0, 179.9)), Fix(60.0, Place(0.0, -179.9))])
    middle = log.at(30.0)
    assert middle is not None
    assert middle.lon is not None
    assert abs(abs(middle.lon) - 180.0) < 1e-6


@pytest.mark.parametrize(
    "text", ["", "<gpx", "<gpx><trk></gpx>", "$GPRMC,", "{}", "a,b,c", "\x00\x01", "<gpx></gpx>"]
)
def test_nothing_to_read_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_positions(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_positions(tmp_path / "none.gpx")


@pytest.mark.parametrize(
    ("lat", "lon"), [(91, 0), (0, 181), (float("nan"), 0), (True, 0), ("43", 76), (None, None)]
)
def test_no_position(lat: object, lon: object) -> None:
    assert place_of(lat, lon) is None
    assert of_tpv({"class": "TPV", "mode": 3, "time": "2026-11-22T08:00:00Z", "lat": lat, "lon": lon}) is None


HEADS = st.sampled_from(["", "<gpx>", "$GPRMC,080000,A,", '{"class":"TPV",', "2026-11-22T08:00:00Z,"])


@settings(max_examples=300, deadline=None)
@given(HEADS, st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, head: str, tail: bytes
) -> None:
    path = tmp_path_factory.mktemp("positions") / "log"
    path.write_bytes(head.encode() + tail)
    refusal = ""
    fixes: list[Fix] = []
    try:
        fixes = read_positions(path).fixes
    except InputError as error:
        refusal = str(error)
    assert bool(fixes) != bool(refusal)
    assert "\n" not in refusal
    assert all(fix.place.name or abs(fix.place.lat or 0.0) <= 90 for fix in fixes)


@pytest.mark.parametrize("missing", [{"lat": None}, {"lon": None}, {"lat": None, "lon": None}])
def test_between_a_place_and_none_the_one_before_stands(missing: dict[str, None]) -> None:
    known, lost = {"lat": 43.2, "lon": 76.9}, {"lat": 43.4, "lon": 77.1, **missing}
    for first, second in ((known, lost), (lost, known)):
        before, then = Fix(0.0, Place(**first)), Fix(10.0, Place(**second))
        assert _between(before, then, 5.0) is before.place
