"""JSON-lines logs of advertisements, by the format's description; counts of the corpus by `grep -c`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.recording import Problems, probe
from sweeper.recording.advert_log import adverts, is_log
from sweeper.records import Advertisement, AdvertisementBatch, Medium, Place
from tests.recording.build import records

HEADER = {"type": "log", "truth": {"planted": ["00:00:00:00:00:0d"]}}
ADVERT = {
    "type": "advertisement",
    "time": 1669209443.771,
    "address": "00:00:00:00:00:1b",
    "rssi_dbm": -61,
    "lat": 42.35,
    "lon": -71.1,
    "kind": "AirTag",
    "data": "1eff4c0012",
    "address_type": "random",
}


def parsed(*lines: Any) -> tuple[list[Advertisement], tuple[str, ...]]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
    problems = Problems()
    return list(adverts(io.BytesIO(text.encode()), problems)), problems.lines()


def test_everything_that_a_line_can_say() -> None:
    (advert,), problems = parsed(HEADER, ADVERT)
    assert advert == Advertisement(
        1669209443.771,
        "00:00:00:00:00:1b",
        "random",
        -61,
        bytes.fromhex("1eff4c0012"),
        None,
        Place(42.35, -71.1),
        "AirTag",
    )
    assert problems == ()


def test_what_a_line_may_leave_out() -> None:
    (advert,), problems = parsed({"time": 5, "address": "AA", "kind": None, "rssi": -70.4})
    assert advert == Advertisement(5.0, "AA", rssi_dbm=-70)
    assert problems == ()


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-01-01T12:00:00Z", 1767268800.0),
        ("2026-01-01T17:00:00+05:00", 1767268800.0),
        (1767268800123, 1767268800.123),  # Android counts milliseconds
    ],
)
def test_times_in_other_forms(time: Any, expected: float) -> None:
    (advert,), _ = parsed({**ADVERT, "time": time})
    assert advert.time_s == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": "yesterday"},
        {"time": None},
        {"time": True},
        {"time": 1e300},
        {"time": 10**400},
        {"address": 5},
        {"address": ""},
        {"address": "A" * 1_000},
    ],
)
def test_a_line_without_time_or_address_is_told(wrong: dict[str, Any]) -> None:
    found, problems = parsed(ADVERT, {**ADVERT, **wrong}, ADVERT)
    assert len(found) == 2
    assert problems == (f"lines that are no advertisement at byte {len(json.dumps(ADVERT)) + 1}",)


def test_values_out_of_range_are_not_measured() -> None:
    found, _ = parsed(
        {**ADVERT, "rssi_dbm": 999, "lat": 200, "data": "xyz", "channel": 99, "address_type": "odd"},
        {**ADVERT, "rssi_dbm": "strong", "lat": None, "data": "1e" * 5_000},
    )
    assert [(a.rssi_dbm, a.place, a.data, a.channel) for a in found] == [(None, None, b"", None)] * 2
    assert found[0].address_type is None


def test_order_and_clock_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "walk.jsonl"
    times = [100.0, 100.5, 90.0, 100.9, 105.0]
    path.write_text("".join(json.dumps({**ADVERT, "time": 1.7e9 + time}) + "\n" for time in times))
    made, problems = records(path)
    batches = [batch for batch in made if isinstance(batch, AdvertisementBatch)]
    assert [[a.time_s for a in batch.adverts] for batch in batches] == [[0.0, 0.5], [-10.0], [0.9], [5.0]]
    assert problems == ("times left as recorded where the clock jumps back by 10 s at 1700000090 UTC",)
    found = probe(path)
    assert (found.medium, found.format, found.start_utc_s, found.duration_s) == (
        Medium.BLE,
        "ble-jsonl",
        1.7e9 + 100,
        5.0,
    )


def test_a_cut_last_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "walk.jsonl"
    whole = json.dumps(ADVERT) + "\n"
    path.write_text(whole * 3 + whole[:40])
    made, problems = records(path)
    assert sum(len(batch.adverts) for batch in made if isinstance(batch, AdvertisementBatch)) == 3
    assert problems == (f"the last line is cut at byte {3 * len(whole)}",)


def test_batches_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "walk.jsonl"
    path.write_text("".join(json.dumps({**ADVERT, "time": 1.7e9}) + "\n" for _ in range(4_500)))
    sizes = [len(batch.adverts) for batch in records(path)[0] if isinstance(batch, AdvertisementBatch)]
    assert sizes == [2_000, 2_000, 500]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{",
        b'{"file": "g001.cu8", "time_s": 0.05, "model": "Hyundai-VDO"}\n',
        b"[1, 2]",
        b"time,address\n",
        b"\xff\xfe{",
    ],
)
def test_other_json_is_no_log(head: bytes) -> None:
    assert not is_log(head)


@given(st.lists(st.binary(max_size=80) | st.just(json.dumps(ADVERT).encode()), max_size=6))
def test_any_lines_are_survived(lines: list[bytes]) -> None:
    problems = Problems()
    read = list(adverts(io.BytesIO(b"\n".join(lines)), problems))
    whole = sum(line == json.dumps(ADVERT).encode() for line in lines)
    assert len(read) >= whole
    assert all(advert.address for advert in read)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.lists(st.integers(), max_size=2)
)


@given(st.dictionaries(st.sampled_from(sorted({*ADVERT, "channel", "rssi", "place"})), VALUES))
def test_any_values_are_survived(wrong: dict[str, Any]) -> None:
    for advert in parsed({**ADVERT, **wrong})[0]:
        assert advert.rssi_dbm is None or -127 <= advert.rssi_dbm <= 20


@pytest.mark.corpus
def test_the_corpus_walks_are_read_whole(corpus_path: Path) -> None:
    paths = sorted((corpus_path / "ble/walks").glob("*.jsonl"))
    assert paths
    for path in paths:
        made, problems = records(path)
        expected = path.read_text().count('"type": "advertisement"')
        assert sum(len(batch.adverts) for batch in made if isinstance(batch, AdvertisementBatch)) == expected
        assert problems == ()
