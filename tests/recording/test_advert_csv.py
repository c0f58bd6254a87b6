"""Logs of other programs: WiGLE's table, bleak's fields in CSV and JSON, against hand-made payloads."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import InputError
from sweeper.plan import SweepPlan
from sweeper.radio.replay import ReplaySource
from sweeper.recording import advert_csv, advert_log, probe
from sweeper.recording.advert_fields import advert_of, folded
from sweeper.recording.problems import Problems
from sweeper.records import Advertisement, AdvertisementBatch, Closed, Medium, Place

T0 = 1_795_334_400.0  # 2026-11-22T08:00:00Z
BODY = "1219" + "10" + bytes(range(22)).hex() + "0200"
AD = "1eff4c00" + BODY
"""One AD structure: 30 bytes, manufacturer, company 004C least significant byte first, a Find My frame."""

WIGLE = """WigleWifi-1.4,appRelease=2.90,model=x,release=15,device=x,display=x,board=x,brand=x
MAC,SSID,AuthMode,FirstSeen,Channel,RSSI,CurrentLatitude,CurrentLongitude,AltitudeMeters,AccuracyMeters,Type
aa:bb:cc:dd:ee:01,home,[WPA2],2026-11-22 08:00:00,6,-50,43.25,76.9,700,4,WIFI
c1:02:03:04:05:06,Tile,Misc [LE],2026-11-22 08:00:02,0,-71,43.2501,76.9,700,4,BLE
c1:02:03:04:05:06,Tile,Misc [LE],2026-11-22 08:00:04,0,-70,0.0,0.0,700,4,BLE
"""


def adverts(text: str) -> tuple[list[Advertisement], tuple[str, ...]]:
    problems = Problems()
    return list(advert_csv.adverts(BytesIO(text.encode()), problems)), problems.lines()


def test_wigle() -> None:
    assert advert_csv.is_table(WIGLE.encode())
    (first, second), problems = adverts(WIGLE)
    assert (first.time_s, first.address, first.rssi_dbm) == (T0 + 2, "c1:02:03:04:05:06", -71)
    assert first.place == Place(43.2501, 76.9)
    assert second.place is None, "zero, zero is no fix"
    assert b"Tile" in first.data
    assert problems == ("rows of other radios at line 3",)


BLEAK = f"""Timestamp,MAC Address,RSSI,Name,Manufacturer Data
2026-11-22T08:00:00+00:00,C1:02:03:04:05:06,-61,Unknown,"{{76: {bytes.fromhex(BODY)!r}}}"
2026-11-22T08:00:01+00:00,C1:02:03:04:05:07,-62,tag,{{}}
"""


def test_a_bleak_script() -> None:
    (first, second), problems = adverts(BLEAK)
    assert first.data.hex() == AD
    assert second.data == b"\x04\x09tag"
    assert problems == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("manufacturer_data", {"76": BODY}),
        ("manufacturer_data", {"0x004C": BODY}),
        ("manufacturer_data", {"76": list(bytes.fromhex(BODY))}),
        ("manufacturerData", f"0x004c:{BODY}"),
        ("data", AD),
        ("raw", " ".join(AD[i : i + 2] for i in range(0, len(AD), 2))),
        ("advertisement_data", {"manufacturer_data": {"76": BODY}}),
    ],
)
def test_json_lines_of_others(tmp_path: Path, field: str, value: object) -> None:
    line = {"timestamp": "2026-11-22T08:00:00Z", "mac": "C1:02:03:04:05:06", "RSSI": -60, field: value}
    path = tmp_path / "log.json"
    path.write_text(json.dumps(line) + "\n" + json.dumps({**line, "timestamp": T0 + 5}) + "\n")
    found = probe(path)
    assert (found.medium, found.format, found.start_utc_s) == (Medium.BLE, advert_log.FORMAT, T0)
    problems = Problems()
    with path.open("rb") as file:
        first, _second = advert_log.adverts(file, problems)
    assert (first.data.hex(), first.rssi_dbm) == (AD, -60)
    assert problems.lines() == ()


def test_a_table_is_replayed_by_the_same_door(tmp_path: Path) -> None:
    path = tmp_path / "scan.csv"
    path.write_text(BLEAK)

    async def run() -> list[object]:
        return [record async for record in ReplaySource(path).records(SweepPlan())]

    records = asyncio.run(run())
    times = [a.time_s for r in records if isinstance(r, AdvertisementBatch) for a in r.adverts]
    assert times == [0.0, 1.0]
    (closed,) = [r for r in records if isinstance(r, Closed)]
    assert closed.records == 2
    assert closed.duration_s == 1.0


def test_services_and_company_in_columns_of_their_own() -> None:
    row = {
        "time": T0,
        "address": "C1:02:03:04:05:06",
        "manufacturerid": "004C",
        "rawmdata": BODY,
        "servicedata": json.dumps({"0000feaa-0000-1000-8000-00805f9b34fb": "41" + "00" * 20}),
        "serviceuuids": "feaa;fd5a",
    }
    advert = advert_of(row)
    assert advert is not None
    text = advert.data.hex()
    assert "ff4c00" + BODY in text
    assert "16aafe41" in text
    assert "03aafe5afd" in text


def test_names_of_fields() -> None:
    assert {folded(n) for n in ("MAC Address", "mac_address", "macAddress")} == {"macaddress"}


def test_what_is_no_log(tmp_path: Path) -> None:
    for text in ("a,b,c\n1,2,3\n", "rssi_dbm,time,distance_m\n-74,2024-08-28 14:41:00,0\n"):
        path = tmp_path / "x.csv"
        path.write_text(text)
        assert not advert_csv.is_table(text.encode())
        with pytest.raises(InputError):
            probe(path)


def test_bad_rows_are_told() -> None:
    text = BLEAK + "never,C1:02:03:04:05:08,-60,x,{}\n2026-11-22T08:00:03Z,,-60,x,{}\n"
    found, problems = adverts(text)
    assert len(found) == 2
    assert problems == ("rows without a time or sender: 2, the first at line 4",)


HEADER = b"time,address,rssi,manufacturer_data,service_data\n2026-11-22T08:00:00Z,C1:02:03:04:05:06,-60,"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_in_a_table(tail: bytes) -> None:
    found = list(advert_csv.adverts(BytesIO(HEADER + tail), Problems()))
    assert all(len(advert.data) <= 1650 and advert.address for advert in found)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["time", "address", "rssi", "manufacturer_data", "service_data", "service_uuids", "name", "data"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_any_values_in_json(fields: dict[str, object]) -> None:
    row = {"time": T0, "address": "C1:02:03:04:05:06", **fields}
    advert = advert_of({folded(name): value for name, value in row.items()})
    assert advert is None or (len(advert.data) <= 1650 and isinstance(advert.time_s, float))
